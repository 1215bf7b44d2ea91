"""Correction batches: who would get how much more or less and why, proposed, decided, followed."""

from datetime import date
from typing import Any

from starlette.responses import Response

from points.activities.awarded import scored_so_far
from points.corrections.errors import CorrectionOutdated
from points.corrections.model import State
from points.corrections.reads import Filed, list_corrections, page_of_lines
from points.flows.correcting import (
    Preview,
    Wish,
    preview,
    sound,
    to_catch_up,
    to_replace,
    to_undo,
)
from points.flows.correction_desk import (
    correction_shown,
    find,
    line_shown,
    lines_in,
    only_member,
    owners_of,
    preview_shown,
)
from points.flows.correction_export import lines_as_csv, lines_as_xlsx
from points.flows.decide_correction import DecideCorrection, Verdict
from points.flows.propose_correction import proposing
from points.flows.withdraw_correction import WithdrawCorrection
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import CorrectionId, DraftId, MemberId
from points.members.reads import masked_names
from points.rulebook.model import DraftState
from points.rulebook.reads import list_drafts
from points.rules import midnight
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
HOME, TO_DECIDE = "/console/corrections", "/console/correction-decisions"
PAGE, LINES, DRAFTS_MAX = 30, 50, 50
ACTIVITIES_MAX = 20_000
"""Somebody waits before the page: with more, the command line does it."""

TOO_MANY = (
    f"活动超过 {ACTIVITIES_MAX} 条，请用命令行 points rules correct 预览和提出",
    f"more than {ACTIVITIES_MAX} activities: use points rules correct at the command line",
)
NO_PERIOD = ("请选择项目并填写起止日期", "please choose a programme and enter both days")
FILES = {
    "csv": (lines_as_csv, "text/csv"),
    "xlsx": (lines_as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def corrections_page(visit: Visit) -> Response:
    """List batches, the newest first."""
    return _listed(visit, HOME, None)


def decisions_page(visit: Visit) -> Response:
    """List the batches that wait for another person."""
    return _listed(visit, TO_DECIDE, State.PROPOSED)


def _listed(visit: Visit, address: str, state: State | None) -> Response:
    with visit.engine.reading(visit.association) as connection:
        rows = list_corrections(
            connection, visit.association, state, before=visit.query("before"), limit=PAGE + 1
        )
    more = rows[PAGE - 1].correction.correction_id if len(rows) > PAGE else ""
    return visit.show("console/corrections/list.html", rows=rows[:PAGE], more=more, address=address)


def new_page(visit: Visit) -> Response:
    """Show what a batch would do, once somebody said which one."""
    asked = any(visit.query(name) for name in ("draft", "since", "until"))
    return _new(visit, _previewed(visit, _wished(visit, visit.query)) if asked else None)


def _new(visit: Visit, found: Preview | None) -> Response:
    with visit.engine.reading(visit.association) as connection:
        drafts = list_drafts(connection, visit.association, DraftState.SUBMITTED, limit=DRAFTS_MAX)
    lines = [line_shown(each) for each in found.lines[:LINES]] if found else []
    refused = sound(found) if found else None
    if refused is not None and visit.form.sound:
        visit.form.refuse(refused)
    return visit.show(
        "console/corrections/new.html",
        drafts=drafts,
        programmes=list(visit.context.rules.programmes()),
        found=preview_shown(found) if found else None,
        good=refused is None,
        lines=lines,
        names=_names(visit, lines),
        said={name: visit.form.get(name) or visit.query(name) for name in _SAID},
    )


_SAID = ("draft", "programme", "since", "until")


def _wished(visit: Visit, said: Any) -> Wish | Refusal | None:  # noqa: ANN401 - a function
    """Return what somebody asks for: a draft that reaches back, or a period to catch up with."""
    if draft := said("draft"):
        return to_replace(visit.engine, visit.association, DraftId(draft))
    programme = said("programme")
    try:
        first, last = date.fromisoformat(said("since")), date.fromisoformat(said("until"))
    except ValueError:
        return None
    if programme not in visit.context.rules.programmes():
        return None
    zone = visit.context.rules.of(programme).zone
    ends = midnight(last, zone)
    return to_catch_up(visit.engine, visit.association, programme, midnight(first, zone), ends)


def _previewed(visit: Visit, wish: Wish | Refusal | None) -> Preview | None:
    """Return what a batch would do, or put into the form why not."""
    if wish is None:
        visit.form.refusal = NO_PERIOD
        return None
    found = wish if isinstance(wish, Refusal) else _counted(visit, wish)
    if isinstance(found, Refusal):
        visit.form.refuse(found)
        return None
    return found


def _counted(visit: Visit, wish: Wish) -> Preview | Refusal | None:
    now = visit.house.installation.clock.now()
    with visit.engine.reading(visit.association) as connection:
        scored, _ = scored_so_far(connection, visit.association, now)
    if scored > ACTIVITIES_MAX:
        visit.form.refusal = TOO_MANY
        return None
    return preview(visit.engine, visit.association, wish)


def _names(visit: Visit, lines: list[dict[str, Any]]) -> dict[MemberId, str]:
    people = {MemberId(line["member_id"]) for line in lines}
    with visit.engine.reading(visit.association) as connection:
        return dict(masked_names(connection, visit.association, people, visit.context))


def proposal_sent(visit: Visit) -> Response:
    """Put a batch with all its lines before another person."""
    note = visit.form.text("note")
    found = _previewed(visit, _wished(visit, visit.form.get))
    if found is not None and visit.form.get("seen") != found.lines_sha256:
        visit.form.refuse(CorrectionOutdated())
    if found is None or not visit.form.sound or sound(found) is not None:
        return _new(visit, found)
    return _proposed(visit, found, note) or _new(visit, found)


def _proposed(visit: Visit, found: Preview, note: str) -> Response | None:
    acting = visit.acting()
    command = proposing(
        acting["association_id"], acting["operation_id"], acting["actor"], found, note
    )
    outcome = visit.submit(command, reason_needed="note", personal_in_text="note")
    if outcome.refusal is not None:
        return None
    return visit.go(f"{HOME}/{outcome.result['correction_id']}", "correction_proposed")


def _filed(visit: Visit, correction_id: str) -> Filed:
    found = find(visit.engine, visit.association, CorrectionId(correction_id))
    if isinstance(found, Refusal):
        raise Missing
    return found


def correction_page(visit: Visit, correction_id: str) -> Response:
    """Show a batch, its lines and how far it has been posted."""
    return _shown(visit, correction_id, HOME)


def decision_page(visit: Visit, correction_id: str) -> Response:
    """Show a batch to whoever decides on it."""
    return _shown(visit, correction_id, TO_DECIDE)


def _shown(visit: Visit, correction_id: str, address: str) -> Response:
    filed = _filed(visit, correction_id)
    fact = filed.standing.correction
    with visit.engine.reading(visit.association) as connection:
        rows = page_of_lines(
            connection,
            visit.association,
            fact.correction_id,
            after=_after(visit),
            limit=LINES + 1,
        )
    lines = [line_shown(each) for each in rows[:LINES]]
    owners = {fact.proposed_by, *owners_of(visit.engine, visit.association, fact)}
    return visit.show(
        "console/corrections/correction.html",
        one=correction_shown(filed, visit.house.installation.clock.now()),
        lines=lines,
        more="~".join(_key(lines[-1])) if len(rows) > LINES else "",
        names=_names(visit, lines),
        address=address,
        own=visit.here.actor in owners,
        mine=visit.here.actor == fact.proposed_by,
    )


def _key(line: dict[str, Any]) -> tuple[str, str, str, str]:
    return line["member_id"], line["activity_id"], line["rule_id"], line["measure"]


def _after(visit: Visit) -> tuple[str, str, str, str]:
    first, second, third, *rest = [*visit.query("after", 200).split("~"), "", "", ""]
    return first, second, third, rest[0]


def lines_page(visit: Visit, correction_id: str, form: str) -> Response:
    """Return every line of a batch as a file."""
    fact = _filed(visit, correction_id).standing.correction
    if form not in FILES:
        raise Missing
    write, media_type = FILES[form]
    zone = visit.context.rules.of(fact.programme).zone.key
    text = write(lines_in(visit.engine, visit.association, fact), zone)
    name = f"correction-{fact.correction_id}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, 200, headers, media_type)


def withdrawal_sent(visit: Visit, correction_id: str) -> Response:
    """Take one's own batch back before somebody decides."""
    fact = _filed(visit, correction_id).standing.correction
    visit.submit(WithdrawCorrection(**visit.acting(), correction_id=fact.correction_id))
    if visit.form.sound:
        return visit.go(f"{HOME}/{correction_id}", "withdrawn")
    return _shown(visit, correction_id, HOME)


def reversal_sent(visit: Visit, correction_id: str) -> Response:
    """Propose to take a finished batch back, the same way."""
    note = visit.form.text("note")
    if visit.form.sound:
        wish = to_undo(visit.engine, visit.association, CorrectionId(correction_id))
        found = _previewed(visit, wish)
        refused = sound(found) if found else None
        if refused is not None:
            visit.form.refuse(refused)
        elif found is not None and (answer := _proposed(visit, found, note)) is not None:
            return answer
    return _shown(visit, correction_id, HOME)


def decision_sent(visit: Visit, correction_id: str) -> Response:
    """Approve a batch of somebody else, which the worker then posts, or reject it."""
    form, fact = visit.form, _filed(visit, correction_id).standing.correction
    verdict = form.choice("verdict", [each.value for each in Verdict])
    reason = form.text("reason", needed=verdict == Verdict.REJECT.value)
    if form.sound:
        visit.submit(
            DecideCorrection(
                **visit.acting(),
                correction=fact,
                owners=owners_of(visit.engine, visit.association, fact),
                only=only_member(visit.engine, visit.association, fact),
                verdict=Verdict(verdict),
                reason=reason,
                person=visit.principal.person,
            )
        )
    if form.sound:
        return visit.go(TO_DECIDE, f"correction_{verdict}")
    return _shown(visit, correction_id, TO_DECIDE)


_ASK, _DECIDE, _READ = Action.CORRECT, Action.DECIDE_CORRECTION, Action.READ_CORRECTIONS
_ONE = f"{HOME}/{{correction_id}}"
PAGES = (
    get(HOME, corrections_page, allows=_READ),
    get(f"{HOME}/new", new_page, allows=_ASK),
    post(f"{HOME}/new", proposal_sent, allows=_ASK),
    get(_ONE, correction_page, allows=_READ),
    get(f"{_ONE}/lines/{{form}}", lines_page, allows=_READ),
    post(f"{_ONE}/withdraw", withdrawal_sent, allows=_ASK),
    post(f"{_ONE}/reverse", reversal_sent, allows=_ASK),
    get(TO_DECIDE, decisions_page, allows=_DECIDE),
    get(f"{TO_DECIDE}/{{correction_id}}", decision_page, allows=_DECIDE),
    post(f"{TO_DECIDE}/{{correction_id}}", decision_sent, allows=_DECIDE),
)
