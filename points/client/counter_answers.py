"""What partners are answered at the counter."""

from datetime import date, datetime

from pydantic import Field

from points.client.answers import Read


class Title(Read):
    """What to hand over."""

    zh: str
    en: str


class Authorised(Read):
    """What a voucher is good for at this counter, for three minutes."""

    authorisation_id: str | None = None
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


class Released(Read):
    """An authorisation that was given up."""

    authorisation_id: str
    voucher_id: str


class FoundVoid(Read):
    """What became of a void's number."""

    void_no: str
    void_id: str
    capture_id: str
    voucher_id: str
    owed_fen: int
    voided_at: datetime


class DayCapture(Read):
    """A capture of a day."""

    capture_id: str
    request_no: str
    outlet_id: str
    operator_id: str
    device_id: str
    title: Title
    last4: str
    amount_fen: int | None = None
    owed_fen: int
    captured_at: datetime
    voided: bool


class DaySums(Read):
    """What a day came to."""

    captures: int
    captured_fen: int
    voids: int
    voided_fen: int
    net_fen: int


class CaptureDay(Read):
    """A page of a day's captures, with the sums of the whole day."""

    items: list[DayCapture]
    next: str | None = None
    day: date
    totals: DaySums


class RegisteredTill(Read):
    """A till as it stands."""

    outlet_id: str
    device_id: str
    active: bool
    own_key: bool = False


class RegisteredTills(Read):
    """Tills by outlet and name."""

    items: list[RegisteredTill]


class CounterPolicy(Read):
    """What holds at a partner's counters."""

    partner_id: str
    version: int
    hours: str
    operator_voids_max: int
    outlet_voids_max: int


class Opening(Read):
    """An outlet's hours."""

    outlet_id: str
    text: str
    read: bool
    open_now: bool | None = None


class Openings(Read):
    """Hours by outlet."""

    items: list[Opening]
    next: str | None = None


class SandboxKey(Read):
    """A key of a sandbox; without an outlet it is the head office's."""

    outlet_id: str | None = None
    key: str = Field(repr=False)


class Sandbox(Read):
    """A sandbox that was opened."""

    association: str
    partner_id: str
    keys: list[SandboxKey]


class VoucherCodes(Read):
    """A code in both spellings."""

    code: str
    digits: str


class TestVoucher(Read):
    """A voucher to try with."""

    __test__ = False  # no class of tests, whatever its name begins with

    voucher_id: str
    wanted: str
    kind: str
    title: Title
    codes: VoucherCodes


class SandboxReset(Read):
    """How many open vouchers were closed."""

    ended: int
