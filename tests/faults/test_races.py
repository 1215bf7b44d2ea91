"""One voucher, the last piece, the last points: of eight racers through two engines exactly one wins.

Two engines on one database are two processes to it: each has a writer, connections and ids of its
own. Each race runs two hundred rounds. The control takes the locks and the unique keys behind them
away: then the same races must be seen to fail.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import event, text

from points.catalogue.model import Reward, RewardKind, Stock
from points.db.engines import open_database
from points.engine import Engine, Outcome
from points.flows import capture, enrol, grant, redeem, stock_catalogue
from points.kernel.amounts import Points
from points.kernel.ids import Ids, MemberId, OperationId, RewardId
from points.ledger.model import Measure
from points.members.model import MemberKind, Profile
from points.vouchers.errors import AlreadyCaptured
from points.vouchers.model import Links
from tests.faults.hesitation import hesitate
from tests.flows.market import FLOWS, PHARMACY, SHOP, Market, catalogue, market, republish
from tests.flows.town import HERE, civic_context

pytestmark = pytest.mark.postgres

ROUNDS, RACERS = 200, 8
LAP = 10
"""So many rounds begin together; then all wait for each other."""
KEYS_BEHIND_THE_LOCKS = ("uq_voucher_event_version", "uq_entry_account_version")

Make = Callable[[int, int], Any]
"""Makes the command of a racer in a round."""


@dataclass(frozen=True)
class Track:
    """A furnished market and two engines of small batches to race through."""

    here: Market
    engines: tuple[Engine, Engine]

    @property
    def database(self) -> Database:
        return self.here.engine.database

    def race(self, make: Make) -> list[Counter[str]]:
        """Let every racer run every round; return how often each answer was given, by round."""
        answers: list[list[str]] = [[] for _ in range(RACERS)]
        start = threading.Barrier(RACERS)

        def run(racer: int) -> None:
            for first in range(0, ROUNDS, LAP):
                commands = [make(number, racer) for number in range(first, first + LAP)]
                start.wait(timeout=300)
                waiting = self.engines[racer % 2].enqueue_many(commands)
                answers[racer].extend(map(_answer, waiting))

        threads = [threading.Thread(target=run, args=(racer,)) for racer in range(RACERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=300)
        assert not any(thread.is_alive() for thread in threads)
        return [Counter(given) for given in zip(*answers, strict=True)]

    def number(self, query: str) -> int:
        """Return the one number that a query over the association yields."""
        with self.database.connect() as connection:
            found = connection.execute(text(query), {"a": HERE}).scalar_one()
        return int(found or 0)

    def members(self, points: int) -> list[MemberId]:
        """Enrol a member for each round, each with some points, in two batches."""
        named = self.here.named
        people = self.here.engine.submit_many(
            enrol.Enrol(
                **named(
                    name="张三",
                    phone=f"139{number:08}",
                    profile=Profile(kind=MemberKind.TAXI_DRIVER),
                    programmes=("health",),
                )
            )
            for number in range(ROUNDS)
        )
        ids = [MemberId(outcome.result["member_id"]) for outcome in people]
        wallet = Measure("health", "wallet")
        self.done(
            grant.Grant(
                **named(member_id=each, measure=wallet, points=Points(points), reason="test")
            )
            for each in ids
        )
        return ids

    def done(self, commands: Iterator[Any]) -> list[dict[str, Any]]:
        outcomes = self.here.engine.submit_many(commands)
        assert [each.refusal for each in outcomes if each.refusal] == []
        return [each.result for each in outcomes]


def _answer(waiting: Future[Outcome]) -> str:
    failed = waiting.exception(timeout=300)
    if failed is not None:
        return type(failed).__name__
    refusal = waiting.result().refusal
    return refusal.code if refusal else "won"


@contextmanager
def track(url: str) -> Iterator[Track]:
    with ExitStack() as stack:
        here = stack.enter_context(market(url))
        engines = []
        for _ in range(2):
            database = open_database(url)
            stack.callback(database.dispose)
            engine = Engine(
                database,
                FLOWS,
                clock=here.clock,
                ids=Ids(here.clock),
                context=civic_context(),
                batch_max=10,
            )
            engines.append(stack.enter_context(engine))
        yield Track(here, (engines[0], engines[1]))


@pytest.fixture
def on(postgres_url: str) -> Iterator[Track]:
    with track(postgres_url) as it:
        yield it


@pytest.fixture
def without_locks(on: Track, monkeypatch: pytest.MonkeyPatch) -> Track:
    """Read, then write, with nothing in between: the control."""
    hesitate(monkeypatch)
    with on.database.begin() as connection:
        for name in KEYS_BEHIND_THE_LOCKS:
            connection.execute(text(f"DROP INDEX {name}"))
        connection.execute(text("ALTER TABLE stock DROP CONSTRAINT pk_stock"))
    for engine in on.engines:
        event.listen(engine.database, "before_cursor_execute", _without_lock, retval=True)
    return on


def _without_lock(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any
) -> tuple[str, Any]:
    return statement.replace(" FOR NO KEY UPDATE", ""), parameters


def one_voucher(on: Track) -> list[Counter[str]]:
    republish(on.here, C12={"stock": Stock(total=ROUNDS)})
    members = on.members(100)
    drawn = on.done(
        redeem.Redeem(
            **on.here.named(member_id=each, reward_id=RewardId("C12"), programme="health")
        )
        for each in members
    )
    links = [
        Links(
            voucher_id=each["voucher_id"],
            member_id=member,
            reward_id=RewardId("C12"),
            programme="health",
            hold_id=each["hold_id"],
        )
        for each, member in zip(drawn, members, strict=True)
    ]

    def make(number: int, racer: int) -> capture.Capture:
        request_no = f"r{number}-{racer}"
        return capture.Capture(
            association_id=HERE,
            operation_id=capture.capture_operation(PHARMACY, request_no),
            actor=on.here.till().actor,
            partner_id=PHARMACY,
            outlet_id=SHOP,
            request_no=request_no,
            links=links[number],
            amount_fen=2000,
        )

    return on.race(make)


def last_piece(on: Track) -> list[Counter[str]]:
    members = on.members(100)
    pieces = tuple(
        Reward(
            reward_id=RewardId(f"L{number:03}"),
            version=2,
            programmes=("health",),
            title_zh="最后一件",
            title_en="the last piece",
            kind=RewardKind.ITEM,
            price=Points(0),
            tariff_fen={"default": 0},
            partners=("pharmacy",),
            valid_days=1,
            # Every other has its row of stock already; the first piece of the others makes it.
            stock=Stock(total=1 + number % 2),
            visible_from=date(2026, 1, 1),
        )
        for number in range(ROUNDS)
    )
    head = catalogue().version
    version = type(head)(
        version=2, zone=head.zone, value_fen_per_point=head.value_fen_per_point, sha256="0" * 64
    )
    on.here.town.done(
        stock_catalogue.StockCatalogue(**on.here.named(version=version, rewards=pieces))
    )

    drawn = (redemption(members[-1], each.reward_id, n, 99) for n, each in enumerate(pieces))
    on.done(command for number, command in enumerate(drawn) if number % 2)

    def make(number: int, racer: int) -> redeem.Redeem:
        return redemption(members[racer], pieces[number].reward_id, number, racer)

    return on.race(make)


def last_points(on: Track) -> list[Counter[str]]:
    republish(on.here, C12={"limit": None, "stock": None})
    members = on.members(150)

    def make(number: int, racer: int) -> redeem.Redeem:
        return redemption(members[number], RewardId("C12"), number, racer)

    return on.race(make)


def redemption(member: MemberId, reward: RewardId, number: int, racer: int) -> redeem.Redeem:
    return redeem.Redeem(
        association_id=HERE,
        operation_id=OperationId(f"member:{member}:{number}-{racer}"),
        actor="member:racer",  # type: ignore[arg-type]
        member_id=member,
        reward_id=reward,
        programme="health",
    )


def lost(refusal: str) -> Counter[str]:
    """Return what a fair round comes to: one wins, the others hear why not."""
    return Counter({"won": 1, refusal: RACERS - 1})


def test_one_voucher_is_captured_once(on: Track) -> None:
    assert set_of(one_voucher(on)) == [lost(AlreadyCaptured.code)]
    captured = "SELECT sum(cost_fen) FROM voucher_event WHERE association_id = :a"
    spent = "SELECT sum(spent) FROM pool WHERE association_id = :a"
    assert on.number(captured) == on.number(spent) == 2000 * ROUNDS
    assert on.number("SELECT sum(held) FROM account WHERE association_id = :a") == 0


def test_the_last_piece_goes_to_one(on: Track) -> None:
    assert set_of(last_piece(on)) == [lost("out_of_stock")]
    total = "FROM stock WHERE association_id = :a AND bucket = 'total'"
    assert on.number(f"SELECT max(reserved + issued) {total}") == 2
    assert on.number(f"SELECT sum(reserved) {total}") == ROUNDS + ROUNDS // 2


def test_the_last_points_are_held_once(on: Track) -> None:
    assert set_of(last_points(on)) == [lost("insufficient_points")]
    assert on.number("SELECT min(available) FROM account WHERE account_id LIKE '%.wallet'") == 50
    assert on.number("SELECT count(*) FROM voucher WHERE association_id = :a") == ROUNDS
    promised = "SELECT sum(reserved) FROM pool WHERE association_id = :a"
    assert on.number(promised) == 2000 * ROUNDS


def set_of(rounds: list[Counter[str]]) -> list[Counter[str]]:
    """Return the different ways in which rounds ended."""
    assert len(rounds) == ROUNDS
    ways: list[Counter[str]] = []
    for each in rounds:
        if each not in ways:
            ways.append(each)
    return ways


@pytest.mark.parametrize("run", [one_voucher, last_piece, last_points])
def test_without_locks_the_races_are_seen_to_fail(
    without_locks: Track, run: Callable[[Track], list[Counter[str]]]
) -> None:
    won = [each["won"] for each in run(without_locks)]
    assert max(won) > 1
