"""Facts of vouchers that change hands or near their end: offers, passings, reminders."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from points.kernel.ensure import ensure
from points.kernel.ids import Actor, MemberId, OperationId, VoucherId

REASON_LENGTH_MAX = 500


class OfferStep(StrEnum):
    """How an offer ended; one that nobody answered ends by itself."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An owner's wish to give a voucher to somebody, who has not answered yet.

    Attributes:
        member_id: To whom.
        until: First instant at which it can no longer be accepted.
    """

    offer_id: str
    voucher_id: VoucherId
    member_id: MemberId
    from_member: MemberId
    made_at: datetime
    until: datetime
    operation_id: OperationId
    actor: Actor

    def __post_init__(self) -> None:
        ensure(self.member_id != self.from_member, "a voucher is offered to somebody else")
        ensure(self.made_at < self.until, "an offer is open for a while")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferEnd:
    """How an offer ended; written once."""

    offer: Offer
    step: OfferStep
    operation_id: OperationId
    actor: Actor
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """A voucher's way from one owner to the next; the points that pay for it stay where they are.

    Attributes:
        version: Of the voucher's event.
        offer_id: The offer that was accepted; None where staff passed it on.
        reason: Why staff did; empty where members agreed.
    """

    voucher_id: VoucherId
    version: int
    member_id: MemberId
    from_member: MemberId
    offer_id: str | None = None
    reason: str = ""
    operation_id: OperationId
    actor: Actor
    recorded_at: datetime

    def __post_init__(self) -> None:
        ensure(self.member_id != self.from_member, "a voucher is passed to somebody else")
        ensure(bool(self.reason) is (self.offer_id is None), "staff say why, members agree")
        ensure(len(self.reason) <= REASON_LENGTH_MAX, "reasons are short")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """That an owner was told of a voucher's end, so many days before it.

    Attributes:
        told: False where there was nothing to tell: it was drawn after that day had begun.
    """

    voucher_id: VoucherId
    days: int
    told: bool
    operation_id: OperationId
    recorded_at: datetime
