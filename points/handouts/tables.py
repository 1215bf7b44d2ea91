"""The handouts' tables: facts for ever, and where each stands."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    SmallInteger,
    String,
)

from points.db.base import tenant_index, tenant_table
from points.db.types import Instant, Whole

handout = tenant_table(
    "handout",
    Column("handout_id", String(26), primary_key=True),
    Column("reward_id", String(26), nullable=False),
    Column("reward_version", Whole, nullable=False),
    Column("programme", String(20), nullable=False),
    Column("outlet_id", String(26)),
    Column("mode", String(10), nullable=False),
    Column("note", String(500), nullable=False),
    Column("source", String(500), nullable=False),
    Column("members", Whole, nullable=False),
    Column("members_sha256", String(64), nullable=False),
    Column("cost_fen", Whole, nullable=False),
    Column("proposed_by", String(120), nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    CheckConstraint("members > 0 AND cost_fen >= 0", name="for_somebody"),
    CheckConstraint("mode IN ('phone', 'paper')", name="mode_known"),
    append_only=True,
)

_OF_HANDOUT = (["association_id", "handout_id"], ["handout.association_id", "handout.handout_id"])

handout_member = tenant_table(
    "handout_member",
    Column("handout_id", String(26), primary_key=True),
    Column("member_id", String(26), primary_key=True),
    ForeignKeyConstraint(*_OF_HANDOUT),
    append_only=True,
)
tenant_index("ix_handout_member_member", handout_member.c.member_id, handout_member.c.handout_id)

# Decided once, done once: the key holds the number of the step, whatever a lock might miss.
handout_event = tenant_table(
    "handout_event",
    Column("handout_id", String(26), primary_key=True),
    Column("number", SmallInteger, primary_key=True),
    Column("step", String(10), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("proposed_by", String(120), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("freed_fen", Whole, nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_HANDOUT),
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

# One row a member and handout: whoever starts over gives nobody a second voucher.
handout_result = tenant_table(
    "handout_result",
    Column("handout_id", String(26), primary_key=True),
    Column("member_id", String(26), primary_key=True),
    Column("result", String(10), nullable=False),
    Column("code", String(40), nullable=False),
    Column("voucher_id", String(26)),
    Column("operation_id", String(200), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["association_id", "handout_id", "member_id"],
        [
            "handout_member.association_id",
            "handout_member.handout_id",
            "handout_member.member_id",
        ],
    ),
    CheckConstraint("(result = 'issued') = (voucher_id IS NOT NULL)", name="issued_is_a_voucher"),
    CheckConstraint("(result = 'refused') = (code <> '')", name="refused_says_why"),
    append_only=True,
)

handout_printing = tenant_table(
    "handout_printing",
    Column("handout_id", String(26), primary_key=True),
    Column("actor", String(120), nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_HANDOUT),
    append_only=True,
)

handout_state = tenant_table(
    "handout_state",
    Column("handout_id", String(26), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("until", Instant, nullable=False),
    Column("issued", Whole, nullable=False),
    Column("refused", Whole, nullable=False),
    Column("reserved_fen", Whole, nullable=False),
    Column("printed", Boolean, nullable=False),
    ForeignKeyConstraint(*_OF_HANDOUT),
    CheckConstraint(
        "state IN ('proposed', 'approved', 'rejected', 'withdrawn', 'done')", name="state_known"
    ),
    CheckConstraint("issued >= 0 AND refused >= 0 AND reserved_fen >= 0", name="never_below_zero"),
    deletable=True,
)
tenant_index("ix_handout_state_state", handout_state.c.state, handout_state.c.handout_id)
