"""expand: what looks odd at counters, what staff answered, and which days were judged."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FACTS = ("alert", "alert_event", "watch_day")
STATES = "IN ('open', 'looked_at', 'explained', 'confirmed')"


def _named() -> list[sa.Column[str]]:
    return [sa.Column("association_id", sa.String(40), nullable=False)]


def _of_alert(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["association_id", "alert_id"],
        ["alert.association_id", "alert.alert_id"],
        name=op.f(f"fk_{table}_association_id_alert_id"),
    )


def upgrade() -> None:
    op.create_table(
        "alert",
        *_named(),
        sa.Column("alert_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("during", sa.String(10), nullable=False),
        sa.Column("subject", sa.String(160), nullable=False),
        sa.Column("figures", kept.Document(), nullable=False),
        sa.Column("threshold", kept.Document(), nullable=False),
        sa.Column("events", kept.Document(), nullable=False),
        sa.Column("outlet_id", sa.String(26), nullable=True),
        sa.Column("member_id", sa.String(26), nullable=True),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("policy_sha256", sa.String(64), nullable=False),
        sa.Column("raised_at", kept.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("association_id", "alert_id", name=op.f("pk_alert")),
    )
    op.create_table(
        "alert_event",
        *_named(),
        sa.Column("alert_id", sa.String(26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(10), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        _of_alert("alert_event"),
        sa.CheckConstraint("version > 0", name=op.f("ck_alert_event_versions_start_at_one")),
        sa.CheckConstraint(
            "step IN ('looked_at', 'explained', 'confirmed')",
            name=op.f("ck_alert_event_step_known"),
        ),
        sa.CheckConstraint(
            "(step = 'looked_at') = (note = '')", name=op.f("ck_alert_event_ends_say_why")
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "alert_id", "version", name=op.f("pk_alert_event")
        ),
    )
    op.create_table(
        "alert_state",
        *_named(),
        sa.Column("alert_id", sa.String(26), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        _of_alert("alert_state"),
        sa.CheckConstraint(f"state {STATES}", name=op.f("ck_alert_state_state_known")),
        sa.CheckConstraint("version >= 0", name=op.f("ck_alert_state_versions_count_up")),
        sa.PrimaryKeyConstraint("association_id", "alert_id", name=op.f("pk_alert_state")),
    )
    said = sa.text("state <> ''")
    op.create_index(
        "ix_alert_state_state",
        "alert_state",
        ["association_id", "state", "day", "alert_id"],
        postgresql_where=said,
        sqlite_where=said,
    )
    op.create_table(
        "watch_day",
        *_named(),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("policy_sha256", sa.String(64), nullable=False),
        sa.Column("seen", kept.Whole, nullable=False),
        sa.Column("alerts", kept.Whole, nullable=False),
        sa.Column("judged_at", kept.Instant(), nullable=False),
        sa.CheckConstraint("seen >= 0 AND alerts >= 0", name=op.f("ck_watch_day_never_below_zero")),
        sa.PrimaryKeyConstraint("association_id", "day", name=op.f("pk_watch_day")),
    )
    traded = sa.text("partner_id IS NOT NULL")
    op.create_index(
        "ix_voucher_event_recorded",
        "voucher_event",
        ["association_id", "recorded_at"],
        postgresql_where=traded,
        sqlite_where=traded,
    )
    for statement in protect(op.get_bind().dialect.name, FACTS):
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_voucher_event_recorded", "voucher_event")
    for table in ("watch_day", "alert_state", "alert_event", "alert"):
        op.drop_table(table)
