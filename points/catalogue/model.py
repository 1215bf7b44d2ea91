"""The catalogue's facts: rewards by version, stock, and the pool of money that pays for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from points.kernel.amounts import Fen, Points
from points.kernel.ensure import ensure
from points.kernel.ids import Actor, MemberId, OperationId, OutletId, RewardId, VoucherId

PROGRAMMES = ("health", "party")
"""The programmes whose wallets can pay."""

PER_MEMBER_MAX = 100
"""A limit per member is this at most, so that so many past vouchers tell whether it is reached."""

NO_FEN = Fen(0)

TOTAL = "total"
"""The bucket of all stock; the others are local days, as ``2026-03-01``, and outlets."""

AT_OUTLET = "@"
"""What the bucket of an outlet begins with, as ``@YF01``."""

TIERS = (1, 2, 3, 4, 5)
"""The star bands of a year's rating; whoever has reached none is in tier zero."""


def outlet_bucket(outlet: OutletId) -> str:
    """Return the bucket of what is to be had at one outlet only."""
    return f"{AT_OUTLET}{outlet}"


class RewardKind(StrEnum):
    """What a voucher for the reward is good for: one thing, money in parts, or some uses."""

    ITEM = "item"
    AMOUNT = "amount"
    COUNT = "count"


class Window(StrEnum):
    """The calendar window within which a member's vouchers of a reward are counted."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    LIFETIME = "lifetime"

    def begins(self, day: date) -> date:
        """Return the first local day of the window that a day falls in."""
        match self:
            case Window.DAY:
                return day
            case Window.WEEK:
                return day - timedelta(days=day.weekday())
            case Window.MONTH:
                return day.replace(day=1)
            case Window.QUARTER:
                return date(day.year, day.month - (day.month - 1) % 3, 1)
            case Window.YEAR:
                return date(day.year, 1, 1)
            case Window.LIFETIME:
                return date.min

    def ends(self, day: date) -> date | None:
        """Return the first local day after the window that a day falls in; None: it never ends."""
        begins = self.begins(day)
        match self:
            case Window.DAY:
                return begins + timedelta(days=1)
            case Window.WEEK:
                return begins + timedelta(days=7)
            case Window.MONTH:
                return (begins + timedelta(days=31)).replace(day=1)
            case Window.QUARTER:
                return (begins + timedelta(days=92)).replace(day=1)
            case Window.YEAR:
                return date(day.year + 1, 1, 1)
            case Window.LIFETIME:
                return None


class Source(StrEnum):
    """Who puts money into the pool: union, party unit, donor, or the association itself."""

    UNION = "union"
    UNIT = "unit"
    DONOR = "donor"
    ASSOCIATION = "association"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many vouchers of a reward one member may draw in a window."""

    per_member: int
    window: Window

    def __post_init__(self) -> None:
        ensure(0 < self.per_member <= PER_MEMBER_MAX, "a limit allows some and is bounded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """How many there are in all, in a local day, week and month, and by outlet; None: no end.

    Attributes:
        outlets: How many each outlet has, by its id; where this is given, whoever draws chooses
            one of them, and the voucher is good there and nowhere else.
    """

    total: int | None = None
    per_day: int | None = None
    per_week: int | None = None
    per_month: int | None = None
    outlets: Mapping[str, int] = field(default_factory=dict)

    def periods(self) -> tuple[tuple[Window, int], ...]:
        """Return how many may be drawn in which window, where that is limited."""
        every = (
            (Window.DAY, self.per_day),
            (Window.WEEK, self.per_week),
            (Window.MONTH, self.per_month),
        )
        return tuple((window, most) for window, most in every if most is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """One item of one version of the catalogue; never changed after it was loaded.

    Attributes:
        reward_id: The staff's code, as ``C12``.
        version: Of the catalogue.
        programmes: Whose wallet may pay; one of them does, never two together.
        price: Points; zero for what is free and only recorded.
        tier_prices: Points in place of that, by star band as ``5``.
        must_be_free: Whether it may never be priced.
        amount_fen: The face value of an amount voucher, else zero.
        uses: How often a count voucher can be used, else one.
        tariff_fen: What a partner is paid for one use, by partner id, category or ``default``.
        tariff_is_face: Whether the partner is paid what was captured, to the fen.
        partners: Categories of partners that honour it.
        valid_days: Valid to the end of the local day that is so many days after the issue.
        limits: How many one member may draw; each of them holds.
        eligible: A rule expression over the member's fields, or empty for everyone.
        tiers: Star bands of the year's rating that may draw it; empty for everyone.
        gate: What staff must have seen, as ``doctor_referral``; empty for nothing.
        visible_from: First local day on which it is shown.
        visible_until: First local day on which it no longer is.
        active_from: First local day on which it can be drawn; None: once it is shown.
        active_until: First local day on which it no longer can; None: as long as it is shown.
        photo: The hash of its picture; empty for none.
        photo_path: Where the picture lay beside the file.
    """

    reward_id: RewardId
    version: int
    programmes: tuple[str, ...]
    title_zh: str
    title_en: str
    kind: RewardKind
    price: Points
    tier_prices: Mapping[str, int] = field(default_factory=dict)
    must_be_free: bool = False
    amount_fen: Fen = NO_FEN
    uses: int = 1
    tariff_fen: Mapping[str, int] = field(default_factory=dict)
    tariff_is_face: bool = False
    partners: tuple[str, ...]
    valid_days: int
    stock: Stock | None = None
    limits: tuple[Limit, ...] = ()
    eligible: str = ""
    tiers: tuple[int, ...] = ()
    gate: str = ""
    visible_from: date
    visible_until: date | None = None
    active_from: date | None = None
    active_until: date | None = None
    photo: str = ""
    photo_path: str = ""
    note_zh: str = ""
    note_en: str = ""

    def __post_init__(self) -> None:
        ensure(self.price >= 0, "a price is not below zero")
        ensure(
            not (self.must_be_free and any((self.price, *self.tier_prices.values()))),
            "what must be free has no price",
        )
        ensure(min(self.tier_prices.values(), default=0) >= 0, "no tier's price is below zero")
        ensure((self.kind is RewardKind.AMOUNT) == (self.amount_fen > 0), "amounts have a face")
        ensure(self.tariff_is_face == (self.kind is RewardKind.AMOUNT), "amounts are paid at face")
        ensure(self.uses == 1 or self.kind is RewardKind.COUNT, "only count vouchers have uses")
        ensure(self.valid_days > 0, "a voucher lives for a while")

    @property
    def use_max_fen(self) -> Fen:
        """What one use can cost at most, of rewards that are not paid at their face."""
        return Fen(max(self.tariff_fen.values(), default=0))

    @property
    def cost_max_fen(self) -> Fen:
        """What honouring one voucher can cost at most; so much is reserved from the pool."""
        return self.amount_fen if self.tariff_is_face else Fen(self.use_max_fen * self.uses)

    @property
    def outlets(self) -> Mapping[str, int]:
        """How many each outlet has, where it is had at chosen outlets only."""
        return self.stock.outlets if self.stock is not None else {}

    def price_in(self, tier: int) -> Points:
        """Return what it costs whoever is in a star band."""
        return Points(self.tier_prices.get(str(tier), self.price))

    def visible(self, day: date) -> bool:
        """Return whether it is shown on a local day."""
        return self.visible_from <= day and (self.visible_until is None or day < self.visible_until)

    def active(self, day: date) -> bool:
        """Return whether it can be drawn on a local day."""
        begun = self.active_from is None or self.active_from <= day
        ended = self.active_until is not None and self.active_until <= day
        return self.visible(day) and begun and not ended


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueVersion:
    """One loaded catalogue file.

    Attributes:
        version: Counts up; of those that have begun, the highest is in force.
        zone: IANA name of the time zone in which days and windows are counted.
        value_fen_per_point: For liability and budgets only; no exchange rate.
        sha256: Of the canonical form.
        starts_at: From when it is in force; None: from when it was published.
        text: The file as staff wrote it; empty where it was not kept.
    """

    version: int
    zone: str
    value_fen_per_point: Fen
    sha256: str
    starts_at: datetime | None = None
    text: str = field(default="", repr=False, compare=False)

    def day(self, instant: datetime) -> date:
        """Return the local day of an instant."""
        return instant.astimezone(ZoneInfo(self.zone)).date()

    def midnight(self, day: date) -> datetime:
        """Return the instant in UTC at which a local day begins."""
        if day == date.min:
            return datetime.min.replace(tzinfo=UTC)
        return datetime.combine(day, time(), tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def valid_until(self, issued_at: datetime, days: int) -> datetime:
        """Return the first instant at which a voucher is no longer valid."""
        return self.midnight(self.day(issued_at) + timedelta(days=days + 1))

    def window_begins(self, window: Window, instant: datetime) -> datetime:
        """Return the instant at which the window around an instant begins."""
        return self.midnight(window.begins(self.day(instant)))

    def window_ends(self, window: Window, instant: datetime) -> datetime | None:
        """Return the instant at which the window around an instant ends; None: never."""
        after = window.ends(self.day(instant))
        return None if after is None else self.midnight(after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A version as the list of versions shows it.

    Attributes:
        published_by: Who published it; empty where that was not kept.
        rewards: How many it has.
    """

    version: CatalogueVersion
    published_at: datetime
    published_by: str
    rewards: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GateGrant:
    """Staff saw what a reward's gate asks for, once, for one member; never what it said.

    Attributes:
        gate: What was seen, as ``doctor_referral``.
        valid_until: First instant at which it no longer opens the gate.
        seen_by: Who saw it.
    """

    grant_id: str
    member_id: MemberId
    reward_id: RewardId
    gate: str
    seen_by: Actor
    granted_at: datetime
    valid_until: datetime
    operation_id: OperationId

    def __post_init__(self) -> None:
        ensure(self.granted_at < self.valid_until, "a gate stays open for a while")


@dataclass(frozen=True, slots=True, kw_only=True)
class GateEnd:
    """What ended a grant: the voucher that was drawn by it, or nobody's need of it.

    Attributes:
        voucher_id: None where staff took the grant back.
    """

    grant_id: str
    voucher_id: VoucherId | None
    ended_by: Actor
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StockEntry:
    """One change of a reward's stock in one bucket; positive or negative."""

    entry_id: str
    reward_id: RewardId
    bucket: str
    reserved: int
    issued: int
    voucher_id: VoucherId


class PoolKind(StrEnum):
    """Why the pool changed."""

    FUND = "fund"
    RESERVE = "reserve"
    SPEND = "spend"
    UNSPEND = "unspend"
    RELEASE = "release"
    CORRECT = "correct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """How a pool's three sums change, in fen; promised money is part of the given."""

    funded: int = 0
    reserved: int = 0
    spent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolEntry:
    """One change of a programme's pool, in fen.

    Attributes:
        source: Who gave the money, of funding entries; who got it back where it is below zero.
        document: The number of the resolution or payment, of funding entries.
        about: The voucher or correction that it is about, of the others; the return, where money
            went back.
    """

    entry_id: str
    programme: str
    kind: PoolKind
    moved: Moved
    source: Source | None = None
    note: str = ""
    document: str = ""
    about: str | None = None
    operation_id: OperationId
    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class LowPool:
    """That a pool runs low, as it is told in one week.

    Attributes:
        week: As ``2026-W10``, of ISO 8601.
        sellable_fen: What may still be promised.
        ends_on: The earliest day on which it may be used up; None where none is in sight.
    """

    programme: str
    week: str
    sellable_fen: Fen
    ends_on: date | None

    def said(self) -> dict[str, str | int]:
        """Return what people and programs are told of it."""
        ends = {} if self.ends_on is None else {"ends_on": self.ends_on.isoformat()}
        return {"week": self.week, "sellable_fen": int(self.sellable_fen), **ends}


def reward_from(body: Mapping[str, Any]) -> Reward:
    """Return the reward that a stored document spells.

    Raises:
        BrokenInvariant: The document does not keep a reward's promises.
    """
    values = dict(body)
    for name in ("programmes", "partners"):
        values[name] = tuple(values[name])
    values["kind"] = RewardKind(values["kind"])
    values["visible_from"] = date.fromisoformat(values["visible_from"])
    for name in ("visible_until", "active_from", "active_until"):
        if day := values.get(name):
            values[name] = date.fromisoformat(day)
    if stock := values.get("stock"):
        values["stock"] = Stock(**stock)
    # Before there could be several, one limit stood by itself.
    single = values.pop("limit", None)
    limits = values.get("limits") or ([single] if single else [])
    values["limits"] = tuple(
        Limit(per_member=each["per_member"], window=Window(each["window"])) for each in limits
    )
    values["tiers"] = tuple(values.get("tiers") or ())
    return Reward(**values)
