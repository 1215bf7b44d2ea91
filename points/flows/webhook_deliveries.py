"""Deliver what is to be told: take what is due, send it, note how it went.

A worker takes deliveries by their exact names, under their locks and for two minutes; whoever dies
in between leaves them to the next one. What was taken is sent outside any transaction and noted
afterwards, so a receiver may get a message twice and never not at all; its id tells that it is the
same. Sending blocks nobody's posting: the queue is all that the two have in common.
"""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from points.engine import Decision, Engine, Flow
from points.flows.context import Context
from points.flows.ports import Answered, Carrier
from points.flows.staffing import needs_everyone, tell_watchers
from points.flows.webhook_endpoints import sealed_for
from points.identity.feeds import sign
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet
from points.webhooks.model import (
    ATTEMPTS_MAX,
    GONE,
    LEASE,
    Attempt,
    Message,
    Secret,
    Standing,
    State,
    signing,
)
from points.webhooks.outbox import Key
from points.webhooks.reads import Sending, due_deliveries, secrets_of, sendings

WORKER = Actor("system:webhooks")
TAKEN_MAX = 64
"""So many deliveries are taken at once; what their receivers take longest for is under a lease."""

PER_ENDPOINT_MAX = 8
"""So many of them may go to one endpoint: one that hangs holds up its own."""

SENDERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseDeliveries:
    """Have deliveries to oneself for a while.

    Attributes:
        deliveries: Endpoint and message of each.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor = WORKER
    deliveries: tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAttempts:
    """Say how deliveries went."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor = WORKER
    attempts: tuple[Attempt, ...]


def needs_lease(command: LeaseDeliveries, keys: Keys) -> None:
    """Lock the deliveries."""
    keys.webhooks.deliveries.update(command.deliveries)


def decide_lease(command: LeaseDeliveries, on: WorkingSet) -> Decision:
    """Take those that are still due and nobody else's."""
    taken = []
    for key in command.deliveries:
        delivery = on.outbox.deliveries.get(key)
        if delivery is not None and delivery.may_be_taken(on.now):
            on.outbox.take(delivery, on.now + LEASE)
            taken.append(list(key))
    return {"taken": taken}


def needs_note(command: NoteAttempts, keys: Keys) -> None:
    """Lock deliveries, and who is told where one has failed for good."""
    for each in command.attempts:
        keys.webhooks.deliveries.add((each.endpoint_id, each.message_id))
        if not each.taken and (each.status == GONE or each.number >= ATTEMPTS_MAX):
            keys.webhooks.endpoints.add(each.endpoint_id)
            needs_everyone(keys)


def decide_note(command: NoteAttempts, on: WorkingSet) -> Decision:
    """Append the attempts; an endpoint that says it is gone is not asked again."""
    counted = dict.fromkeys(State, 0)
    failed: set[str] = set()
    for each in command.attempts:
        before = on.outbox.deliveries.get((each.endpoint_id, each.message_id))
        if before is None:
            continue  # restored from a backup that does not know of it
        # Somebody else may have tried it after our lease: ours is the next number.
        after = on.outbox.tried(replace(each, number=before.attempts + 1))
        counted[after.state] += 1
        if after.state is State.FAILED:
            failed.add(each.endpoint_id)
        if each.status == GONE:
            _disable(each.endpoint_id, on)
    for endpoint_id in sorted(failed & on.outbox.endpoints.keys()):
        tell_watchers("webhook_failed", endpoint_id, command.actor, on)
    return {state.value: count for state, count in counted.items()}


def _disable(endpoint_id: str, on: WorkingSet) -> None:
    endpoint = on.outbox.endpoints.get(endpoint_id)
    if endpoint is None or endpoint.standing is not Standing.ENABLED:
        return
    after = replace(endpoint, standing=Standing.DISABLED, version=endpoint.version + 1)
    on.outbox.put(after, WORKER, on.now)


LEASES = Flow("lease_deliveries", needs_lease, decide_lease)
NOTE = Flow("note_attempts", needs_note, decide_note)


@dataclass(slots=True, kw_only=True)
class Delivered:
    """What one round came to."""

    delivered: int = 0
    pending: int = 0
    failed: int = 0

    @property
    def anything(self) -> bool:
        """Whether anything was tried."""
        return bool(self.delivered or self.pending or self.failed)


def deliver_due(
    engine: Engine,
    association: AssociationId,
    carrier: Carrier,
    stopping: Callable[[], bool] = lambda: False,
) -> Delivered:
    """Deliver everything that is due now, and return how it went.

    Args:
        engine: Whose queue.
        association: Whose messages.
        carrier: The way out.
        stopping: Asked between pages; what was taken is finished.
    """
    done = Delivered()
    with ThreadPoolExecutor(SENDERS, thread_name_prefix="points-webhooks") as pool:
        while not stopping() and (taken := _take(engine, association)):
            attempts = tuple(pool.map(_sender(engine, association, carrier, taken), taken))
            command = NoteAttempts(
                association_id=association,
                operation_id=OperationId(f"{WORKER}:note:{engine.ids.next()}"),
                attempts=attempts,
            )
            result = engine.submit(command).result
            done.delivered += result[State.DELIVERED.value]
            done.pending += result[State.PENDING.value]
            done.failed += result[State.FAILED.value]
    return done


def _take(engine: Engine, association: AssociationId) -> list[Sending]:
    """Return a page of deliveries that are this worker's for the time of the lease."""
    with engine.reading(association) as connection:
        due = due_deliveries(
            connection,
            association,
            engine.clock.now(),
            most=TAKEN_MAX,
            per_endpoint=PER_ENDPOINT_MAX,
        )
    if not due:
        return []
    command = LeaseDeliveries(
        association_id=association,
        operation_id=OperationId(f"{WORKER}:take:{engine.ids.next()}"),
        deliveries=tuple(due),
    )
    taken = [(key[0], key[1]) for key in engine.submit(command).result["taken"]]
    with engine.reading(association) as connection:
        return sendings(connection, association, taken)


def _sender(
    engine: Engine, association: AssociationId, carrier: Carrier, taken: list[Sending]
) -> Callable[[Sending], Attempt]:
    """Return what makes one attempt; it opens the secrets of a page once."""
    with engine.reading(association) as connection:
        sealed = secrets_of(connection, association, {s.delivery.endpoint_id for s in taken})
    known: Context = engine.context

    def send(sending: Sending) -> Attempt:
        now = engine.clock.now()
        headers = signed_headers(
            known,
            association,
            signing(sealed.get(sending.delivery.endpoint_id, []), now),
            sending.message,
            now,
        )
        began = time.monotonic()
        answered = carrier.carry(sending.url, headers, body_of(sending.message))
        return _attempt(sending, answered, time.monotonic() - began, engine.clock.now())

    return send


def body_of(message: Message) -> bytes:
    """Return the body: the same bytes in every attempt, as Standard Webhooks has them."""
    spelled = {
        "type": message.kind.value,
        "timestamp": message.happened_at.isoformat(),
        "data": dict(message.data),
    }
    return json.dumps(spelled, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def signed_headers(
    known: Context,
    association: AssociationId,
    secrets: list[Secret],
    message: Message,
    now: datetime,
) -> dict[str, str]:
    """Return the headers of one attempt, signed with every secret that signs now."""
    timestamp, body = int(now.timestamp()), body_of(message)
    opened = (
        known.feed_seal.open(each.sealed, sealed_for(association, each.endpoint_id))
        for each in secrets
    )
    signatures = [sign(secret, message.message_id, timestamp, body) for secret in opened]
    return {
        "content-type": "application/json",
        "webhook-id": message.message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def _attempt(sending: Sending, answered: Answered, seconds: float, now: datetime) -> Attempt:
    delivery = sending.delivery
    return Attempt(
        endpoint_id=delivery.endpoint_id,
        message_id=delivery.message_id,
        number=delivery.attempts + 1,
        status=answered.status,
        error=answered.error,
        milliseconds=int(seconds * 1000),
        ended_at=now,
    )
