"""Returns of unspent money as facts: what one person asks another to give back."""

from dataclasses import dataclass
from datetime import datetime

from points.kernel.amounts import Fen
from points.kernel.ensure import ensure
from points.kernel.ids import Actor, ReturnId

NOTE_LENGTH_MAX = 500
DOCUMENT_LENGTH_MAX = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Money of a pool that one person asks another to give back; never changed.

    Attributes:
        source: Who gave it and gets it back, as funding entries name it.
        note: Why, in words; kept for ever.
        document: The number of the resolution or the payment.
        until: The first instant at which it can no longer be decided.
    """

    return_id: ReturnId
    programme: str
    amount_fen: Fen
    source: str
    note: str
    document: str
    proposed_by: Actor
    proposed_at: datetime
    until: datetime

    def __post_init__(self) -> None:
        ensure(self.amount_fen > 0, "a return gives something back")
        ensure(len(self.note) <= NOTE_LENGTH_MAX, "notes are short")
        ensure(len(self.document) <= DOCUMENT_LENGTH_MAX, "numbers of documents are short")
        ensure(self.proposed_at < self.until, "a return can be decided for a while")

    @property
    def key(self) -> str:
        """Its id."""
        return self.return_id
