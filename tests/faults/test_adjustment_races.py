"""Adjustments where people and processes meet: decided once, within the capture, in one statement.

The controls take the locks away, and the keys behind them: then each race is seen to fail.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from points.adjustments.model import Adjustment, Reason
from points.adjustments.store import find_adjustment
from points.flows.adjust_settlement import About, DecideAdjustment, ProposeAdjustment, look_up
from points.flows.answer_dispute import AnswerDispute
from points.flows.answer_dispute import Verdict as Answer
from points.flows.dispute_line import DisputeLine
from points.flows.table import FLOWS
from points.kernel.amounts import Fen
from points.kernel.ids import Actor, OperationId, StatementId
from points.kernel.two_people import Verdict
from points.partners.standing import Reason as Why
from points.partners.statement_store import page_of_lines
from points.unit_of_work import reading
from tests.faults import test_settlement_races as parties
from tests.faults.racetrack import RACERS, Track, take_locks_away, track
from tests.faults.test_settlement_races import FIRST, STATEMENTS, at, by_the_day, drawing, midnight
from tests.flows.market import PHARMACY, republish
from tests.flows.town import HERE

ROUNDS, FEN = 3, 500
LOCKS_AWAY_ROUNDS = 4 * ROUNDS
POOL = About(programme="health")
KEYS = ("adjustment_event", "statement_correction", "audit_event")
SLIPPED = """SELECT count(*) FROM statement_correction c JOIN partner_account a
    ON a.association_id = c.association_id AND a.partner_id = c.partner_id
    LEFT JOIN statement_line x ON x.association_id = c.association_id
    AND x.source_id = c.correction_id
    WHERE c.association_id = :a AND c.booked_at < a.closed_until AND x.source_id IS NULL"""
OVER = """SELECT count(*) FROM voucher_event e WHERE e.association_id = :a AND e.kind = 'captured'
    AND 0 > e.cost_fen
    - COALESCE((SELECT SUM(v.cost_fen) FROM voucher_event v WHERE v.association_id = :a
        AND v.undoes = e.event_id), 0)
    + COALESCE((SELECT SUM(c.amount_fen) FROM statement_correction c WHERE c.association_id = :a
        AND c.corrects = e.event_id), 0)"""


@pytest.fixture
def on(postgres_url: str) -> Iterator[Track]:
    with track(postgres_url, flows=FLOWS) as it:
        republish(it.here, C12={"stock": None})
        yield it


def proposed(on: Track, fen: int, about: About = POOL) -> Adjustment:
    asked = on.here.named(
        actor=Actor("staff:wu"),
        partner_id=PHARMACY,
        about=about,
        amount_fen=Fen(fen),
        reason=Reason.LATE_VOID,
        note="顾客退货",
    )
    done = on.here.town.done(ProposeAdjustment(**asked))
    with reading(on.database, HERE) as connection:
        found = find_adjustment(connection, HERE, done["adjustment_id"])
    assert found is not None
    return found.fact


def approval(on: Track, fact: Adjustment, racer: int) -> DecideAdjustment:
    return DecideAdjustment(
        association_id=HERE,
        operation_id=OperationId(f"staff:racer-{racer}:{on.fresh_name()}"),
        actor=Actor(f"staff:racer-{racer}"),
        fact=fact,
        verdict=Verdict.APPROVE,
    )


def captured(on: Track, rounds: int) -> list[tuple[Any, str, About]]:
    """Capture as often, and return each voucher's links, the number, and what it is about."""
    made, run = [], on.fresh_name()
    for number, links in enumerate(on.drawn(rounds)):
        on.here.town.done(on.capture(links, f"{run}r{number}", FEN))
        about = look_up(on.here.engine, HERE, PHARMACY, capture=f"{run}r{number}")
        assert isinstance(about, About)
        made.append((links, f"{run}r{number}", about))
    return made


def decisions(on: Track, rounds: int) -> Iterator[str]:
    """Everybody approves, each round another adjustment: one of them does."""
    captured(on, rounds)
    facts, before = [proposed(on, -1) for _ in range(rounds)], on.here.pool().spent
    ran = on.race(rounds, lambda number, racer: approval(on, facts[number], racer))
    for number, answers in enumerate(ran):
        if Counter(answers) != Counter({"won": 1, "adjustment_decided": RACERS - 1}):
            yield f"round {number}: {answers}"
    if on.here.pool().spent != before - rounds:
        yield "more or less was booked than was decided"
    yield from on.differences()


def several_of_one_capture(on: Track, rounds: int) -> Iterator[str]:
    """Each takes more than half of the same capture back: one of them does, by a void or not."""
    made = captured(on, rounds)
    facts = [[proposed(on, -300, about) for _ in range(RACERS)] for _, _, about in made]

    def make(number: int, racer: int) -> Any:
        if racer % 4 == 3:
            links, request, _ = made[number]
            return on.void(links, request, f"{on.fresh_name()}v")
        return approval(on, facts[number][racer], racer)

    for number, answers in enumerate(on.race(rounds, make, before=lambda _: None)):
        if answers.count("won") != 1:
            yield f"round {number}: {answers}"
    if over := on.number(OVER):
        yield f"{over} captures come to less than nothing"
    yield from on.differences()


def acceptances_of_the_same_capture(on: Track, rounds: int) -> Iterator[str]:
    """A dispute of all of a capture is accepted while others approve more than half of it."""
    by_the_day(on)
    made = captured(on, rounds)
    at(on, midnight(1))
    statement = StatementId(on.here.town.done(drawing(on, 0, FIRST))["statement_id"])
    with reading(on.database, HERE) as connection:
        lines = page_of_lines(connection, HERE, statement)
    of = {line.source_id: line.number for line in lines}
    facts = [[proposed(on, -300, about) for _ in range(RACERS)] for _, _, about in made]

    def begin(number: int) -> None:
        by = parties.about(on, statement, number, parties.OFFICE)
        line = of[str(made[number][2].capture_id)]
        on.here.town.done(DisputeLine(**by, line=line, claims_fen=0, reason=Why.VOIDED))

    def make(number: int, racer: int) -> Any:
        if racer != number % 2:
            return approval(on, facts[number][racer], racer)
        by = parties.about(on, statement, racer, Actor("staff:li"))
        line = of[str(made[number][2].capture_id)]
        return AnswerDispute(**by, line=line, verdict=Answer.ACCEPT)

    before = on.here.pool().spent
    for number, answers in enumerate(on.race(rounds, make, before=begin)):
        accepted, others = answers[number % 2], answers[: number % 2] + answers[number % 2 + 1 :]
        # Alone it takes all; after an approval it takes what that left.
        if accepted != "won" or others.count("won") > 1:
            yield f"round {number}: {answers}"
    if on.here.pool().spent != before - rounds * FEN:
        yield "more or less was taken than the captures came to"
    if over := on.number(OVER):
        yield f"{over} captures come to less than nothing"
    yield from on.differences()


def approvals_against_drawing_up(on: Track, rounds: int) -> Iterator[str]:
    """Each round a day ends for one process and not yet for the other, while six approve."""
    by_the_day(on)
    captured(on, 2)
    facts, before = {}, on.number(STATEMENTS)
    commands: dict[tuple[int, int], Any] = {}

    def begin(number: int) -> None:
        for engine, moment in ((0, timedelta()), (1, timedelta(seconds=-2))):
            on.clocks[engine].set(midnight(number + 1) + moment)
        for racer in range(RACERS):
            if racer in (0, 1):
                day = FIRST + timedelta(days=number)
                commands[number, racer] = drawing(on, racer, day)
            else:
                facts[number, racer] = proposed(on, 1)
                commands[number, racer] = approval(on, facts[number, racer], racer)

    def make(number: int, racer: int) -> Any:
        return commands[number, racer]

    for number, answers in enumerate(on.race(rounds, make, before=begin)):
        if set(answers[2:]) != {"won"} or answers[0] != "won":
            yield f"round {number}: {answers}"
    if on.number(STATEMENTS) != before + rounds:
        yield "a statement is missing, or was drawn up twice"
    if slipped := on.number(SLIPPED):
        yield f"{slipped} adjustments slipped behind a statement"
    yield from on.differences()


def away(on: Track, monkeypatch: pytest.MonkeyPatch) -> None:
    take_locks_away(on, monkeypatch)
    with on.database.begin() as connection:
        for name in KEYS:
            connection.execute(text(f"ALTER TABLE {name} DROP CONSTRAINT pk_{name}"))


RACES = (
    decisions,
    several_of_one_capture,
    acceptances_of_the_same_capture,
    approvals_against_drawing_up,
)


@pytest.mark.parametrize("race", RACES)
def test_adjustments_meet(on: Track, race: Any) -> None:
    assert list(race(on, ROUNDS)) == []


@pytest.mark.parametrize("race", RACES)
def test_without_locks_they_are_seen_to_miss_each_other(
    on: Track, race: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    away(on, monkeypatch)
    assert list(race(on, LOCKS_AWAY_ROUNDS))
