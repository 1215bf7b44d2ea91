"""What a member is given to show at a counter."""

from datetime import datetime

from points.client.answers import Read


class Qr(Read):
    """A QR that changes: ask again after ``refresh_after_seconds``."""

    voucher_id: str
    payload: str
    step_seconds: int
    refresh_after_seconds: int
    expires_at: datetime
    svg: str | None = None
