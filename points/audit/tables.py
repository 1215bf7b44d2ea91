"""The audit trail's tables: its events for ever, and where each association's chain ends."""

from sqlalchemy import CheckConstraint, Column, Index, String

from points.db.base import tenant_index, tenant_table
from points.db.types import Document, Instant, Whole

audit_event = tenant_table(
    "audit_event",
    Column("sequence", Whole, primary_key=True, autoincrement=False),
    Column("recorded_at", Instant, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("code", String(60), nullable=False),
    Column("flow", String(40), nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("channel", String(10), nullable=False),
    Column("address", String(120), nullable=False),
    Column("session", String(120), nullable=False),
    Column("device", String(120), nullable=False),
    Column("document", Document, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    CheckConstraint("sequence > 0", name="sequences_start_at_one"),
    CheckConstraint("outcome IN ('done', 'refused')", name="outcome_known"),
    append_only=True,
)

tenant_index("ix_audit_event_actor", audit_event.c.actor, audit_event.c.sequence)
tenant_index("ix_audit_event_action", audit_event.c.action, audit_event.c.sequence)
tenant_index("ix_audit_event_subject", audit_event.c.subject, audit_event.c.sequence)
Index("ix_audit_event_time", audit_event.c.association_id, audit_event.c.recorded_at)

audit_head = tenant_table(
    "audit_head",
    Column("sequence", Whole, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("recorded_at", Instant),
    CheckConstraint("sequence >= 0", name="sequences_count_up"),
)
