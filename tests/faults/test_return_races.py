"""Two people decide one return of funds at once: the money goes back once.

The control takes the locks away, and the keys behind them: then the same race is seen to fail.
"""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from points.catalogue.model import Source
from points.flows.return_funds import DecideReturn, ProposeReturn
from points.flows.table import FLOWS
from points.funds.store import find_return
from points.kernel.amounts import Fen
from points.kernel.ids import Actor, OperationId
from points.kernel.two_people import Verdict
from points.unit_of_work import reading
from tests.faults import racetrack
from tests.faults.racetrack import Track, take_locks_away, track
from tests.flows.town import HERE

ROUNDS, FEN = 3, 100


@pytest.fixture
def on(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Track]:
    monkeypatch.setattr(racetrack, "RACERS", 2)
    with track(postgres_url, flows=FLOWS) as it:
        yield it


def decisions(on: Track) -> Iterator[str]:
    """Let one approve and another approve too, each round another return."""
    before, facts = on.here.pool().funded, []
    for _ in range(ROUNDS):
        asked = on.here.named(
            actor=Actor("staff:wu"),
            programme="health",
            amount_fen=Fen(FEN),
            source=Source.UNION,
            note="年底结余退回",
            document="工会〔2026〕12号",
        )
        done = on.here.town.done(ProposeReturn(**asked))
        with reading(on.database, HERE) as connection:
            found = find_return(connection, HERE, done["return_id"])
        assert found is not None
        facts.append(found.fact)
    run = on.fresh_name()

    def make(number: int, racer: int) -> DecideReturn:
        return DecideReturn(
            association_id=HERE,
            operation_id=OperationId(f"staff:racer-{racer}:{run}{number}"),
            actor=Actor(f"staff:racer-{racer}"),
            fact=facts[number],
            verdict=Verdict.APPROVE,
        )

    for number, answers in enumerate(on.race(ROUNDS, make, before=lambda _: None)):
        if sorted(answers)[:-1] != ["return_decided"] * (len(answers) - 1) or "won" not in answers:
            yield f"round {number}: {answers}"
    if on.here.pool().funded != before - ROUNDS * FEN:
        yield "more or less went back than was decided"
    yield from on.differences()


def test_a_return_is_decided_once(on: Track) -> None:
    assert list(decisions(on)) == []


def test_without_locks_a_return_is_seen_to_be_decided_twice(
    on: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_locks_away(on, monkeypatch)
    with on.database.begin() as connection:
        for name in ("pool_return_event", "audit_event"):
            connection.execute(text(f"ALTER TABLE {name} DROP CONSTRAINT pk_{name}"))
    assert list(decisions(on))
