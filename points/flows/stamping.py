"""The worker's rounds over stamp cards: stamps, stamps taken back, and full cards turned in."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from points.activities.reads import facts
from points.benefits.card_store import full_cards, reversed_stamps, unlooked
from points.engine import Command, Engine
from points.flows.context import Context
from points.flows.stamp import GiveStamp, TakeStampBack
from points.flows.turn_in import TurnIn
from points.kernel.ids import Actor, AssociationId, OperationId, base32
from points.rules import CardRule

PAGE = 500
LOOK_BACK = timedelta(days=92)
"""An activity gives a stamp when it is posted within so long of being recorded."""

WORKER = Actor("system:worker")


def collect_stamps(engine: Engine, association: AssociationId) -> int:
    """Take back, give and turn in what is due; return how much was done."""
    known: Context = engine.context_of(association)
    done = 0
    for rule in known.benefits.cards.values():
        # First what no longer counts, so that no card is full by it.
        done += _carried_out(engine, _taken_back(engine, association, rule))
        for kind in rule.types:
            done += _carried_out(engine, _given(engine, association, rule, kind))
        done += _carried_out(engine, _turned_in(engine, association, rule))
    return done


def _carried_out(engine: Engine, pages: Iterator[Sequence[Command]]) -> int:
    outcomes = (outcome for page in pages for outcome in engine.submit_many(page))
    return sum(outcome.refusal is None for outcome in outcomes)


def _pages(read: Callable[[str], Sequence[Any]], name: Callable[[Any], str], first: str) -> Any:  # noqa: ANN401 - rows of several kinds
    after = first
    while page := read(after):
        yield page
        after = name(page[-1])


def _begins(engine: Engine) -> str:
    """Return the id before all activities that were recorded within reach."""
    since = engine.clock.now() - LOOK_BACK
    return base32(max(int(since.timestamp() * 1000), 0), 10)


def _given(
    engine: Engine, association: AssociationId, rule: CardRule, kind: str
) -> Iterator[list[GiveStamp]]:
    def read(after: str) -> Any:  # noqa: ANN401 - ids
        with engine.reading(association) as connection:
            return unlooked(connection, association, rule.code, kind, after=after, limit=PAGE)

    for page in _pages(read, str, _begins(engine)):
        with engine.reading(association) as connection:
            found = facts(connection, association, set(page))
        yield [
            GiveStamp(
                association_id=association,
                operation_id=OperationId(f"system:stamp:{rule.code}:{each}"),
                actor=WORKER,
                card=rule.code,
                activity=found[each],
            )
            for each in page
        ]


def _taken_back(
    engine: Engine, association: AssociationId, rule: CardRule
) -> Iterator[list[TakeStampBack]]:
    def read(after: str) -> Any:  # noqa: ANN401 - pairs of ids
        with engine.reading(association) as connection:
            return reversed_stamps(connection, association, rule.code, after=after, limit=PAGE)

    for page in _pages(read, lambda each: str(each[0]), ""):
        yield [
            TakeStampBack(
                association_id=association,
                operation_id=OperationId(f"system:stamp-back:{rule.code}:{activity}"),
                actor=WORKER,
                card=rule.code,
                activity_id=activity,
                member_id=member,
            )
            for activity, member in page
        ]


def _turned_in(
    engine: Engine, association: AssociationId, rule: CardRule
) -> Iterator[list[TurnIn]]:
    def read(after: str) -> Any:  # noqa: ANN401 - cards
        with engine.reading(association) as connection:
            return full_cards(
                connection, association, rule.code, rule.stamps, after=after, limit=PAGE
            )

    # The hour is in the name: what is not to be had now is asked again, but not every round.
    hour = engine.clock.now().strftime("%Y-%m-%dT%H")
    for page in _pages(read, lambda each: str(each.member_id), ""):
        yield [
            TurnIn(
                association_id=association,
                operation_id=OperationId(
                    f"system:turn-in:{rule.code}:{each.member_id}:{each.round}:{each.version}:{hour}"
                ),
                actor=WORKER,
                member_id=each.member_id,
                card=rule.code,
                round=each.round,
            )
            for each in page
        ]
