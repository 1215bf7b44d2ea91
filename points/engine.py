"""Group commit: many commands, one database transaction.

Every write of the system goes through here. While one batch commits, the next gathers; there is no
artificial delay. A batch

1. answers the operation ids that it knows with their first answer, success or refusal,
2. locks and loads what the rest needs, sorted, in a few set-based reads,
3. decides each command in turn, purely, on what was loaded; refusals touch nothing,
4. appends everything in set-based writes, together with each operation's answer; what was refused
   at the door, before anything was decided, uses no operation up and is not kept,
5. commits, and only then answers.

What staff ask for, done or refused, is put on the audit trail in the same transaction.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Protocol, Self

from sqlalchemy import Connection, text
from sqlalchemy import Engine as Database
from sqlalchemy.exc import DBAPIError

from points import unit_of_work
from points.audit.model import Act, Origin
from points.audit.trail import subject_of
from points.db.failures import may_work_again
from points.db.together import together
from points.kernel.canonical import plain, spell_plain
from points.kernel.clock import Clock
from points.kernel.ensure import ensure
from points.kernel.errors import Conflict, Refusal, Unavailable
from points.kernel.ids import Actor, AssociationId, IdSource, OperationId
from points.ledger.operations import Recorded, append_operations, find_operations
from points.unit_of_work import Keys, WorkingSet

ATTEMPTS_MAX = 5
AUDITED = "staff:"
"""How those actors begin whose every command is put on the audit trail."""

_NOWHERE = Origin()


class Command(Protocol):
    """Something to be carried out once: a frozen dataclass of plain values."""

    @property
    def association_id(self) -> AssociationId:
        """Whose data it touches."""
        ...

    @property
    def operation_id(self) -> OperationId:
        """The caller's name for this request, with the caller in it: ``staff:li:8c1f…``."""
        ...


class Contexts(Protocol):
    """What decisions may know besides, where it is each association's own and changes."""

    def at(self, connection: Connection, association: AssociationId, revision: int) -> Any:  # noqa: ANN401
        """Return it at a revision of the association's rule book; asked in a transaction."""
        ...

    def current(self, association: AssociationId) -> Any:  # noqa: ANN401
        """Return the newest for a reader, at most a moment old."""
        ...

    def forget(self, association: AssociationId) -> None:
        """Let the next reader ask anew."""
        ...


Result = dict[str, Any]
Decision = Result | Refusal


@dataclass(frozen=True, slots=True)
class Flow:
    """How one kind of command is carried out.

    Attributes:
        name: Stable; stored with each operation.
        needs: Adds to the keys what the command must have loaded.
        decide: Changes the working set and returns a plain result, or refuses and changes nothing.
        audited: Whether its commands are put on the audit trail whoever acts; those of staff are
            in any case.
        at_outlet: Whether a refusal is kept with the outlet that asked, so that no other hears it.
    """

    name: str
    needs: Callable[[Any, Keys], None]
    decide: Callable[[Any, WorkingSet], Decision]
    audited: bool = False
    at_outlet: bool = False

    def puts_on_trail(self, command: Command) -> bool:
        """Return whether a command of this flow is put on the audit trail."""
        return self.audited or _actor(command).startswith(AUDITED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The answer to a command.

    Attributes:
        operation_id: The command's.
        result: What was done, as plain JSON values; empty when refused.
        refusal: Why nothing was done, or None.
        replayed: Whether this is an earlier answer given again.
    """

    operation_id: OperationId
    result: Result
    refusal: Refusal | None = None
    replayed: bool = False


OUTLET = "outlet_id"
"""Where a command at a counter, and what is kept of its refusal, say which outlet asked."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    command: Command
    answer: Future[Outcome]
    origin: Origin = _NOWHERE


class Engine:
    """Takes commands from any thread and writes them in batches from one."""

    def __init__(  # noqa: PLR0913 - everything that an engine is put together from
        self,
        database: Database,
        flows: Mapping[type, Flow],
        *,
        clock: Clock,
        ids: IdSource,
        context: Any = None,  # noqa: ANN401 - typed where the flows read it
        contexts: Contexts | None = None,
        batch_max: int = 1000,
        hash_key: bytes = b"",
    ) -> None:
        """Start the writer thread; :meth:`close` ends it.

        Args:
            database: Where to.
            flows: Which flow carries which command out.
            clock: Says what time it is.
            ids: Draws fresh ids.
            context: What decisions may know besides; see ``points.flows.context``.
            contexts: The same for each association, with the rules that it published itself.
            batch_max: How many commands at most share a transaction.
            hash_key: Keys the hashes of commands, which are kept for ever: without it, who has the
                database could find out by trying which telephone number a command carried.
        """
        self.database, self.clock, self.context = database, clock, context
        self._contexts = contexts
        self._flows, self.ids, self._batch_max = flows, ids, batch_max
        self._hash_key = hash_key
        self._waiting: deque[_Waiting] = deque()
        self._arrived = threading.Condition()
        self._closing = False
        self._writer = threading.Thread(target=self._write, name="points-writer", daemon=True)
        self._writer.start()

    def enqueue(self, command: Command, origin: Origin | None = None) -> Future[Outcome]:
        """Put a command in the queue; the future answers once its batch is on disk."""
        return self.enqueue_many([command], origin)[0]

    def enqueue_many(
        self, commands: Iterable[Command], origin: Origin | None = None
    ) -> list[Future[Outcome]]:
        """Put commands in the queue, in order.

        Args:
            commands: What is to be done.
            origin: From where it is asked, for the audit trail.
        """
        waiting = [_Waiting(command, Future(), origin or _NOWHERE) for command in commands]
        with self._arrived:
            if self._closing:
                raise Unavailable("the engine is shutting down")
            self._waiting.extend(waiting)
            self._arrived.notify()
        return [each.answer for each in waiting]

    def submit(self, command: Command, origin: Origin | None = None) -> Outcome:
        """Carry out one command and wait for its answer.

        Raises:
            Unavailable: The database does not answer; the same command may be sent again.
        """
        return self.enqueue(command, origin).result()

    def submit_many(
        self, commands: Iterable[Command], origin: Origin | None = None
    ) -> list[Outcome]:
        """Carry out commands, in order, in as few transactions as they fit in."""
        return [answer.result() for answer in self.enqueue_many(commands, origin)]

    def context_of(self, association: AssociationId) -> Any:  # noqa: ANN401 - typed where flows read it
        """Return what readers may know besides: the rules that hold in an association, and more."""
        return self.context if self._contexts is None else self._contexts.current(association)

    def reading(self, association: AssociationId) -> AbstractContextManager[Connection]:
        """Return a connection for reads of an association, which see every acknowledged write."""
        return unit_of_work.reading(self.database, association)

    def ping(self) -> None:
        """Ask the database whether it answers.

        Raises:
            DBAPIError: It does not.
        """
        with self.database.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Answer what waits, then stop."""
        with self._arrived:
            self._closing = True
            self._arrived.notify()
        self._writer.join()

    def __enter__(self) -> Self:
        """Return the engine, to be closed at the block's end."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self) -> None:
        while batch := self._next_batch():
            try:
                self._answer(batch)
            except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it
                for each in batch:
                    if not each.answer.done():
                        each.answer.set_exception(error)

    def _next_batch(self) -> list[_Waiting]:
        """Wait for commands and take those of one association; none means that we are closing."""
        # Let those who were just answered run: their next commands then share one batch, instead of
        # one of them going alone and the others after it. This waits for nobody.
        time.sleep(0)
        with self._arrived:
            batch: list[_Waiting] = []
            while not batch:
                while not self._waiting and not self._closing:
                    self._arrived.wait()
                if not self._waiting:
                    return []
                batch = self._gather()
            return batch

    def _gather(self) -> list[_Waiting]:
        """Take the waiting commands of the first one's association, without those given up."""
        batch: list[_Waiting] = []
        left: deque[_Waiting] = deque()
        while self._waiting and len(batch) < self._batch_max:
            each = self._waiting.popleft()
            if batch and each.command.association_id != batch[0].command.association_id:
                left.append(each)
            elif each.answer.set_running_or_notify_cancel():
                batch.append(each)
        self._waiting.extendleft(reversed(left))
        return batch

    def _answer(self, batch: list[_Waiting]) -> None:
        """Carry a batch out whole; where that fails, each of its commands alone."""
        try:
            outcomes = self._attempt(batch)
        except Exception as error:
            if len(batch) == 1:
                raise _understood(error) from error
            for each in batch:
                self._answer_alone(each)
            return
        for each, outcome in zip(batch, outcomes, strict=True):
            each.answer.set_result(outcome)

    def _answer_alone(self, each: _Waiting) -> None:
        try:
            self._answer([each])
        except Exception as error:  # noqa: BLE001 - this command's own failure is its answer
            each.answer.set_exception(error)

    def _attempt(self, asked: list[_Waiting]) -> list[Outcome]:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                return self._commit(asked)
            except DBAPIError as error:
                if attempt == ATTEMPTS_MAX or not may_work_again(error):
                    raise
                # Jitter: two processes that collided must not collide again in step.
                time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311
        raise Unavailable("no attempt was made")  # pragma: no cover

    def _commit(self, asked: list[_Waiting]) -> list[Outcome]:
        commands = [each.command for each in asked]
        association = commands[0].association_id
        hashes = [_body_hash(command, self._hash_key) for command in commands]
        with unit_of_work.batch(self.database, association) as (connection, revision):
            known = find_operations(connection, association, [c.operation_id for c in commands])
            # One snapshot of the rules for the whole batch: what is published meanwhile waits for
            # the next one, so no activity is scored by two versions.
            context = self._context_at(connection, association, revision)
            keys = Keys(context=context)
            for command in commands:
                if command.operation_id not in known:
                    flow = self._flows[type(command)]
                    flow.needs(command, keys)
                    keys.audit.head |= flow.puts_on_trail(command)
            on = unit_of_work.load(
                connection,
                association,
                keys,
                now=self.clock.now(),
                ids=self.ids,
                context=context,
            )
            # Whoever waited for a lock must not spend what has expired meanwhile.
            on.now = self.clock.now()
            batch = _Batch(on, known, self._flows)
            outcomes = [batch.decide(*each) for each in zip(asked, hashes, strict=True)]
            with together(connection, last=True):
                unit_of_work.save(connection, on)
                append_operations(connection, association, batch.fresh, on.now)
        if on.press.revises and self._contexts is not None:
            self._contexts.forget(association)
        return outcomes

    def _context_at(self, connection: Connection, association: AssociationId, revision: int) -> Any:  # noqa: ANN401
        if self._contexts is None:
            return self.context
        return self._contexts.at(connection, association, revision)


@dataclass(slots=True)
class _Batch:
    """The commands of one transaction, decided in turn on the same working set."""

    on: WorkingSet
    known: dict[OperationId, Recorded]
    flows: Mapping[type, Flow]
    fresh: list[Recorded] = field(default_factory=list)
    changes: int = field(init=False)

    def __post_init__(self) -> None:
        self.changes = self.on.changes()

    def decide(self, asked: _Waiting, body_hash: str) -> Outcome:
        command = asked.command
        recorded = self.known.get(command.operation_id)
        if recorded is not None:
            return _replay(command, body_hash, recorded)
        flow = self.flows[type(command)]
        decision = flow.decide(command, self.on)
        changes = self.on.changes()
        if isinstance(decision, Refusal):
            ensure(changes == self.changes, "a refusal touches nothing")
            ensure(not self.on.trail.noted, "a refusal has done nothing to be noted")
        self.changes = changes
        self._keep(flow, asked, decision)
        if isinstance(decision, Refusal) and not decision.kept:
            return Outcome(operation_id=command.operation_id, result={}, refusal=decision)
        recorded = Recorded(
            operation_id=command.operation_id,
            kind=flow.name,
            body_hash=body_hash,
            outcome=_spell(decision, getattr(command, OUTLET) if flow.at_outlet else ""),
        )
        self.known[command.operation_id] = recorded
        self.fresh.append(recorded)
        return answered(recorded, replayed=False)

    def _keep(self, flow: Flow, asked: _Waiting, decision: Decision) -> None:
        """Put a command on the audit trail, if it belongs there."""
        command, trail = asked.command, self.on.trail
        if not flow.puts_on_trail(command):
            trail.forget()
            return
        act = Act(
            actor=_actor(command),
            flow=flow.name,
            subject=subject_of(command),
            operation_id=command.operation_id,
            origin=asked.origin,
        )
        refusal = decision.code if isinstance(decision, Refusal) else ""
        trail.keep(self.on.association_id, act, refusal, self.on.now)


def _actor(command: Command) -> Actor:
    return Actor(getattr(command, "actor", ""))


def _body_hash(command: Command, key: bytes) -> str:
    """Return the keyed hash of everything about a command but its own id."""
    body = plain(command)
    del body["operation_id"]
    spelled = spell_plain([type(command).__name__, body])
    return blake2b(spelled.encode(), key=key, digest_size=32).hexdigest()


def _spell(decision: Decision, outlet: str) -> dict[str, Any]:
    if isinstance(decision, Refusal):
        refused = {"refused": decision.code, "details": decision.details()}
        return refused | {OUTLET: outlet} if outlet else refused
    return {"done": decision}


def _replay(command: Command, body_hash: str, recorded: Recorded) -> Outcome:
    if recorded.body_hash != body_hash:
        return Outcome(operation_id=command.operation_id, result={}, refusal=Conflict())
    return answered(recorded)


def answered(recorded: Recorded, *, replayed: bool = True) -> Outcome:
    """Return the answer that an operation was given."""
    spelled = recorded.outcome
    if "refused" in spelled:
        refusal = Refusal.restore(spelled["refused"], spelled["details"])
        return Outcome(
            operation_id=recorded.operation_id, result={}, refusal=refusal, replayed=replayed
        )
    return Outcome(operation_id=recorded.operation_id, result=spelled["done"], replayed=replayed)


def _understood(error: Exception) -> Exception:
    """Return what the caller should see: its own kind of error, or that the database failed."""
    if isinstance(error, DBAPIError):
        return Unavailable(type(error.orig).__name__)
    return error
