"""What the separation of duties refuses."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Involved(Refusal):
    """Nobody decides about themselves or a declared relative."""

    code: ClassVar[str] = "involved"
    zh: ClassVar[str] = "涉及本人或已申报的亲属，请由他人办理"
    en: ClassVar[str] = "nobody decides about themselves or a declared relative"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaReached(Refusal):
    """The day's quota does not hold this one any more.

    Attributes:
        quota: Which: ``points``, ``claims``, ``backfills``, ``filings`` or ``rows``.
        most: What may be done a day.
        left: What is left of it.
        renews_at: When the next day begins, as an instant.
    """

    code: ClassVar[str] = "quota_reached"
    zh: ClassVar[str] = (
        "今日“{quota_zh}”额度不足（每日 {most}，剩余 {left}），{renews_at} 起恢复；"
        "可由另一位同事办理"
    )
    en: ClassVar[str] = (
        "the day's quota of {quota_en} does not hold this: {most} a day, {left} left until"
        " {renews_at}; a colleague can do it"
    )
    quota: str
    quota_zh: str
    quota_en: str
    most: int
    left: int
    renews_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationKnown(Refusal):
    """The relation is declared already."""

    code: ClassVar[str] = "relation_known"
    zh: ClassVar[str] = "该亲属关系已申报"
    en: ClassVar[str] = "this relation is declared already"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationUnknown(Refusal):
    """There is no such relation to withdraw."""

    code: ClassVar[str] = "relation_unknown"
    zh: ClassVar[str] = "没有该亲属关系的申报"
    en: ClassVar[str] = "no such relation is declared"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRelation(Refusal):
    """Whoever a relation binds does not take it back."""

    code: ClassVar[str] = "own_relation"
    zh: ClassVar[str] = "本人的亲属申报须由他人核实后撤销"
    en: ClassVar[str] = "somebody else has to withdraw one's own relation"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffOnly(Refusal):
    """Only people of staff have relations that matter here."""

    code: ClassVar[str] = "staff_only"
    zh: ClassVar[str] = "只有工作人员需要申报亲属关系"
    en: ClassVar[str] = "only people of staff declare relations"
