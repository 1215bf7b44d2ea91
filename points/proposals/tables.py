"""The proposals' tables: facts for ever, and where each one stands."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, String, text

from points.db.base import tenant_index, tenant_table
from points.db.types import Document, Instant, Whole

proposal = tenant_table(
    "proposal",
    Column("proposal_id", String(26), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("member_id", String(26), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("note", String(500), nullable=False),
    Column("proposed_by", String(120), nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("measure", String(40)),
    Column("points", Whole),
    Column("expires_at", Instant),
    Column("activity_id", String(26)),
    Column("transactions", Document, nullable=False),
    Column("peers", Document, nullable=False, server_default=text("'[]'")),
    # Of a correction: which activity, and what it should have said.
    Column("supersedes", String(26)),
    Column("type", String(60)),
    Column("occurred_at", Instant),
    Column("ended_at", Instant),
    Column("fields", Document),
    # Of a donation that is to be given back.
    Column("donation_id", String(26)),
    CheckConstraint("(kind = 'grant') = (points IS NOT NULL)", name="grants_say_how_much"),
    CheckConstraint("points IS NULL OR points > 0", name="grants_give"),
    CheckConstraint("(kind = 'reverse') = (activity_id IS NOT NULL)", name="reversals_say_of_what"),
    CheckConstraint(
        "(kind = 'correct') = (supersedes IS NOT NULL)", name="corrections_say_of_what"
    ),
    CheckConstraint(
        "supersedes IS NULL OR (type IS NOT NULL AND occurred_at IS NOT NULL"
        " AND fields IS NOT NULL)",
        name="corrections_say_what_is_right",
    ),
    CheckConstraint("(kind = 'return') = (donation_id IS NOT NULL)", name="returns_say_of_what"),
    append_only=True,
)

_OF_PROPOSAL = (
    ["association_id", "proposal_id"],
    ["proposal.association_id", "proposal.proposal_id"],
)

# Its key holds no version: a proposal ends once, whatever a lock might miss.
proposal_event = tenant_table(
    "proposal_event",
    Column("proposal_id", String(26), primary_key=True),
    Column("step", String(10), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("proposed_by", String(120), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_PROPOSAL),
    CheckConstraint("step IN ('approved', 'rejected', 'withdrawn')", name="step_known"),
    CheckConstraint("(step = 'withdrawn') = (actor = proposed_by)", name="two_people_decide"),
    append_only=True,
)

proposal_state = tenant_table(
    "proposal_state",
    Column("proposal_id", String(26), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("until", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_PROPOSAL),
    CheckConstraint(
        "state IN ('proposed', 'approved', 'rejected', 'withdrawn')", name="state_known"
    ),
    deletable=True,
)
tenant_index("ix_proposal_state_state", proposal_state.c.state, proposal_state.c.proposal_id)
