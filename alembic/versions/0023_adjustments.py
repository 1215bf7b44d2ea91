"""expand: adjustments of what partners are owed, by two people, and corrections by what they are of.

The previous release knows nothing of these tables and is not disturbed by them.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FACTS = ("adjustment", "adjustment_event")


def upgrade() -> None:
    op.create_table(
        "adjustment",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("adjustment_id", sa.String(26), nullable=False),
        sa.Column("partner_id", sa.String(26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(40), nullable=False),
        sa.Column("outlet_id", sa.String(26), nullable=True),
        sa.Column("amount_fen", kept.Whole, nullable=False),
        sa.Column("capture_id", sa.String(26), nullable=True),
        sa.Column("request_no", sa.String(80), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("document", sa.String(80), nullable=False),
        sa.Column("proposed_by", sa.String(120), nullable=False),
        sa.Column("proposed_at", kept.Instant(), nullable=False),
        sa.Column("until", kept.Instant(), nullable=False),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_adjustment_changes_an_amount")),
        sa.CheckConstraint("number > 0", name=op.f("ck_adjustment_numbers_start_at_one")),
        sa.CheckConstraint(
            "(capture_id IS NULL) = (request_no = '')",
            name=op.f("ck_adjustment_captures_are_numbered"),
        ),
        sa.PrimaryKeyConstraint("association_id", "adjustment_id", name=op.f("pk_adjustment")),
    )
    said = sa.text("partner_id <> ''")
    op.create_index(
        "uq_adjustment_number",
        "adjustment",
        ["association_id", "partner_id", "number"],
        unique=True,
        postgresql_where=said,
        sqlite_where=said,
    )
    op.create_table(
        "adjustment_event",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("adjustment_id", sa.String(26), nullable=False),
        sa.Column("step", sa.String(10), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("proposed_by", sa.String(120), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "adjustment_id"],
            ["adjustment.association_id", "adjustment.adjustment_id"],
            name=op.f("fk_adjustment_event_association_id_adjustment_id"),
        ),
        sa.CheckConstraint(
            "step IN ('approved', 'rejected', 'withdrawn')",
            name=op.f("ck_adjustment_event_step_known"),
        ),
        sa.CheckConstraint(
            "(step = 'withdrawn') = (actor = proposed_by)",
            name=op.f("ck_adjustment_event_two_people_decide"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "adjustment_id", name=op.f("pk_adjustment_event")
        ),
    )
    corrects = sa.text("corrects IS NOT NULL")
    op.create_index(
        "ix_statement_correction_corrects",
        "statement_correction",
        ["association_id", "corrects"],
        postgresql_where=corrects,
        sqlite_where=corrects,
    )
    for statement in protect(op.get_bind().dialect.name, FACTS):
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_statement_correction_corrects", "statement_correction")
    op.drop_table("adjustment_event")
    op.drop_table("adjustment")
