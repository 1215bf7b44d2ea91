"""Send again by hand: one message, all that failed since an instant, or a test."""

from dataclasses import dataclass
from datetime import datetime

from points.engine import Decision, Engine, Flow
from points.flows.webhook_endpoints import NO_ENDPOINT
from points.kernel.errors import NotFound
from points.kernel.ids import Actor, AssociationId, OperationId, PartnerId
from points.unit_of_work import Keys, WorkingSet
from points.webhooks.errors import WebhookDisabled
from points.webhooks.model import Kind, Message, Replay, Standing
from points.webhooks.outbox import Key
from points.webhooks.reads import failed_since

NO_DELIVERY = NotFound(noun="webhook message", noun_zh="消息")
REPLAYED_MAX = 1000
"""So many messages are asked for at once; the rest with the next request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayMessages:
    """Let messages go out again to an endpoint, now, whatever became of them.

    Attributes:
        owner: Whose endpoint it has to be; None where whoever asks may see everybody's.
        messages: Which ones.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    endpoint_id: str
    owner: PartnerId | None = None
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTestMessage:
    """Send a message that says nothing, to see whether an endpoint takes it.

    Attributes:
        owner: Whose endpoint it has to be; None where whoever asks may see everybody's.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    endpoint_id: str
    owner: PartnerId | None = None


def needs_replay(command: ReplayMessages, keys: Keys) -> None:
    """Lock endpoint and deliveries."""
    keys.webhooks.endpoints.add(command.endpoint_id)
    keys.webhooks.deliveries.update(_keys(command))


def needs_test(command: SendTestMessage, keys: Keys) -> None:
    """Lock the endpoint."""
    keys.webhooks.endpoints.add(command.endpoint_id)


def decide_replay(command: ReplayMessages, on: WorkingSet) -> Decision:
    """Queue the messages anew; all of them, or none where one is not there."""
    endpoint = on.outbox.endpoints.get(command.endpoint_id)
    if endpoint is None or (command.owner is not None and endpoint.partner_id != command.owner):
        return NO_ENDPOINT
    if endpoint.standing is not Standing.ENABLED:
        return WebhookDisabled()
    if any(key not in on.outbox.deliveries for key in _keys(command)):
        return NO_DELIVERY
    for message_id in command.messages:
        on.outbox.ask_again(
            Replay(
                replay_id=on.ids.next(),
                endpoint_id=command.endpoint_id,
                message_id=message_id,
                actor=command.actor,
                asked_at=on.now,
            )
        )
    done = {"replayed": len(command.messages)}
    on.trail.note("replay_messages", command.endpoint_id, after=done)
    return done


def decide_test(command: SendTestMessage, on: WorkingSet) -> Decision:
    """Queue a test."""
    endpoint = on.outbox.endpoints.get(command.endpoint_id)
    if endpoint is None or (command.owner is not None and endpoint.partner_id != command.owner):
        return NO_ENDPOINT
    if endpoint.standing is not Standing.ENABLED:
        return WebhookDisabled()
    message = Message(
        message_id=on.ids.next(),
        kind=Kind.TEST,
        partner_id=endpoint.partner_id,
        about=endpoint.endpoint_id,
        data={"endpoint_id": endpoint.endpoint_id},
        happened_at=on.now,
    )
    on.outbox.tests.append((endpoint.endpoint_id, message))
    on.trail.note("send_test_message", endpoint.endpoint_id)
    return {"endpoint_id": endpoint.endpoint_id, "message_id": message.message_id}


def _keys(command: ReplayMessages) -> list[Key]:
    return [(command.endpoint_id, message_id) for message_id in command.messages]


def failed_messages(
    engine: Engine, association: AssociationId, endpoint_id: str, since: datetime
) -> tuple[str, ...]:
    """Return the messages since an instant that failed at an endpoint, at most a thousand."""
    with engine.reading(association) as connection:
        found = failed_since(connection, association, endpoint_id, since, most=REPLAYED_MAX)
    return tuple(found)


REPLAY = Flow("replay_messages", needs_replay, decide_replay, audited=True)
TEST = Flow("send_test_message", needs_test, decide_test, audited=True)
