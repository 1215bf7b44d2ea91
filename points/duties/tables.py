"""The duties' tables: declared relations for ever, and the counts of the current day."""

from sqlalchemy import Boolean, CheckConstraint, Column, String

from points.db.base import tenant_table
from points.db.types import Instant, Whole

relation_event = tenant_table(
    "relation_event",
    Column("staff", String(120), primary_key=True),
    Column("member_id", String(26), primary_key=True),
    Column("version", Whole, primary_key=True),
    Column("step", String(10), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("version > 0", name="versions_start_at_one"),
    CheckConstraint("step IN ('declared', 'withdrawn')", name="step_known"),
    CheckConstraint("step <> 'withdrawn' OR actor <> staff", name="another_withdraws"),
    append_only=True,
)

relation = tenant_table(
    "relation",
    Column("staff", String(120), primary_key=True),
    Column("member_id", String(26), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("version", Whole, nullable=False),
    Column("active", Boolean, nullable=False),
    deletable=True,
)

# One row a holder and quota, not a day: it is there to be locked before the day is known.
quota_use = tenant_table(
    "quota_use",
    Column("holder", String(160), primary_key=True),
    Column("quota", String(20), primary_key=True),
    Column("day", String(10), nullable=False),
    Column("used", Whole, nullable=False),
    CheckConstraint("used > 0", name="counts_something"),
    postgresql_with={"fillfactor": 70},
    deletable=True,
)
