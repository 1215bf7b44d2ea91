"""Adjustments as facts: by how much somebody wants a partner's settlement changed, and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from points.kernel.amounts import Fen
from points.kernel.ensure import ensure
from points.kernel.ids import Actor, AdjustmentId, OutletId, PartnerId

NOTE_LENGTH_MAX = 500
DOCUMENT_LENGTH_MAX = 80


class Reason(StrEnum):
    """Why, as a stable code that stands in the statement for ever."""

    LATE_VOID = "late_void"
    NOT_HANDED_OVER = "not_handed_over"
    AMOUNT_WRONG = "amount_wrong"
    NOT_CAPTURED = "not_captured"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """What a partner is to be paid more, or less, from the open period on; never changed.

    Attributes:
        number: Counts up per partner, from one; both sides call it by that.
        programme: Whose pool pays it or gets it back.
        outlet_id: At which outlet, if it is about one.
        amount_fen: Above zero pays the partner more, below takes back.
        capture_id: The capture that it is about, if it is about one.
        request_no: The partner's own number of that capture; empty without one.
        note: Why, in words that the partner reads too; kept for ever.
        document: The number of the resolution, if there is one.
        until: The first instant at which it can no longer be decided.
    """

    adjustment_id: AdjustmentId
    partner_id: PartnerId
    number: int
    programme: str
    outlet_id: OutletId | None = None
    amount_fen: Fen
    capture_id: str | None = None
    request_no: str = ""
    reason: Reason
    note: str
    document: str
    proposed_by: Actor
    proposed_at: datetime
    until: datetime

    def __post_init__(self) -> None:
        ensure(self.number > 0, "adjustments are numbered from one")
        ensure(self.amount_fen != 0, "an adjustment changes an amount")
        ensure((self.capture_id is None) == (not self.request_no), "a capture has its number")
        ensure(len(self.note) <= NOTE_LENGTH_MAX, "notes are short")
        ensure(len(self.document) <= DOCUMENT_LENGTH_MAX, "numbers of documents are short")
        ensure(self.proposed_at < self.until, "an adjustment can be decided for a while")

    @property
    def key(self) -> str:
        """Its id, which its correction and the statement's line have as well."""
        return self.adjustment_id

    @property
    def reference(self) -> str:
        """How its line in the statement is called: ``adjust:7/late_void``."""
        return f"{REFERENCE}{self.number}/{self.reason.value}"


REFERENCE = "adjust:"
"""How the references of adjustments' lines begin."""
