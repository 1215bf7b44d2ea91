"""Take a code, say in one colour what to do, and take a mistake of today back."""

from sqlalchemy import Connection
from starlette.responses import Response

from points.engine import Outcome
from points.flows.authorise import authorise_operation
from points.flows.counter import Desk, Till
from points.flows.counter_advice import ADVICE, advised
from points.flows.neutral import NotNow, told
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import OutletId, PartnerId
from points.partners.contracts import WEB
from points.partners.store import find_outlet, find_partner
from points.vouchers.codes import INPUT_MAX
from points.vouchers.counter_reads import Day, totals_of
from points.vouchers.errors import AmountExceeds, AmountInvalid
from points.vouchers.reads import PAGE_MAX, captures_since
from points.web.doors import COUNTER
from points.web.route import pages
from points.web.shown import refused
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _entrance = pages(COUNTER)
CONFLICT = 409
QUICK_FEN = (1000, 2000, 5000, 10_000)
"""Amounts that a clerk takes with one key; all that is left is another."""

CHECKED_MAX = 80


def code_page(visit: Visit) -> Response:
    """Wait for a code: scanned, or typed; an office that takes none is sent to its statements."""
    if not visit.can("use_counter"):
        return visit.go("/counter/statements")
    return _code_form(visit)


def _code_form(visit: Visit) -> Response:
    with visit.engine.reading(visit.association) as connection:
        outlet = find_outlet(connection, visit.association, _outlet(visit))
        totals = totals_of(connection, visit.association, _day(visit, connection))
    return visit.show("counter/code.html", outlet=outlet, totals=totals)


def check_sent(visit: Visit) -> Response:
    """Say what a code is good for; for three minutes no other outlet can use it."""
    code = visit.form.text("code", most=INPUT_MAX)
    if not visit.form.sound:
        return _code_form(visit)
    checked = visit.form.once or visit.engine.ids.next()
    outcome = _desk(visit).authorise(_till(visit), code, checked)
    if outcome.refusal is not None:
        return _red(visit, outcome.refusal)
    return _hand_over(visit, checked, outcome)


def _hand_over(visit: Visit, checked: str, found: Outcome) -> Response:
    """Show what to hand over; the page holds no code, only the name of what was checked."""
    left = found.result.get("remaining_fen") or 0
    quick = [each for each in QUICK_FEN if each < left]
    return visit.show("counter/hand_over.html", found=found.result, checked=checked, quick=quick)


def capture_sent(visit: Visit) -> Response:
    """Use what was checked; the same form sent twice is answered as it was the first time."""
    form = visit.form
    checked, once = form.text("checked", most=CHECKED_MAX), form.once
    found = _checked(visit, checked)
    if once is None or found is None:
        return _code_form(visit)
    amount = None
    if found.result["kind"] == "amount":
        amount = form.fen("quick" if form.get("quick") else "amount")
    if not form.sound:
        return _hand_over(visit, checked, found)
    name = str(found.result["authorisation_id"])
    done = _desk(visit).capture(_till(visit), None, f"web-{once}", amount, authorisation_id=name)
    if isinstance(done.refusal, AmountInvalid | AmountExceeds):
        # What was checked still waits: another amount is enough, the customer shows nothing again.
        visit.form.refuse(done.refusal)
        return _hand_over(visit, checked, found)
    if done.refusal is not None:
        return _red(visit, done.refusal)
    return visit.show("counter/green.html", took=done.result)


def release_sent(visit: Visit) -> Response:
    """Put what was checked back: others can use it at once."""
    found = _checked(visit, visit.form.text("checked", most=CHECKED_MAX))
    if found is not None:
        # Whether it had ended before is all the same to whoever gives it up.
        _desk(visit).release(_till(visit), str(found.result["authorisation_id"]))
    return visit.go(COUNTER.home)


def _checked(visit: Visit, checked: str) -> Outcome | None:
    """Return what a check was answered, if it was one and nothing was refused."""
    till = _till(visit)
    found = _desk(visit).answered(till, authorise_operation(till.partner_id, checked))
    return found if found is not None and "authorisation_id" in found.result else None


def _red(visit: Visit, refusal: Refusal) -> Response:
    said = told(visit.principal.kind, refusal)
    advice = advised(said.code)
    if advice is None:
        said, advice = NotNow(), ADVICE[NotNow.code]
    why, then = refused(said, visit.language), advice.zh if visit.language == "zh" else advice.en
    return visit.show("counter/red.html", CONFLICT, why=why, then=then)


def today_page(visit: Visit) -> Response:
    """List what this outlet captured today, the newest first, and what it comes to."""
    with visit.engine.reading(visit.association) as connection:
        day = _day(visit, connection)
        totals = totals_of(connection, visit.association, day)
        rows = captures_since(
            connection, visit.association, day.partner_id, _outlet(visit), day.begins
        )
    return visit.show("counter/today.html", rows=rows, totals=totals, most=PAGE_MAX)


def _day(visit: Visit, connection: Connection) -> Day:
    """Return today at this outlet, by the partner's own calendar."""
    partner_id = PartnerId(visit.principal.subject)
    found = find_partner(connection, visit.association, partner_id)
    if found is None:
        raise Missing
    begins, ends = found[0].local_day(found[0].day(visit.house.installation.clock.now()))
    return Day(partner_id=partner_id, begins=begins, ends=ends, outlet_id=_outlet(visit))


def void_sent(visit: Visit) -> Response:
    """Take a capture of today back."""
    request_no = visit.form.text("request_no", most=80)
    once = visit.form.once or visit.engine.ids.next()
    outcome = _desk(visit).void(_till(visit), request_no, f"web-{once}")
    if outcome.refusal is not None:
        return _red(visit, outcome.refusal)
    return visit.go("/counter/today", "voided")


def _outlet(visit: Visit) -> OutletId:
    if visit.principal.outlet is None:
        raise Missing
    return OutletId(visit.principal.outlet)


def _desk(visit: Visit) -> Desk:
    return Desk(visit.engine, visit.context.codes, visit.engine.ids)


def _till(visit: Visit) -> Till:
    who = visit.principal
    return Till(
        association_id=visit.association,
        partner_id=PartnerId(who.subject),
        outlet_id=_outlet(visit),
        device_id=who.till or f"{WEB}-{who.session}",
        device_proven=who.till is not None,
        operator_id=who.operator or "",
        operator_proven=who.operator is not None,
    )


USE = Action.USE_COUNTER
PAGES = (
    get("/counter", code_page, allows=Action.OWN_SESSIONS),
    post("/counter/check", check_sent, allows=USE),
    post("/counter/capture", capture_sent, allows=USE),
    post("/counter/release", release_sent, allows=USE),
    get("/counter/today", today_page, allows=USE),
    post("/counter/void", void_sent, allows=USE),
)
