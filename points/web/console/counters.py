"""A partner's counters at the console: its tills, what was agreed, its opening hours as read."""

from starlette.responses import Response

from points.identity.policy import Action
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.tills import agree, register, shown, switch
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
HOME = "/console/partners/{partner_id}/counters"


def counters_page(visit: Visit, partner_id: str) -> Response:
    """Show a partner's tills, its policy and its hours."""
    return _show(visit, partner_id)


def _show(visit: Visit, partner_id: str) -> Response:
    address = HOME.format(partner_id=partner_id)
    values = shown(visit, partner_id, address)
    return visit.show("console/partners/counters.html", **values)


def _after(visit: Visit, partner_id: str, done: str) -> Response:
    if visit.form.sound:
        return visit.go(HOME.format(partner_id=partner_id), done)
    return _show(visit, partner_id)


def till_sent(visit: Visit, partner_id: str) -> Response:
    """Register a till."""
    register(visit, partner_id)
    return _after(visit, partner_id, "till_registered")


def standing_sent(visit: Visit, partner_id: str) -> Response:
    """Switch a till off or on."""
    switch(visit, partner_id)
    return _after(visit, partner_id, "till_switched")


def policy_sent(visit: Visit, partner_id: str) -> Response:
    """Agree on what holds from now on."""
    agree(visit, partner_id)
    return _after(visit, partner_id, "policy_agreed")


PAGES = (
    get(HOME, counters_page, allows=Action.MANAGE_TILLS),
    post(f"{HOME}/tills", till_sent, allows=Action.MANAGE_TILLS),
    post(f"{HOME}/standing", standing_sent, allows=Action.MANAGE_TILLS),
    post(f"{HOME}/policy", policy_sent, allows=Action.MANAGE_PARTNERS),
)
