"""What returns of money are refused for."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnReturn(Refusal):
    """Whoever proposes does not decide."""

    code: ClassVar[str] = "own_return"
    zh: ClassVar[str] = "提出人不能审批自己提出的退款，须由另一人审批"
    en: ClassVar[str] = "whoever proposes a return does not decide it: another person has to"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReturnsProposer(Refusal):
    """Only whoever proposed may withdraw."""

    code: ClassVar[str] = "not_returns_proposer"
    zh: ClassVar[str] = "只有提出人可以撤回退款申请"
    en: ClassVar[str] = "only whoever proposed the return may withdraw it"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnDecided(Refusal):
    """A return ends once."""

    code: ClassVar[str] = "return_decided"
    zh: ClassVar[str] = "该退款申请已办结（{state}）"
    en: ClassVar[str] = "the return has ended already ({state})"
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnTooLarge(Refusal):
    """No more goes back than is free in the pool, and than that source gave."""

    code: ClassVar[str] = "return_too_large"
    zh: ClassVar[str] = "退款金额超过可退金额"
    en: ClassVar[str] = "no more can be given back than is free and than the source gave"
    returnable_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentInvalid(Refusal):
    """The number of a resolution or payment is short and on one line."""

    code: ClassVar[str] = "document_invalid"
    zh: ClassVar[str] = "文号应为一行，不超过 {length_max} 字"
    en: ClassVar[str] = "the number of a document is one line of at most {length_max} characters"
    length_max: int
