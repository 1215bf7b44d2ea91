"""Eight approvers of one proposal, eight reviews at a quota's edge: one effect, never one too many.

Two engines on one database are two processes to it. The controls take the locks away, and the keys
behind them: then the same races must be seen to fail.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import event, text

from points.db.engines import open_database
from points.engine import Engine
from points.flows.decide_proposal import DecideProposal, Verdict
from points.flows.propose import ProposeGrant
from points.flows.review import Review
from points.flows.review import Verdict as Said
from points.flows.table import FLOWS
from points.flows.verify import verify
from points.kernel.amounts import Points
from points.kernel.ids import Ids, OperationId, ProposalId
from points.ledger.model import Measure
from points.proposals.store import find_proposal
from points.rules import DutyPolicy
from tests.faults.hesitation import hesitate
from tests.flows.town import HERE, Town, civic_context, town

pytestmark = pytest.mark.postgres

ROUNDS, RACERS = 10, 8
EDGE = 3
"""How many claims a reviewer may approve a day."""

CONTEXT = replace(civic_context(), duties=DutyPolicy(reviewer_claims=EDGE))
KEYS_BEHIND_THE_LOCKS = (
    "ALTER TABLE proposal_event DROP CONSTRAINT pk_proposal_event",
    "DROP INDEX uq_entry_account_version",
    "ALTER TABLE audit_event DROP CONSTRAINT pk_audit_event",
)


@dataclass(frozen=True)
class Track:
    """A town and two engines of small batches to race through."""

    here: Town
    engines: tuple[Engine, Engine]

    @property
    def database(self) -> Database:
        return self.here.engine.database

    def race(self, make: Callable[[int, int], Any]) -> list[Counter[str]]:
        """Let every racer run every round; return how often each answer was given, by round."""
        answers: list[list[str]] = [[] for _ in range(RACERS)]
        start = threading.Barrier(RACERS)

        def run(racer: int) -> None:
            for number in range(ROUNDS):
                command = make(number, racer)
                start.wait(timeout=300)
                outcome = self.engines[racer % 2].submit(command)
                answers[racer].append(outcome.refusal.code if outcome.refusal else "won")

        threads = [threading.Thread(target=run, args=(racer,)) for racer in range(RACERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=300)
        return [Counter(given) for given in zip(*answers, strict=True)]

    def number(self, query: str) -> int:
        """Return the one number that a query yields."""
        with self.database.connect() as connection:
            return int(connection.execute(text(query)).scalar_one() or 0)


@pytest.fixture
def on(postgres_url: str) -> Iterator[Track]:
    with ExitStack() as stack:
        here = stack.enter_context(town(postgres_url, FLOWS, CONTEXT))
        engines = []
        for _ in range(2):
            database = open_database(postgres_url)
            stack.callback(database.dispose)
            engine = Engine(
                database,
                FLOWS,
                clock=here.clock,
                ids=Ids(here.clock),
                context=CONTEXT,
                batch_max=2,
            )
            engines.append(stack.enter_context(engine))
        yield Track(here, (engines[0], engines[1]))


@pytest.fixture
def without_locks(on: Track, monkeypatch: pytest.MonkeyPatch) -> Track:
    """Read, then write, with nothing in between: the control."""
    hesitate(monkeypatch)
    with on.database.begin() as connection:
        for statement in KEYS_BEHIND_THE_LOCKS:
            connection.execute(text(statement))
    for engine in on.engines:
        event.listen(engine.database, "before_cursor_execute", _without_lock, retval=True)
    return on


def _without_lock(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any
) -> tuple[str, Any]:
    return statement.replace(" FOR NO KEY UPDATE", ""), parameters


def approvals(on: Track) -> list[Counter[str]]:
    here = on.here
    proposals = []
    for _ in range(ROUNDS):
        command = here.command(
            ProposeGrant,
            member_id=here.person(),
            measure=Measure("party", "wallet"),
            points=Points(10),
            reason="goodwill",
            note="感谢",
        )
        proposals.append(ProposalId(here.done(command)["proposal_id"]))
    with here.engine.reading(HERE) as connection:
        filed = [find_proposal(connection, HERE, each) for each in proposals]

    def make(number: int, racer: int) -> DecideProposal:
        found = filed[number]
        assert found is not None
        command: DecideProposal = here.command(
            DecideProposal,
            f"staff:racer-{racer}",
            operation_id=OperationId(f"race:{number}-{racer}"),
            proposal=found.standing.proposal,
            verdict=Verdict.APPROVE,
        )
        return command

    return on.race(make)


def edge(on: Track) -> list[Counter[str]]:
    """Let eight windows of one reviewer approve at once, each round another reviewer."""
    here = on.here
    shifts = [
        [here.done(here.shift(here.person(), hours="0.5"))["activity_id"] for _ in range(RACERS)]
        for _ in range(ROUNDS)
    ]

    def make(number: int, racer: int) -> Review:
        command: Review = here.command(
            Review,
            f"staff:busy-{number}",
            operation_id=OperationId(f"edge:{number}-{racer}"),
            activity_id=shifts[number][racer],
            verdict=Said.APPROVE,
            level="industry",
        )
        return command

    return on.race(make)


def test_a_proposal_is_carried_out_once(on: Track) -> None:
    expected = Counter({"won": 1, "proposal_decided": RACERS - 1})
    assert [each for each in approvals(on) if each != expected] == []
    assert on.number("SELECT sum(points) FROM lot") == 10 * ROUNDS
    assert on.number("SELECT max(available) FROM account") == 10
    assert verify(on.here.engine, HERE).ok


def test_a_quota_is_never_exceeded(on: Track) -> None:
    expected = Counter({"won": EDGE, "quota_reached": RACERS - EDGE})
    assert [each for each in edge(on) if each != expected] == []
    assert on.number("SELECT max(used) FROM quota_use WHERE quota = 'claims'") == EDGE
    assert verify(on.here.engine, HERE).ok


@pytest.mark.parametrize(("run", "most"), [(approvals, 1), (edge, EDGE)])
def test_without_locks_the_races_are_seen_to_fail(
    without_locks: Track, run: Callable[[Track], list[Counter[str]]], most: int
) -> None:
    assert max(each["won"] for each in run(without_locks)) > most
