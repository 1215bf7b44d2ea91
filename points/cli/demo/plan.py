"""When the demo's year happens, and with which files."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


def at(month: int, day: int, hour: int = 9, year: int = 2025) -> datetime:
    """Return a local moment of the demo's year."""
    return datetime(year, month, day, hour, tzinfo=ZONE)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file and when the association hands it in."""

    file: str
    when: datetime


REGISTER = (
    Delivery("会员花名册.xlsx", at(1, 6)),
    Delivery("合作药房门店.xlsx", at(1, 7)),
)
ACTIVITIES = (
    Delivery("爱心助考_2025.xlsx", at(6, 10)),
    Delivery("应急运输任务.csv", at(8, 20)),
    Delivery("义诊签到_20251030.xlsx", at(10, 31)),
    Delivery("培训签到_2025.xlsx", at(11, 10)),
    Delivery("志愿服务签到_2025.csv", at(1, 3, year=2026)),
    Delivery("网格上报_2025.jsonl", at(1, 4, year=2026)),
)
YEAR = 2025
REVIEWED = at(1, 5, year=2026)
SCORED = at(1, 6, year=2026)
MATURED = at(1, 20, year=2026)
REDEEMED = (at(1, 21, year=2026), at(1, 22, year=2026))
CAPTURED, CAPTURE_DAYS, OPEN_MINUTES = at(1, 22, year=2026), 10, 9 * 60
"""From when on vouchers are used, on how many days, and for how long on each."""

LATE_DAY, LATE_COUNT, LATE_BY, LATE_OUTLET = 6, 3, timedelta(hours=5), 4
"""On one evening the last few are captured after closing, all at one outlet: the watch tells it."""

VOIDED = at(1, 31, 18, year=2026)
SETTLED = at(2, 3, year=2026)
EXPIRED = at(6, 1, year=2026)


def captured_at(place: int, of: int) -> tuple[datetime, bool]:
    """Return when one of so many captures is made, spread evenly, and whether that is too late."""
    day, minute = _spread(place, of)
    late = day == LATE_DAY < _spread(place + LATE_COUNT, of)[0]
    when = CAPTURED + timedelta(days=day, minutes=minute)
    return (when + LATE_BY if late else when), late


def _spread(place: int, of: int) -> tuple[int, int]:
    """Return day and minute: the first is made in the first minute, the last in the last."""
    last_minute = CAPTURE_DAYS * OPEN_MINUTES - 1
    return divmod(place * last_minute // max(of - 1, 1), OPEN_MINUTES)


PARTNER = "YF"
PARTNER_NAME = "示例大药房"
FUNDS_FEN = {"party": 5_000_000, "health": 8_000_000}
"""What the union and the association put into the pools, in fen."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A reward that members ask for, from which wallet, and how many of them."""

    reward: str
    programme: str
    price: int
    members: int


FOR_A_DAY = "C01"
WISHES = (
    Wish("C12", "party", 100, 60),
    Wish("C13", "party", 60, 40),
    Wish(FOR_A_DAY, "health", 0, 20),
)
"""Amount vouchers, first aid kits, and a free measurement that is only recorded."""
