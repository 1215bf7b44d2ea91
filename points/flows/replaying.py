"""Stored activities as entries to score again: what back-tests, corrections and proofs begin with.

What an entry says is what live scoring saw: the fields and the member as they were taken down, and
the measures in which the member had accounts by then.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from points.activities.outcome_store import resumed_at
from points.activities.scored import Scored, scored_members, scored_of
from points.engine import Engine
from points.flows.closed_years import RATING, rated
from points.flows.context import Context
from points.flows.score import facts_of, named_members
from points.kernel.ids import ActivityId, AssociationId, MemberId
from points.ledger.model import Measure, account_id
from points.ledger.reads import Closings, closings_of
from points.members.enrolments import first_enrolled
from points.rules import Entry

MEMBERS_A_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An entry with when it counted.

    Attributes:
        scored_at: From when.
        place: The order of a replay: when it was scored, then its id; what takes another's place
            has that one's.
        reversed_at: Until when; None while it stands.
    """

    entry: Entry
    scored_at: datetime
    place: tuple[datetime, str]
    reversed_at: datetime | None = None


def past_of(
    engine: Engine,
    association: AssociationId,
    members: Collection[MemberId],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Past]:
    """Return everything of some members that was scored, in scored order across all of them.

    Args:
        engine: Where to look.
        association: Whose members.
        members: A page of them: what they have is held in memory.
        since: Only what happened from an instant on.
        until: Only what happened before an instant.
    """
    with engine.reading(association) as connection:
        scored = scored_of(connection, association, members, since=since, until=until)
        known = engine.context_of(association)
        enrolled = first_enrolled(connection, association, involved(scored, known) | set(members))
        resumed = resumed_at(
            connection, association, [each.activity.activity_id for each in scored]
        )
        closings = closings_of(connection, association, rated(members, known))
    return list(pasts(scored, enrolled, known, resumed, closings))


def member_pages(
    engine: Engine, association: AssociationId, *, limit: int = MEMBERS_A_PAGE
) -> Iterator[list[MemberId]]:
    """Yield every member who ever had an activity scored, a page at a time, by id."""
    after = ""
    while True:
        with engine.reading(association) as connection:
            page = scored_members(connection, association, after=after, limit=limit)
        if not page:
            return
        yield page
        after = page[-1]


def pasts(
    scored: Iterable[Scored],
    enrolled: Mapping[MemberId, Mapping[str, datetime]],
    known: Context,
    resumed: Mapping[ActivityId, Mapping[tuple[str, str], datetime]] | None = None,
    closings: Closings | None = None,
) -> Iterator[Past]:
    """Yield the entry of each scored activity.

    Args:
        scored: In the order in which the entries are to come.
        enrolled: Since when each member, and each whom an activity names (:func:`involved`), has
            had accounts in each programme.
        known: The activity types, and each programme's measures.
        resumed: When what each had put off was granted in life.
        closings: When years of the members were closed.
    """
    measures = {name: frozenset(found) for name, found in known.rules.programmes().items()}
    for each in scored:
        activity = each.activity
        since = enrolled.get(activity.member_id, {})
        entry = Entry(
            member_id=activity.member_id,
            facts=facts_of(activity, known),
            programmes=tuple(known.types.types[activity.type].programmes),
            measures={
                programme: found
                for programme, found in measures.items()
                if programme in since and since[programme] <= each.scored_at
            },
            scored_at=each.scored_at,
            peers=_peers(each, enrolled, measures, known),
            resumed=(resumed or {}).get(activity.activity_id),
            closed=_closed(each, measures, known, closings),
        )
        yield Past(
            entry=entry,
            scored_at=each.scored_at,
            place=each.place,
            reversed_at=each.reversed_at,
        )


def _closed(
    scored: Scored,
    measures: Mapping[str, frozenset[str]],
    known: Context,
    closings: Closings | None,
) -> dict[str, frozenset[str]] | None:
    """Return the measures whose year was closed already when an activity was scored."""
    activity = scored.activity
    found = {}
    for programme in measures if closings else ():
        year = activity.occurred_at.astimezone(known.rules.of(programme).zone).year
        account = account_id(activity.member_id, Measure(programme, RATING))
        closed_at = (closings or {}).get((account, year))
        if closed_at is not None and closed_at <= scored.scored_at:
            found[programme] = frozenset({RATING})
    return found or None


def involved(scored: Iterable[Scored], known: Context) -> set[MemberId]:
    """Return who did what was scored, and whom it names."""
    found = set()
    for each in scored:
        found |= {each.activity.member_id, *named_members(each.activity, known)}
    return found


def _peers(
    scored: Scored,
    enrolled: Mapping[MemberId, Mapping[str, datetime]],
    measures: Mapping[str, frozenset[str]],
    known: Context,
) -> dict[str, dict[str, frozenset[str]]] | None:
    """Return in which measures of each programme those whom an activity names had accounts."""
    named = named_members(scored.activity, known)
    if not named:
        return None
    return {
        programme: {
            peer: found
            for peer in named
            if programme in (since := enrolled.get(peer, {}))
            and since[programme] <= scored.scored_at
        }
        for programme, found in measures.items()
    }
