"""The partners' facts: who honours vouchers, where, and what each is owed for a period."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt
from zoneinfo import ZoneInfo

from points.kernel.amounts import Fen
from points.kernel.ensure import ensure
from points.kernel.ids import OutletId, PartnerId, StatementId

DECEMBER = 12
NO_FEN = Fen(0)
EARTH_RADIUS_METRES = 6_371_009
LATITUDES_E6 = (3_800_000, 53_600_000)
LONGITUDES_E6 = (73_400_000, 135_200_000)
"""The box around China; a place outside of it was mistyped."""


class Category(StrEnum):
    """What kind of partner it is; rewards name the kinds that honour them."""

    PHARMACY = "pharmacy"
    HOSPITAL = "hospital"
    DRIVERS_HOME = "drivers_home"
    MERCHANT = "merchant"
    ASSOCIATION = "association"


class Cycle(StrEnum):
    """How often a partner gets a statement."""

    DAY = "day"
    MONTH = "month"

    def days(self, day: date) -> tuple[date, date]:
        """Return the first day of the period that a day falls in, and the first day after it."""
        if self is Cycle.DAY:
            return day, day + timedelta(days=1)
        years, month = divmod(day.month, DECEMBER)
        return day.replace(day=1), date(day.year + years, month + 1, 1)

    def period(self, day: date) -> str:
        """Return the name of the period that a day falls in: ``2026-03``, ``2026-03-01``."""
        return day.isoformat() if self is Cycle.DAY else f"{day.year:04}-{day.month:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A chain, hospital or shop that honours vouchers and is paid for it.

    Attributes:
        partner_id: The association's code for it, as ``YF``.
        cycle: How often it gets a statement, until a contract says otherwise.
        zone: IANA name of the time zone of its days.
    """

    partner_id: PartnerId
    category: Category
    name: str
    cycle: Cycle = Cycle.MONTH
    zone: str = "Asia/Shanghai"

    def day(self, instant: datetime) -> date:
        """Return the partner's local day of an instant."""
        return instant.astimezone(ZoneInfo(self.zone)).date()

    def local_day(self, day: date) -> tuple[datetime, datetime]:
        """Return the half-open day, in UTC."""
        return self.midnight(day), self.midnight(day + timedelta(days=1))

    def midnight(self, day: date) -> datetime:
        """Return the first instant of a local day."""
        return datetime.combine(day, time(), tzinfo=ZoneInfo(self.zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the map in millionths of a degree, about a tenth of a metre; WGS 84."""

    latitude_e6: int
    longitude_e6: int

    def __post_init__(self) -> None:
        ensure(inside(self.latitude_e6, self.longitude_e6), "an outlet lies in China")

    def metres_to(self, other: "Place") -> int:
        """Return the great-circle distance to another place, in whole metres."""
        here, there = radians(self.latitude_e6 / 1e6), radians(other.latitude_e6 / 1e6)
        across = radians((other.longitude_e6 - self.longitude_e6) / 1e6)
        chord = sin((there - here) / 2) ** 2 + cos(here) * cos(there) * sin(across / 2) ** 2
        return round(2 * EARTH_RADIUS_METRES * asin(min(1.0, sqrt(chord))))


def inside(latitude_e6: int, longitude_e6: int) -> bool:
    """Return whether a point lies within the box around China."""
    north = LATITUDES_E6[0] <= latitude_e6 <= LATITUDES_E6[1]
    return north and LONGITUDES_E6[0] <= longitude_e6 <= LONGITUDES_E6[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A shop of a partner.

    Attributes:
        phone: The shop's own number, for members; no person's.
        opening_hours: As people write them.
        services: What is on offer, as words of the association.
        district: As people there say it, as ``兴隆台区``.
        place: Where it is, if that is known.
    """

    outlet_id: OutletId
    partner_id: PartnerId
    name: str
    address: str = ""
    phone: str = ""
    opening_hours: str = ""
    services: tuple[str, ...] = ()
    district: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A clerk or till of an outlet, by the partner's own number; no name is kept."""

    operator_id: str
    outlet_id: OutletId


class LineKind(StrEnum):
    """Why a line stands in a statement."""

    CAPTURE = "capture"
    VOID = "void"
    CORRECTION = "correction"
    FEE = "fee"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a statement; what the partner gives back is negative.

    Attributes:
        source_id: The event or correction that it lists, in exactly one line for ever; a line of
            fees has an id of its own.
        programme: Whose pool pays it.
        reference: The partner's request number, or a correction's reason.
        last4: The end of the voucher's code.
        fee_fen: The fee that a capture is charged, below zero, or that its void gives back; a line
            of fees sums them up. Of a correction of fees it is what the line comes to.
    """

    number: int
    source_id: str
    kind: LineKind
    outlet_id: OutletId | None
    programme: str = ""
    reward_id: str = ""
    reference: str = ""
    last4: str = ""
    amount_fen: Fen
    fee_fen: Fen = NO_FEN
    booked_at: datetime

    @property
    def takes_fees(self) -> bool:
        """Whether the line takes fees off: of them less may be claimed, or none, and no payment."""
        return self.kind is LineKind.FEE and self.amount_fen < 0

    @property
    def sums_fees(self) -> bool:
        """Whether the line sums up what others were charged, and has no fact of its own."""
        return self.kind is LineKind.FEE and self.fee_fen == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletTotal:
    """What an outlet did in a period: lines, money by kind, and what comes to it in the end."""

    outlet_id: OutletId | None
    count: int
    amount_fen: int
    captured_fen: int = 0
    voided_fen: int = 0
    corrected_fen: int = 0
    fees_fen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Control totals of a statement.

    Attributes:
        count: Lines.
        total_fen: What the partner is owed, or owes when below zero.
        captured_fen: What was handed over, by the tariff.
        voided_fen: What was taken back on its day; below zero.
        corrected_fen: What was agreed later.
        fees_fen: What the association keeps; below zero, unless more was given back.
        outlets: The same by outlet, in the order of their ids.
        sha256: Of the canonical form, which holds the hash of the statement before.
    """

    count: int
    total_fen: int
    captured_fen: int = 0
    voided_fen: int = 0
    corrected_fen: int = 0
    fees_fen: int = 0
    outlets: tuple[OutletTotal, ...]
    sha256: str

    @property
    def add_up(self) -> bool:
        """Whether outlets come to the whole; asked on writing, and again by the verifier."""
        return (
            sum(each.count for each in self.outlets) == self.count
            and sum(each.amount_fen for each in self.outlets) == self.total_fen
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the association owes a partner for one period.

    Attributes:
        statement_id: None while it is a draft of an open period.
        number: Counts up per partner; each new one begins where the last one ended.
        lines: All of them where it was just drawn up; none where it was read, for there may be
            very many: they are read page by page.
        previous_sha256: The hash of the statement before; empty for the first.
        contract: Version of the contract in force on its last day; zero for none.
        payment_days: How long after its closing it is to be paid.
        drawn_by: Who drew it up; empty for a draft.
        form: Of the canonical form that its hash is made of; the first one had no head.
    """

    statement_id: StatementId | None
    partner_id: PartnerId
    number: int
    period: str
    begins: datetime
    ends: datetime
    lines: tuple[Line, ...] = ()
    totals: Totals
    previous_sha256: str = ""
    contract: int = 0
    payment_days: int = 0
    drawn_by: str = ""
    drawn_at: datetime | None = None
    form: int = 2

    def with_totals(self, totals: Totals) -> "Statement":
        """Return the statement with its control totals."""
        return replace(self, totals=totals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """An amount that a statement is corrected by, agreed after the day of the capture.

    Attributes:
        programme: Whose pool pays it; empty for fees, which are the association's own money.
    """

    correction_id: str
    partner_id: PartnerId
    programme: str
    outlet_id: OutletId | None
    amount_fen: Fen
    reason: str
    booked_at: datetime
    corrects: str | None = None

    @property
    def of_fees(self) -> bool:
        """Whether fees are corrected, and no pool's money."""
        return not self.programme


@dataclass(slots=True, kw_only=True)
class Account:
    """What moves about a partner: how far its statements reach. Locked by all that book.

    Attributes:
        closed_until: First instant of the open period; None before the first statement.
        statements: How many were drawn up.
        last_sha256: The last one's hash; empty before the first.
    """

    partner_id: PartnerId
    closed_until: datetime | None = None
    statements: int = 0
    last_sha256: str = ""
    fresh: bool = False
    touched: bool = False

    def books_at(self, now: datetime) -> datetime:
        """Return when something that happens now is booked: never within a closed period."""
        return now if self.closed_until is None else max(now, self.closed_until)
