"""The catalogue's facts: rewards by version, stock, and the pool of money that pays for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from points.kernel.amounts import Fen, Points
from points.kernel.ensure import ensure
from points.kernel.ids import Actor, OperationId, RewardId, VoucherId

PROGRAMMES = ("health", "party")
"""The programmes whose wallets can pay."""

PER_MEMBER_MAX = 100
"""A limit per member is this at most, so that so many past vouchers tell whether it is reached."""

NO_FEN = Fen(0)

TOTAL = "total"
"""The bucket of all stock; the others are local days, as ``2026-03-01``."""


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
    """How many there are in all, and how many may be drawn on one local day; None: no end."""

    total: int | None = None
    per_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """One item of one version of the catalogue; never changed after it was loaded.

    Attributes:
        reward_id: The staff's code, as ``C12``.
        version: Of the catalogue.
        programmes: Whose wallet may pay; one of them does, never two together.
        price: Points; zero for what is free and only recorded.
        must_be_free: Whether it may never be priced.
        amount_fen: The face value of an amount voucher, else zero.
        uses: How often a count voucher can be used, else one.
        tariff_fen: What a partner is paid for one use, by partner id, category or ``default``.
        tariff_is_face: Whether the partner is paid what was captured, to the fen.
        partners: Categories of partners that honour it.
        valid_days: Valid to the end of the local day that is so many days after the issue.
        eligible: A rule expression over the member's fields, or empty for everyone.
        gate: What staff must have seen, as ``doctor_referral``; empty for nothing.
        visible_from: First local day on which it can be drawn.
        visible_until: First local day on which it no longer can.
    """

    reward_id: RewardId
    version: int
    programmes: tuple[str, ...]
    title_zh: str
    title_en: str
    kind: RewardKind
    price: Points
    must_be_free: bool = False
    amount_fen: Fen = NO_FEN
    uses: int = 1
    tariff_fen: Mapping[str, int] = field(default_factory=dict)
    tariff_is_face: bool = False
    partners: tuple[str, ...]
    valid_days: int
    stock: Stock | None = None
    limit: Limit | None = None
    eligible: str = ""
    gate: str = ""
    visible_from: date
    visible_until: date | None = None
    note_zh: str = ""
    note_en: str = ""

    def __post_init__(self) -> None:
        ensure(self.price >= 0, "a price is not below zero")
        ensure(not (self.must_be_free and self.price), "what must be free has no price")
        ensure((self.kind is RewardKind.AMOUNT) == (self.amount_fen > 0), "amounts have a face")
        ensure(self.uses == 1 or self.kind is RewardKind.COUNT, "only count vouchers have uses")
        ensure(self.valid_days > 0, "a voucher lives for a while")

    @property
    def cost_max_fen(self) -> Fen:
        """What honouring one voucher can cost at most; so much is reserved from the pool."""
        if self.tariff_is_face:
            return self.amount_fen
        return Fen(max(self.tariff_fen.values(), default=0) * self.uses)

    def visible(self, day: date) -> bool:
        """Return whether it can be drawn on a local day."""
        return self.visible_from <= day and (self.visible_until is None or day < self.visible_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueVersion:
    """One loaded catalogue file.

    Attributes:
        version: Counts up; the highest is in force.
        zone: IANA name of the time zone in which days and windows are counted.
        value_fen_per_point: For liability and budgets only; no exchange rate.
        sha256: Of the canonical form.
    """

    version: int
    zone: str
    value_fen_per_point: Fen
    sha256: str

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
    if until := values.get("visible_until"):
        values["visible_until"] = date.fromisoformat(until)
    if stock := values.get("stock"):
        values["stock"] = Stock(**stock)
    if limit := values.get("limit"):
        values["limit"] = Limit(
            per_member=limit["per_member"],
            window=Window(limit["window"]),
        )
    return Reward(**values)
