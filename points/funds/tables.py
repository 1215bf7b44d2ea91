"""The returns' tables: what was asked for and what ended it, both for ever."""

from sqlalchemy import CheckConstraint, Column, String

from points.db.base import tenant_index, tenant_table
from points.db.two_people import ending_table
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

pool_return_event = ending_table("pool_return_event", pool_return, "return_id")
