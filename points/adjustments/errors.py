"""What adjustments of settlement are refused for."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAdjustment(Refusal):
    """Whoever proposes does not decide."""

    code: ClassVar[str] = "own_adjustment"
    zh: ClassVar[str] = "提出人不能审批自己提出的结算调整，须由另一人审批"
    en: ClassVar[str] = "whoever proposes an adjustment does not decide it: another person has to"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAdjustmentsProposer(Refusal):
    """Only whoever proposed may withdraw."""

    code: ClassVar[str] = "not_adjustments_proposer"
    zh: ClassVar[str] = "只有提出人可以撤回结算调整"
    en: ClassVar[str] = "only whoever proposed the adjustment may withdraw it"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentDecided(Refusal):
    """An adjustment ends once."""

    code: ClassVar[str] = "adjustment_decided"
    zh: ClassVar[str] = "该结算调整已办结（{state}）"
    en: ClassVar[str] = "the adjustment has ended already ({state})"
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentTooLarge(Refusal):
    """No more is taken back of a capture than it still comes to."""

    code: ClassVar[str] = "adjustment_too_large"
    zh: ClassVar[str] = "该笔核销扣除撤销和更正后只剩 {left_fen} 分（人民币），不能收回更多"
    en: ClassVar[str] = "the capture comes to {left_fen} fen, less its void and its corrections"
    left_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSaysSo(Refusal):
    """Programme and outlet of an adjustment about a capture are the capture's own."""

    code: ClassVar[str] = "capture_says_so"
    zh: ClassVar[str] = "按某笔核销调整时，项目和门店以该笔核销为准，不能另填"
    en: ClassVar[str] = "a capture says of which programme and outlet it is: give neither beside it"
