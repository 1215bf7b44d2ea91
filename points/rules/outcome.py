"""What scoring an activity leads to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from points.kernel.errors import PointsError
from points.rules.texts import Title

NOTHING: Mapping[str, int] = MappingProxyType({})

REASON_TEXTS: Mapping[str, Title] = {
    "measure": Title("成员未参加这项计量", "the member is not enrolled in this measure"),
    "source": Title("来源不受这条规则信任", "the rule does not take this source's word"),
    "peer": Title("没有可以得分的同伴", "there is no peer who could get the points"),
    "audience": Title("不属于这条规则的对象", "the rule is not for this member"),
    "schedule": Title("不在规定的时间", "not at the times that the rule names"),
    "condition": Title("条件不满足", "the condition does not hold"),
    "cooldown": Title("距上次得分太近", "too soon after the last time"),
    "table": Title("表中没有相符的一行", "no row of the table fits"),
    "zero": Title("计算结果为 0 分", "it comes to no points"),
    "closed": Title("该年度已经结算", "the year is closed"),
    "group": Title("同组已有更高的得分", "another rule of the group takes its place"),
    "cap": Title("已到封顶", "a cap is reached"),
}
REASONS = tuple(REASON_TEXTS)
"""Why a rule gave nothing, in the order in which it is asked."""


class EvaluationError(PointsError):
    """A rule failed on an activity, which therefore gets no award at all and is set aside.

    Attributes:
        rule_id: The rule that failed; empty when none had begun.
        code: ``division_by_zero``, ``arithmetic``, ``missing_field``, ``wrong_type``,
            ``negative_points``, ``points_out_of_range``, ``not_in_force`` or ``no_such_rule``.
    """

    code: str  # type: ignore[misc]  # one class, several stable codes

    def __init__(self, rule_id: str, code: str) -> None:
        super().__init__(f"{rule_id}: {code}")
        text = ERROR_TEXTS[code]
        self.rule_id, self.code, self.zh, self.en = rule_id, code, text.zh, text.en


ERROR_TEXTS: Mapping[str, Title] = {
    "division_by_zero": Title("计算时除数为零", "division by zero"),
    "arithmetic": Title("计算溢出或无结果", "the arithmetic has no result"),
    "missing_field": Title("缺少规则要读的字段", "a field that the rule reads is missing"),
    "wrong_type": Title("字段类型与规则不符", "a field is not of the type that the rule reads"),
    "negative_points": Title(
        "规则算出负分；规则只给分", "negative points: rules grant, they never charge"
    ),
    "no_such_rule": Title("规则已不存在", "the rule is no longer there"),
    "points_out_of_range": Title("分值过大", "more points than any rule may grant"),
    "not_in_force": Title(
        "规则在活动发生时不在有效期内", "the rules were not in force at the time"
    ),
}


class UsageKey(NamedTuple):
    """Under which name usage is counted: a cap (or ``group:…``), a measure, a window.

    ``holder`` says whose it is: empty for the member who did it, else ``branch:…``, ``programme``,
    or ``member:…`` for a peer. What a branch or a programme holds is shared by all members.
    """

    cap: str
    measure: str
    window: str
    holder: str = ""


class Spent(NamedTuple):
    """What was finally granted under a key so far."""

    points: int = 0
    times: int = 0


class CapUse(NamedTuple):
    """What one award adds to one key."""

    cap: str
    measure: str
    window_key: str
    amount: int
    times: int
    holder: str = ""

    @property
    def key(self) -> UsageKey:
        """Return the key."""
        return UsageKey(self.cap, self.measure, self.window_key, self.holder)


class Award(NamedTuple):
    """What one rule grants for one activity.

    Attributes:
        points: Per measure, above zero.
        expires: The first instant at which they are gone, in UTC; nothing when never.
        capped: Ids of the caps that cut.
        forgone: What the caps cut for good, per measure.
        uses: What to add to usage.
        to: The peer who gets it; empty for the member who did it.
    """

    rule_id: str
    points: Mapping[str, int]
    expires: Mapping[str, datetime | None]
    capped: tuple[str, ...] = ()
    forgone: Mapping[str, int] = NOTHING
    uses: tuple[CapUse, ...] = ()
    to: str = ""


class NotAwarded(NamedTuple):
    """A rule on this type that gave nothing, and why (one of ``REASONS``).

    ``forgone`` is what caps cut for good, per measure; ``to`` the peer who would have got it.
    """

    rule_id: str
    reason: str
    capped: tuple[str, ...] = ()
    forgone: Mapping[str, int] = NOTHING
    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Points that a cap puts off to its next window.

    Attributes:
        until: When that window opens, and the points go through its caps.
        round: How often they were put off, this time included.
        to: The peer who is to get them; empty for the member who did it.
    """

    rule_id: str
    measure: str
    points: int
    until: datetime
    round: int = 1
    to: str = ""


class Effected(NamedTuple):
    """What a rule does besides points: ``veto`` of a measure's year, or ``freeze``."""

    rule_id: str
    kind: str
    measure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Who has to look at the awards before they count.

    Attributes:
        level: ``none``, ``first`` or ``second``.
        reviewers: Who looks first: branch, grid, association, industry, provider.
        publicity_days: Working days of publicity.
        late: Whether it arrived later than a rule allows, which always needs a review.
        closed: Whether it happened in a year that is closed already, which always needs one too.
    """

    level: str = "none"
    reviewers: tuple[str, ...] = ()
    publicity_days: int = 0
    late: bool = False
    closed: bool = False


class Cut(NamedTuple):
    """What one cap took of one rule's points for good."""

    rule_id: str
    measure: str
    cap: str
    points: int


class Evaluation(NamedTuple):
    """Everything that a rule set makes of an activity.

    Attributes:
        cuts: Which cap took how much of what was forgone.
    """

    awards: tuple[Award, ...] = ()
    refused: tuple[NotAwarded, ...] = ()
    deferred: tuple[Deferred, ...] = ()
    effects: tuple[Effected, ...] = ()
    cuts: tuple[Cut, ...] = ()
    review: Review = Review()
    trace: dict[str, Any] | None = None

    @property
    def totals(self) -> dict[str, int]:
        """Return the points of all awards per measure, peers' included."""
        return _summed(award.points for award in self.awards)

    @property
    def forgone(self) -> dict[str, int]:
        """Return what caps cut for good per measure, where they left nothing as well."""
        given_up = [award.forgone for award in self.awards]
        return _summed([*given_up, *(refusal.forgone for refusal in self.refused)])

    @property
    def capped(self) -> tuple[str, ...]:
        """Return the ids of all caps that cut, each once."""
        granted = [cap for award in self.awards for cap in award.capped]
        refused = [cap for refusal in self.refused for cap in refusal.capped]
        return tuple(dict.fromkeys(granted + refused))


def _summed(each: Iterable[Mapping[str, int]]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for counted in each:
        for measure, points in counted.items():
            totals[measure] = totals.get(measure, 0) + points
    return totals
