"""Two engines on one database, and racers who all begin at once.

Two engines on one database are two processes to it: each has a writer, connections, ids and a
clock of its own. Half of the racers go through either, in batches of at most ten.
"""

import itertools
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import event, make_url, text

from points.db.engines import open_database
from points.engine import Engine, Flow, Outcome
from points.flows import authorise, capture, enrol, grant, redeem, release, till_standing, void
from points.flows.context import Context
from points.flows.verify import verify
from points.kernel.amounts import Points
from points.kernel.clock import ManualClock
from points.kernel.ids import Ids, MemberId, OperationId, OutletId, PartnerId, RewardId
from points.ledger.model import Measure
from points.members.model import MemberKind, Profile
from points.partners.counters import VOIDS_MAX_MOST, OutsideHours
from points.partners.errors import PolicyUnchanged
from points.vouchers.model import Links
from tests.faults.hesitation import hesitate
from tests.flows.market import FLOWS, SHOP, Market, market
from tests.flows.town import HERE, NOON, civic_context

RACERS = 8
LAP = 10
"""So many rounds begin together; then all wait for each other."""
PATIENCE_SECONDS = 300
_LOCK = re.compile(r" FOR NO KEY UPDATE(?: OF \w+)?")
NUMBERS = itertools.count()
KEYS_BEHIND_THE_LOCKS = (
    "uq_voucher_event_version",
    "uq_voucher_event_undoes",
    "uq_entry_account_version",
)

Make = Callable[[int, int], Any]
"""Makes the command of a racer in a round."""
Before = Callable[[int], None]
"""Prepares a round, once, while all racers wait."""


@dataclass(frozen=True)
class Track:
    """A furnished market and two engines of small batches to race through."""

    here: Market
    engines: tuple[Engine, Engine]
    clocks: tuple[ManualClock, ManualClock]

    @property
    def database(self) -> Database:
        return self.here.engine.database

    def race(
        self, rounds: int, make: Make, *, before: Before | None = None
    ) -> list[tuple[str, ...]]:
        """Let every racer run every round; return what each was answered, by round.

        With something to do before each, rounds follow one another instead of beginning in laps.
        """
        answers: list[list[str]] = [[] for _ in range(RACERS)]
        lap = min(LAP if before is None else 1, rounds)
        laps = iter(range(0, rounds, lap))
        start = threading.Barrier(RACERS, lambda: before and before(next(laps)))

        def run(racer: int) -> None:
            for first in range(0, rounds, lap):
                numbers = range(first, min(first + lap, rounds))
                start.wait(timeout=PATIENCE_SECONDS)
                commands = [make(number, racer) for number in numbers]
                waiting = self.engines[racer % 2].enqueue_many(commands)
                answers[racer].extend(map(_answer, waiting))

        threads = [threading.Thread(target=run, args=(racer,)) for racer in range(RACERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=PATIENCE_SECONDS)
        assert not any(thread.is_alive() for thread in threads)
        return list(zip(*answers, strict=True))

    def fresh_name(self) -> str:
        """Return what no other race on this track begins its names with."""
        return f"n{next(NUMBERS)}."

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query over the association yields; ``:a`` is its id."""
        with self.database.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), {"a": HERE})]

    def by_id(self, query: str) -> dict[str, tuple[int, ...]]:
        """Return a query's sums by its first column."""
        return {row[0]: tuple(int(value or 0) for value in row[1:]) for row in self.rows(query)}

    def number(self, query: str) -> int:
        """Return the one number that a query yields."""
        return int(self.rows(query)[0][0] or 0)

    def differences(self) -> Iterator[str]:
        """Yield where the books differ from the facts, or from themselves."""
        # A connection that was cut after its last use is noticed by its next one.
        self.here.engine.database.dispose()
        verdict = verify(self.here.engine, HERE)
        if not verdict.ok:
            yield f"the books differ: {verdict.first_difference}"

    def members(self, count: int, points: int) -> list[MemberId]:
        """Enrol so many members, each with some points, in two batches."""
        named = self.here.named
        people = self.done(
            enrol.Enrol(
                **named(
                    name="张三",
                    phone=f"139{next(NUMBERS):08}",
                    profile=Profile(kind=MemberKind.TAXI_DRIVER),
                    programmes=("health",),
                )
            )
            for _ in range(count)
        )
        ids = [MemberId(each["member_id"]) for each in people]
        wallet = Measure("health", "wallet")
        self.done(
            grant.Grant(
                **named(member_id=each, measure=wallet, points=Points(points), reason="test")
            )
            for each in ids
        )
        return ids

    def drawn(self, rounds: int, reward: str = "C12") -> list[Links]:
        """Draw a voucher for each round, each for a member of its own."""
        members = self.members(rounds, 100)
        results = self.done(self.here.redemption(each, reward) for each in members)
        return [
            Links(
                voucher_id=each["voucher_id"],
                member_id=member,
                reward_id=RewardId(reward),
                programme="health",
                hold_id=each["hold_id"],
            )
            for each, member in zip(results, members, strict=True)
        ]

    def done(self, commands: Iterator[Any]) -> list[dict[str, Any]]:
        outcomes = self.here.engine.submit_many(commands)
        assert [each.refusal for each in outcomes if each.refusal] == []
        return [each.result for each in outcomes]

    def agree_on_voids(self) -> None:
        """Let the outlets take back as much in a day as may be agreed at all."""
        most = {"operator_voids_max": VOIDS_MAX_MOST, "outlet_voids_max": VOIDS_MAX_MOST}
        agreed = {"partner_id": PartnerId(SHOP[:2]), "hours": OutsideHours.ALLOW}
        command = till_standing.AgreeCounters(**self.here.named(**agreed, **most))
        outcome = self.here.engine.submit(command)
        assert outcome.refusal is None or outcome.refusal.code == PolicyUnchanged.code

    def capture(
        self,
        links: Links,
        request_no: str,
        fen: int,
        outlet: OutletId = SHOP,
        authorisation_id: str | None = None,
    ) -> capture.Capture:
        partner = PartnerId(outlet[:2])
        return capture.Capture(
            association_id=HERE,
            operation_id=capture.capture_operation(partner, request_no),
            actor=self.here.till(outlet).actor,
            partner_id=partner,
            outlet_id=outlet,
            request_no=request_no,
            links=links,
            amount_fen=fen,
            authorisation_id=authorisation_id,
        )

    def authorise(self, links: Links, key: str) -> authorise.Authorise:
        partner = PartnerId(SHOP[:2])
        return authorise.Authorise(
            association_id=HERE,
            operation_id=authorise.authorise_operation(partner, key),
            actor=self.here.till().actor,
            partner_id=partner,
            outlet_id=SHOP,
            links=links,
        )

    def voids_a_day(self, most: int) -> till_standing.AgreeCounters:
        return till_standing.AgreeCounters(
            **self.here.named(partner_id=PartnerId(SHOP[:2]), hours=OutsideHours.FLAG),
            operator_voids_max=VOIDS_MAX_MOST,
            outlet_voids_max=most,
        )

    def release(self, links: Links, authorisation_id: str) -> release.Release:
        partner = PartnerId(SHOP[:2])
        return release.Release(
            association_id=HERE,
            operation_id=release.release_operation(partner, authorisation_id),
            actor=self.here.till().actor,
            partner_id=partner,
            outlet_id=SHOP,
            authorisation_id=authorisation_id,
            links=links,
        )

    def void(
        self, links: Links, request_no: str, void_no: str, outlet: OutletId = SHOP
    ) -> void.Void:
        partner = PartnerId(outlet[:2])
        return void.Void(
            association_id=HERE,
            operation_id=void.void_operation(partner, void_no),
            actor=self.here.till(outlet).actor,
            partner_id=partner,
            outlet_id=outlet,
            request_no=request_no,
            links=links,
        )


def redemption(member: MemberId, reward: RewardId, number: int, racer: int) -> redeem.Redeem:
    return redeem.Redeem(
        association_id=HERE,
        operation_id=OperationId(f"member:{member}:{number}-{racer}"),
        actor="member:racer",  # type: ignore[arg-type]
        member_id=member,
        reward_id=reward,
        programme="health",
    )


def _answer(waiting: Future[Outcome]) -> str:
    failed = waiting.exception(timeout=PATIENCE_SECONDS)
    if failed is not None:
        return type(failed).__name__
    refusal = waiting.result().refusal
    return refusal.code if refusal else "won"


def waiting_for_the_disk(url: str) -> str:
    """Return the address of a test's database whose commits wait for their disk, as others' do.

    While one waits it has happened already and nobody can see it yet: where races are lost.
    """
    at = make_url(url)
    if at.get_backend_name() == "postgresql":
        at = at.update_query_dict({"options": "-c synchronous_commit=on"})
    return at.render_as_string(hide_password=False)


@contextmanager
def track(
    url: str, context: Context | None = None, flows: Mapping[type, Flow] = FLOWS
) -> Iterator[Track]:
    url = waiting_for_the_disk(url)
    with ExitStack() as stack:
        here = stack.enter_context(market(url, flows, context))
        clocks = (ManualClock(NOON), ManualClock(NOON))
        engines = []
        for clock in clocks:
            database = open_database(url)
            stack.callback(database.dispose)
            engine = Engine(
                database,
                flows,
                clock=clock,
                ids=Ids(clock),
                context=context or civic_context(),
                batch_max=LAP,
            )
            engines.append(stack.enter_context(engine))
        yield Track(here, (engines[0], engines[1]), clocks)


def take_locks_away(on: Track, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read, then write, with nothing in between: the control."""
    hesitate(monkeypatch)
    with on.database.begin() as connection:
        for name in KEYS_BEHIND_THE_LOCKS:
            connection.execute(text(f"DROP INDEX {name}"))
        for name in ("stock", "gate_end"):
            connection.execute(text(f"ALTER TABLE {name} DROP CONSTRAINT pk_{name}"))
    for engine in on.engines:
        event.listen(engine.database, "before_cursor_execute", _without_lock, retval=True)


def _without_lock(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any
) -> tuple[str, Any]:
    return _LOCK.sub("", statement), parameters
