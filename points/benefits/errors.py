"""What donations, hardship grants and stamp cards are refused for."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class DonationsClosed(Refusal):
    """The association's rules let nobody give points of this programme away."""

    code: ClassVar[str] = "donations_closed"
    zh: ClassVar[str] = "该项目不接受积分捐赠"
    en: ClassVar[str] = "points of this programme cannot be donated"


@dataclass(frozen=True, slots=True, kw_only=True)
class DonationLimit(Refusal):
    """A donation is neither too small nor too large, and a month holds so much."""

    code: ClassVar[str] = "donation_limit"
    zh: ClassVar[str] = "每次可捐 {least} 至 {most} 分，本月还可捐 {left} 分"
    en: ClassVar[str] = "a donation is {least} to {most} points; {left} are left this month"
    least: int
    most: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DonationReturned(Refusal):
    """A donation is given back once."""

    code: ClassVar[str] = "donation_returned"
    zh: ClassVar[str] = "该笔捐赠已退回"
    en: ClassVar[str] = "this donation has been given back already"


@dataclass(frozen=True, slots=True, kw_only=True)
class FundShort(Refusal):
    """The fund gives what it holds and no more."""

    code: ClassVar[str] = "hardship_fund_short"
    zh: ClassVar[str] = "帮扶基金积分不足：需要 {asked} 分，现有 {holds} 分"
    en: ClassVar[str] = "the hardship fund holds {holds} points, {asked} are asked for"
    asked: int
    holds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HardshipLimit(Refusal):
    """One member gets so much in a calendar month."""

    code: ClassVar[str] = "hardship_limit"
    zh: ClassVar[str] = "每名会员每月至多发放 {per_month} 分帮扶积分，本月还可发放 {left} 分"
    en: ClassVar[str] = "a member is granted {per_month} points a month at most; {left} are left"
    per_month: int
    left: int
