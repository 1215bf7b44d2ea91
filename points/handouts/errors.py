"""What handouts are refused for."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnHandout(Refusal):
    """Whoever proposes does not decide."""

    code: ClassVar[str] = "own_handout"
    zh: ClassVar[str] = "提出人不能审批自己提出的批量发券，须由另一人审批"
    en: ClassVar[str] = "whoever proposes a handout does not decide: another person has to"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotProposer(Refusal):
    """Only whoever proposed may withdraw."""

    code: ClassVar[str] = "not_handout_proposer"
    zh: ClassVar[str] = "只有提出人可以撤回批量发券"
    en: ClassVar[str] = "only whoever proposed a handout may withdraw it"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoutStateWrong(Refusal):
    """The step does not follow where the handout stands."""

    code: ClassVar[str] = "handout_state"
    zh: ClassVar[str] = "批量发券当前状态（{state}）不能进行此操作"
    en: ClassVar[str] = "the handout stands at {state}, which this step does not follow"
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoutExpired(Refusal):
    """It was not decided in time."""

    code: ClassVar[str] = "handout_expired"
    zh: ClassVar[str] = "批量发券已过审批期限，请重新提出"
    en: ClassVar[str] = "the time to decide is over; propose the handout anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoutTooLarge(Refusal):
    """More members than one handout may be for."""

    code: ClassVar[str] = "handout_too_large"
    zh: ClassVar[str] = "一次最多发给 {members_max} 人，请分批"
    en: ClassVar[str] = "one handout is for {members_max} members at most: make several"
    members_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoutEmpty(Refusal):
    """There is nobody to give anything to."""

    code: ClassVar[str] = "handout_empty"
    zh: ClassVar[str] = "名单中没有会员"
    en: ClassVar[str] = "there is nobody on the list"


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersUnknown(Refusal):
    """The list names members that there are not."""

    code: ClassVar[str] = "members_unknown"
    zh: ClassVar[str] = "名单中有 {count} 个编号不是本协会会员，未提出"
    en: ClassVar[str] = "{count} of the list are no members here; nothing was proposed"
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberConditionInvalid(Refusal):
    """The expression that is to choose members is none."""

    code: ClassVar[str] = "member_condition_invalid"
    zh: ClassVar[str] = "会员条件写法有误：{zh_why}"
    en: ClassVar[str] = "the condition on members is not sound: {en_why}"
    zh_why: str
    en_why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOnPaper(Refusal):
    """Codes are printed of paper handouts alone, once they are done."""

    code: ClassVar[str] = "not_on_paper"
    zh: ClassVar[str] = "只有已完成的纸质券可以打印券码"
    en: ClassVar[str] = "codes are printed of paper handouts that are done, and of no others"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedBefore(Refusal):
    """Codes are printed once."""

    code: ClassVar[str] = "printed_before"
    zh: ClassVar[str] = "券码只能打印一次，已打印过；丢失的请逐张换码"
    en: ClassVar[str] = "codes are printed once, and were: replace those that are lost one by one"
