"""What another person decides: submitted drafts, and the early end of a version."""

from datetime import date

from jinja2 import TemplateError
from starlette.responses import Response

from points.flows.decide_draft import DecideDraft, Verdict
from points.flows.retire_version import RetireVersion
from points.identity.policy import Action
from points.kernel.canonical import digest
from points.rulebook.model import DraftEvent, DraftState
from points.rulebook.reads import list_drafts
from points.web.console.rules.opened import Opened, open_draft, seen_revision
from points.web.console.rules.shelf import find_on_shelf
from points.web.doors import CONSOLE
from points.web.impact import shown
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
HOME = "/console/rule-decisions"
WAITING_MAX = 100


def waiting_page(visit: Visit) -> Response:
    """List the drafts that wait for another person."""
    with visit.engine.reading(visit.association) as connection:
        drafts = list_drafts(connection, visit.association, DraftState.SUBMITTED, limit=WAITING_MAX)
    return visit.show("console/rules/waiting.html", drafts=drafts)


def decision_page(visit: Visit, draft_id: str) -> Response:
    """Show a submitted draft to whoever decides: what changes, what it would have done."""
    return _shown(_submitted(visit, draft_id))


def _submitted(visit: Visit, draft_id: str) -> Opened:
    opened = open_draft(visit, draft_id)
    if opened.standing.submission is None:
        raise Missing
    return opened


def _shown(opened: Opened) -> Response:
    visit, submission = opened.visit, opened.standing.submission
    impact = _impact(submission, visit.language) if submission else None
    try:
        return _page(opened, submission, impact)
    except (TemplateError, *_STRANGE):
        # Whoever edits the summary that they attach must not keep anybody from rejecting it.
        return _page(opened, submission, None)


def _page(
    opened: Opened, submission: DraftEvent | None, impact: dict[str, object] | None
) -> Response:
    visit = opened.visit
    return visit.show(
        "console/rules/decision.html",
        opened=opened,
        submission=submission,
        impact=impact,
        own=visit.here.actor in opened.standing.owners,
        waits=opened.standing.state is DraftState.SUBMITTED,
    )


_STRANGE = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError)


def _impact(submission: DraftEvent, language: str) -> dict[str, object] | None:
    """Return the attached back-test; nothing where it is none of ours to show."""
    try:
        found = submission.detail["backtest"]
        return shown(found, digest(found), language)
    except _STRANGE:
        return None


def decision_sent(visit: Visit, draft_id: str) -> Response:
    """Approve a draft of somebody else, which publishes it, or reject it."""
    opened, form = _submitted(visit, draft_id), visit.form
    verdict = form.choice("verdict", [each.value for each in Verdict])
    reason = form.text("reason", needed=verdict == Verdict.REJECT.value)
    revision = seen_revision(visit)
    if form.sound:
        visit.submit(
            DecideDraft(
                **visit.acting(),
                draft_id=opened.draft.draft_id,
                revision=revision,
                owners=tuple(sorted(opened.standing.owners)),
                verdict=Verdict(verdict),
                reason=reason,
                person=visit.principal.person,
            )
        )
    return visit.go(HOME, f"draft_{verdict}") if form.sound else _shown(opened)


def retirement_page(visit: Visit, programme: str, version: str) -> Response:
    """Show how to end a version before its own end."""
    one, ruleset = find_on_shelf(visit, programme, version)
    if one.published is None:
        raise Missing
    return visit.show("console/rules/retire.html", one=one, ruleset=ruleset)


def retirement_sent(visit: Visit, programme: str, version: str) -> Response:
    """End a version from a coming day on, or before it begins."""
    one, _ruleset = find_on_shelf(visit, programme, version)
    if one.published is None:
        raise Missing
    form, last = visit.form, None
    reason, typed = form.text("reason"), form.text("last", most=10, needed=False)
    try:
        last = date.fromisoformat(typed) if typed else None
    except ValueError:
        form.faults["last"] = ("请填写日期，如 2027-01-01", "please enter a date, as 2027-01-01")
    if form.sound:
        visit.submit(
            RetireVersion(
                **visit.acting(),
                programme=programme,
                version=one.version,
                reason=reason,
                owners=(one.published.version.submitted_by,),
                last=last,
                person=visit.principal.person,
            ),
            ends_too_soon="last",
        )
    if form.sound:
        return visit.go(f"/console/rules/versions/{programme}/{version}", "version_retired")
    return retirement_page(visit, programme, version)


_APPROVE = Action.APPROVE_RULES
_VERSION = f"{HOME}/versions/{{programme}}/{{version}}"
PAGES = (
    get(HOME, waiting_page, allows=_APPROVE),
    get(f"{HOME}/{{draft_id}}", decision_page, allows=_APPROVE),
    post(f"{HOME}/{{draft_id}}", decision_sent, allows=_APPROVE),
    get(_VERSION, retirement_page, allows=_APPROVE),
    post(_VERSION, retirement_sent, allows=_APPROVE),
)
