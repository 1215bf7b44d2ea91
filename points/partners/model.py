"""The partners' facts: who honours vouchers, where, and what each is owed for a period."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt
from zoneinfo import ZoneInfo

from points.kernel.amounts import Fen
from points.kernel.ensure import ensure
from points.kernel.ids import OutletId, PartnerId, StatementId
from points.partners.counters import CounterPolicy, NewPolicy, RegisteredTill, TillEvent

DECEMBER = 12
EARTH_RADIUS_METRES = 6_371_009
LATITUDES_E6 = (3_800_000, 53_600_000)
LONGITUDES_E6 = (73_400_000, 135_200_000)
"""The box around China; a place outside of it was mistyped."""
WEB = "web"
"""How the counters in browsers are called together; each is followed by its session."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A chain, hospital or shop that honours vouchers and is paid for it.

    Attributes:
        partner_id: The association's code for it, as ``YF``.
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

    def span(self, day: date) -> tuple[datetime, datetime]:
        """Return the half-open period, in UTC, of the statement that a local day falls in."""
        if self.cycle is Cycle.DAY:
            first, after = day, day + timedelta(days=1)
        else:
            first = day.replace(day=1)
            years, month = divmod(first.month, DECEMBER)
            after = date(first.year + years, month + 1, 1)
        return self._midnight(first), self._midnight(after)

    def period(self, day: date) -> str:
        """Return the name of the period that a local day falls in: ``2026-03``, ``2026-03-01``."""
        return day.isoformat() if self.cycle is Cycle.DAY else f"{day.year:04}-{day.month:02}"

    def local_day(self, day: date) -> tuple[datetime, datetime]:
        """Return the half-open day, in UTC."""
        return self._midnight(day), self._midnight(day + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a statement; what the partner gives back is negative.

    Attributes:
        source_id: The event or correction that it lists, in exactly one line for ever.
        reference: The partner's request number, or a correction's reason.
        last4: The end of the voucher's code.
    """

    number: int
    source_id: str
    kind: LineKind
    outlet_id: OutletId | None
    reward_id: str = ""
    reference: str = ""
    last4: str = ""
    amount_fen: Fen
    booked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletTotal:
    """What an outlet did in a period."""

    outlet_id: OutletId | None
    count: int
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Control totals of a statement.

    Attributes:
        count: Lines.
        total_fen: What the partner is owed, or owes when below zero.
        outlets: The same by outlet, in the order of their ids.
        sha256: Of the canonical lines.
    """

    count: int
    total_fen: int
    outlets: tuple[OutletTotal, ...]
    sha256: str

    def __post_init__(self) -> None:
        ensure(sum(o.count for o in self.outlets) == self.count, "outlets add up to the count")
        ensure(sum(o.amount_fen for o in self.outlets) == self.total_fen, "and to the fen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the association owes a partner for one period.

    Attributes:
        statement_id: None while it is a draft of an open period.
        number: Counts up per partner; each new one begins where the last one ended.
    """

    statement_id: StatementId | None
    partner_id: PartnerId
    number: int
    period: str
    begins: datetime
    ends: datetime
    lines: tuple[Line, ...]
    totals: Totals
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """An amount that a statement is corrected by, agreed after the day of the capture."""

    correction_id: str
    partner_id: PartnerId
    programme: str
    outlet_id: OutletId | None
    amount_fen: Fen
    reason: str
    booked_at: datetime
    corrects: str | None = None


@dataclass(slots=True, kw_only=True)
class Account:
    """What moves about a partner: how far its statements reach. Locked by all that book.

    Attributes:
        closed_until: First instant of the open period; None before the first statement.
        statements: How many were closed.
    """

    partner_id: PartnerId
    closed_until: datetime | None = None
    statements: int = 0
    fresh: bool = False
    touched: bool = False

    def books_at(self, now: datetime) -> datetime:
        """Return when something that happens now is booked: never within a closed period."""
        return now if self.closed_until is None else max(now, self.closed_until)


@dataclass(slots=True)
class Contracts:
    """The partners' part of a batch. Nothing here touches a database.

    Attributes:
        operators: All that the outlets have registered, disabled ones too.
        disabled: Those of them who may not act.
        tills: All that the outlets have registered, by outlet and name.
        policies: What holds at partners' counters.
    """

    partners: dict[PartnerId, Partner] = field(default_factory=dict)
    outlets: dict[OutletId, Outlet] = field(default_factory=dict)
    operators: set[tuple[OutletId, str]] = field(default_factory=set)
    disabled: set[tuple[OutletId, str]] = field(default_factory=set)
    accounts: dict[PartnerId, Account] = field(default_factory=dict)
    tills: dict[tuple[OutletId, str], RegisteredTill] = field(default_factory=dict)
    policies: dict[PartnerId, CounterPolicy] = field(default_factory=dict)
    corrections: dict[PartnerId, list[Correction]] = field(default_factory=dict)
    new_partners: list[Partner] = field(default_factory=list)
    new_outlets: list[Outlet] = field(default_factory=list)
    new_operators: list[Operator] = field(default_factory=list)
    new_tills: list[TillEvent] = field(default_factory=list)
    new_policies: list[NewPolicy] = field(default_factory=list)
    new_corrections: list[Correction] = field(default_factory=list)
    new_statements: list[Statement] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        return sum(
            len(facts)
            for facts in (
                self.new_partners,
                self.new_outlets,
                self.new_operators,
                self.new_tills,
                self.new_policies,
                self.new_corrections,
                self.new_statements,
            )
        )

    def add_partner(self, partner: Partner) -> None:
        """Take a partner up, with its first open period."""
        self.partners[partner.partner_id] = partner
        self.accounts[partner.partner_id] = Account(partner_id=partner.partner_id, fresh=True)
        self.new_partners.append(partner)

    def add_outlet(self, outlet: Outlet) -> None:
        """Take an outlet up."""
        self.outlets[outlet.outlet_id] = outlet
        self.new_outlets.append(outlet)

    def add_operator(self, operator: Operator) -> None:
        """Take an operator up."""
        self.operators.add((operator.outlet_id, operator.operator_id))
        self.new_operators.append(operator)

    def policy(self, partner: PartnerId) -> CounterPolicy:
        """Return what holds at a partner's counters; where nothing was agreed, what is usual."""
        return self.policies.get(partner) or CounterPolicy(partner_id=partner)

    def agree(self, new: NewPolicy) -> None:
        """Let another policy hold from now on."""
        policy = new.policy
        ensure(policy.version == self.policy(policy.partner_id).version + 1, "without a gap")
        self.policies[policy.partner_id] = policy
        self.new_policies.append(new)

    def till(self, event: TillEvent) -> None:
        """Register a till, or switch it off or on."""
        name = event.outlet_id, event.device_id
        before = self.tills.get(name)
        ensure(event.version == (before.version if before else 0) + 1, "without a gap")
        self.tills[name] = RegisteredTill(
            outlet_id=event.outlet_id,
            device_id=event.device_id,
            version=event.version,
            active=event.active,
        )
        self.new_tills.append(event)

    def works(self, outlet: OutletId, device: str) -> bool:
        """Return whether a device is a till of an outlet; any is where none was registered.

        Browsers are one kind of till: who registered ``web`` lets all of them work.
        """
        if not any(of == outlet for of, _ in self.tills):
            return True
        name = WEB if device.startswith(f"{WEB}-") else device
        till = self.tills.get((outlet, name))
        return till is not None and till.active

    def correct(self, correction: Correction) -> None:
        """Append a correction to the open period."""
        self.corrections.setdefault(correction.partner_id, []).append(correction)
        self.new_corrections.append(correction)

    def close(self, statement: Statement) -> None:
        """Close a period for ever."""
        account = self.accounts[statement.partner_id]
        ensure(statement.number == account.statements + 1, "statements are numbered without a gap")
        account.closed_until, account.statements = statement.ends, statement.number
        account.touched = True
        self.new_statements.append(statement)
