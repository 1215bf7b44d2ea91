"""A member's stamp cards, with their stamps."""

from starlette.responses import Response

from points.flows.card_desk import cards_shown
from points.identity.policy import Action
from points.web.doors import PHONE
from points.web.lines import reward_titles
from points.web.m.points import me
from points.web.route import pages
from points.web.visit import Visit

get, _post, _entrance = pages(PHONE)


def stamp_cards_page(visit: Visit) -> Response:
    """Show every kind of card with the member's own stamps."""
    cards = cards_shown(visit.engine, visit.association, me(visit))
    return visit.show("m/stamp_cards.html", cards=cards, titles=reward_titles(visit))


PAGES = (get("/m/stamp-cards", stamp_cards_page, allows=Action.READ_STAMP_CARDS),)
