"""What the ledger refuses."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class InsufficientPoints(Refusal):
    """The member does not own enough spendable points."""

    code: ClassVar[str] = "insufficient_points"
    zh: ClassVar[str] = "积分不足：需要 {asked} 分，可用 {available} 分"
    en: ClassVar[str] = "{asked} points are needed, {available} are available"
    asked: int
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAccount(Refusal):
    """The member is not enrolled in the programme."""

    code: ClassVar[str] = "not_enrolled"
    zh: ClassVar[str] = "该会员未参加此积分项目"
    en: ClassVar[str] = "the member is not enrolled in this programme"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyReversed(Refusal):
    """A transaction is reversed at most once."""

    code: ClassVar[str] = "already_reversed"
    zh: ClassVar[str] = "该笔积分已冲正"
    en: ClassVar[str] = "the transaction has already been reversed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReversible(Refusal):
    """Only grants of points can be reversed directly."""

    code: ClassVar[str] = "not_reversible"
    zh: ClassVar[str] = "该笔记录不能直接冲正"
    en: ClassVar[str] = "this transaction cannot be reversed directly"


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToDo(Refusal):
    """The command would move no points."""

    code: ClassVar[str] = "nothing_to_do"
    zh: ClassVar[str] = "没有可处理的积分"
    en: ClassVar[str] = "there are no points to move"


@dataclass(frozen=True, slots=True, kw_only=True)
class YearClosed(Refusal):
    """A year's rating is closed once."""

    code: ClassVar[str] = "year_closed"
    zh: ClassVar[str] = "{year} 年度评价已结转"
    en: ClassVar[str] = "the rating of {year} has been closed"
    year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class YearNotOver(Refusal):
    """A year is closed when it is over."""

    code: ClassVar[str] = "year_not_over"
    zh: ClassVar[str] = "{year} 年度尚未结束"
    en: ClassVar[str] = "{year} is not over yet"
    year: int
