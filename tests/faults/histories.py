"""Records what eight clients at two processes ask of some vouchers, and what they are answered.

Connections are cut meanwhile, and clients give up waiting now and then: what they asked may have
happened or not. They send it again, or ask what became of it, as tills do.
"""

import random
import threading
import time
import traceback
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as GaveUp
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from points.db.engines import open_database
from points.engine import Engine, Outcome
from points.flows import authorise
from points.kernel.errors import PointsError, Unavailable
from points.kernel.ids import OperationId, OutletId
from points.unit_of_work import reading
from points.vouchers import reads
from points.vouchers.errors import (
    AlreadyCaptured,
    AlreadyVoided,
    AmountExceeds,
    CaptureUnknown,
    InUse,
    VoidLimitReached,
)
from points.vouchers.model import VOIDS_MAX, Links
from tests.faults.linearizer import Operation, Step, linearizable
from tests.faults.racetrack import Track
from tests.flows.market import PHARMACY, SHOP, SHOP_2, republish
from tests.flows.town import HERE

CLIENTS, VOUCHERS = 8, 40
WHOLE = 2000
PARTS = (100, 300, 500, 700, 1100, 2000)
IMPATIENT = 0.05
"""The share of requests whose client does not wait for the answer."""
OPERATIONS_A_KILL = 40
VERBS = ("capture",) * 4 + ("again",) + ("void",) * 2 + ("authorise", "look", "look")


class Capture(NamedTuple):
    request: str
    fen: int
    outlet: OutletId


class Void(NamedTuple):
    number: str
    request: str
    outlet: OutletId


class Authorise(NamedTuple):
    number: str
    outlet: OutletId


class Look(NamedTuple):
    request: str


class Standing(NamedTuple):
    """What the model knows of a voucher: plain sums, and every answer that was given."""

    captured: int = 0
    voids: int = 0
    handled_by: str = ""
    taken: frozenset[tuple[str, int, OutletId]] = frozenset()
    undone: frozenset[str] = frozenset()
    answers: frozenset[tuple[str, Hashable]] = frozenset()


def model(history: Iterable[Operation]) -> Step:
    """Return the model of a voucher; it forgets what nobody in this history asks about."""
    asked = [each.asked for each in history]
    sent = Counter(each[0] for each in asked if not isinstance(each, Look))
    about = {each.request for each in asked if isinstance(each, Void | Look)}
    kept = {name for name, times in sent.items() if times > 1}

    def step(state: Any, asked: Any) -> tuple[Standing, Hashable]:
        if isinstance(asked, Look):
            known = asked.request in {each[0] for each in state.taken}
            fate = "voided" if asked.request in state.undone else "captured"
            return state, fate if known else None
        given = dict(state.answers)
        if asked[0] in given:
            return state, given[asked[0]]
        after, answer = _first_time(state, asked)
        taken = frozenset(each for each in after.taken if each[0] in about)
        answers = after.answers | ({(asked[0], answer)} if asked[0] in kept else frozenset())
        return after._replace(taken=taken, answers=answers), answer

    return step


def explained(history: Sequence[Operation]) -> bool:
    """Return whether some order explains what clients were told about one voucher."""
    return linearizable(history, Standing(), model(history))


def _first_time(state: Standing, asked: Any) -> tuple[Standing, Hashable]:
    if isinstance(asked, Void):
        return _void(state, asked)
    if state.captured == WHOLE:
        return state, AlreadyCaptured.code
    if state.handled_by not in {"", asked.outlet}:
        return state, InUse.code
    left = WHOLE - state.captured
    if isinstance(asked, Authorise):
        return state._replace(handled_by=asked.outlet), left
    if asked.fen > left:
        return state, AmountExceeds.code
    taken = state.taken | {(asked.request, asked.fen, asked.outlet)}
    return state._replace(
        captured=state.captured + asked.fen, handled_by="", taken=taken
    ), left - asked.fen


def _void(state: Standing, asked: Void) -> tuple[Standing, Hashable]:
    found = {each[0]: each[1:] for each in state.taken}.get(asked.request)
    if found is None or found[1] != asked.outlet:  # another outlet's is as good as none
        return state, CaptureUnknown.code
    if asked.request in state.undone:
        return state, AlreadyVoided.code
    if state.voids >= VOIDS_MAX:
        return state, VoidLimitReached.code
    return state._replace(
        captured=state.captured - found[0],
        voids=state.voids + 1,
        handled_by="",
        undone=state.undone | {asked.request},
    ), "voided"


@dataclass
class History:
    """What happened to each voucher, as its clients saw it.

    Attributes:
        operations: By voucher; made for all of them before any client begins, for two clients that
            each make the same voucher's list may lose one of them.
        broken: Failures that no client of ours is told to expect, with what was asked.
        kills: How many connections were cut.
    """

    operations: dict[str, list[Operation]]
    broken: list[str] = field(default_factory=list)
    kills: int = 0

    @property
    def unknown(self) -> int:
        """How many requests never had an answer."""
        return sum(each.ended is None for own in self.operations.values() for each in own)

    def __len__(self) -> int:
        return sum(map(len, list(self.operations.values())))

    def violations(self) -> list[str]:
        """Return the vouchers whose history no order explains."""
        return [voucher for voucher, own in self.operations.items() if not explained(own)]

    def unexplained(self) -> str:
        """Return what broke, and what was asked of the vouchers of :meth:`violations` and answered.

        Empty where there is neither. Each request with the microseconds of its call and of its end, in the order of the calls:
        such a history may never come again.
        """
        lines = list(self.broken)
        for voucher in self.violations():
            own = sorted(self.operations[voucher], key=lambda each: each.called)
            lines.append(voucher)
            for each in own:
                ended = "lost" if each.ended is None else (each.ended - own[0].called) // 1000
                called = (each.called - own[0].called) // 1000
                lines.append(f"  {called} {ended} {each.asked} {each.answer}")
        return "\n".join(lines)


@dataclass
class Client:
    """One till: it sends one request after the other, through one of the processes."""

    on: Track
    engine: Engine
    chance: random.Random
    name: str
    vouchers: list[Links]
    sent: dict[str, list[Capture]]
    history: History

    def run(self, operations: int, start: threading.Barrier) -> None:
        start.wait(timeout=60)
        for number in range(operations):
            links = self.chance.choice(self.vouchers)
            self.ask(links, self.request(links.voucher_id, f"{self.name}.{number}"))

    def request(self, voucher: str, name: str) -> Any:
        """Choose what to do: something new, or something about a request of anybody's."""
        verb, earlier = self.chance.choice(VERBS), self.sent[voucher]
        outlet = self.chance.choice((SHOP, SHOP_2))
        if verb == "authorise":
            return Authorise(name, outlet)
        if verb == "capture" or not earlier:
            capture = Capture(name, self.chance.choice(PARTS), outlet)
            earlier.append(capture)
            return capture
        about = self.chance.choice(earlier)
        if verb == "again":
            return about
        if verb == "look":
            return Look(about.request)
        # Now and then at an outlet that has no part in it.
        return Void(name, about.request, self.chance.choice((about.outlet, about.outlet, outlet)))

    def ask(self, links: Links, asked: Any) -> None:
        called, ended, answer = time.monotonic_ns(), None, None
        try:
            answer = self.answer(links, asked)
            ended = time.monotonic_ns()
        except (GaveUp, Unavailable, DBAPIError):
            if isinstance(asked, Look):
                return
        except PointsError as error:
            # Something broke, as nothing may: no order explains this.
            ended, answer = time.monotonic_ns(), error.code
        except Exception:  # noqa: BLE001 - told with the history; what was asked may have happened
            self.history.broken.append(f"{asked}\n{traceback.format_exc()}")
        self.history.operations[links.voucher_id].append(Operation(called, ended, asked, answer))

    def answer(self, links: Links, asked: Any) -> Hashable:
        if isinstance(asked, Look):
            with reading(self.engine.database, HERE) as connection:
                found = reads.find_captured(connection, HERE, PHARMACY, asked.request)
            return None if found is None else "voided" if found.voided else "captured"
        waiting: Future[Outcome] = self.engine.enqueue(self.command(links, asked))
        impatient = self.chance.random() < IMPATIENT
        outcome = waiting.result(timeout=self.chance.uniform(0, 0.003) if impatient else 60)
        if outcome.refusal is not None:
            return outcome.refusal.code
        left: int | None = outcome.result.get("remaining_fen")
        return "voided" if left is None else left

    def command(self, links: Links, asked: Any) -> Any:
        if isinstance(asked, Capture):
            return self.on.capture(links, asked.request, asked.fen, asked.outlet)
        if isinstance(asked, Void):
            return self.on.void(links, asked.request, asked.number, asked.outlet)
        return authorise.Authorise(
            association_id=HERE,
            operation_id=OperationId(f"partner:{PHARMACY}:authorise:{asked.number}"),
            actor=self.on.here.till(asked.outlet).actor,
            partner_id=PHARMACY,
            outlet_id=asked.outlet,
            links=links,
        )


def record(on: Track, seed: int, operations: int, vouchers: int = VOUCHERS) -> History:
    """Let eight clients send so many requests in all about fresh vouchers; return what happened."""
    run = on.fresh_name()
    for clock in {id(each): each for each in (*on.clocks, on.here.clock)}.values():
        clock.advance(timedelta(days=1))  # an outlet takes back only so much in a day
    links = on.drawn(vouchers)
    history = History({each.voucher_id: [] for each in links})
    sent: dict[str, list[Capture]] = {each.voucher_id: [] for each in links}
    start = threading.Barrier(CLIENTS)
    clients = [
        Client(
            on,
            on.engines[number % 2],
            random.Random(seed * CLIENTS + number),
            f"{run}{number}",
            links,
            sent,
            history,
        )
        for number in range(CLIENTS)
    ]
    threads = [
        threading.Thread(target=each.run, args=(operations // CLIENTS, start)) for each in clients
    ]
    with killing(on, history):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=300)
    assert not any(thread.is_alive() for thread in threads)
    return history


@contextmanager
def killing(on: Track, history: History) -> Iterator[None]:
    """Cut every connection of both processes again and again; nothing where none can be cut."""
    if on.database.dialect.name != "postgresql":
        yield
        return
    stop = threading.Event()
    database = open_database(on.database.url.render_as_string(hide_password=False), pool_size=1)
    pids = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
    query = text(f"{pids} current_database() AND pid <> pg_backend_pid()")

    def kill() -> None:
        killed = 0
        while not stop.wait(0.005):
            if len(history) >= killed + OPERATIONS_A_KILL:
                killed = len(history)
                with database.begin() as connection:
                    history.kills += len(connection.execute(query).all())

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=60)
        database.dispose()


def open_shop(on: Track) -> None:
    """Let nothing but the vouchers themselves be scarce."""
    republish(on.here, C12={"stock": None, "limits": ()})
    on.agree_on_voids()
