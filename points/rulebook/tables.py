"""The rule book's tables: drafts and versions as facts, and one revision to ask after."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, String, Text

from points.db.base import tenant_index, tenant_table
from points.db.types import Document, Instant, Whole

rule_draft = tenant_table(
    "rule_draft",
    Column("draft_id", String(26), primary_key=True),
    Column("revision", Whole, primary_key=True),
    Column("programme", String(40), nullable=False),
    Column("text", Text, nullable=False),
    Column("cases", Document, nullable=False),
    Column("note", String(500), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("author", String(120), nullable=False),
    Column("saved_at", Instant, nullable=False),
    CheckConstraint("revision > 0", name="revisions_start_at_one"),
    append_only=True,
)

_OF_DRAFT = (
    ["association_id", "draft_id", "revision"],
    ["rule_draft.association_id", "rule_draft.draft_id", "rule_draft.revision"],
)

rule_draft_event = tenant_table(
    "rule_draft_event",
    Column("draft_id", String(26), primary_key=True),
    Column("sequence", Whole, primary_key=True),
    Column("step", String(10), nullable=False),
    Column("revision", Whole, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("submitted_by", String(120)),
    Column("reason", String(500), nullable=False),
    Column("detail", Document, nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_DRAFT),
    CheckConstraint("sequence > 0", name="sequences_start_at_one"),
    CheckConstraint(
        "step IN ('saved', 'submitted', 'approved', 'rejected', 'withdrawn')", name="step_known"
    ),
    CheckConstraint(
        "(step IN ('approved', 'rejected')) = (submitted_by IS NOT NULL)",
        name="decisions_say_who_submitted",
    ),
    CheckConstraint("submitted_by IS NULL OR actor <> submitted_by", name="two_people_decide"),
    append_only=True,
)

rule_draft_state = tenant_table(
    "rule_draft_state",
    Column("draft_id", String(26), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("revision", Whole, nullable=False),
    Column("sequence", Whole, nullable=False),
    ForeignKeyConstraint(*_OF_DRAFT),
    CheckConstraint(
        "state IN ('draft', 'submitted', 'approved', 'rejected', 'withdrawn')", name="state_known"
    ),
    deletable=True,
)
tenant_index("ix_rule_draft_state_state", rule_draft_state.c.state, rule_draft_state.c.draft_id)

# Its key holds no draft: whatever a lock might miss, a number is given once.
rule_version = tenant_table(
    "rule_version",
    Column("programme", String(40), primary_key=True),
    Column("version", Whole, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("cases", Document, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("draft_id", String(26), nullable=False),
    Column("revision", Whole, nullable=False),
    Column("submitted_by", String(120), nullable=False),
    Column("approved_by", String(120), nullable=False),
    Column("correction_id", String(26)),
    Column("published_at", Instant, nullable=False),
    Column("operation_id", String(200), nullable=False),
    ForeignKeyConstraint(*_OF_DRAFT),
    CheckConstraint("version > 0", name="versions_start_at_one"),
    CheckConstraint("starts_at < ends_at", name="versions_hold_for_a_while"),
    CheckConstraint("submitted_by <> approved_by", name="two_people_publish"),
    CheckConstraint(
        "published_at < starts_at OR correction_id IS NOT NULL",
        name="only_a_correction_reaches_back",
    ),
    append_only=True,
)

# Nor does this one hold a number: a version is ended once.
rule_retirement = tenant_table(
    "rule_retirement",
    Column("programme", String(40), primary_key=True),
    Column("version", Whole, primary_key=True),
    Column("ends_at", Instant, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("correction_id", String(26)),
    Column("operation_id", String(200), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["association_id", "programme", "version"],
        ["rule_version.association_id", "rule_version.programme", "rule_version.version"],
    ),
    CheckConstraint(
        "recorded_at < ends_at OR correction_id IS NOT NULL", name="nothing_ends_in_the_past"
    ),
    append_only=True,
)

rule_base = tenant_table(
    "rule_base",
    Column("sha256", String(64), primary_key=True),
    Column("programme", String(40), nullable=False),
    Column("version", Whole, nullable=False),
    Column("text", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    append_only=True,
)

rulebook = tenant_table(
    "rulebook",
    Column("revision", Whole, nullable=False),
    CheckConstraint("revision > 0", name="revisions_start_at_one"),
)
