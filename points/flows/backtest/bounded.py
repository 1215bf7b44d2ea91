"""A back-test that somebody waits for: exact, on what can be scored while they wait."""

from dataclasses import dataclass
from typing import ClassVar

from points.engine import Engine
from points.flows.backtest.plan import Plan
from points.flows.backtest.run import backtest
from points.kernel.errors import Refusal
from points.kernel.ids import AssociationId
from points.rules.impact import Impact

ACTIVITIES_MAX = 20_000
"""About four seconds of scoring both ways, on one processor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestTooLarge(Refusal):
    """There is more to score than anybody waits for."""

    code: ClassVar[str] = "backtest_too_large"
    zh: ClassVar[str] = (
        "要回测的活动约 {activities} 项，超过在线上限 {limit} 项，请用命令行 points rules backtest"
    )
    en: ClassVar[str] = (
        "about {activities} activities are to be scored, more than {limit}: "
        "use `points rules backtest` at the command line"
    )
    activities: int
    limit: int


def backtest_now(engine: Engine, association: AssociationId, plan: Plan) -> Impact | Refusal:
    """Return what a plan comes to, or that it would take too long.

    Raises:
        Misused: The plan does not fit, its rules have errors, or the activities changed meanwhile.
    """
    bench = plan.bench(engine, association)
    activities = bench.source.mark().activities
    if activities > ACTIVITIES_MAX:
        return BacktestTooLarge(activities=activities, limit=ACTIVITIES_MAX)
    return backtest(bench)
