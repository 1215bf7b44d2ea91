"""What other rules would have made of what really happened, while somebody waits."""

from datetime import date
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from points.api.caller import Asking
from points.api.gate import Keyed
from points.api.members import Programme
from points.api.problems import Problem
from points.api.route import post
from points.api.wire import Answer, Body, Day
from points.flows.backtest.bounded import backtest_now
from points.flows.backtest.plan import IN_FORCE, STORED, Plan, RulesUnsound
from points.flows.backtest.trial import FEN_A_POINT
from points.identity.policy import Action
from points.kernel.errors import Refusal

TEXT_MAX = 400_000
"""Two of them fit into one body."""
FINDINGS_MAX = 20
FEN_MAX = 10**12

Text = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX)]


class Backtest(Body):
    """Which rules to try on which activities.

    Attributes:
        since: First local day.
        until: First local day that is no longer in it.
        programme: Where no draft says which.
        draft: Text of the rule set that is tried; the rules in force otherwise.
        against: What was posted, or what the rules in force give.
        against_draft: Text of another rule set to compare with instead.
        fen_a_point: What a spendable point is reckoned at.
        budget_fen: What spendable points may come to.
    """

    model_config = ConfigDict(str_max_length=TEXT_MAX)

    since: Day
    until: Day
    programme: Programme | None = None
    draft: Text | None = None
    against: Annotated[str, StringConstraints(pattern=f"^({STORED}|{IN_FORCE})$")] = STORED
    against_draft: Text | None = None
    fen_a_point: int = Field(default=FEN_A_POINT, ge=0, le=10_000)
    budget_fen: int | None = Field(default=None, ge=0, le=FEN_MAX)


class Backtested(Answer):
    """What would have been different.

    Attributes:
        sha256: Of the canonical JSON of the summary.
        summary: See the reference of back-tests; a submission takes it as it is.
    """

    sha256: str
    programme: str
    since: date
    until: date
    summary: dict[str, Any]


def run_backtest(caller: Asking, body: Backtest) -> Backtested:
    """Score a period's activities by other rules, and return totals, members, caps, cost, reasons.

    Bounded: more activities than can be scored while somebody waits are refused with
    ``backtest_too_large``; the command line has no such bound. Writes nothing.
    """
    plan = Plan(
        since=body.since,
        until=body.until,
        programme=body.programme or "",
        after=body.draft,
        against=body.against_draft or body.against,
        fen_a_point=body.fen_a_point,
        budget_fen=body.budget_fen,
        as_of=caller.engine.clock.now(),
    )
    try:
        found = backtest_now(caller.engine, caller.association, plan)
    except RulesUnsound as unsound:
        findings = [each.as_json() for each in unsound.findings[:FINDINGS_MAX]]
        raise Problem(
            422,
            "rules_refused",
            "规则草稿有错误",
            "the draft has errors",
            details={"findings": findings},
        ) from None
    if isinstance(found, Refusal):
        raise Problem.of(found)
    return Backtested(
        sha256=found.sha256,
        programme=found.programme,
        since=found.since,
        until=found.until,
        summary=found.as_json(),
    )


ROUTES = (
    post(
        "/v1/rulesets:backtest",
        run_backtest,
        allows=Action.BACKTEST_RULES,
        zh="用历史活动回测规则（不写入）",
        keyed=Keyed.NOT,
    ),
)
