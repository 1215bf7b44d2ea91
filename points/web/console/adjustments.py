"""Adjustments of what partners are owed: proposed at a partner's, decided by another person."""

from starlette.responses import Response

from points.adjustments.model import DOCUMENT_LENGTH_MAX, Adjustment, Reason
from points.adjustments.store import find_adjustment, list_adjustments, waiting_adjustments
from points.catalogue.model import PROGRAMMES
from points.flows.adjust_settlement import (
    DecideAdjustment,
    ProposeAdjustment,
    WithdrawAdjustment,
    look_up,
)
from points.identity.policy import Action
from points.kernel.amounts import Fen
from points.kernel.errors import Refusal
from points.kernel.ids import AdjustmentId, OutletId, PartnerId
from points.kernel.two_people import Verdict
from points.partners.model import Partner
from points.partners.store import find_partner, outlets_of
from points.vouchers.reads import find_captured
from points.web.doors import CONSOLE
from points.web.forms import NO_SIGNED_MONEY
from points.web.route import pages
from points.web.statements import claimed
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
HOME, TO_DECIDE = "/console/partners", "/console/adjustment-decisions"
PAGE, CAPTURE_MAX, OUTLET_MAX = 30, 80, 26
BESIDE = {
    "personal_in_text": "note",
    "reason_needed": "note",
    "document_invalid": "document",
    "adjustment_too_large": "amount",
    "correction_empty": "amount",
    "capture_unknown": "capture",
    "capture_says_so": "capture",
    "outlet_unknown": "outlet",
    "pool_unknown": "programme",
}
"""Beside which field of a proposal each refusal stands."""


def adjustments_page(visit: Visit, partner_id: str) -> Response:
    """Show a partner's adjustments, and how to propose one."""
    return _adjustments(visit, _partner(visit, partner_id))


def _adjustments(visit: Visit, partner: Partner) -> Response:
    before = visit.query("before", 9)
    with visit.engine.reading(visit.association) as connection:
        rows = list_adjustments(
            connection,
            visit.association,
            partner.partner_id,
            before=int(before) if before.isascii() and before.isdigit() else None,
            limit=PAGE + 1,
        )
        outlets = outlets_of(connection, visit.association, partner.partner_id)
    return visit.show(
        "console/partners/adjustments.html",
        partner=partner,
        outlets=outlets,
        rows=rows[:PAGE],
        more=str(rows[PAGE - 1].fact.number) if len(rows) > PAGE else "",
        address=_address(partner.partner_id),
        reasons=[each.value for each in Reason],
        programmes=list(PROGRAMMES),
        capture=visit.query("capture", CAPTURE_MAX),
    )


def _address(partner_id: str) -> str:
    return f"{HOME}/{partner_id}/adjustments"


def _partner(visit: Visit, partner_id: str) -> Partner:
    with visit.engine.reading(visit.association) as connection:
        found = find_partner(connection, visit.association, PartnerId(partner_id))
    if found is None:
        raise Missing
    return found[0]


def proposal_sent(visit: Visit, partner_id: str) -> Response:
    """Ask another person to change what the partner is owed."""
    partner, form = _partner(visit, partner_id), visit.form
    amount = claimed(form.text("amount", most=16))
    if amount is None:
        form.faults.setdefault("amount", NO_SIGNED_MONEY)
    capture = form.text("capture", most=CAPTURE_MAX, needed=False)
    outlet = form.text("outlet", most=OUTLET_MAX, needed=False)
    programme = form.choice("programme", PROGRAMMES, needed=False)
    reason = form.choice("why", [each.value for each in Reason])
    note = form.text("note")
    document = form.text("document", most=DOCUMENT_LENGTH_MAX, needed=False)
    if form.sound and amount is not None:
        about = look_up(
            visit.engine,
            visit.association,
            partner.partner_id,
            programme=programme,
            outlet_id=OutletId(outlet) if outlet else None,
            capture=capture,
        )
        if isinstance(about, Refusal):
            form.refuse(about, **BESIDE)
        else:
            visit.submit(
                ProposeAdjustment(
                    **visit.acting(),
                    partner_id=partner.partner_id,
                    about=about,
                    amount_fen=Fen(amount),
                    reason=Reason(reason),
                    note=note,
                    document=document,
                ),
                **BESIDE,
            )
    if form.sound:
        return visit.go(_address(partner_id), "adjustment_proposed")
    return _adjustments(visit, partner)


def withdrawal_sent(visit: Visit, partner_id: str, adjustment_id: str) -> Response:
    """Take one's own adjustment back before somebody decides."""
    partner, fact = _partner(visit, partner_id), _found(visit, adjustment_id)
    if fact.partner_id != partner_id:
        raise Missing
    visit.submit(WithdrawAdjustment(**visit.acting(), fact=fact))
    if visit.form.sound:
        return visit.go(_address(partner_id), "withdrawn")
    return _adjustments(visit, partner)


def decisions_page(visit: Visit) -> Response:
    """List the adjustments that wait for another person, of all partners."""
    return _decisions(visit)


def _decisions(visit: Visit) -> Response:
    now = visit.house.installation.clock.now()
    with visit.engine.reading(visit.association) as connection:
        rows = waiting_adjustments(connection, visit.association, now, limit=PAGE)
        captures = {
            each.fact.key: find_captured(
                connection, visit.association, each.fact.partner_id, each.fact.request_no
            )
            for each in rows
            if each.fact.request_no
        }
    return visit.show("console/partners/adjustment_decisions.html", rows=rows, captures=captures)


def decision_sent(visit: Visit, adjustment_id: str) -> Response:
    """Approve an adjustment of somebody else, or reject it."""
    form, fact = visit.form, _found(visit, adjustment_id)
    verdict = form.choice("verdict", [each.value for each in Verdict])
    reason = form.text("reason", needed=verdict == Verdict.REJECT.value)
    if form.sound:
        visit.submit(
            DecideAdjustment(
                **visit.acting(),
                fact=fact,
                verdict=Verdict(verdict),
                reason=reason,
                person=visit.principal.person,
            )
        )
    return visit.go(TO_DECIDE, f"adjustment_{verdict}") if form.sound else _decisions(visit)


def _found(visit: Visit, adjustment_id: str) -> Adjustment:
    with visit.engine.reading(visit.association) as connection:
        found = find_adjustment(connection, visit.association, AdjustmentId(adjustment_id))
    if found is None:
        raise Missing
    return found.fact


_READ, _PROPOSE, _DECIDE = (
    Action.READ_STATEMENT,
    Action.ADJUST_SETTLEMENT,
    Action.DECIDE_ADJUSTMENT,
)
_OF = f"{HOME}/{{partner_id}}/adjustments"
PAGES = (
    get(_OF, adjustments_page, allows=_READ),
    post(_OF, proposal_sent, allows=_PROPOSE),
    post(f"{_OF}/{{adjustment_id}}/withdraw", withdrawal_sent, allows=_PROPOSE),
    get(TO_DECIDE, decisions_page, allows=_DECIDE),
    post(f"{TO_DECIDE}/{{adjustment_id}}", decision_sent, allows=_DECIDE),
)
