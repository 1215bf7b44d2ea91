"""Stamp cards as facts, and their part of a batch: what gave a stamp, and what a full card gave.

A card goes round by round: so many stamps fill it, a full one gives once, and the next begins. An
activity that is reversed takes its stamp with it while the card has not given; afterwards the stamp
is *owed*, and the next one pays it back.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from points.kernel.ensure import ensure
from points.kernel.ids import ActivityId, MemberId, OperationId


class Why(StrEnum):
    """Why an activity gave no stamp; empty where it gave one."""

    GIVEN = ""
    NOT_COUNTED = "not_counted"
    SAME_DAY = "same_day"
    FAILED = "failed"


class CardStep(StrEnum):
    """What happens to a member's card."""

    STAMPED = "stamped"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"
    OWED = "owed"
    LAPSED = "lapsed"
    TURNED_IN = "turned_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a card made of an activity; looked at once."""

    card: str
    activity_id: ActivityId
    member_id: MemberId
    day: str
    why: Why
    recorded_at: datetime

    @property
    def given(self) -> bool:
        """Whether it gave a stamp."""
        return self.why is Why.GIVEN


@dataclass(frozen=True, slots=True, kw_only=True)
class StampCard:
    """A member's card of one kind as it stands: the projection of its events.

    Attributes:
        version: Of its last event; zero before the first.
        round: Which card it is, from one.
        stamps: On this one.
        owed: Stamps that were taken back after their card had given.
        valid_until: The first instant at which this one is over; None without stamps.
    """

    member_id: MemberId
    card: str
    version: int = 0
    round: int = 1
    stamps: int = 0
    owed: int = 0
    valid_until: datetime | None = None

    def __post_init__(self) -> None:
        ensure(self.stamps >= 0 and self.owed >= 0, "a card never goes below zero")

    def over(self, now: datetime, needed: int) -> bool:
        """Return whether its time ran out before it was full; a full one waits for its gift."""
        late = self.valid_until is not None and self.valid_until <= now
        return late and self.stamps < needed


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEvent:
    """One step of a card, with the card as it leaves it.

    Attributes:
        round: The round that it belongs to.
        after: The card after it.
        gift: Of a card turned in: ``voucher:`` or ``points:`` and an id.
    """

    step: CardStep
    after: StampCard
    operation_id: OperationId
    recorded_at: datetime
    round: int
    activity_id: ActivityId | None = None
    gift: str | None = None

    def __post_init__(self) -> None:
        turned_in = self.step is CardStep.TURNED_IN
        ensure(turned_in is (self.gift is not None), "a full card gives something, nothing else")


@dataclass(slots=True)
class CardBook:
    """Members' cards under their members' locks. Nothing here touches a database.

    Attributes:
        cards: By member and kind; one that is not there has never been stamped.
        looked: Activities that a kind of card has looked at, of those that were asked for.
        taken: Of these, whose stamp was taken back.
        rounds: In which round an activity's stamp was.
        gave: Which rounds of members' cards gave.
        days: How many stamps a member's card got on a local day, of those asked for.
        stamps: What this batch made of activities.
        events: The steps of this batch.
    """

    cards: dict[tuple[MemberId, str], StampCard] = field(default_factory=dict)
    looked: dict[tuple[str, ActivityId], Stamp] = field(default_factory=dict)
    taken: set[tuple[str, ActivityId]] = field(default_factory=set)
    rounds: dict[tuple[str, ActivityId], int] = field(default_factory=dict)
    days: dict[tuple[MemberId, str, str], int] = field(default_factory=dict)
    gave: set[tuple[MemberId, str, int]] = field(default_factory=set)
    stamps: list[Stamp] = field(default_factory=list)
    events: list[CardEvent] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        return len(self.stamps) + len(self.events)

    def card(self, member: MemberId, card: str) -> StampCard:
        """Return a member's card; the first one is empty."""
        return self.cards.get((member, card)) or StampCard(member_id=member, card=card)

    def look(self, stamp: Stamp) -> None:
        """Take down what a card made of an activity."""
        key = (stamp.card, stamp.activity_id)
        ensure(key not in self.looked, "an activity is looked at once")
        self.looked[key] = stamp
        self.stamps.append(stamp)
        if stamp.given:
            day = (stamp.member_id, stamp.card, stamp.day)
            self.days[day] = self.days.get(day, 0) + 1

    def step(
        self,
        step: CardStep,
        after: StampCard,
        *,
        operation: OperationId,
        now: datetime,
        round_: int,
        activity: ActivityId | None = None,
        gift: str | None = None,
    ) -> StampCard:
        """Append a step and return the card as it leaves it."""
        before = self.card(after.member_id, after.card)
        card = replace(after, version=before.version + 1)
        self.events.append(
            CardEvent(
                step=step,
                after=card,
                operation_id=operation,
                recorded_at=now,
                round=round_,
                activity_id=activity,
                gift=gift,
            )
        )
        self.cards[after.member_id, after.card] = card
        if activity is not None and step is CardStep.STAMPED:
            self.rounds[after.card, activity] = round_
        if step is CardStep.TURNED_IN:
            self.gave.add((after.member_id, after.card, round_))
        if activity is not None and step in (CardStep.WITHDRAWN, CardStep.OWED):
            self.taken.add((after.card, activity))
        return card
