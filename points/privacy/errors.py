"""What is refused to protect people. No text holds anything personal."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentNeeded(Refusal):
    """The member has not agreed to it."""

    code: ClassVar[str] = "consent_needed"
    zh: ClassVar[str] = "须先由会员本人同意此项用途"
    en: ClassVar[str] = "the member has to agree to this purpose first"
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeMissing(Refusal):
    """There is nothing yet that the member could agree to."""

    code: ClassVar[str] = "notice_missing"
    zh: ClassVar[str] = "此项用途没有生效的告知书"
    en: ClassVar[str] = "no notice of this purpose is in force"
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeOutdated(Refusal):
    """They read another version than the one in force."""

    code: ClassVar[str] = "notice_outdated"
    zh: ClassVar[str] = "告知书已更新为第 {in_force} 版，请重新阅读后同意"
    en: ClassVar[str] = "version {in_force} of the notice is in force: it has to be read first"
    in_force: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentUnchanged(Refusal):
    """They said so already."""

    code: ClassVar[str] = "consent_unchanged"
    zh: ClassVar[str] = "该会员的同意状态没有变化"
    en: ClassVar[str] = "this is what the member said before"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberErased(Refusal):
    """Nothing says any more who they were."""

    code: ClassVar[str] = "member_erased"
    zh: ClassVar[str] = "该会员的个人信息已删除"
    en: ClassVar[str] = "this member's personal data was erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureNotAsked(Refusal):
    """There is no open request of this member."""

    code: ClassVar[str] = "erasure_not_asked"
    zh: ClassVar[str] = "该会员没有待处理的删除申请"
    en: ClassVar[str] = "no request of this member is open"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureAsked(Refusal):
    """A request of this member is open already."""

    code: ClassVar[str] = "erasure_asked"
    zh: ClassVar[str] = "该会员已有待处理的删除申请"
    en: ClassVar[str] = "a request of this member is open already"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureNeedsStaff(Refusal):
    """It cannot be undone, so that the association confirms it."""

    code: ClassVar[str] = "erasure_needs_staff"
    zh: ClassVar[str] = "删除不可撤销，须由协会工作人员确认后执行"
    en: ClassVar[str] = "erasing cannot be undone: the association's staff has to confirm it"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherAtCounter(Refusal):
    """A voucher of theirs is being used at this moment."""

    code: ClassVar[str] = "voucher_at_counter"
    zh: ClassVar[str] = "该会员有 {count} 张券正在门店核销，请稍后再执行删除"
    en: ClassVar[str] = "{count} vouchers of this member are at a counter now: try again later"
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmaskingsExceeded(Refusal):
    """One person looks at that many people a day, and no more."""

    code: ClassVar[str] = "unmaskings_exceeded"
    zh: ClassVar[str] = "今日查看完整信息已达上限 {a_day} 次"
    en: ClassVar[str] = "{a_day} unmaskings a day are the limit, and it is reached"
    a_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldUnknown(Refusal):
    """There is nothing of this name to be unmasked."""

    code: ClassVar[str] = "unmask_field_unknown"
    zh: ClassVar[str] = "可查看的项目为：{known}"
    en: ClassVar[str] = "what can be unmasked is {known}"
    known: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentIncomplete(Refusal):
    """A record without these says nothing."""

    code: ClassVar[str] = "assessment_incomplete"
    zh: ClassVar[str] = "影响评估记录缺少：{missing}"
    en: ClassVar[str] = "the impact assessment lacks {missing}"
    missing: str
