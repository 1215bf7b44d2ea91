"""Stamp cards: a member's own, and how each kind fares."""

from datetime import datetime

from pydantic import Field

from points.api.caller import NO_MEMBER, Asking
from points.api.problems import Problem
from points.api.route import get
from points.api.wire import Answer
from points.flows.card_desk import CardFigures, CardShown, card_figures, cards_shown
from points.identity.policy import Action


class GiftOut(Answer):
    """What a full card gives: one of the two."""

    reward_id: str | None = None
    points: int | None = None


class StampCardOut(Answer):
    """A member's card of one kind."""

    card: str
    title: str
    programme: str
    round: int
    stamps: int
    needed: int
    owed: int = Field(description="stamps to be made up before this card goes on")
    full: bool = Field(description="whether its gift is on its way")
    valid_until: datetime | None = None
    gives: GiftOut


class StampCardsOut(Answer):
    """A member's cards, one of each kind."""

    items: list[StampCardOut]


class FiguresOut(Answer):
    """How a kind of card fares."""

    card: str
    title: str
    programme: str
    needed: int
    holders: int
    stamps: int
    given: int


class AllFigures(Answer):
    """Every kind of card."""

    items: list[FiguresOut]


def list_my_stamp_cards(caller: Asking) -> StampCardsOut:
    """Return the stamp cards of the member who asks."""
    if caller.member is None:
        raise Problem.of(NO_MEMBER)
    found = cards_shown(caller.engine, caller.association, caller.member)
    return StampCardsOut(items=[_card(each, caller.language) for each in found])


def list_stamp_cards(caller: Asking) -> AllFigures:
    """Return how each kind of stamp card fares."""
    caller.needs_all()
    found = card_figures(caller.engine, caller.association)
    return AllFigures(items=[_figures(each, caller.language) for each in found])


def _card(shown: CardShown, language: str) -> StampCardOut:
    rule, card = shown.rule, shown.card
    return StampCardOut(
        card=rule.code,
        title=rule.title.en if language == "en" else rule.title.zh,
        programme=rule.programme,
        round=card.round,
        stamps=min(card.stamps, rule.stamps),
        needed=rule.stamps,
        owed=card.owed,
        full=shown.full,
        valid_until=card.valid_until,
        gives=GiftOut(reward_id=rule.gives.reward or None, points=rule.gives.points or None),
    )


def _figures(each: CardFigures, language: str) -> FiguresOut:
    rule = each.rule
    return FiguresOut(
        card=rule.code,
        title=rule.title.en if language == "en" else rule.title.zh,
        programme=rule.programme,
        needed=rule.stamps,
        holders=each.holders,
        stamps=each.stamps,
        given=each.given,
    )


_READ = Action.READ_STAMP_CARDS
ROUTES = (
    get("/v1/me/stamp-cards", list_my_stamp_cards, allows=_READ, zh="本人的集章卡"),
    get("/v1/stamp-cards", list_stamp_cards, allows=_READ, zh="集章卡情况"),
)
