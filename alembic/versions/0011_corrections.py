"""expand: batches of corrections, awards that a later calculation supersedes, and whom to rescore.

Awards that stand already have lost nothing to an expiry: their column says zero.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FACTS = ("correction", "correction_line", "correction_event", "correction_posting")
OF_CORRECTION = (
    ["association_id", "correction_id"],
    ["correction.association_id", "correction.correction_id"],
)


def upgrade() -> None:
    # Plainly added, never by copying the table: a copy would lose the triggers that guard it.
    op.add_column(
        "award", sa.Column("lapsed", kept.Whole, nullable=False, server_default=sa.text("0"))
    )
    if op.get_bind().dialect.name == "postgresql":
        op.create_check_constraint(op.f("ck_award_lapsed_counts_up"), "award", "lapsed >= 0")
    op.add_column("ledger_transaction", sa.Column("corrects", sa.String(26), nullable=True))
    corrected = sa.text("corrects IS NOT NULL")
    op.create_index(
        "ix_ledger_transaction_corrects",
        "ledger_transaction",
        ["association_id", "corrects"],
        postgresql_where=corrected,
        sqlite_where=corrected,
    )
    op.create_table(
        "rescoring",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("cause", sa.String(80), nullable=False),
        sa.Column("marked_at", kept.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("association_id", "member_id", name=op.f("pk_rescoring")),
    )
    _correction()
    _lines()
    _steps()
    for statement in protect(op.get_bind().dialect.name, FACTS):
        op.execute(statement)


def _correction() -> None:
    op.create_table(
        "correction",
        *_named(),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("programme", sa.String(20), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("proposed_by", sa.String(120), nullable=False),
        sa.Column("proposed_at", kept.Instant(), nullable=False),
        sa.Column("until", kept.Instant(), nullable=False),
        sa.Column("starts", kept.Instant(), nullable=False),
        sa.Column("ends", kept.Instant(), nullable=False),
        sa.Column("version", kept.Whole, nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("draft_id", sa.String(26), nullable=True),
        sa.Column("revision", kept.Whole, nullable=True),
        sa.Column("undoes", sa.String(26), nullable=True),
        sa.Column("members", kept.Whole, nullable=False),
        sa.Column("lines", kept.Whole, nullable=False),
        sa.Column("lines_sha256", sa.String(64), nullable=False),
        sa.Column("totals", kept.Document(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "undoes"],
            ["correction.association_id", "correction.correction_id"],
            name=op.f("fk_correction_association_id_undoes"),
        ),
        sa.CheckConstraint(
            "(kind = 'undo') = (undoes IS NOT NULL)",
            name=op.f("ck_correction_undoing_says_of_what"),
        ),
        sa.CheckConstraint(
            "(kind = 'replace') = (draft_id IS NOT NULL)",
            name=op.f("ck_correction_versions_have_drafts"),
        ),
        sa.CheckConstraint("starts < ends", name=op.f("ck_correction_reaches_over_some_time")),
        sa.PrimaryKeyConstraint("association_id", "correction_id", name=op.f("pk_correction")),
    )


def _lines() -> None:
    op.create_table(
        "correction_line",
        *_named(),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("activity_id", sa.String(26), nullable=False),
        sa.Column("rule_id", sa.String(40), nullable=False),
        sa.Column("measure", sa.String(40), nullable=False),
        sa.Column("occurred_at", kept.Instant(), nullable=False),
        sa.Column("old", kept.Whole, nullable=False),
        sa.Column("new", kept.Whole, nullable=False),
        sa.Column("reason", kept.Document(), nullable=False),
        _of_correction("correction_line"),
        sa.CheckConstraint("old >= 0 AND new >= 0", name=op.f("ck_correction_line_rules_grant")),
        sa.PrimaryKeyConstraint(
            *("association_id", "correction_id", "member_id", "activity_id", "rule_id", "measure"),
            name=op.f("pk_correction_line"),
        ),
    )


def _steps() -> None:
    op.create_table(
        "correction_event",
        *_named(),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("step", sa.String(10), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("proposed_by", sa.String(120), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        _of_correction("correction_event"),
        sa.CheckConstraint(
            "(number = 1 AND step IN ('approved', 'rejected', 'withdrawn'))"
            " OR (number = 2 AND step = 'done')",
            name=op.f("ck_correction_event_decided_then_done"),
        ),
        sa.CheckConstraint(
            "step = 'done' OR (step = 'withdrawn') = (actor = proposed_by)",
            name=op.f("ck_correction_event_two_people_decide"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "correction_id", "number", name=op.f("pk_correction_event")
        ),
    )
    op.create_table(
        "correction_posting",
        *_named(),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("result", sa.String(10), nullable=False),
        sa.Column("up", kept.Whole, nullable=False),
        sa.Column("down", kept.Whole, nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        _of_correction("correction_posting"),
        sa.CheckConstraint(
            "result IN ('posted', 'stale', 'failed')",
            name=op.f("ck_correction_posting_result_known"),
        ),
        sa.CheckConstraint(
            "up >= 0 AND down >= 0", name=op.f("ck_correction_posting_counted_upwards")
        ),
        sa.CheckConstraint(
            "result = 'posted' OR (up = 0 AND down = 0)",
            name=op.f("ck_correction_posting_left_out_moves_nothing"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "correction_id", "member_id", name=op.f("pk_correction_posting")
        ),
    )
    named = sa.text("member_id != ''")
    op.create_index(
        "ix_correction_posting_member",
        "correction_posting",
        ["association_id", "member_id", "correction_id"],
        postgresql_where=named,
        sqlite_where=named,
    )
    _state()


def _state() -> None:
    op.create_table(
        "correction_state",
        *_named(),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("until", kept.Instant(), nullable=False),
        _of_correction("correction_state"),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'rejected', 'withdrawn', 'done')",
            name=op.f("ck_correction_state_state_known"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "correction_id", name=op.f("pk_correction_state")
        ),
    )
    said = sa.text("state != ''")
    op.create_index(
        "ix_correction_state_state",
        "correction_state",
        ["association_id", "state", "until"],
        postgresql_where=said,
        sqlite_where=said,
    )


def _named() -> tuple[sa.Column[str], ...]:
    return (
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("correction_id", sa.String(26), nullable=False),
    )


def _of_correction(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        *OF_CORRECTION, name=op.f(f"fk_{table}_association_id_correction_id")
    )


def downgrade() -> None:
    # The function that refuses changes stays: older facts' triggers call it.
    tables = ("correction_state", *reversed(FACTS))
    for name in (*tables, "rescoring"):
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_award_lapsed_counts_up"), "award", type_="check")
    op.drop_index("ix_ledger_transaction_corrects", "ledger_transaction")
    op.execute("ALTER TABLE ledger_transaction DROP COLUMN corrects")
    op.execute("ALTER TABLE award DROP COLUMN lapsed")
