"""Looking up what scoring again would change, before any lock is taken; doing what is marked."""

import logging
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from points.activities.model import Award
from points.activities.reads import marked
from points.activities.scored import Scored, scored_of
from points.activities.store import awards_of, usage_of
from points.corrections.store import reached
from points.engine import Engine
from points.flows.choosing import Override, no_override
from points.flows.closed_years import rated
from points.flows.context import Context
from points.flows.recalculating import Past, again
from points.flows.rescore import Rescore
from points.kernel.ids import (
    ActivityId,
    Actor,
    AssociationId,
    MemberId,
    OperationId,
    TransactionId,
)
from points.ledger.reads import closings_of
from points.members.enrolments import first_enrolled
from points.rules.recalculation import Recalculation

_log = logging.getLogger(__name__)
WORKER = Actor("system:worker")
MEMBERS_A_PAGE = 20
"""Each of them is scored again twice: to see what has to be loaded, and under the locks."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What scoring a member again would change, as it was seen without a lock."""

    member_id: MemberId
    recalculation: Recalculation
    awards: dict[ActivityId, list[Award]]

    @property
    def grants(self) -> tuple[TransactionId, ...]:
        """Transactions of the awards of which points would be taken back."""
        found = {
            award.transaction_id
            for each in self.recalculation.changed
            if any(delta.change < 0 for delta in each.deltas)
            for award in self.awards.get(ActivityId(each.entry.facts.activity_id), ())
            if award.transaction_id is not None
        }
        return tuple(sorted(found))


def foresee(
    engine: Engine,
    association: AssociationId,
    members: Collection[MemberId],
    override: Override = no_override,
    programmes: AbstractSet[str] | None = None,
) -> list[Foreseen]:
    """Return what scoring some members again would change, each on their own.

    Held in memory: ask for a page of members.

    Args:
        engine: Where to look.
        association: Whose members.
        members: A page of them.
        override: Which version a batch would have instead of what an activity counts by.
        programmes: In which programmes to look; all when not said.
    """
    known: Context = engine.context_of(association)
    with engine.reading(association) as connection:
        stored = scored_of(connection, association, members)
        ids = [each.activity.activity_id for each in stored]
        awards = awards_of(connection, association, ids)
        enrolled = first_enrolled(connection, association, members)
        usage = usage_of(connection, association, members)
        reaches = reached(connection, association, members)
        closings = closings_of(connection, association, rated(members, known))
    mine: dict[MemberId, list[Scored]] = {member: [] for member in members}
    for each in stored:
        if each.reversed_at is None:
            mine[each.activity.member_id].append(each)
    return [
        Foreseen(
            member,
            again(
                member,
                Past(
                    stored=found,
                    awards=awards,
                    enrolled=enrolled,
                    reached=reaches,
                    usage=usage,
                    closings=closings,
                ),
                known,
                override,
                programmes,
            ),
            awards,
        )
        for member, found in mine.items()
    ]


def rescore_marked(engine: Engine, association: AssociationId) -> int:
    """Score the members again of whom an activity has ceased to count; return how many were."""
    done, after = 0, ""
    while page := _marked(engine, association, after):
        causes = dict(page)
        seen = foresee(engine, association, list(causes))
        outcomes = engine.submit_many(
            [
                _rescore(association, each, causes[each.member_id], engine.ids.next())
                for each in seen
            ]
        )
        for outcome in outcomes:
            state = outcome.result.get("state")
            done += state == "done"
            if state == "failed":
                # Their mark is gone, or it would be tried for ever: somebody has to look at it.
                _log.error(
                    "a member's activities cannot be scored again",
                    extra={"operation": outcome.operation_id},
                )
        after = page[-1][0]
    return done


def _marked(engine: Engine, association: AssociationId, after: str) -> list[tuple[MemberId, str]]:
    with engine.reading(association) as connection:
        return marked(connection, association, after=after, limit=MEMBERS_A_PAGE)


def _rescore(association: AssociationId, seen: Foreseen, cause: str, fresh: str) -> Rescore:
    # A name of its own each time: what had to wait is asked again, and asking twice does nothing.
    return Rescore(
        association_id=association,
        operation_id=OperationId(f"system:rescore:{seen.member_id}:{fresh}"),
        actor=WORKER,
        member_id=seen.member_id,
        cause=cause,
        grants=seen.grants,
    )
