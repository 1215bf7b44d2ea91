"""Webhooks' tables: endpoints' changes, secrets, messages, attempts and replays are facts."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
)

from points.db.base import tenant_index, tenant_table
from points.db.types import Document, Instant, Whole

webhook_endpoint_event = tenant_table(
    "webhook_endpoint_event",
    Column("endpoint_id", String(26), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("partner_id", String(26)),
    Column("url", String(500), nullable=False),
    Column("description", String(120), nullable=False),
    Column("kinds", Document, nullable=False),
    Column("standing", String(10), nullable=False),
    Column("secret_no", Integer, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("version > 0 AND secret_no > 0", name="versions_start_at_one"),
    CheckConstraint("standing IN ('enabled', 'disabled', 'ended')", name="standing_known"),
    append_only=True,
)

# A projection: how the last change left the endpoint. Whoever changes it holds its row.
webhook_endpoint = tenant_table(
    "webhook_endpoint",
    Column("endpoint_id", String(26), primary_key=True),
    Column("partner_id", String(26)),
    Column("url", String(500), nullable=False),
    Column("description", String(120), nullable=False),
    Column("kinds", Document, nullable=False),
    Column("standing", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("secret_no", Integer, nullable=False),
)

# A projection: what an enabled endpoint is told, and by which partner's facts; joined when
# something happens.
webhook_subscription = tenant_table(
    "webhook_subscription",
    Column("endpoint_id", String(26), primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("partner_id", String(26)),
    deletable=True,
)
tenant_index("ix_webhook_subscription_kind", webhook_subscription.c.kind)

webhook_secret = tenant_table(
    "webhook_secret",
    Column("endpoint_id", String(26), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("sealed", String(200), nullable=False),
    Column("drawn_at", Instant, nullable=False),
    CheckConstraint("number > 0", name="numbers_start_at_one"),
    append_only=True,
    secret=True,
)

webhook_message = tenant_table(
    "webhook_message",
    Column("message_id", String(26), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("partner_id", String(26)),
    Column("about", String(80), nullable=False),
    Column("data", Document, nullable=False),
    Column("happened_at", Instant, nullable=False),
    append_only=True,
)

_OF_MESSAGE = (
    ["association_id", "message_id"],
    ["webhook_message.association_id", "webhook_message.message_id"],
)

webhook_attempt = tenant_table(
    "webhook_attempt",
    Column("endpoint_id", String(26), primary_key=True),
    Column("message_id", String(26), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("status", Integer),
    Column("error", String(40), nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("ended_at", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_MESSAGE),
    CheckConstraint("number > 0", name="numbers_start_at_one"),
    CheckConstraint("(status IS NULL) = (error <> '')", name="an_answer_or_a_reason"),
    append_only=True,
)

webhook_replay = tenant_table(
    "webhook_replay",
    Column("replay_id", String(26), primary_key=True),
    Column("endpoint_id", String(26), nullable=False),
    Column("message_id", String(26), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("asked_at", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_MESSAGE),
    append_only=True,
)
# How each message stands with each endpoint; the queue that workers take from.
webhook_delivery = tenant_table(
    "webhook_delivery",
    Column("endpoint_id", String(26), primary_key=True),
    Column("message_id", String(26), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("attempts", Whole, nullable=False),
    Column("tries", Whole, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("leased_until", Instant),
    ForeignKeyConstraint(*_OF_MESSAGE),
    CheckConstraint("attempts >= 0 AND tries >= 0", name="counted_upwards"),
    CheckConstraint("state IN ('pending', 'delivered', 'failed')", name="state_known"),
    postgresql_with={"fillfactor": 70},
)
IS_PENDING = webhook_delivery.c.state == "pending"
Index(
    "ix_webhook_delivery_due",
    webhook_delivery.c.association_id,
    webhook_delivery.c.due_at,
    postgresql_where=IS_PENDING,
    sqlite_where=IS_PENDING,
)
