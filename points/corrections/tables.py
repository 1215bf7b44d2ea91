"""The corrections' tables: facts for ever, and where each batch stands."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, SmallInteger, String

from points.db.base import tenant_index, tenant_table
from points.db.types import Document, Instant, Whole

correction = tenant_table(
    "correction",
    Column("correction_id", String(26), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("programme", String(20), nullable=False),
    Column("note", String(500), nullable=False),
    Column("proposed_by", String(120), nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("starts", Instant, nullable=False),
    Column("ends", Instant, nullable=False),
    Column("version", Whole),
    Column("sha256", String(64)),
    Column("draft_id", String(26)),
    Column("revision", Whole),
    Column("undoes", String(26)),
    Column("members", Whole, nullable=False),
    Column("lines", Whole, nullable=False),
    Column("lines_sha256", String(64), nullable=False),
    Column("totals", Document, nullable=False),
    ForeignKeyConstraint(
        ["association_id", "undoes"],
        ["correction.association_id", "correction.correction_id"],
    ),
    CheckConstraint("(kind = 'undo') = (undoes IS NOT NULL)", name="undoing_says_of_what"),
    CheckConstraint("(kind = 'replace') = (draft_id IS NOT NULL)", name="versions_have_drafts"),
    CheckConstraint("starts < ends", name="reaches_over_some_time"),
    append_only=True,
)

_OF_CORRECTION = (
    ["association_id", "correction_id"],
    ["correction.association_id", "correction.correction_id"],
)

correction_line = tenant_table(
    "correction_line",
    Column("correction_id", String(26), primary_key=True),
    Column("member_id", String(26), primary_key=True),
    Column("activity_id", String(26), primary_key=True),
    Column("rule_id", String(40), primary_key=True),
    Column("measure", String(40), primary_key=True),
    Column("occurred_at", Instant, nullable=False),
    Column("old", Whole, nullable=False),
    Column("new", Whole, nullable=False),
    Column("reason", Document, nullable=False),
    ForeignKeyConstraint(*_OF_CORRECTION),
    CheckConstraint("old >= 0 AND new >= 0", name="rules_grant"),
    append_only=True,
)

# Decided once, done once: the key holds the number of the step, whatever a lock might miss.
correction_event = tenant_table(
    "correction_event",
    Column("correction_id", String(26), primary_key=True),
    Column("number", SmallInteger, primary_key=True),
    Column("step", String(10), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("proposed_by", String(120), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_CORRECTION),
    CheckConstraint(
        "(number = 1 AND step IN ('approved', 'rejected', 'withdrawn'))"
        " OR (number = 2 AND step = 'done')",
        name="decided_then_done",
    ),
    CheckConstraint(
        "step = 'done' OR (step = 'withdrawn') = (actor = proposed_by)", name="two_people_decide"
    ),
    append_only=True,
)

correction_posting = tenant_table(
    "correction_posting",
    Column("correction_id", String(26), primary_key=True),
    Column("member_id", String(26), primary_key=True),
    Column("result", String(10), nullable=False),
    Column("up", Whole, nullable=False),
    Column("down", Whole, nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_CORRECTION),
    CheckConstraint("result IN ('posted', 'stale', 'failed')", name="result_known"),
    CheckConstraint("up >= 0 AND down >= 0", name="counted_upwards"),
    CheckConstraint("result = 'posted' OR (up = 0 AND down = 0)", name="left_out_moves_nothing"),
    append_only=True,
)

tenant_index(
    "ix_correction_posting_member",
    correction_posting.c.member_id,
    correction_posting.c.correction_id,
)

correction_state = tenant_table(
    "correction_state",
    Column("correction_id", String(26), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("until", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_CORRECTION),
    CheckConstraint(
        "state IN ('proposed', 'approved', 'rejected', 'withdrawn', 'done')", name="state_known"
    ),
    deletable=True,
)
tenant_index("ix_correction_state_state", correction_state.c.state, correction_state.c.until)
