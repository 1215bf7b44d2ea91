"""The watch's tables: alerts, answers and judged days are facts; where alerts stand is not."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Integer, String

from points.db.base import tenant_index, tenant_table
from points.db.types import Document, Instant, Whole

alert = tenant_table(
    "alert",
    Column("alert_id", String(26), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("during", String(10), nullable=False),
    Column("subject", String(160), nullable=False),
    Column("figures", Document, nullable=False),
    Column("threshold", Document, nullable=False),
    Column("events", Document, nullable=False),
    Column("outlet_id", String(26)),
    Column("member_id", String(26)),
    Column("day", String(10), nullable=False),
    Column("policy_sha256", String(64), nullable=False),
    Column("raised_at", Instant, nullable=False),
    append_only=True,
)

_OF_ALERT = (["association_id", "alert_id"], ["alert.association_id", "alert.alert_id"])

alert_event = tenant_table(
    "alert_event",
    Column("alert_id", String(26), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("step", String(10), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("note", String(500), nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_ALERT),
    CheckConstraint("version > 0", name="versions_start_at_one"),
    CheckConstraint("step IN ('looked_at', 'explained', 'confirmed')", name="step_known"),
    CheckConstraint("(step = 'looked_at') = (note = '')", name="ends_say_why"),
    append_only=True,
)

alert_state = tenant_table(
    "alert_state",
    Column("alert_id", String(26), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("day", String(10), nullable=False),
    ForeignKeyConstraint(*_OF_ALERT),
    CheckConstraint("state IN ('open', 'looked_at', 'explained', 'confirmed')", name="state_known"),
    CheckConstraint("version >= 0", name="versions_count_up"),
    deletable=True,
)
tenant_index("ix_alert_state_state", alert_state.c.state, alert_state.c.day, alert_state.c.alert_id)

watch_day = tenant_table(
    "watch_day",
    Column("day", String(10), primary_key=True),
    Column("policy_sha256", String(64), nullable=False),
    Column("seen", Whole, nullable=False),
    Column("alerts", Whole, nullable=False),
    Column("judged_at", Instant, nullable=False),
    CheckConstraint("seen >= 0 AND alerts >= 0", name="never_below_zero"),
    append_only=True,
)
