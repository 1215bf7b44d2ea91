"""The activities of an association as they are stored, up to one instant."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from points import unit_of_work
from points.activities.awarded import Granted, granted_for, scored_so_far
from points.activities.outcome_store import resumed_at
from points.activities.scored import scored_stream
from points.engine import Engine
from points.flows.backtest.source import Item, Mark
from points.flows.closed_years import rated
from points.flows.replaying import Past, involved, member_pages, past_of, pasts
from points.kernel.canonical import digest
from points.kernel.ids import AssociationId, MemberId
from points.ledger.reads import closings_of
from points.members.enrolments import first_enrolled
from points.rules.impact import Line

AHEAD = 2000
"""Activities of a stream whose members and awards are looked up at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What was scored by an instant and stands then; what was reversed by then never counted.

    Attributes:
        programme: Whose awards come with it.
        as_of: Until when; what is scored meanwhile changes nothing.
        since: From when activities are read, by when they happened.
    """

    engine: Engine
    association: AssociationId
    programme: str
    as_of: datetime
    since: datetime | None = None
    with_awards: bool = True

    def mark(self) -> Mark:
        """Return what tells these activities from others."""
        with self.engine.reading(self.association) as connection:
            scored, taken_back = scored_so_far(connection, self.association, self.as_of)
        facts = (self.association, self.as_of, scored, taken_back)
        return Mark(scored - taken_back, digest(facts))

    def shards(self) -> Iterator[Sequence[str]]:
        """Yield members by id, a page at a time."""
        yield from member_pages(self.engine, self.association)

    def members(self, shard: Sequence[str]) -> Iterator[list[Item]]:
        """Yield what each member did that stands."""
        ids = [MemberId(member) for member in shard]
        found = past_of(self.engine, self.association, ids, since=self.since)
        standing = sorted(self._standing(found), key=lambda past: (_member(past), past.place))
        granted = self._granted([past.entry.facts.activity_id for past in standing])
        for _, each in groupby(standing, key=_member):
            yield [self._item(past, granted) for past in each]

    def stream(self) -> Iterator[Item]:
        """Yield what all did that stands, in the order in which it counted."""
        with unit_of_work.snapshot(self.engine.database, self.association) as connection:
            found = scored_stream(connection, self.association, since=self.since)
            while ahead := [scored for _, scored in zip(range(AHEAD), found, strict=False)]:
                known = self.engine.context_of(self.association)
                ids = involved(ahead, known)
                with self.engine.reading(self.association) as other:
                    enrolled = first_enrolled(other, self.association, ids)
                    named = [each.activity.activity_id for each in ahead]
                    resumed = resumed_at(other, self.association, named)
                    closings = closings_of(other, self.association, rated(ids, known))
                granted = self._granted(named)
                past = pasts(ahead, enrolled, known, resumed, closings)
                yield from (self._item(each, granted) for each in self._standing(past))

    def _standing(self, found: Iterable[Past]) -> Iterator[Past]:
        for past in found:
            gone = past.reversed_at is not None and past.reversed_at <= self.as_of
            if past.scored_at <= self.as_of and not gone:
                yield past

    def _granted(self, activities: Sequence[str]) -> Mapping[str, list[Granted]]:
        if not self.with_awards:
            return {}
        with self.engine.reading(self.association) as connection:
            return granted_for(connection, self.association, activities, self.programme)

    def _item(self, past: Past, granted: Mapping[str, list[Granted]]) -> Item:
        entry = past.entry._replace(scored_at=past.place[0])
        if not self.with_awards:
            return Item(entry)
        mine = entry.member_id
        lines = (
            Line(
                each.rule_id,
                each.measure,
                each.points,
                each.forgone,
                member_id="" if each.member_id == mine else each.member_id,
            )
            for each in granted.get(entry.facts.activity_id, ())
        )
        return Item(entry, tuple(sorted(lines)))


def _member(past: Past) -> str:
    return past.entry.member_id
