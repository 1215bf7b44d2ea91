"""Stamp cards for staff: which kinds there are, and how each fares."""

from starlette.responses import Response

from points.flows.card_desk import card_figures
from points.identity.policy import Action
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.visit import Visit

get, _post, _entrance = pages(CONSOLE)


def stamp_cards_page(visit: Visit) -> Response:
    """Show every kind of card."""
    cards = card_figures(visit.engine, visit.association)
    return visit.show("console/stamp_cards.html", cards=cards)


PAGES = (get("/console/stamp-cards", stamp_cards_page, allows=Action.READ_STAMP_CARDS),)
