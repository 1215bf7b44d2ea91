"""The facts about offline tokens: what was promised, what tills brought back, what was decided."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from points.kernel.amounts import Fen
from points.kernel.ensure import ensure
from points.kernel.ids import Actor, OperationId, OutletId, PartnerId, VoucherId


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A promise for one use of one voucher at one outlet; never changed, never called back.

    Attributes:
        key_no: Number of the key that signs it.
        kind: The voucher's.
        value_fen: The most that it is worth.
        until: First instant at which no till may take it any more.
        upload_until: First instant at which the association need not pay for it any more.
    """

    token_id: str
    voucher_id: VoucherId
    outlet_id: OutletId
    key_no: int
    kind: str
    reward_id: str
    value_fen: Fen
    issued_at: datetime
    until: datetime
    upload_until: datetime
    operation_id: OperationId
    actor: Actor

    def __post_init__(self) -> None:
        ensure(self.issued_at < self.until <= self.upload_until, "a token lasts, then is uploaded")
        ensure(self.value_fen >= 0, "nothing is worth less than nothing")


class Outcome(StrEnum):
    """What became of a use that a till uploaded."""

    CAPTURED = "captured"
    CONFLICT = "conflict"


class Bearer(StrEnum):
    """Who bears the loss of a conflict."""

    NOBODY = "nobody"
    ASSOCIATION = "association"
    PARTNER = "partner"


class Reason(StrEnum):
    """Why a use is a conflict; each has one bearer."""

    NONE = "none"
    # The till kept to all bounds: the promise was the association's.
    USED_ELSEWHERE = "used_elsewhere"
    VOUCHER_CLOSED = "voucher_closed"
    TOKEN_LOST = "token_lost"  # noqa: S105 - no password
    # The till did not.
    SIGNATURE = "signature"
    WRONG_OUTLET = "wrong_outlet"
    OUT_OF_TIME = "out_of_time"
    UPLOADED_LATE = "uploaded_late"
    USED_TWICE = "used_twice"
    USED_HERE = "used_here"
    OVER_CAP = "over_cap"
    AMOUNT = "amount"
    TOO_MANY = "too_many"

    @property
    def bearer(self) -> Bearer:
        """Who bears it."""
        if self is Reason.NONE:
            return Bearer.NOBODY
        return Bearer.ASSOCIATION if self in _THE_ASSOCIATIONS else Bearer.PARTNER


_THE_ASSOCIATIONS = {Reason.USED_ELSEWHERE, Reason.VOUCHER_CLOSED, Reason.TOKEN_LOST}


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Something that a till handed over without network, and what it came to.

    Attributes:
        token_id: As the token says; None where it could not be read.
        voucher_id: Which voucher, where the token is known.
        programme: Whose pool would pay.
        handed_at: When, by the till's clock.
        amount_fen: Of an amount voucher.
        value_fen: What the capture, or the loss, comes to.
        event_id: The capture.
    """

    use_id: str
    partner_id: PartnerId
    outlet_id: OutletId
    device_id: str
    operator_id: str
    request_no: str
    token_id: str | None
    voucher_id: VoucherId | None
    programme: str
    handed_at: datetime
    amount_fen: int | None
    outcome: Outcome
    reason: Reason
    value_fen: Fen
    event_id: str | None
    uploaded_at: datetime
    operation_id: OperationId
    actor: Actor

    def __post_init__(self) -> None:
        captured = self.outcome is Outcome.CAPTURED
        ensure(captured == (self.event_id is not None), "what was captured has an event")
        ensure(captured == (self.reason is Reason.NONE), "what was not has a reason")
        ensure(self.value_fen >= 0, "a loss is not below zero")

    @property
    def bearer(self) -> Bearer:
        """Who bears the loss."""
        return self.reason.bearer

    @property
    def spends_token(self) -> bool:
        """Whether the token is worth nothing from now on."""
        return self.bearer is not Bearer.PARTNER


class Decision(StrEnum):
    """What a treasurer decides about a conflict that the association bears."""

    PAID = "paid"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A decision about a conflict; what is paid stands in the partner's next statement.

    Attributes:
        correction_id: The statement's correction that pays it.
        reason: Of the decision; never personal.
    """

    use_id: str
    decision: Decision
    amount_fen: Fen
    correction_id: str | None
    reason: str
    decided_at: datetime
    operation_id: OperationId
    actor: Actor

    def __post_init__(self) -> None:
        paid = self.decision is Decision.PAID
        ensure(paid == (self.correction_id is not None), "what is paid is corrected")
