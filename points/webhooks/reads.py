"""Reads of webhooks for channels and workers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select, tuple_

from points.kernel.ids import AssociationId, PartnerId
from points.webhooks.model import (
    Attempt,
    Delivery,
    Endpoint,
    Kind,
    Message,
    Secret,
    Standing,
    State,
    host_of,
)
from points.webhooks.outbox import Key
from points.webhooks.store import delivery_from, endpoint_from
from points.webhooks.tables import (
    IS_PENDING,
    webhook_attempt,
    webhook_delivery,
    webhook_endpoint,
    webhook_message,
    webhook_secret,
)

LISTED_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A delivery with everything that is needed to make it.

    Attributes:
        standing: Of the endpoint; what is not enabled is not sent to.
    """

    delivery: Delivery
    message: Message
    url: str
    standing: Standing

    @property
    def host(self) -> str:
        """Where it goes; the rest of the address may hold what only the receiver knows."""
        return host_of(self.url)


def find_endpoint(
    connection: Connection, association: AssociationId, endpoint_id: str
) -> Endpoint | None:
    """Return an endpoint, or None."""
    e = webhook_endpoint.c
    row = (
        connection.execute(
            select(webhook_endpoint).where(
                e.association_id == association, e.endpoint_id == endpoint_id
            )
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else endpoint_from(row)


def list_endpoints(
    connection: Connection, association: AssociationId, partner_id: PartnerId | None = None
) -> list[Endpoint]:
    """Return the newest endpoints, a partner's own where one is named; bounded."""
    e = webhook_endpoint.c
    wanted = select(webhook_endpoint).where(e.association_id == association)
    if partner_id is not None:
        wanted = wanted.where(e.partner_id == partner_id)
    rows = connection.execute(wanted.order_by(e.endpoint_id.desc()).limit(LISTED_MAX))
    return [endpoint_from(row) for row in rows.mappings()]


def secrets_of(
    connection: Connection, association: AssociationId, endpoints: Iterable[str]
) -> dict[str, list[Secret]]:
    """Return endpoints' secrets, sealed: the newest two of each can still sign."""
    s = webhook_secret.c
    rows = connection.execute(
        select(webhook_secret).where(
            s.association_id == association, s.endpoint_id.in_(sorted(set(endpoints)))
        )
    )
    found: dict[str, list[Secret]] = {}
    for row in rows.mappings():
        found.setdefault(row["endpoint_id"], []).append(
            Secret(
                endpoint_id=row["endpoint_id"],
                number=row["number"],
                sealed=row["sealed"],
                drawn_at=row["drawn_at"],
            )
        )
    return found


def due_deliveries(
    connection: Connection,
    association: AssociationId,
    now: datetime,
    *,
    most: int,
    per_endpoint: int,
) -> list[Key]:
    """Return which deliveries are due and free, by exact names.

    Of one endpoint only some, and of each owner as many as of the others, their longest overdue
    first: what waits for receivers that hang, however many of them somebody has, is not in the way
    of others.
    """
    d, e = webhook_delivery.c, webhook_endpoint.c
    turn = func.row_number().over(partition_by=d.endpoint_id, order_by=(d.due_at, d.message_id))
    free = (
        select(d.endpoint_id, d.message_id, d.due_at, e.partner_id, turn.label("turn"))
        .join(
            webhook_endpoint,
            (e.association_id == d.association_id) & (e.endpoint_id == d.endpoint_id),
        )
        .where(
            d.association_id == association,
            IS_PENDING,
            d.due_at <= now,
            or_(d.leased_until.is_(None), d.leased_until <= now),
            e.standing == Standing.ENABLED.value,
        )
        .subquery()
    )
    names = (free.c.endpoint_id, free.c.message_id)
    turn_of_owner = func.row_number().over(
        partition_by=func.coalesce(free.c.partner_id, ""), order_by=(free.c.due_at, *names)
    )
    rows = connection.execute(
        select(*names)
        .where(free.c.turn <= per_endpoint)
        .order_by(turn_of_owner, free.c.due_at, *names)
        .limit(most)
    )
    return [(row[0], row[1]) for row in rows]


def sendings(
    connection: Connection, association: AssociationId, keys: Iterable[Key]
) -> list[Sending]:
    """Return deliveries with their messages and where they go."""
    d = webhook_delivery.c
    rows = connection.execute(
        _whole(association)
        .where(tuple_(d.endpoint_id, d.message_id).in_(sorted(set(keys))))
        .order_by(d.due_at, d.endpoint_id, d.message_id)
    )
    return [_sending(row) for row in rows.mappings()]


def list_deliveries(
    connection: Connection,
    association: AssociationId,
    *,
    partner_id: PartnerId | None = None,
    endpoint_id: str | None = None,
    state: State | None = None,
    before: Key | None = None,
    most: int = LISTED_MAX,
) -> list[Sending]:
    """Return deliveries, the newest messages first.

    Args:
        connection: For reads.
        association: Whose.
        partner_id: To this partner's endpoints only.
        endpoint_id: To this endpoint only.
        state: In this state only.
        before: Message and endpoint of the last one of the page before.
        most: How many at most.
    """
    d, e = webhook_delivery.c, webhook_endpoint.c
    wanted = _whole(association)
    if partner_id is not None:
        wanted = wanted.where(e.partner_id == partner_id)
    if endpoint_id is not None:
        wanted = wanted.where(d.endpoint_id == endpoint_id)
    if state is not None:
        wanted = wanted.where(d.state == state.value)
    if before is not None:
        wanted = wanted.where(tuple_(d.message_id, d.endpoint_id) < before)
    rows = connection.execute(
        wanted.order_by(d.message_id.desc(), d.endpoint_id.desc()).limit(most)
    )
    return [_sending(row) for row in rows.mappings()]


def failed_since(
    connection: Connection,
    association: AssociationId,
    endpoint_id: str,
    since: datetime,
    *,
    most: int,
) -> list[str]:
    """Return the messages since an instant that failed at an endpoint, the oldest first."""
    d, m = webhook_delivery.c, webhook_message.c
    rows = connection.execute(
        select(d.message_id)
        .join(
            webhook_message,
            (m.association_id == d.association_id) & (m.message_id == d.message_id),
        )
        .where(
            d.association_id == association,
            d.endpoint_id == endpoint_id,
            d.state == State.FAILED.value,
            m.happened_at >= since,
        )
        .order_by(d.message_id)
        .limit(most)
    )
    return [row[0] for row in rows]


def attempts_of(connection: Connection, association: AssociationId, key: Key) -> list[Attempt]:
    """Return the newest attempts of a delivery, at most ``LISTED_MAX``."""
    a = webhook_attempt.c
    rows = connection.execute(
        select(webhook_attempt)
        .where(a.association_id == association, a.endpoint_id == key[0], a.message_id == key[1])
        .order_by(a.number.desc())
        .limit(LISTED_MAX)
    )
    return [
        Attempt(
            endpoint_id=row["endpoint_id"],
            message_id=row["message_id"],
            number=row["number"],
            status=row["status"],
            error=row["error"],
            milliseconds=row["milliseconds"],
            ended_at=row["ended_at"],
        )
        for row in rows.mappings()
    ]


def _whole(association: AssociationId) -> Select[Any]:
    d, m, e = webhook_delivery.c, webhook_message.c, webhook_endpoint.c
    return (
        select(
            webhook_delivery,
            m.kind,
            m.partner_id,
            m.about,
            m.data,
            m.happened_at,
            e.url,
            e.standing,
        )
        .join(
            webhook_message,
            (m.association_id == d.association_id) & (m.message_id == d.message_id),
        )
        .join(
            webhook_endpoint,
            (e.association_id == d.association_id) & (e.endpoint_id == d.endpoint_id),
        )
        .where(d.association_id == association)
    )


def _sending(row: Any) -> Sending:  # noqa: ANN401 - a row mapping
    return Sending(
        delivery=delivery_from(row),
        message=Message(
            message_id=row["message_id"],
            kind=Kind(row["kind"]),
            partner_id=row["partner_id"],
            about=row["about"],
            data=row["data"],
            happened_at=row["happened_at"],
        ),
        url=row["url"],
        standing=Standing(row["standing"]),
    )
