"""What the catalogue refuses."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardUnavailable(Refusal):
    """Unknown, not shown today, or not to be had for this programme's points."""

    code: ClassVar[str] = "reward_unavailable"
    zh: ClassVar[str] = "该兑换项目目前不可兑换"
    en: ClassVar[str] = "this reward cannot be redeemed at present"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEligible(Refusal):
    """The reward is meant for others."""

    code: ClassVar[str] = "not_eligible"
    zh: ClassVar[str] = "您不在该项目的适用范围内"
    en: ClassVar[str] = "this reward is not meant for you"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateClosed(Refusal):
    """Staff must see something first, as a doctor's referral."""

    code: ClassVar[str] = "gate_closed"
    zh: ClassVar[str] = "该项目需先由工作人员核验（{gate}）"
    en: ClassVar[str] = "staff must confirm this first: {gate}"
    gate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitReached(Refusal):
    """The member has drawn as many as a window allows."""

    code: ClassVar[str] = "limit_reached"
    zh: ClassVar[str] = "已达到限兑次数：每个周期（{window}）最多 {per_member} 次"
    en: ClassVar[str] = "the limit of {per_member} per {window} is reached"
    per_member: int
    window: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfStock(Refusal):
    """None are left, in all or for today."""

    code: ClassVar[str] = "out_of_stock"
    zh: ClassVar[str] = "名额已兑完"
    en: ClassVar[str] = "none are left"
    today_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolExhausted(Refusal):
    """The programme has no money left to promise: sale stops before anyone goes unpaid."""

    code: ClassVar[str] = "pool_exhausted"
    zh: ClassVar[str] = "项目经费暂时不足，兑换已暂停"
    en: ClassVar[str] = "the programme's funds are used up; redemption is paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionOutdated(Refusal):
    """A catalogue version is loaded once, and versions count up."""

    code: ClassVar[str] = "catalogue_version_outdated"
    zh: ClassVar[str] = "目录版本号须大于现行版本 {current}"
    en: ClassVar[str] = "the version must be above the one in force, {current}"
    current: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountNotPositive(Refusal):
    """Money put into a pool is above zero."""

    code: ClassVar[str] = "amount_not_positive"
    zh: ClassVar[str] = "金额必须大于零"
    en: ClassVar[str] = "the amount must be above zero"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolUnknown(Refusal):
    """There is no pool of this programme."""

    code: ClassVar[str] = "pool_unknown"
    zh: ClassVar[str] = "没有此项目的经费池"
    en: ClassVar[str] = "there is no pool of this programme"
