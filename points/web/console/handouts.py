"""Bulk issue: proposed with its list, approved by another person, followed to the last voucher."""

from starlette.responses import Response

from points.catalogue.store import list_rewards
from points.flows.choosing_members import conditioned, listed
from points.flows.decide_handout import DecideHandout, Verdict
from points.flows.hand_out import PrintHandout
from points.flows.handout_desk import find, handout_shown, waits
from points.flows.handout_export import (
    codes_as_xlsx,
    results_as_csv,
    results_as_xlsx,
    results_of,
)
from points.flows.propose_handout import ProposeHandout, WithdrawHandout
from points.handouts.model import Mode, State
from points.handouts.reads import Filed, list_handouts
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import HandoutId, MemberId, RewardId
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
HOME, TO_DECIDE, PAGE = "/console/handouts", "/console/handout-decisions", 30
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILES = {"csv": (results_as_csv, "text/csv"), "xlsx": (results_as_xlsx, XLSX)}
LIST_MAX = 60_000
"""Characters of a list: two thousand members; with more, the command line takes a sheet."""

ONE_OF = ("请填写名单或会员条件之一", "give a list or a condition, one of them")


def handouts_page(visit: Visit) -> Response:
    """List handouts, the newest first."""
    return _listed(visit, HOME, None)


def decisions_page(visit: Visit) -> Response:
    """List the handouts that wait for another person."""
    return _listed(visit, TO_DECIDE, State.PROPOSED)


def _listed(visit: Visit, address: str, state: State | None) -> Response:
    with visit.engine.reading(visit.association) as connection:
        rows = list_handouts(
            connection, visit.association, state, before=visit.query("before"), limit=PAGE + 1
        )
    more = rows[PAGE - 1].handout.handout_id if len(rows) > PAGE else ""
    rows = rows[:PAGE]
    waiting = {
        each.handout.handout_id: waits(visit.engine, visit.association, each) for each in rows
    }
    return visit.show(
        "console/handouts/list.html", rows=rows, waiting=waiting, more=more, address=address
    )


def new_page(visit: Visit) -> Response:
    """Ask what is to be given to whom."""
    now = visit.house.installation.clock.now()
    with visit.engine.reading(visit.association) as connection:
        rewards = list_rewards(connection, visit.association, now)
    return visit.show(
        "console/handouts/new.html",
        rewards=sorted(rewards, key=lambda each: each.reward_id),
        programmes=list(visit.context.rules.programmes()),
        modes=[each.value for each in Mode],
    )


def proposal_sent(visit: Visit) -> Response:
    """Put a handout before another person."""
    form = visit.form
    reward = form.text("reward", most=26)
    programme = form.choice("programme", list(visit.context.rules.programmes()))
    mode, note = form.choice("mode", [each.value for each in Mode]), form.text("note")
    members = _chosen(visit, programme)
    if members is not None and form.sound:
        outcome = visit.submit(
            ProposeHandout(
                **visit.acting(),
                reward_id=RewardId(reward),
                programme=programme,
                mode=Mode(mode),
                members=members,
                source=form.get("where"),
                note=note,
            ),
            reason_needed="note",
            personal_in_text="note",
        )
        if outcome.refusal is None:
            return visit.go(f"{HOME}/{outcome.result['handout_id']}", "handout_proposed")
    return new_page(visit)


def _chosen(visit: Visit, programme: str) -> tuple[MemberId, ...] | None:
    """Return whom the list or the condition names, or put into the form why nobody."""
    form = visit.form
    where = form.get("where").strip()
    named = form.document("members", most=LIST_MAX) if form.get("members").strip() else ""
    if not form.sound:
        return None
    if bool(named) is bool(where):
        form.refusal = ONE_OF
        return None
    if where:
        found = conditioned(visit.engine, visit.association, programme, where)
    else:
        found = listed(visit.engine, visit.association, named.split())
    if isinstance(found, Refusal):
        form.refuse(found)
        return None
    return found


def _filed(visit: Visit, handout_id: str) -> Filed:
    found = find(visit.engine, visit.association, HandoutId(handout_id))
    if isinstance(found, Refusal):
        raise Missing
    return found


def handout_page(visit: Visit, handout_id: str) -> Response:
    """Show a handout, how far it is and what adds up to what."""
    return _shown(visit, handout_id, HOME)


def decision_page(visit: Visit, handout_id: str) -> Response:
    """Show a handout to whoever decides on it."""
    return _shown(visit, handout_id, TO_DECIDE)


def _shown(visit: Visit, handout_id: str, address: str) -> Response:
    filed = _filed(visit, handout_id)
    own = filed.standing.handout.proposed_by == visit.here.actor
    return visit.show(
        "console/handouts/handout.html",
        one=handout_shown(visit.engine, visit.association, filed),
        address=address,
        own=own,
    )


def results_page(visit: Visit, handout_id: str, form: str) -> Response:
    """Return every result of a handout as a file, without codes."""
    fact = _filed(visit, handout_id).standing.handout
    if form not in FILES:
        raise Missing
    write, media_type = FILES[form]
    text = write(results_of(visit.engine, visit.association, fact))
    return _file(text, f"handout-{fact.handout_id}.{form}", media_type)


def _file(text: bytes, name: str, media_type: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(text, 200, headers, media_type)


def withdrawal_sent(visit: Visit, handout_id: str) -> Response:
    """Take one's own handout back before somebody decides."""
    fact = _filed(visit, handout_id).standing.handout
    visit.submit(WithdrawHandout(**visit.acting(), handout_id=fact.handout_id))
    if visit.form.sound:
        return visit.go(f"{HOME}/{handout_id}", "withdrawn")
    return _shown(visit, handout_id, HOME)


def printing_sent(visit: Visit, handout_id: str) -> Response:
    """Return the sheet of a paper handout's codes, once."""
    fact = _filed(visit, handout_id).standing.handout
    visit.submit(PrintHandout(**visit.acting(), handout_id=fact.handout_id))
    if not visit.form.sound:
        return _shown(visit, handout_id, HOME)
    text = codes_as_xlsx(visit.engine, visit.association, fact)
    return _file(text, f"codes-{fact.handout_id}.xlsx", XLSX)


def decision_sent(visit: Visit, handout_id: str) -> Response:
    """Approve a handout of somebody else, which the worker then gives out, or reject it."""
    form, fact = visit.form, _filed(visit, handout_id).standing.handout
    verdict = form.choice("verdict", [each.value for each in Verdict])
    reason = form.text("reason", needed=verdict == Verdict.REJECT.value)
    if form.sound:
        visit.submit(
            DecideHandout(
                **visit.acting(),
                handout_id=fact.handout_id,
                programme=fact.programme,
                proposed_by=fact.proposed_by,
                verdict=Verdict(verdict),
                reason=reason,
                person=visit.principal.person,
            )
        )
    if form.sound:
        return visit.go(TO_DECIDE, f"handout_{verdict}")
    return _shown(visit, handout_id, TO_DECIDE)


_ASK, _DECIDE, _READ = Action.HAND_OUT, Action.DECIDE_HANDOUT, Action.READ_HANDOUTS
_ONE = f"{HOME}/{{handout_id}}"
PAGES = (
    get(HOME, handouts_page, allows=_READ),
    get(f"{HOME}/new", new_page, allows=_ASK),
    post(f"{HOME}/new", proposal_sent, allows=_ASK),
    get(_ONE, handout_page, allows=_READ),
    get(f"{_ONE}/results/{{form}}", results_page, allows=_READ),
    post(f"{_ONE}/withdraw", withdrawal_sent, allows=_ASK),
    post(f"{_ONE}/print", printing_sent, allows=Action.PRINT_CODES),
    get(TO_DECIDE, decisions_page, allows=_DECIDE),
    get(f"{TO_DECIDE}/{{handout_id}}", decision_page, allows=_DECIDE),
    post(f"{TO_DECIDE}/{{handout_id}}", decision_sent, allows=_DECIDE),
)
