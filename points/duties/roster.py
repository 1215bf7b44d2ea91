"""The duties' part of a batch: relations that were loaded, and counts under their locks."""

from dataclasses import dataclass, field

from points.duties.model import (
    Ask,
    Count,
    QuotaKey,
    Relation,
    RelationEvent,
    RelationKind,
    RelationStep,
    Used,
)
from points.kernel.ensure import ensure
from points.kernel.ids import Actor, MemberId

NOTHING = Used()


@dataclass(slots=True)
class Roster:
    """Who is related to whom, and what each has done today. Nothing here touches a database.

    Attributes:
        relations: Of the people of staff that were asked for, active or not.
        used: What was counted, by key; a missing key means nothing.
        fresh: Keys that have no row yet.
        counted: What this batch counts.
        events: Relations that this batch declares and withdraws.
    """

    relations: dict[tuple[Actor, MemberId], Relation] = field(default_factory=dict)
    used: dict[QuotaKey, Used] = field(default_factory=dict)
    fresh: set[QuotaKey] = field(default_factory=set)
    counted: list[Count] = field(default_factory=list)
    events: list[RelationEvent] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        return len(self.counted) + len(self.events)

    def related(self, staff: Actor) -> dict[MemberId, RelationKind]:
        """Return the members to whom a person of staff is related, themselves included."""
        return {
            member: each.kind
            for (who, member), each in self.relations.items()
            if who == staff and each.active
        }

    def take(self, event: RelationEvent) -> None:
        """Append a step of a relation."""
        before = self.relations.get((event.staff, event.member_id))
        ensure(event.version == (before.version if before else 0) + 1, "versions are gapless")
        self.events.append(event)
        self.relations[event.staff, event.member_id] = Relation(
            staff=event.staff,
            member_id=event.member_id,
            kind=event.kind,
            version=event.version,
            active=event.step is RelationStep.DECLARED,
        )

    def day(self, key: QuotaKey, today: str) -> str:
        """Return the day on which something counts.

        Two machines' clocks differ around midnight: a day that has begun does not end again, or
        the quota of the one before could be used twice.
        """
        return max(self.used.get(key, NOTHING).day, today)

    def spent(self, key: QuotaKey, today: str) -> int:
        """Return what was counted today, this batch included."""
        used = self.used.get(key, NOTHING)
        return used.amount if used.day == self.day(key, today) else 0

    def beyond(self, asks: list[Ask], today: str) -> Ask | None:
        """Return the first of several that its quota does not hold any more."""
        ahead: dict[QuotaKey, int] = {}
        for ask in asks:
            ahead[ask.key] = ahead.get(ask.key, 0) + ask.amount
            if ask.amount and self.spent(ask.key, today) + ahead[ask.key] > ask.most:
                return ask
        return None

    def count(self, asks: list[Ask], today: str) -> list[Count]:
        """Count what was done, and return it as the event that did it keeps it."""
        counts = []
        for key, amount in ((ask.key, ask.amount) for ask in asks if ask.amount):
            day, spent = self.day(key, today), self.spent(key, today)
            if key not in self.used:
                self.fresh.add(key)
            self.used[key] = Used(day, spent + amount)
            counts.append(Count(key.quota.value, key.holder, day, amount))
        self.counted.extend(counts)
        return counts
