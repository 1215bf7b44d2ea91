"""Whether the figures of an attached back-test come out again where they are handed in.

A summary is only a file: whoever submits a draft could write any figures into it, and whoever
approves reads them. What can be scored while somebody waits is scored again here.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from points.engine import Engine
from points.flows.backtest.bounded import backtest_now
from points.flows.backtest.plan import IN_FORCE, STORED, Plan
from points.flows.backtest.trial import FEN_A_POINT
from points.kernel.canonical import digest
from points.kernel.errors import Misused, Refusal
from points.kernel.ids import AssociationId
from points.rulebook.model import Draft

FIGURES = ("activities", "measures", "cost", "members", "by", "caps", "quarantined")
"""What an approver goes by; samples and their reasons follow from it."""


class Confirmed(StrEnum):
    """What scoring again came to.

    ``not_tried`` where there are too many activities for that, where the other side is a file that
    is not there, or where figures are missing: the approver is told.
    """

    YES = "confirmed"
    DIFFERS = "differs"
    NOT_TRIED = "not_tried"


def confirm(
    engine: Engine, association: AssociationId, draft: Draft, summary: Mapping[str, Any] | None
) -> Confirmed:
    """Return whether a summary's figures come out again; writes nothing."""
    plan = None if summary is None else _plan(engine, draft, summary)
    if summary is None or plan is None:
        return Confirmed.NOT_TRIED
    try:
        found = backtest_now(engine, association, plan)
    except Misused:
        return Confirmed.NOT_TRIED
    if isinstance(found, Refusal):
        return Confirmed.NOT_TRIED
    made = found.as_json()
    same = _figures(made) == _figures(summary)
    return Confirmed.YES if same else Confirmed.DIFFERS


def _figures(summary: Mapping[str, Any]) -> str:
    try:
        return digest({name: summary[name] for name in FIGURES})
    except (TypeError, ValueError, RecursionError):
        return ""


def _plan(engine: Engine, draft: Draft, summary: Mapping[str, Any]) -> Plan | None:
    """Return the back-test that a summary says it is of, if it can be run here."""
    before, period, cost = (_part(summary, name) for name in ("before", "period", "cost"))
    against = before.get("kind")
    if against not in {STORED, IN_FORCE} or any(name not in summary for name in FIGURES):
        return None
    fen, budget = cost.get("fen_a_point", FEN_A_POINT), cost.get("budget_fen")
    if not isinstance(fen, int) or not isinstance(budget, int | None):
        return None
    try:
        since, until = (date.fromisoformat(str(period.get(name))) for name in ("from", "until"))
    except ValueError:
        return None
    return Plan(
        since=since,
        until=until,
        programme=draft.programme,
        after=draft.text,
        against=str(against),
        fen_a_point=fen,
        budget_fen=budget,
        as_of=engine.clock.now(),
    )


def _part(summary: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = summary.get(name)
    return found if isinstance(found, Mapping) else {}
