"""The adjustments' tables: what was proposed and what ended it, both for ever."""

from sqlalchemy import CheckConstraint, Column, Integer, String

from points.db.base import tenant_index, tenant_table
from points.db.two_people import ending_table
from points.db.types import Instant, Whole

adjustment = tenant_table(
    "adjustment",
    Column("adjustment_id", String(26), primary_key=True),
    Column("partner_id", String(26), nullable=False),
    Column("number", Integer, nullable=False),
    Column("programme", String(40), nullable=False),
    Column("outlet_id", String(26)),
    Column("amount_fen", Whole, nullable=False),
    Column("capture_id", String(26)),
    Column("request_no", String(80), nullable=False),
    Column("reason", String(20), nullable=False),
    Column("note", String(500), nullable=False),
    Column("document", String(80), nullable=False),
    Column("proposed_by", String(120), nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    CheckConstraint("amount_fen <> 0", name="changes_an_amount"),
    CheckConstraint("number > 0", name="numbers_start_at_one"),
    CheckConstraint("(capture_id IS NULL) = (request_no = '')", name="captures_are_numbered"),
    append_only=True,
)
# Gapless per partner; two that are proposed at once would collide here.
tenant_index("uq_adjustment_number", adjustment.c.partner_id, adjustment.c.number, unique=True)

adjustment_event = ending_table("adjustment_event", adjustment, "adjustment_id")
