"""The wishes' tables: their steps for ever, and where each one stands."""

from sqlalchemy import Boolean, CheckConstraint, Column, String

from points.db.base import tenant_table
from points.db.types import Instant, Whole

wish_event = tenant_table(
    "wish_event",
    Column("member_id", String(26), primary_key=True),
    Column("reward_id", String(26), primary_key=True),
    Column("version", Whole, primary_key=True),
    Column("step", String(12), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("version > 0", name="versions_start_at_one"),
    CheckConstraint(
        "step IN ('added', 'removed', 'affordable', 'unaffordable')", name="step_known"
    ),
    append_only=True,
)

wish = tenant_table(
    "wish",
    Column("member_id", String(26), primary_key=True),
    Column("reward_id", String(26), primary_key=True),
    Column("version", Whole, nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("affordable", Boolean, nullable=False),
    Column("since", Instant, nullable=False),
    CheckConstraint("listed OR NOT affordable", name="only_listed_ones_are_within_reach"),
    postgresql_with={"fillfactor": 80},
    deletable=True,
)
