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
class NotInTier(Refusal):
    """The reward is for those whose rating of the year has reached some star bands."""

    code: ClassVar[str] = "not_in_tier"
    zh: ClassVar[str] = "该项目限本年度评定 {tiers} 星会员兑换，您目前 {tier} 星"
    en: ClassVar[str] = "this reward is for members with {tiers} stars; you have {tier}"
    tiers: str
    tier: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GateClosed(Refusal):
    """Staff must see something first, as a doctor's referral."""

    code: ClassVar[str] = "gate_closed"
    zh: ClassVar[str] = "须先由工作人员登记{gate_zh}"
    en: ClassVar[str] = "staff must record first that they saw {gate_en}"
    gate: str
    gate_zh: str = "所需材料"
    gate_en: str = "what it asks for"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateMissing(Refusal):
    """The reward has no gate that staff could open."""

    code: ClassVar[str] = "gate_missing"
    zh: ClassVar[str] = "该项目不需要工作人员核验"
    en: ClassVar[str] = "this reward has no gate"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOpen(Refusal):
    """The member's gate is open already; one grant at a time."""

    code: ClassVar[str] = "gate_open"
    zh: ClassVar[str] = "该会员已有有效登记，尚未使用"
    en: ClassVar[str] = "this member's gate is open already"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateGrantGone(Refusal):
    """There is no such grant, or it was used, taken back or ran out."""

    code: ClassVar[str] = "gate_grant_gone"
    zh: ClassVar[str] = "没有此项登记，或已使用、已撤回、已过期"
    en: ClassVar[str] = "there is no such grant, or it was used, taken back or ran out"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDays(Refusal):
    """A gate stays open for some days and not for ever."""

    code: ClassVar[str] = "gate_days"
    zh: ClassVar[str] = "有效天数须为 1～{most}"
    en: ClassVar[str] = "a gate stays open for 1 to {most} days"
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletNeeded(Refusal):
    """The reward is had at chosen outlets: the member says at which."""

    code: ClassVar[str] = "outlet_needed"
    zh: ClassVar[str] = "请选择领取门店"
    en: ClassVar[str] = "choose the outlet where you want it"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletNotOffered(Refusal):
    """The reward is not had at this outlet."""

    code: ClassVar[str] = "outlet_not_offered"
    zh: ClassVar[str] = "该项目不在此门店提供"
    en: ClassVar[str] = "this reward is not offered at that outlet"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitReached(Refusal):
    """The member has drawn as many as a window allows."""

    code: ClassVar[str] = "limit_reached"
    zh: ClassVar[str] = "已达到限兑次数：每个限兑周期最多 {per_member} 次"
    en: ClassVar[str] = "the limit of {per_member} per {window} is reached"
    per_member: int
    window: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfStock(Refusal):
    """None are left: in all, at the outlet, or for a day, week or month.

    Attributes:
        today_only: Whether there are more tomorrow.
        of: ``total``, ``outlet``, ``day``, ``week`` or ``month``; empty in answers of old.
    """

    code: ClassVar[str] = "out_of_stock"
    zh: ClassVar[str] = "名额已兑完"
    en: ClassVar[str] = "none are left"
    today_only: bool
    of: str = ""


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
    zh: ClassVar[str] = "目录版本号须大于已发布的最高版本 {current}"
    en: ClassVar[str] = "the version must be above the highest that was published, {current}"
    current: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueNotAhead(Refusal):
    """A version begins today or on a day to come."""

    code: ClassVar[str] = "catalogue_not_ahead"
    zh: ClassVar[str] = "生效日期须为今天或以后"
    en: ClassVar[str] = "a version takes effect today or on a day to come"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoMissing(Refusal):
    """A reward shows a picture that was not kept before."""

    code: ClassVar[str] = "photo_missing"
    zh: ClassVar[str] = "目录引用的图片尚未上传"
    en: ClassVar[str] = "the catalogue names a photo that was not uploaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoUnfit(Refusal):
    """What was sent is no picture of the kinds, sizes and cleanliness that are taken."""

    code: ClassVar[str] = "photo_unfit"
    zh: ClassVar[str] = "图片不符合要求：{zh_why}"
    en: ClassVar[str] = "the photo cannot be taken: {en_why}"
    zh_why: str
    en_why: str


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
