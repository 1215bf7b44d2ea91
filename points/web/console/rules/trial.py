"""What a draft would have made of stored activities, and the submission that this is proof for."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from starlette.responses import Response

from points.flows.backtest.run import backtest
from points.flows.backtest.scoring import Bench
from points.flows.backtest.stored import Stored
from points.flows.backtest.trial import Trial
from points.flows.confirm_backtest import Confirmed, confirm
from points.flows.gate import REASONS, Gate, pass_gate
from points.flows.submit_draft import SubmitDraft
from points.identity.policy import Action
from points.kernel.canonical import digest
from points.kernel.errors import Misused
from points.rules.impact import Impact
from points.web.console.rules.opened import Opened, open_draft, open_to_write, seen_revision
from points.web.console.rules.shelf import HOME
from points.web.doors import CONSOLE
from points.web.impact import shown
from points.web.route import pages
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
ACTIVITIES_MAX = 20_000
"""Somebody waits before the page: with more, the command line does it."""

SUMMARY_MAX = 900_000
DAYS, DAYS_MAX = 90, 800
TOO_MANY = (
    f"活动超过 {ACTIVITIES_MAX} 条，请用命令行 points rules backtest 试算，再把结果粘贴到下面",
    f"more than {ACTIVITIES_MAX} activities: run points rules backtest, and put its summary in",
)
UNREADABLE = ("规则有错误，无法试算", "the rules have errors: nothing can be tried")
NO_PERIOD = ("请填写起止日期，且不超过两年", "please enter both days, two years apart at most")
NOT_PASSED = ("尚未通过发布检查", "this does not pass the gate yet")
NO_SUMMARY = ("不是回测摘要", "this is no back-test's summary")


def trial_page(visit: Visit, draft_id: str) -> Response:
    """Show what a draft would have done in a period; nothing is written."""
    opened = open_draft(visit, draft_id)
    impact = None
    if visit.query("since"):
        impact = _tried(opened, visit.query("since"), visit.query("until"))
    return _shown(opened, impact)


def _today(visit: Visit) -> date:
    zone = visit.context.rules.rulesets[0].zone
    return visit.house.installation.clock.now().astimezone(zone).date()


def _shown(opened: Opened, impact: Impact | None, gate: Gate | None = None) -> Response:
    visit, today = opened.visit, _today(opened.visit)
    asked = visit.query("since"), visit.query("until")
    return visit.show(
        "console/rules/trial.html",
        opened=opened,
        since=visit.form.get("since") or asked[0] or (today - timedelta(days=DAYS)).isoformat(),
        until=visit.form.get("until") or asked[1] or today.isoformat(),
        impact=shown(impact.as_json(), impact.sha256, visit.language) if impact else None,
        gate=gate,
        reasons=[visit.t.of(*REASONS[code]) for code in gate.reasons] if gate else [],
    )


def _tried(opened: Opened, since: str, until: str) -> Impact | None:
    """Return the exact back-test of a draft, or what stands in its way in the form."""
    visit, form, ruleset = opened.visit, opened.visit.form, opened.ruleset
    if ruleset is None:
        form.refusal = UNREADABLE
        return None
    period = _period(since, until)
    if period is None:
        form.refusal = NO_PERIOD
        return None
    try:
        trial = Trial(
            programme=opened.draft.programme,
            book=visit.context.rules,
            since=period[0],
            until=period[1],
            after=ruleset,
        )
        source = Stored(
            engine=visit.engine,
            association=visit.association,
            programme=trial.programme,
            as_of=visit.house.installation.clock.now(),
            since=trial.reads_since,
        )
        if source.mark().activities > ACTIVITIES_MAX:
            form.refusal = TOO_MANY
            return None
        return backtest(Bench(trial, source))
    except Misused as misuse:
        form.refusal = (misuse.zh, misuse.en)
        return None


def _period(since: str, until: str) -> tuple[date, date] | None:
    try:
        first, last = date.fromisoformat(since), date.fromisoformat(until)
    except ValueError:
        return None
    return (first, last) if timedelta() < last - first <= timedelta(days=DAYS_MAX) else None


def submission_sent(visit: Visit, draft_id: str) -> Response:
    """Put a draft before another person, with the back-test of a period as proof."""
    opened, form = open_to_write(visit, draft_id), visit.form
    revision, note = seen_revision(visit), form.text("note", needed=False)
    impact: Impact | None = None
    summary: Mapping[str, Any] | None = _pasted(visit)
    if summary is None and "summary" not in form.faults:
        impact = _tried(opened, form.get("since"), form.get("until"))
        summary = impact.as_json() if impact else None
    if summary is None or not form.sound:
        return _shown(opened, impact)
    confirmed = (
        Confirmed.YES
        if impact is not None
        else confirm(visit.engine, visit.association, opened.draft, summary)
    )
    gate = pass_gate(opened.draft, visit.context, summary, confirmed)
    if gate.reasons:
        form.refusal = NOT_PASSED
        return _shown(opened, impact, gate)
    visit.submit(
        SubmitDraft(
            **visit.acting(),
            draft_id=opened.draft.draft_id,
            revision=revision,
            gate=gate,
            note=note,
            correction=form.checked("correction"),
        ),
        reason_needed="note",
        personal_in_text="note",
    )
    if visit.form.sound:
        return visit.go(opened.address, "draft_submitted")
    return _shown(opened, impact)


def _pasted(visit: Visit) -> Mapping[str, Any] | None:
    """Return a summary that the command line printed, if somebody put one in."""
    typed = visit.form.get("summary").strip()
    if not typed:
        return None
    try:
        said = json.loads(typed)
        digest(said)
    except (ValueError, TypeError, RecursionError):
        said = None
    if isinstance(said, Mapping) and "period" in said:
        return said
    visit.form.faults["summary"] = NO_SUMMARY
    return None


_ONE = f"{HOME}/drafts/{{draft_id}}"
PAGES = (
    get(f"{_ONE}/backtest", trial_page, allows=Action.BACKTEST_RULES),
    post(
        f"{_ONE}/submit",
        submission_sent,
        allows=Action.WRITE_RULES,
        length_max=SUMMARY_MAX,
    ),
)
