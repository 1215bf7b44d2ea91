"""Stamp cards as they are shown: a member's own, and what staff see of all."""

from dataclasses import dataclass

from points.benefits.card_store import cards_of, figures_of
from points.benefits.cards import StampCard
from points.engine import Engine
from points.flows.context import Context
from points.kernel.ids import AssociationId, MemberId
from points.rules import CardRule


@dataclass(frozen=True, slots=True, kw_only=True)
class CardShown:
    """A member's card with the rule that it goes by; one that ran out is shown empty."""

    rule: CardRule
    card: StampCard

    @property
    def full(self) -> bool:
        """Whether its gift is on its way."""
        return self.card.stamps >= self.rule.stamps


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFigures:
    """A kind of card, and how it fares.

    Attributes:
        holders: Members with stamps on it.
        stamps: On all cards that have not given.
        given: Cards that gave.
    """

    rule: CardRule
    holders: int
    stamps: int
    given: int


def cards_shown(engine: Engine, association: AssociationId, member: MemberId) -> list[CardShown]:
    """Return every kind of card with a member's own."""
    known: Context = engine.context_of(association)
    now = engine.clock.now()
    with engine.reading(association) as connection:
        held = {each.card: each for each in cards_of(connection, association, member)}
    shown = []
    for rule in known.benefits.cards.values():
        card = held.get(rule.code) or StampCard(member_id=member, card=rule.code)
        if card.over(now, rule.stamps):
            card = StampCard(member_id=member, card=rule.code, round=card.round + 1, owed=card.owed)
        shown.append(CardShown(rule=rule, card=card))
    return shown


def card_figures(engine: Engine, association: AssociationId) -> list[CardFigures]:
    """Return every kind of card with its figures."""
    known: Context = engine.context_of(association)
    found = []
    with engine.reading(association) as connection:
        for rule in known.benefits.cards.values():
            holders, stamps, given = figures_of(connection, association, rule.code)
            found.append(CardFigures(rule=rule, holders=holders, stamps=stamps, given=given))
    return found
