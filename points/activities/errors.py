"""What activities, claims and objections are refused for. No text holds anything personal."""

from dataclasses import dataclass
from typing import Any, ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityConflict(Refusal):
    """The same source used the same external id for something else."""

    code: ClassVar[str] = "activity_conflict"
    zh: ClassVar[str] = "该来源的此编号已用于另一条内容不同的活动"
    en: ClassVar[str] = "this source used the same number for an activity with another content"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityTypeUnknown(Refusal):
    """No such activity type is declared."""

    code: ClassVar[str] = "activity_type_unknown"
    zh: ClassVar[str] = "没有这种活动类型"
    en: ClassVar[str] = "there is no such activity type"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityInvalid(Refusal):
    """Fields are missing, unknown or do not fit.

    Attributes:
        faults: Each with ``code``, ``pointer``, ``zh`` and ``en``; never the value.
    """

    code: ClassVar[str] = "activity_invalid"
    zh: ClassVar[str] = "活动内容有 {count} 处不符合要求"
    en: ClassVar[str] = "{count} of the activity's fields do not fit"
    count: int
    faults: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityInFuture(Refusal):
    """It has not happened yet."""

    code: ClassVar[str] = "activity_in_future"
    zh: ClassVar[str] = "活动时间晚于当前时间"
    en: ClassVar[str] = "the activity has not happened yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationImpossible(Refusal):
    """It ends before it begins, or lasts longer than this kind of activity can."""

    code: ClassVar[str] = "duration_impossible"
    zh: ClassVar[str] = "活动时长不合理：应为正数，且不超过 {hours_max} 小时"
    en: ClassVar[str] = "the duration is impossible: above zero and at most {hours_max} hours"
    hours_max: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftOverlaps(Refusal):
    """The member was somewhere else at that time, by another activity of this type."""

    code: ClassVar[str] = "shift_overlaps"
    zh: ClassVar[str] = "与该会员已登记的同类活动时间重叠"
    en: ClassVar[str] = "the time overlaps another activity of this type of the same member"
    activity_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferralGone(Refusal):
    """What was put off has been granted or taken back, or its window is not open yet."""

    code: ClassVar[str] = "deferral_gone"
    zh: ClassVar[str] = "推迟的积分已经处理，或窗口尚未开始"
    en: ClassVar[str] = "what was put off is done with, or its window is not open yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimStateWrong(Refusal):
    """The claim's state does not allow this step."""

    code: ClassVar[str] = "claim_state"
    zh: ClassVar[str] = "申报当前状态（{state}）不能进行此操作"
    en: ClassVar[str] = "the claim's state ({state}) does not allow this step"
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnClaim(Refusal):
    """Nobody decides on what they did or filed themselves."""

    code: ClassVar[str] = "own_claim"
    zh: ClassVar[str] = "不能审核、处理本人的或本人代报的申报"
    en: ClassVar[str] = "nobody decides on a claim of their own or one that they filed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamePerson(Refusal):
    """Whoever took one step of a claim cannot take the step that checks it."""

    code: ClassVar[str] = "same_person"
    zh: ClassVar[str] = "此步须由未经手该申报的另一人办理"
    en: ClassVar[str] = "somebody who has not handled this claim has to take this step"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfScope(Refusal):
    """The reviewer's level, branch or grid does not cover this claim."""

    code: ClassVar[str] = "out_of_scope"
    zh: ClassVar[str] = "该申报不在您的审核范围内"
    en: ClassVar[str] = "this claim is outside what you may review"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYours(Refusal):
    """Only the member or whoever filed a claim may take it back."""

    code: ClassVar[str] = "not_yours"
    zh: ClassVar[str] = "只有本人或申报人可以撤回"
    en: ClassVar[str] = "only the member or whoever filed the claim may take it back"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonNeeded(Refusal):
    """This step is kept with its reason, in words."""

    code: ClassVar[str] = "reason_needed"
    zh: ClassVar[str] = "请填写理由（1 至 {length_max} 字）"
    en: ClassVar[str] = "a reason of 1 to {length_max} characters is needed"
    length_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalInText(Refusal):
    """Texts are kept for ever, so that nothing personal may stand in them."""

    code: ClassVar[str] = "personal_in_text"
    zh: ClassVar[str] = "文字中含有电话或证件号码，请删去后再提交（此内容将永久保存）"
    en: ClassVar[str] = "the text holds a telephone or identity number; it is kept for ever"


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayInvalid(Refusal):
    """A calendar entry is no day, or of no known kind."""

    code: ClassVar[str] = "holiday_invalid"
    zh: ClassVar[str] = "日历条目应为日期加 off（放假）、work（上班）或 plain（按星期）"
    en: ClassVar[str] = "a calendar entry is a date with off, work or plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyListed(Refusal):
    """The claim stands on a published list already."""

    code: ClassVar[str] = "already_listed"
    zh: ClassVar[str] = "该申报已列入公示名单"
    en: ClassVar[str] = "the claim stands on a published list already"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicityOver(Refusal):
    """The time for objections is over."""

    code: ClassVar[str] = "publicity_over"
    zh: ClassVar[str] = "公示期已结束；可向协会反映，由协会核实更正"
    en: ClassVar[str] = "the publicity is over; the association can still correct what is wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicityLength(Refusal):
    """A publicity lasts some working days, and not for ever."""

    code: ClassVar[str] = "publicity_length"
    zh: ClassVar[str] = "公示期应为 1 至 {days_max} 个工作日"
    en: ClassVar[str] = "a publicity lasts 1 to {days_max} working days"
    days_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLength(Refusal):
    """A list names some claims, and not too many at once."""

    code: ClassVar[str] = "list_length"
    zh: ClassVar[str] = "一次可公示 1 至 {claims_max} 条"
    en: ClassVar[str] = "a list names 1 to {claims_max} claims"
    claims_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchUnseen(Refusal):
    """A batch is approved by somebody who has looked at it as it is now."""

    code: ClassVar[str] = "batch_unseen"
    zh: ClassVar[str] = "请先查看该批次的汇总（内容可能已变化），再凭其中的 seen 批准"
    en: ClassVar[str] = "look at the batch first, it may have changed; its seen is needed"
