"""Random activities of every type, as whoever scores again reads them: members, times, edges."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from points.rules import ActivityTypes, Entry, Facts, FieldSpec
from points.rules.scope import MEMBER_FIELDS

ZONE = ZoneInfo("Asia/Shanghai")
SOURCES = ("venue_qr", "manual", "grid_platform", "provider")
TEXTS = ("", "a", "第一支部", "it's", "😀")


class Activities:
    """A stream of activities out of a seed, in the order in which they were scored."""

    def __init__(
        self,
        types: ActivityTypes,
        seed: int,
        *,
        members: int = 50,
        only: Sequence[str] = (),
        since: datetime = datetime(2025, 12, 20, tzinfo=ZONE),
        days: int = 60,
    ) -> None:
        self.types = types
        self.chance = Random(seed)
        self.names = list(only or types.types)
        self.since, self.days = since, days
        self.members = [self._member(number) for number in range(members)]

    def _member(self, number: int) -> tuple[str, dict[str, Any], Any]:
        chance = self.chance
        snapshot: dict[str, Any] = {}
        for name, spec in MEMBER_FIELDS.items():
            if spec.required or chance.random() < 0.7:
                snapshot[name] = self._value(spec)
        if chance.random() < 0.8:
            snapshot["party_member"] = True
        enrolled = chance.choice(
            (
                None, None, None,
                {"party": frozenset({"rating", "wallet"}), "health": frozenset({"wallet"})},
                {"party": frozenset({"wallet"})}, {"party": frozenset({"rating"})},
                {"health": frozenset({"wallet"})}, {},
            )
        )  # fmt: skip
        return f"m{number:05}", snapshot, enrolled

    def take(self, count: int) -> Iterator[Entry]:
        """Yield so many."""
        for number in range(count):
            yield self._entry(number)

    def _entry(self, number: int) -> Entry:
        chance = self.chance
        member, snapshot, enrolled = chance.choice(self.members)
        kind = self.types.types[chance.choice(self.names)]
        at = self._moment()
        facts = Facts(
            activity_id=f"a{number:07}",
            type=kind.name,
            occurred_at=at,
            received_at=at + timedelta(days=chance.choice((0, 0, 1, 40, 100))),
            source=chance.choice(SOURCES),
            fields={
                name: self._value(spec)
                for name, spec in kind.scored.items()
                if spec.required or chance.random() < 0.5
            },
            member=snapshot,
            proved=chance.random() < 0.8,
        )
        scored_at = (self.since + timedelta(hours=number)).astimezone(UTC)
        return Entry(member, facts, tuple(kind.programmes), enrolled, scored_at)

    def _moment(self) -> datetime:
        """Return when it happened: often on the edge of a day, a month, a year."""
        chance = self.chance
        day = self.since + timedelta(days=chance.randrange(self.days))
        if chance.random() < 0.3:
            edge = chance.choice((timedelta(0), -timedelta(microseconds=1), timedelta(hours=8)))
            return (day.replace(hour=0, minute=0) + edge).astimezone(UTC)
        return (day + timedelta(seconds=chance.randrange(86_400))).astimezone(UTC)

    def _value(self, spec: FieldSpec) -> Any:
        chance = self.chance
        if spec.kind == "boolean":
            return chance.random() < 0.85
        if spec.kind == "enum":
            return chance.choice(spec.values)
        if spec.kind == "list":
            return tuple(value for value in spec.values if chance.random() < 0.4)
        if spec.kind == "date":
            return date(2026, chance.randint(1, 12), 15)
        if spec.kind == "text":
            return chance.choice(TEXTS)
        low = Decimal(0) if spec.minimum is None else spec.minimum
        high = low + 100 if spec.maximum is None else spec.maximum
        if spec.kind == "integer":
            near = min(int(low) + 3, int(high))
            return chance.choice((int(low), near, int(high), chance.randint(int(low), near)))
        quarters = Decimal(chance.randint(0, 16)) / 4
        odd = Decimal(chance.randint(0, 10**9)).scaleb(-9)
        return min(high, low + chance.choice((Decimal(0), quarters, quarters, odd)))
