"""What proposals are refused for."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProposal(Refusal):
    """Whoever proposes does not decide."""

    code: ClassVar[str] = "own_proposal"
    zh: ClassVar[str] = "提出人不能审批自己提出的调整，须由另一人审批"
    en: ClassVar[str] = "whoever proposes does not decide: another person has to"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotProposer(Refusal):
    """Only whoever proposed may withdraw."""

    code: ClassVar[str] = "not_proposer"
    zh: ClassVar[str] = "只有提出人可以撤回"
    en: ClassVar[str] = "only whoever proposed it may withdraw it"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalDecided(Refusal):
    """A proposal ends once."""

    code: ClassVar[str] = "proposal_decided"
    zh: ClassVar[str] = "该调整已办结（{state}）"
    en: ClassVar[str] = "the proposal has ended already ({state})"
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalExpired(Refusal):
    """It was not decided in time."""

    code: ClassVar[str] = "proposal_expired"
    zh: ClassVar[str] = "该调整已过审批期限，请重新提出"
    en: ClassVar[str] = "the time to decide is over; propose it anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalTooLarge(Refusal):
    """One proposal grants so many points at most."""

    code: ClassVar[str] = "proposal_too_large"
    zh: ClassVar[str] = "一次人工调整应为 1 至 {points_max} 分"
    en: ClassVar[str] = "a proposal grants 1 to {points_max} points"
    points_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalReason(Refusal):
    """The reason is none of those that the ledger knows."""

    code: ClassVar[str] = "proposal_reason"
    zh: ClassVar[str] = "事由代码应为：{known}"
    en: ClassVar[str] = "the reason is one of: {known}"
    known: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryPast(Refusal):
    """Points that have expired already help nobody."""

    code: ClassVar[str] = "expiry_past"
    zh: ClassVar[str] = "积分有效期应晚于现在"
    en: ClassVar[str] = "points expire after now"
