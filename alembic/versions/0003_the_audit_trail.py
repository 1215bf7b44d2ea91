"""expand: the audit trail.

Events get the triggers of facts; the head of each association's chain is a projection of them.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SEARCHED = ("actor", "action", "subject")


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("sequence", kept.Whole, autoincrement=False, nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("flow", sa.String(40), nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("address", sa.String(120), nullable=False),
        sa.Column("session", sa.String(120), nullable=False),
        sa.Column("device", sa.String(120), nullable=False),
        sa.Column("document", kept.Document(), nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_audit_event_sequences_start_at_one")),
        sa.CheckConstraint(
            "outcome IN ('done', 'refused')", name=op.f("ck_audit_event_outcome_known")
        ),
        sa.PrimaryKeyConstraint("association_id", "sequence", name=op.f("pk_audit_event")),
    )
    for column in SEARCHED:
        said = sa.text(f"{column} != ''")
        op.create_index(
            f"ix_audit_event_{column}",
            "audit_event",
            ["association_id", column, "sequence"],
            postgresql_where=said,
            sqlite_where=said,
        )
    op.create_index("ix_audit_event_time", "audit_event", ["association_id", "recorded_at"])
    op.create_table(
        "audit_head",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("sequence", kept.Whole, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=True),
        sa.CheckConstraint("sequence >= 0", name=op.f("ck_audit_head_sequences_count_up")),
        sa.PrimaryKeyConstraint("association_id", name=op.f("pk_audit_head")),
    )
    for statement in protect(op.get_bind().dialect.name, ["audit_event"]):
        op.execute(statement)


def downgrade() -> None:
    # The function that refuses changes stays: older facts' triggers call it.
    op.drop_table("audit_head")
    op.drop_table("audit_event")
