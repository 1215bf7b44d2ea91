"""A partner's head office: its own tills, and what holds at its counters."""

from starlette.responses import Response

from points.identity.policy import Action
from points.web.doors import COUNTER
from points.web.route import pages
from points.web.tills import register, shown, switch
from points.web.visit import Visit

get, post, _ = pages(COUNTER)
HOME = "/counter/tills"


def tills_page(visit: Visit) -> Response:
    """Show the partner's own tills, its policy and its hours."""
    return _show(visit)


def _show(visit: Visit) -> Response:
    return visit.show("counter/tills.html", **shown(visit, visit.principal.subject, HOME))


def till_sent(visit: Visit) -> Response:
    """Register a till at one of the partner's outlets."""
    register(visit, visit.principal.subject)
    return visit.go(HOME, "till_registered") if visit.form.sound else _show(visit)


def standing_sent(visit: Visit) -> Response:
    """Switch a till off or on."""
    switch(visit, visit.principal.subject)
    return visit.go(HOME, "till_switched") if visit.form.sound else _show(visit)


PAGES = (
    get(HOME, tills_page, allows=Action.MANAGE_TILLS),
    post(HOME, till_sent, allows=Action.MANAGE_TILLS),
    post(f"{HOME}/standing", standing_sent, allows=Action.MANAGE_TILLS),
)
