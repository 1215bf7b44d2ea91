"""Giving points to the hardship fund, and what one gave."""

from starlette.responses import Response

from points.flows.donate import Donate
from points.flows.hardship_desk import given_by, giving_of
from points.identity.policy import Action
from points.kernel.amounts import Points
from points.web.doors import PHONE
from points.web.m.points import me
from points.web.route import pages
from points.web.visit import Visit

get, post, _entrance = pages(PHONE)
POINTS_MAX = 10**6


def donations_page(visit: Visit) -> Response:
    """Show what can be given to which fund, and what was."""
    member = me(visit)
    return visit.show(
        "m/donations.html",
        giving=giving_of(visit.engine, visit.association, member),
        given=given_by(visit.engine, visit.association, member),
    )


def donation_sent(visit: Visit) -> Response:
    """Give points; the same form sent twice gives once."""
    form = visit.form
    programme = form.choice("programme", list(visit.context.benefits.donations))
    points = form.whole("points", least=1, most=POINTS_MAX)
    if not form.checked("sure"):
        form.faults["sure"] = ("请勾选确认", "please confirm this")
    if form.sound:
        visit.submit(
            Donate(
                **visit.acting(),
                member_id=me(visit),
                programme=programme,
                points=Points(points),
                named=form.checked("named"),
            )
        )
    return visit.go("/m/donations", "donated") if form.sound else donations_page(visit)


PAGES = (
    get("/m/donations", donations_page, allows=Action.DONATE),
    post("/m/donations", donation_sent, allows=Action.DONATE),
)
