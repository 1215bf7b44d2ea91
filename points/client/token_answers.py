"""What a member is given to show at a counter, and what tills without network are answered."""

from datetime import datetime

from points.client.answers import Read
from points.client.counter_answers import Captured


class Qr(Read):
    """A QR that changes: ask again after ``refresh_after_seconds``."""

    voucher_id: str
    payload: str
    step_seconds: int
    refresh_after_seconds: int
    expires_at: datetime
    svg: str | None = None


class OfflineTokenShown(Read):
    """A token: digits for a QR, good once, at one outlet, without any network."""

    token_id: str
    voucher_id: str
    outlet_id: str
    value_fen: int
    issued_at: datetime
    until: datetime
    payload: str
    svg: str | None = None


class OfflineKey(Read):
    """A public key, in base 64."""

    key_no: int
    public_key: str


class OfflineKeys(Read):
    """What a till keeps to check tokens without network."""

    association: str
    enabled: bool
    keys: list[OfflineKey]
    per_till_a_day: int
    value_fen_max: int
    upload_hours: int
    server_time: datetime


class Refused(Read):
    """Why something could not be taken at all."""

    code: str
    detail: str


class Brought(Read):
    """What became of one thing: ``captured``, a ``conflict`` with its bearer, or ``refused``."""

    request_no: str
    outcome: str
    use_id: str | None = None
    capture: Captured | None = None
    bearer: str | None = None
    reason: str | None = None
    value_fen: int | None = None
    refused: Refused | None = None


class BroughtAll(Read):
    """What became of a batch, in its order."""

    items: list[Brought]


class OfflineConflict(Read):
    """A use that was not captured: who bears it, and what was decided."""

    use_id: str
    partner_id: str
    outlet_id: str
    request_no: str
    handed_at: datetime
    reason: str
    bearer: str
    value_fen: int
    waiting: bool
    decision: str | None = None
    correction_id: str | None = None


class OfflineRuling(Read):
    """A decision."""

    use_id: str
    decision: str
    amount_fen: int
    correction_id: str | None = None
