"""What partners are answered: at the counter, and about their statements."""

from datetime import datetime

from pydantic import Field

from points.client.answers import Read


class Title(Read):
    """What to hand over."""

    zh: str
    en: str


class Authorised(Read):
    """What a voucher is good for at this counter, for three minutes."""

    voucher_id: str
    title: Title
    kind: str
    remaining_fen: int | None = None
    remaining_uses: int | None = None
    authorised_until: datetime


class Captured(Read):
    """A capture."""

    capture_id: str
    voucher_id: str
    title: Title
    state: str
    amount_fen: int | None = None
    remaining_fen: int | None = None
    remaining_uses: int | None = None
    owed_fen: int


class Voided(Read):
    """A capture that was taken back."""

    void_id: str
    capture_id: str
    voucher_id: str
    owed_fen: int


class FoundCapture(Read):
    """What became of a request number."""

    request_no: str
    capture_id: str
    voucher_id: str
    owed_fen: int
    captured_at: datetime
    voided: bool


class StatementLine(Read):
    """One line of a partner's statement."""

    number: int
    kind: str
    outlet_id: str | None = None
    reference: str
    amount_fen: int
    booked_at: datetime


class Statement(Read):
    """A partner's statement; its lines are there where one was asked for."""

    statement_id: str | None = None
    partner_id: str
    number: int
    period: str
    closed_at: datetime | None = None
    count: int
    total_fen: int
    sha256: str
    lines: list[StatementLine] = Field(default_factory=list)


class Closed(Read):
    """A period that never changes any more."""

    statement_id: str
    number: int
    period: str
    total_fen: int
    sha256: str
