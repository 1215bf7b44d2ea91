"""What the register of members refuses. No text holds a name or a number."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneInvalid(Refusal):
    """Not a mobile number of eleven digits."""

    code: ClassVar[str] = "phone_invalid"
    zh: ClassVar[str] = "手机号应为 11 位数字"
    en: ClassVar[str] = "a mobile number has eleven digits"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityInvalid(Refusal):
    """Wrong form or wrong check character."""

    code: ClassVar[str] = "identity_invalid"
    zh: ClassVar[str] = "身份证号格式或校验码不正确"
    en: ClassVar[str] = "the identity number's form or check character is wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameInvalid(Refusal):
    """Empty or too long."""

    code: ClassVar[str] = "name_invalid"
    zh: ClassVar[str] = "姓名应为 1 至 {length_max} 个字"
    en: ClassVar[str] = "a name has 1 to {length_max} characters"
    length_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneTaken(Refusal):
    """Another member has this number."""

    code: ClassVar[str] = "phone_taken"
    zh: ClassVar[str] = "该手机号已登记"
    en: ClassVar[str] = "this mobile number is registered already"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityTaken(Refusal):
    """Another member has this identity number."""

    code: ClassVar[str] = "identity_taken"
    zh: ClassVar[str] = "该身份证号已登记"
    en: ClassVar[str] = "this identity number is registered already"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyEnrolled(Refusal):
    """The member takes part in this programme."""

    code: ClassVar[str] = "already_enrolled"
    zh: ClassVar[str] = "该会员已参加此积分项目"
    en: ClassVar[str] = "the member takes part in this programme already"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotInProgramme(Refusal):
    """The member takes part in none of the programmes that this concerns."""

    code: ClassVar[str] = "not_in_programme"
    zh: ClassVar[str] = "该会员未参加相应的积分项目"
    en: ClassVar[str] = "the member takes part in no programme that this concerns"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeUnknown(Refusal):
    """No rule set of this programme is in force."""

    code: ClassVar[str] = "programme_unknown"
    zh: ClassVar[str] = "没有正在执行的此项目积分规则"
    en: ClassVar[str] = "no rule set of this programme is in force"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusInconsistent(Refusal):
    """Mobile or probationary, but no party member."""

    code: ClassVar[str] = "status_inconsistent"
    zh: ClassVar[str] = "流动党员、预备党员须同时登记为党员"
    en: ClassVar[str] = "a mobile or probationary party member is a party member"


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingChanges(Refusal):
    """The profile says this already."""

    code: ClassVar[str] = "nothing_changes"
    zh: ClassVar[str] = "资料没有变化"
    en: ClassVar[str] = "the profile says this already"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyFrozen(Refusal):
    """Spending in this programme is stopped already."""

    code: ClassVar[str] = "already_frozen"
    zh: ClassVar[str] = "该会员此项目积分已冻结"
    en: ClassVar[str] = "the member's points in this programme are frozen already"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFrozen(Refusal):
    """There is nothing to thaw."""

    code: ClassVar[str] = "not_frozen"
    zh: ClassVar[str] = "该会员此项目积分未冻结"
    en: ClassVar[str] = "the member's points in this programme are not frozen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen(Refusal):
    """Spending is stopped; what was earned stays."""

    code: ClassVar[str] = "member_frozen"
    zh: ClassVar[str] = "积分已冻结，暂不能兑换；可向协会申诉"
    en: ClassVar[str] = "the points are frozen and cannot be spent; an appeal is possible"


@dataclass(frozen=True, slots=True, kw_only=True)
class YearAlreadyOpened(Refusal):
    """The year's base points were granted."""

    code: ClassVar[str] = "year_already_opened"
    zh: ClassVar[str] = "{year} 年度基础分已发放"
    en: ClassVar[str] = "the base points of {year} were granted already"
    year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoBasePoints(Refusal):
    """The rule set of that year grants no base points."""

    code: ClassVar[str] = "no_base_points"
    zh: ClassVar[str] = "该年度规则没有基础分"
    en: ClassVar[str] = "the rule set of that year grants no base points"


@dataclass(frozen=True, slots=True, kw_only=True)
class YearNotBegun(Refusal):
    """Base points are granted once the year has begun."""

    code: ClassVar[str] = "year_not_begun"
    zh: ClassVar[str] = "{year} 年度尚未开始"
    en: ClassVar[str] = "the year {year} has not begun"
    year: int
