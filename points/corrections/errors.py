"""What correction batches are refused for."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCorrection(Refusal):
    """Whoever proposes does not decide."""

    code: ClassVar[str] = "own_correction"
    zh: ClassVar[str] = "提出人不能审批自己提出的更正批次，须由另一人审批"
    en: ClassVar[str] = "whoever proposes a correction does not decide: another person has to"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCorrector(Refusal):
    """Only whoever proposed may withdraw."""

    code: ClassVar[str] = "not_corrector"
    zh: ClassVar[str] = "只有提出人可以撤回更正批次"
    en: ClassVar[str] = "only whoever proposed a correction may withdraw it"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionStateWrong(Refusal):
    """The step does not follow where the batch stands."""

    code: ClassVar[str] = "correction_state"
    zh: ClassVar[str] = "更正批次当前状态（{state}）不能进行此操作"
    en: ClassVar[str] = "the correction stands at {state}, which this step does not follow"
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionExpired(Refusal):
    """It was not decided in time."""

    code: ClassVar[str] = "correction_expired"
    zh: ClassVar[str] = "更正批次已过审批期限，请重新预览后提出"
    en: ClassVar[str] = "the time to decide is over; preview and propose it anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionTooLarge(Refusal):
    """Nobody can answer for so many lines."""

    code: ClassVar[str] = "correction_too_large"
    zh: ClassVar[str] = "更正涉及超过 {lines_max} 行，请缩短期间、分批更正"
    en: ClassVar[str] = "the correction has more than {lines_max} lines: take a shorter period"
    lines_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionTooLong(Refusal):
    """There is more to score again than anybody waits for."""

    code: ClassVar[str] = "correction_too_long"
    zh: ClassVar[str] = "已计分的活动超过在线上限 {limit} 项，请用命令行 points rules correct"
    en: ClassVar[str] = (
        "more than {limit} activities are scored: use `points rules correct` at the command line"
    )
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionChangesNothing(Refusal):
    """Nothing would change."""

    code: ClassVar[str] = "correction_changes_nothing"
    zh: ClassVar[str] = "没有需要更正的记录"
    en: ClassVar[str] = "there is nothing to correct"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionFails(Refusal):
    """Some activities cannot be scored by the version."""

    code: ClassVar[str] = "correction_fails"
    zh: ClassVar[str] = "有 {count} 条活动按该版本规则无法计分，请先改好规则"
    en: ClassVar[str] = "{count} activities cannot be scored by this version: mend it first"
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionUnsubmitted(Refusal):
    """The draft does not stand as a submitted one."""

    code: ClassVar[str] = "correction_unsubmitted"
    zh: ClassVar[str] = "草稿尚未提交，或已办结：请先按追溯提交（--reaches-back），再预览"
    en: ClassVar[str] = "the draft is not submitted: submit it as one that reaches back first"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionOutdated(Refusal):
    """The rules have changed since the preview."""

    code: ClassVar[str] = "correction_outdated"
    zh: ClassVar[str] = "预览之后规则草稿或规则版本有变化，请重新预览"
    en: ClassVar[str] = "the draft or the rules have changed since the preview: preview it anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionNotUndoable(Refusal):
    """Only a batch that brought a version in, and is done, can be taken back."""

    code: ClassVar[str] = "correction_not_undoable"
    zh: ClassVar[str] = "只能撤销已完成的、引入规则版本的更正批次，且每批只能撤销一次"
    en: ClassVar[str] = "only a finished correction that brought a version in can be undone, once"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionPeriod(Refusal):
    """A batch reaches over some time that lies in the past."""

    code: ClassVar[str] = "correction_period"
    zh: ClassVar[str] = "更正期间应起止分明，且起始时间早于现在"
    en: ClassVar[str] = "a correction reaches over some time, from before now"
