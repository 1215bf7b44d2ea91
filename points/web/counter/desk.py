"""Take a code, say in one colour what to do, and take a mistake of today back."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from starlette.responses import Response

from points.engine import Outcome
from points.flows.counter import Desk, Till
from points.flows.neutral import told
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import OutletId, PartnerId
from points.partners.store import find_outlet, find_partner
from points.vouchers.codes import INPUT_MAX
from points.vouchers.errors import CaptureUnknown
from points.vouchers.reads import Done, captures_since
from points.web.doors import COUNTER
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _entrance = pages(COUNTER)
CONFLICT = 409
DEVICE = "web"
"""Guesses are counted for the till; one session is one till."""


def code_page(visit: Visit) -> Response:
    """Wait for a code: scanned, or typed; an office that takes none is sent to its statements."""
    if not visit.can("use_counter"):
        return visit.go("/counter/statements")
    return _code_form(visit)


def _code_form(visit: Visit) -> Response:
    with visit.engine.reading(visit.association) as connection:
        outlet = find_outlet(connection, visit.association, _outlet(visit))
    return visit.show("counter/code.html", outlet=outlet, operator=visit.principal.operator or "")


def check_sent(visit: Visit) -> Response:
    """Say what a code is good for; for three minutes no other outlet can use it."""
    code = visit.form.text("code", most=INPUT_MAX)
    if not visit.form.sound:
        return _code_form(visit)
    outcome = _desk(visit).authorise(_till(visit), code, visit.form.once or visit.engine.ids.next())
    if outcome.refusal is not None:
        return _red(visit, outcome.refusal)
    return _hand_over(visit, code, outcome)


def _hand_over(visit: Visit, code: str, found: Outcome) -> Response:
    return visit.show("counter/hand_over.html", found=found.result, code=code)


def capture_sent(visit: Visit) -> Response:
    """Use the code; the same form sent twice is answered as it was the first time."""
    form = visit.form
    code, once = form.text("code", most=INPUT_MAX), form.once
    if once is None:
        return _code_form(visit)
    amount = form.fen("amount") if form.get("kind") == "amount" else None
    if not form.sound:
        # What the code is good for is asked again: the page shows it beside the mistake.
        outcome = _desk(visit).authorise(_till(visit), code, visit.engine.ids.next())
        return _red(visit, outcome.refusal) if outcome.refusal else _hand_over(visit, code, outcome)
    done = _desk(visit).capture(_till(visit), code, f"web-{once}", amount)
    if done.refusal is not None:
        return _red(visit, done.refusal)
    return visit.show("counter/green.html", took=done.result)


def _red(visit: Visit, refusal: Refusal) -> Response:
    said = told(visit.principal.kind, refusal)
    return visit.show("counter/red.html", CONFLICT, why=said.text(visit.language))


def today_page(visit: Visit) -> Response:
    """List what this outlet captured today."""
    return visit.show("counter/today.html", rows=_today(visit))


def _today(visit: Visit) -> list[Done]:
    partner_id = PartnerId(visit.principal.subject)
    with visit.engine.reading(visit.association) as connection:
        found = find_partner(connection, visit.association, partner_id)
        if found is None:
            raise Missing
        zone = ZoneInfo(found[0].zone)
        local = found[0].day(visit.house.installation.clock.now())
        since = datetime.combine(local, time(), tzinfo=zone)
        return captures_since(connection, visit.association, partner_id, _outlet(visit), since)


def void_sent(visit: Visit) -> Response:
    """Take a capture of today back."""
    request_no = visit.form.text("request_no", most=80)
    desk, till = _desk(visit), _till(visit)
    found = desk.find_capture(till, request_no)
    # Another outlet's capture is answered as one that is not there.
    if found is None or found.event.outlet_id != till.outlet_id:
        return _red(visit, CaptureUnknown())
    once = visit.form.once or visit.engine.ids.next()
    outcome = desk.void(till, request_no, f"web-{once}")
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
        device_id=f"{DEVICE}-{who.session}",
        operator_id=who.operator or "",
        operator_proven=who.operator is not None,
    )


USE = Action.USE_COUNTER
PAGES = (
    get("/counter", code_page, allows=Action.OWN_SESSIONS),
    post("/counter/check", check_sent, allows=USE),
    post("/counter/capture", capture_sent, allows=USE),
    get("/counter/today", today_page, allows=USE),
    post("/counter/void", void_sent, allows=USE),
)
