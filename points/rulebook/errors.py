"""What drafts and versions of rules are refused for."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftStateWrong(Refusal):
    """The step does not follow where the draft stands."""

    code: ClassVar[str] = "draft_state"
    zh: ClassVar[str] = "草稿当前状态（{state}）不能进行此操作"
    en: ClassVar[str] = "the draft stands at {state}, which this step does not follow"
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftOutdated(Refusal):
    """Somebody saved another revision meanwhile."""

    code: ClassVar[str] = "draft_outdated"
    zh: ClassVar[str] = "草稿已有新的修订（第 {revision} 版），请先查看再操作"
    en: ClassVar[str] = "the draft has a newer revision ({revision}): look at it first"
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftTooLarge(Refusal):
    """Rules and their cases are files that people can read."""

    code: ClassVar[str] = "draft_too_large"
    zh: ClassVar[str] = "规则文件至多 {text_max} 字，用例至多 {files_max} 个文件共 {cases_max} 字"
    en: ClassVar[str] = (
        "a rule file has at most {text_max} characters, its cases {files_max} files of"
        " {cases_max} together"
    )
    text_max: int
    files_max: int
    cases_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNameInvalid(Refusal):
    """Case files have plain names."""

    code: ClassVar[str] = "case_name_invalid"
    zh: ClassVar[str] = "用例文件名应为小写英文、数字、连字符，以 .yaml 结尾"
    en: ClassVar[str] = "a case file is named in lower-case letters, digits, - and _, with .yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftUnreadable(Refusal):
    """A text holds what no database keeps as text."""

    code: ClassVar[str] = "draft_unreadable"
    zh: ClassVar[str] = "文件中含有无法保存的字符，请用 UTF-8 文本保存"
    en: ClassVar[str] = "a file holds characters that cannot be kept: save it as UTF-8 text"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFailed(Refusal):
    """The draft does not pass what stands before every publication.

    Attributes:
        reasons: Stable codes, joined by commas.
    """

    code: ClassVar[str] = "gate_failed"
    zh: ClassVar[str] = "草稿未通过发布检查：{reasons}"
    en: ClassVar[str] = "the draft does not pass the gate: {reasons}"
    reasons: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOutdated(Refusal):
    """What was checked is not what stands there now."""

    code: ClassVar[str] = "gate_outdated"
    zh: ClassVar[str] = "检查之后草稿或活动类型已有变动，请撤回后重新提交"
    en: ClassVar[str] = "draft or activity types changed after the check: withdraw and submit anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDraft(Refusal):
    """Whoever wrote or submitted rules does not decide on them."""

    code: ClassVar[str] = "own_draft"
    zh: ClassVar[str] = "起草人、提交人不能审批本草稿，须由另一人审批"
    en: ClassVar[str] = "whoever wrote or submitted a draft does not decide on it: another has to"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDraftOwner(Refusal):
    """Only whoever wrote or submitted a draft may take it back."""

    code: ClassVar[str] = "not_draft_owner"
    zh: ClassVar[str] = "只有起草人或提交人可以撤回"
    en: ClassVar[str] = "only whoever wrote or submitted it may withdraw it"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionNotHigher(Refusal):
    """Versions count upwards, the folder's included."""

    code: ClassVar[str] = "version_not_higher"
    zh: ClassVar[str] = "版本号须不小于 {least}"
    en: ClassVar[str] = "the version has to be {least} at least"
    least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StartsTooSoon(Refusal):
    """What has happened already is scored by what held then.

    Attributes:
        earliest: The first local day on which it may begin.
    """

    code: ClassVar[str] = "starts_too_soon"
    zh: ClassVar[str] = (
        "生效日期不得早于 {earliest}：不能改变已发生活动的规则；追溯调整请用更正批次"
    )
    en: ClassVar[str] = (
        "it may begin on {earliest} at the earliest: what has happened keeps its rules; reaching"
        " back takes a correction batch"
    )
    earliest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndsTooSoon(Refusal):
    """A version in force ends at a coming midnight, before its own end.

    Attributes:
        earliest: The first local day on which it may hold no longer.
        latest: The local day on which it holds no longer anyway.
    """

    code: ClassVar[str] = "ends_too_soon"
    zh: ClassVar[str] = "停用日期应在 {earliest} 与 {latest} 之间"
    en: ClassVar[str] = "it may end between {earliest} and {latest}"
    earliest: str
    latest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRetired(Refusal):
    """A version is ended once."""

    code: ClassVar[str] = "version_retired"
    zh: ClassVar[str] = "该版本已停用或已到期"
    en: ClassVar[str] = "the version has been ended or is over already"


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleInvalid(Refusal):
    """A bundle is not what it says it is.

    Attributes:
        what: A stable word: which part.
    """

    code: ClassVar[str] = "bundle_invalid"
    zh: ClassVar[str] = "规则包不完整或被改动（{what}）"
    en: ClassVar[str] = "the bundle is incomplete or was changed ({what})"
    what: str
