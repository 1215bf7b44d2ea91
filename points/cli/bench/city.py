"""A made-up city: members and what they do in a year, always the same for the same seed.

Sizes as in the field notes: 13,000 people, twelve stored events a person and month. Nobody in it is
real. Each member has a random source of their own, so that one can be made without the others.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import merge
from random import Random
from typing import Any

from points.flows.backtest.source import Item, Mark
from points.kernel.canonical import digest
from points.rules import ActivityType, ActivityTypes, Entry, Facts, member_snapshot
from points.rules.activity_types import FieldSpec
from points.rules.scope import MEMBER_FIELDS

MEMBERS = 13_000
A_MONTH = 12
SHARD = 200
START = datetime(2025, 12, 31, 16, tzinfo=UTC)
"""The first moment of 2026 in Shanghai."""

_LIKELY = 0.9
_PARTY = 0.3
_HEALTH = 0.45
_LATE = 0.05
_NUMBER_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """Activities of a made-up city, as a source of back-tests.

    Attributes:
        types: From which kinds of activity they are drawn.
        members: How many people.
        days: How long.
        seed: Another one makes another city.
    """

    types: ActivityTypes
    members_count: int = MEMBERS
    days: int = 365
    seed: int = 1
    a_month: int = A_MONTH
    start: datetime = START
    _by_programme: dict[str, list[ActivityType]] = field(default_factory=dict)

    @property
    def as_of(self) -> datetime:
        """When its year is over."""
        return self.start + timedelta(days=self.days)

    def mark(self) -> Mark:
        """Return what tells this city from others."""
        made = (self.seed, self.members_count, self.days, self.a_month, self.start)
        return Mark(self.members_count * self.days * self.a_month // 30, digest(made))

    def shards(self) -> Iterator[Sequence[str]]:
        """Yield the numbers of members, in groups."""
        for first in range(0, self.members_count, SHARD):
            last = min(first + SHARD, self.members_count)
            yield [f"m{number:07}" for number in range(first, last)]

    def members(self, shard: Sequence[str]) -> Iterator[list[Item]]:
        """Yield what each member of a group does."""
        for member in shard:
            yield [Item(entry) for entry in self.entries(member)]

    def stream(self) -> Iterator[Item]:
        """Yield what all do, in the order of arrival."""
        everyone = (self.entries(member) for shard in self.shards() for member in shard)
        for entry in merge(*everyone, key=_order):
            yield Item(entry)

    def entries(self, member: str) -> list[Entry]:
        """Return what a member does in the year, in the order of arrival."""
        chance = Random(f"{self.seed}:{member}")  # noqa: S311 - made-up people, not secrets
        snapshot = _person(chance)
        mean = self.days * self.a_month / 30.4
        count = max(1, round(chance.gauss(mean, mean / 4)))
        found = [self._entry(member, number, snapshot, chance) for number in range(count)]
        return sorted(found, key=_order)

    def _entry(
        self, member: str, number: int, snapshot: Mapping[str, Any], chance: Random
    ) -> Entry:
        programme = "health" if chance.random() < _HEALTH else "party"
        kind = chance.choice(self._types(programme))
        at = self.start + timedelta(minutes=chance.randrange(self.days * 24 * 60))
        late = timedelta(days=chance.randrange(1, 40)) if chance.random() < _LATE else timedelta()
        facts = Facts(
            activity_id=f"{member}-{number:05}",
            type=kind.name,
            occurred_at=at,
            received_at=at + late,
            source="roster",
            fields=kind.normalise(_fields(kind, chance)),
            member=snapshot,
            member_id=member,
        )
        return Entry(member, facts, kind.programmes)

    def _types(self, programme: str) -> list[ActivityType]:
        found = self._by_programme.get(programme)
        if found is None:
            kinds = self.types.types.values()
            found = [kind for kind in kinds if programme in kind.programmes]
            self._by_programme[programme] = found
        return found


def _order(entry: Entry) -> tuple[datetime, str]:
    return entry.facts.received_at, entry.facts.activity_id


def _person(chance: Random) -> Mapping[str, Any]:
    kinds, roles = MEMBER_FIELDS["kind"].values, MEMBER_FIELDS["roles"].values
    return member_snapshot(
        {
            "kind": chance.choice(kinds),
            "branch": f"branch-{chance.randrange(40):02}",
            "grid": f"grid-{chance.randrange(120):03}",
            "party_member": chance.random() < _PARTY,
            "mobile_party_member": chance.random() < _PARTY / 3,
            "roles": chance.sample(roles, chance.randrange(3)),
        }
    )


def _fields(kind: ActivityType, chance: Random) -> dict[str, Any]:
    return {
        spec.name: _value(spec, chance)
        for spec in kind.fields.values()
        if not spec.personal and (spec.required or chance.random() < _LIKELY)
    }


def _value(spec: FieldSpec, chance: Random) -> Any:  # noqa: ANN401 - plain values
    made = _MADE.get(spec.kind)
    return made(spec, chance) if made is not None else _number(spec, chance)


def _number(spec: FieldSpec, chance: Random) -> str | int:
    low = int(spec.minimum or 0)
    most = spec.maximum if spec.maximum is not None else _NUMBER_MAX
    # Heads and hours are few; steps are not, and rules ask for many.
    high = int(most if spec.unit == "step" else min(most, low + _NUMBER_MAX))
    whole = chance.randint(low, max(low, high))
    if spec.kind == "integer" or whole == high:
        return whole
    return f"{whole}.{chance.choice('05')}"


_MADE: Mapping[str, Callable[[FieldSpec, Random], Any]] = {
    "boolean": lambda _, chance: chance.random() < _LIKELY,
    "enum": lambda spec, chance: chance.choice(spec.values),
    "list": lambda spec, chance: chance.sample(spec.values, chance.randint(0, len(spec.values))),
    "date": lambda _, chance: f"2026-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
    "text": lambda spec, chance: f"{spec.name}-{chance.randrange(50)}",
}
