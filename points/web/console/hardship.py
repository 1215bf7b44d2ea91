"""The hardship fund for staff: what it holds, where it came from, where it went."""

from starlette.responses import Response

from points.flows.hardship_desk import fund_entries, funds_shown, shown_member
from points.flows.propose import ProposeDonationReturn
from points.identity.policy import Action
from points.members.reads import masked_names
from points.proposals.model import REASONS, Kind
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.visit import Visit

get, post, _entrance = pages(CONSOLE)
PAGE = 30


def hardship_page(visit: Visit) -> Response:
    """Show the funds, and a page of one programme's entries."""
    funds = funds_shown(visit.engine, visit.association)
    known = [each.fund.programme for each in funds]
    asked = visit.query("programme")
    programme = asked if asked in known else next(iter(known), "")
    entries = fund_entries(
        visit.engine,
        visit.association,
        programme,
        before=visit.query("before", 26),
        limit=PAGE + 1,
    )
    more = entries[PAGE - 1].entry_id if len(entries) > PAGE else ""
    rows = [(each, shown_member(each)) for each in entries[:PAGE]]
    seen = [member for _, member in rows if member is not None]
    with visit.engine.reading(visit.association) as connection:
        names = masked_names(connection, visit.association, seen, visit.context)
    return visit.show(
        "console/hardship.html",
        funds=funds,
        programme=programme,
        rows=rows,
        names=names,
        more=more,
    )


def return_page(visit: Visit, donation_id: str) -> Response:
    """Ask why a donation is to be given back."""
    return visit.show(
        "console/return_donation.html", donation_id=donation_id, reasons=REASONS[Kind.RETURN]
    )


def return_sent(visit: Visit, donation_id: str) -> Response:
    """Put it before another person."""
    form = visit.form
    reason, note = form.choice("code_of_reason", REASONS[Kind.RETURN]), form.text("reason")
    if not form.sound:
        return return_page(visit, donation_id)
    outcome = visit.submit(
        ProposeDonationReturn(
            **visit.acting(),
            donation_id=donation_id,
            reason=reason,
            note=note,
            person=visit.principal.person,
        )
    )
    if outcome.refusal is not None:
        return return_page(visit, donation_id)
    return visit.go(f"/console/proposals/{outcome.result['proposal_id']}", "proposed")


PAGES = (
    get("/console/hardship", hardship_page, allows=Action.READ_HARDSHIP),
    get("/console/hardship/{donation_id}/return", return_page, allows=Action.PROPOSE),
    post("/console/hardship/{donation_id}/return", return_sent, allows=Action.PROPOSE),
)
