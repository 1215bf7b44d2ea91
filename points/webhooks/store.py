"""Webhooks in the database: loads under locks, and what a batch appends.

What happened is written in the transaction in which it happened, and only where somebody
subscribed; a statement that finds nobody writes nothing and asks for no answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select, tuple_

from points.db.arrays import unnested
from points.db.bulk import append_rows, delete_rows, put_rows, update_rows, within
from points.db.together import write
from points.db.types import document_text, instant_text
from points.kernel.canonical import plain
from points.kernel.ids import AssociationId
from points.webhooks.model import EVERYBODY, Delivery, Endpoint, Kind, Message, Standing, State
from points.webhooks.outbox import Key, Outbox
from points.webhooks.tables import (
    webhook_attempt,
    webhook_delivery,
    webhook_endpoint,
    webhook_endpoint_event,
    webhook_message,
    webhook_replay,
    webhook_secret,
    webhook_subscription,
)


@dataclass(slots=True)
class WebhookKeys:
    """What a batch needs of the webhooks.

    Attributes:
        endpoints: To be locked.
        owners: Whose endpoints are counted; empty is the association.
        deliveries: To be locked.
    """

    endpoints: set[str] = field(default_factory=set)
    owners: set[str] = field(default_factory=set)
    deliveries: set[Key] = field(default_factory=set)


def load_outbox(connection: Connection, association: AssociationId, needed: WebhookKeys) -> Outbox:
    """Lock and load the endpoints and deliveries that a batch names."""
    outbox = Outbox()
    if needed.endpoints:
        _lock_endpoints(connection, association, needed.endpoints, outbox)
    if needed.owners:
        outbox.kept = _kept(connection, association)
    if needed.deliveries:
        _lock_deliveries(connection, association, needed.deliveries, outbox)
    return outbox


def _lock_endpoints(
    connection: Connection, association: AssociationId, wanted: Iterable[str], outbox: Outbox
) -> None:
    e = webhook_endpoint.c
    rows = connection.execute(
        select(webhook_endpoint)
        .where(e.association_id == association, within(connection, e.endpoint_id, wanted))
        .order_by(e.endpoint_id)
        .with_for_update(key_share=True)
    )
    for row in rows.mappings():
        outbox.endpoints[row["endpoint_id"]] = endpoint_from(row)


def _kept(connection: Connection, association: AssociationId) -> dict[str, int]:
    e = webhook_endpoint.c
    owner = func.coalesce(e.partner_id, "")
    rows = connection.execute(
        select(owner, func.count())
        .where(e.association_id == association, e.standing != Standing.ENDED.value)
        .group_by(owner)
    )
    return {row[0]: int(row[1]) for row in rows}


def _lock_deliveries(
    connection: Connection, association: AssociationId, wanted: Iterable[Key], outbox: Outbox
) -> None:
    d = webhook_delivery.c
    rows = connection.execute(
        select(webhook_delivery)
        .where(
            d.association_id == association,
            tuple_(d.endpoint_id, d.message_id).in_(sorted(wanted)),
        )
        # Sorted: two workers that lock the same rows in opposite orders would wait for ever.
        .order_by(d.endpoint_id, d.message_id)
        .with_for_update(key_share=True)
    )
    for row in rows.mappings():
        delivery = delivery_from(row)
        outbox.deliveries[delivery.key] = delivery


def save_outbox(connection: Connection, association: AssociationId, outbox: Outbox) -> None:
    """Append changes, messages and attempts, and bring endpoints and queue up to them."""
    _save_endpoints(connection, association, outbox)
    _save_messages(connection, association, outbox)
    append_rows(
        connection,
        webhook_attempt,
        ("association_id", *_ATTEMPT),
        [(association, *(getattr(each, name) for name in _ATTEMPT)) for each in outbox.attempts],
    )
    append_rows(
        connection,
        webhook_replay,
        ("association_id", *_REPLAY),
        [(association, *(getattr(each, name) for name in _REPLAY)) for each in outbox.replays],
    )
    moved = [outbox.deliveries[key] for key in sorted(outbox.touched)]
    update_rows(
        connection,
        webhook_delivery,
        ("association_id", *_DELIVERY),
        [
            (
                association,
                d.endpoint_id,
                d.message_id,
                d.state.value,
                d.attempts,
                d.tries,
                d.due_at,
                d.leased_until,
            )
            for d in moved
        ],
    )


_ATTEMPT = ("endpoint_id", "message_id", "number", "status", "error", "milliseconds", "ended_at")
_REPLAY = ("replay_id", "endpoint_id", "message_id", "actor", "asked_at")
_DELIVERY = (
    "endpoint_id",
    "message_id",
    "state",
    "attempts",
    "tries",
    "due_at",
    "leased_until",
)
_ENDPOINT = (
    "endpoint_id",
    "partner_id",
    "url",
    "description",
    "kinds",
    "standing",
    "version",
    "secret_no",
)


def _save_endpoints(connection: Connection, association: AssociationId, outbox: Outbox) -> None:
    a = association
    append_rows(
        connection,
        webhook_endpoint_event,
        ("association_id", *_ENDPOINT, "actor", "recorded_at"),
        [(a, *_spelled(each), actor, at) for each, actor, at in outbox.events],
    )
    latest = {each.endpoint_id: each for each, _, _ in outbox.events}
    put_rows(
        connection,
        webhook_endpoint,
        ("association_id", *_ENDPOINT),
        [(a, *_spelled(each)) for each in latest.values()],
    )
    delete_rows(connection, webhook_subscription, a, "endpoint_id", latest)
    append_rows(
        connection,
        webhook_subscription,
        ("association_id", "endpoint_id", "kind", "partner_id"),
        [
            (a, each.endpoint_id, kind.value, each.partner_id)
            for each in latest.values()
            if each.standing is Standing.ENABLED
            for kind in each.kinds
        ],
    )
    append_rows(
        connection,
        webhook_secret,
        ("association_id", "endpoint_id", "number", "sealed", "drawn_at"),
        [(a, s.endpoint_id, s.number, s.sealed, s.drawn_at) for s in outbox.new_secrets],
    )


def _spelled(endpoint: Endpoint) -> tuple[Any, ...]:
    return (
        endpoint.endpoint_id,
        endpoint.partner_id,
        endpoint.url,
        endpoint.description,
        [kind.value for kind in endpoint.kinds],
        endpoint.standing.value,
        endpoint.version,
        endpoint.secret_no,
    )


# Who is told: whoever subscribed to the kind, and of partners only those whose it is. Without
# anybody nothing is written; both statements go out with the batch's other writes.
_TOLD = (
    "webhook_subscription s WHERE s.association_id = v.association_id AND s.kind = v.kind"
    " AND s.kind <> ''"
    f" AND (s.partner_id IS NULL OR s.partner_id = v.partner_id OR v.partner_id = '{EVERYBODY}')"
)
_MESSAGE = (
    "association_id",
    "message_id",
    "kind",
    "partner_id",
    "about",
    "data",
    "happened_at",
)


def _save_messages(connection: Connection, association: AssociationId, outbox: Outbox) -> None:
    a = association
    append_rows(
        connection,
        webhook_message,
        _MESSAGE,
        [_message_row(a, message) for _, message in outbox.tests],
    )
    append_rows(
        connection,
        webhook_delivery,
        ("association_id", *_DELIVERY),
        [
            (a, endpoint, m.message_id, State.PENDING.value, 0, 0, m.happened_at, None)
            for endpoint, m in outbox.tests
        ],
    )
    if outbox.messages:
        _tell(connection, [_message_row(a, each) for each in outbox.messages])


def _tell(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    """Keep messages that somebody subscribed to, and queue them for each that did."""
    if connection.dialect.name == "postgresql":
        source, parameters = unnested(webhook_message, _MESSAGE, rows)
        for statement in (_KEEP, _QUEUE):
            write(connection, statement.format(source=source), parameters)
        return
    source = "SELECT " + ", ".join(f"?{at} AS {name}" for at, name in enumerate(_MESSAGE, 1))
    spelled = [(*row[:5], document_text(row[5]), instant_text(row[6])) for row in rows]
    for statement in (_KEEP, _QUEUE):
        connection.exec_driver_sql(statement.format(source=source), spelled)


_KEEP = (
    f"INSERT INTO webhook_message ({', '.join(_MESSAGE)}) SELECT {', '.join(_MESSAGE)}"  # noqa: S608
    f" FROM ({{source}}) v WHERE EXISTS (SELECT 1 FROM {_TOLD})"
)
_QUEUE = (
    f"INSERT INTO webhook_delivery (association_id, {', '.join(_DELIVERY)})"  # noqa: S608
    " SELECT v.association_id, s.endpoint_id, v.message_id, 'pending', 0, 0, v.happened_at, NULL"
    f" FROM ({{source}}) v, {_TOLD}"
)


def _message_row(association: AssociationId, message: Message) -> tuple[Any, ...]:
    return (
        association,
        message.message_id,
        message.kind.value,
        message.partner_id,
        message.about,
        plain(message.data),
        message.happened_at,
    )


def endpoint_from(row: RowMapping) -> Endpoint:
    """Return the endpoint of a row."""
    return Endpoint(
        endpoint_id=row["endpoint_id"],
        partner_id=row["partner_id"],
        url=row["url"],
        description=row["description"],
        kinds=tuple(Kind(each) for each in row["kinds"]),
        standing=Standing(row["standing"]),
        version=row["version"],
        secret_no=row["secret_no"],
    )


def delivery_from(row: RowMapping) -> Delivery:
    """Return the delivery of a row."""
    return Delivery(
        endpoint_id=row["endpoint_id"],
        message_id=row["message_id"],
        state=State(row["state"]),
        attempts=row["attempts"],
        tries=row["tries"],
        due_at=row["due_at"],
        leased_until=row["leased_until"],
    )
