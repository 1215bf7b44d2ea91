"""expand: drafts of rules, published versions, and the revision of each association's rule book.

Awards that were scored before name rule sets of the folder; these are kept when they score next.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FACTS = ("rule_draft", "rule_draft_event", "rule_version", "rule_retirement", "rule_base")
STEPS = "'saved', 'submitted', 'approved', 'rejected', 'withdrawn'"
STATES = "'draft', 'submitted', 'approved', 'rejected', 'withdrawn'"
LEADS = sa.text("state <> ''")


def upgrade() -> None:
    _drafts()
    _versions()
    for statement in protect(op.get_bind().dialect.name, FACTS):
        op.execute(statement)


def _association() -> sa.Column[str]:
    return sa.Column("association_id", sa.String(40), nullable=False)


def _of_draft(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["association_id", "draft_id", "revision"],
        ["rule_draft.association_id", "rule_draft.draft_id", "rule_draft.revision"],
        name=op.f(f"fk_{table}_association_id_draft_id_revision"),
    )


def _drafts() -> None:
    op.create_table(
        "rule_draft",
        _association(),
        sa.Column("draft_id", sa.String(26), nullable=False),
        sa.Column("revision", kept.Whole, nullable=False),
        sa.Column("programme", sa.String(40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("cases", kept.Document(), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("author", sa.String(120), nullable=False),
        sa.Column("saved_at", kept.Instant(), nullable=False),
        sa.CheckConstraint("revision > 0", name=op.f("ck_rule_draft_revisions_start_at_one")),
        sa.PrimaryKeyConstraint(
            "association_id", "draft_id", "revision", name=op.f("pk_rule_draft")
        ),
    )
    op.create_table(
        "rule_draft_event",
        _association(),
        sa.Column("draft_id", sa.String(26), nullable=False),
        sa.Column("sequence", kept.Whole, nullable=False),
        sa.Column("step", sa.String(10), nullable=False),
        sa.Column("revision", kept.Whole, nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("submitted_by", sa.String(120), nullable=True),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("detail", kept.Document(), nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        _of_draft("rule_draft_event"),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_rule_draft_event_sequences_start_at_one")),
        sa.CheckConstraint(f"step IN ({STEPS})", name=op.f("ck_rule_draft_event_step_known")),
        sa.CheckConstraint(
            "(step IN ('approved', 'rejected')) = (submitted_by IS NOT NULL)",
            name=op.f("ck_rule_draft_event_decisions_say_who_submitted"),
        ),
        sa.CheckConstraint(
            "submitted_by IS NULL OR actor <> submitted_by",
            name=op.f("ck_rule_draft_event_two_people_decide"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "draft_id", "sequence", name=op.f("pk_rule_draft_event")
        ),
    )
    op.create_table(
        "rule_draft_state",
        _association(),
        sa.Column("draft_id", sa.String(26), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("revision", kept.Whole, nullable=False),
        sa.Column("sequence", kept.Whole, nullable=False),
        _of_draft("rule_draft_state"),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_rule_draft_state_state_known")),
        sa.PrimaryKeyConstraint("association_id", "draft_id", name=op.f("pk_rule_draft_state")),
    )
    op.create_index(
        "ix_rule_draft_state_state",
        "rule_draft_state",
        ["association_id", "state", "draft_id"],
        postgresql_where=LEADS,
        sqlite_where=LEADS,
    )


def _versions() -> None:
    op.create_table(
        "rule_version",
        _association(),
        sa.Column("programme", sa.String(40), nullable=False),
        sa.Column("version", kept.Whole, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("cases", kept.Document(), nullable=False),
        sa.Column("starts_at", kept.Instant(), nullable=False),
        sa.Column("ends_at", kept.Instant(), nullable=False),
        sa.Column("draft_id", sa.String(26), nullable=False),
        sa.Column("revision", kept.Whole, nullable=False),
        sa.Column("submitted_by", sa.String(120), nullable=False),
        sa.Column("approved_by", sa.String(120), nullable=False),
        sa.Column("correction_id", sa.String(26), nullable=True),
        sa.Column("published_at", kept.Instant(), nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        _of_draft("rule_version"),
        sa.CheckConstraint("version > 0", name=op.f("ck_rule_version_versions_start_at_one")),
        sa.CheckConstraint(
            "starts_at < ends_at", name=op.f("ck_rule_version_versions_hold_for_a_while")
        ),
        sa.CheckConstraint(
            "submitted_by <> approved_by", name=op.f("ck_rule_version_two_people_publish")
        ),
        sa.CheckConstraint(
            "published_at < starts_at OR correction_id IS NOT NULL",
            name=op.f("ck_rule_version_only_a_correction_reaches_back"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "programme", "version", name=op.f("pk_rule_version")
        ),
    )
    op.create_table(
        "rule_retirement",
        _association(),
        sa.Column("programme", sa.String(40), nullable=False),
        sa.Column("version", kept.Whole, nullable=False),
        sa.Column("ends_at", kept.Instant(), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("correction_id", sa.String(26), nullable=True),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "programme", "version"],
            ["rule_version.association_id", "rule_version.programme", "rule_version.version"],
            name=op.f("fk_rule_retirement_association_id_programme_version"),
        ),
        sa.CheckConstraint(
            "recorded_at < ends_at OR correction_id IS NOT NULL",
            name=op.f("ck_rule_retirement_nothing_ends_in_the_past"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "programme", "version", name=op.f("pk_rule_retirement")
        ),
    )
    op.create_table(
        "rule_base",
        _association(),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("programme", sa.String(40), nullable=False),
        sa.Column("version", kept.Whole, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("association_id", "sha256", name=op.f("pk_rule_base")),
    )
    op.create_table(
        "rulebook",
        _association(),
        sa.Column("revision", kept.Whole, nullable=False),
        sa.CheckConstraint("revision > 0", name=op.f("ck_rulebook_revisions_start_at_one")),
        sa.PrimaryKeyConstraint("association_id", name=op.f("pk_rulebook")),
    )


def downgrade() -> None:
    # The function that refuses changes stays: older facts' triggers call it.
    for name in (
        *("rulebook", "rule_base", "rule_retirement", "rule_version"),
        *("rule_draft_state", "rule_draft_event", "rule_draft"),
    ):
        op.drop_table(name)
