"""What partners are answered at the counter."""

from datetime import datetime

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
