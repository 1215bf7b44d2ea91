"""The returns' tables: what was asked for and what ended it, both for ever."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, String

from points.db.base import tenant_index, tenant_table
from points.db.types import Instant, Whole

pool_return = tenant_table(
    "pool_return",
    Column("return_id", String(26), primary_key=True),
    Column("programme", String(40), nullable=False),
    Column("amount_fen", Whole, nullable=False),
    Column("source", String(20), nullable=False),
    Column("note", String(500), nullable=False),
    Column("document", String(80), nullable=False),
    Column("proposed_by", String(120), nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    CheckConstraint("amount_fen > 0", name="gives_back"),
    append_only=True,
)
tenant_index("ix_pool_return_programme", pool_return.c.programme, pool_return.c.return_id)

# Its key holds no version: a return ends once, whatever a lock might miss.
pool_return_event = tenant_table(
    "pool_return_event",
    Column("return_id", String(26), primary_key=True),
    Column("step", String(10), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("proposed_by", String(120), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["association_id", "return_id"], ["pool_return.association_id", "pool_return.return_id"]
    ),
    CheckConstraint("step IN ('approved', 'rejected', 'withdrawn')", name="step_known"),
    CheckConstraint("(step = 'withdrawn') = (actor = proposed_by)", name="two_people_decide"),
    append_only=True,
)
