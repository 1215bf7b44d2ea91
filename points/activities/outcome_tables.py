"""Tables of what scoring leads to besides awards: shared counts, points put off, effects."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
)

from points.db.base import tenant_index, tenant_table
from points.db.types import Instant, Whole

_OF_ACTIVITY = (
    ["association_id", "activity_id"],
    ["activity.association_id", "activity.activity_id"],
)
_OF_DEFERRAL = (
    ["association_id", "deferral_id"],
    ["deferral.association_id", "deferral.deferral_id"],
)

# What a branch or a programme has used of a cap that its members share. A table of its own: these
# rows are locked one by one, late, while a member's own are under the member's lock.
shared_usage = tenant_table(
    "shared_usage",
    Column("holder", String(140), primary_key=True),
    Column("measure", String(40), primary_key=True),
    Column("cap", String(80), primary_key=True),
    Column("window_key", String(120), primary_key=True),
    Column("points", Whole, nullable=False),
    Column("times", Whole, nullable=False),
    Column(
        "use_key",
        String(400),
        Computed("holder || '|' || cap || '|' || measure || '|' || window_key", persisted=True),
    ),
    CheckConstraint("points >= 0 AND times >= 0", name="never_below_zero"),
    postgresql_with={"fillfactor": 50},
    deletable=True,
)
tenant_index("ix_shared_usage_key", shared_usage.c.use_key)

# Points that a cap put off until its next window opens; what became of them stands in the end.
deferral = tenant_table(
    "deferral",
    Column("deferral_id", String(80), primary_key=True),
    Column("activity_id", String(26), nullable=False),
    Column("member_id", String(26), nullable=False),
    Column("programme", String(20), nullable=False),
    Column("rule_id", String(40), nullable=False),
    Column("measure", String(40), nullable=False),
    Column("points", Whole, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("round", SmallInteger, nullable=False),
    Column("ruleset_version", Whole, nullable=False),
    Column("ruleset_sha256", String(64), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_ACTIVITY),
    CheckConstraint("points > 0 AND round > 0", name="puts_points_off"),
    append_only=True,
)
tenant_index("ix_deferral_activity", deferral.c.activity_id, deferral.c.deferral_id)
tenant_index("ix_deferral_member", deferral.c.member_id, deferral.c.deferral_id)

deferral_end = tenant_table(
    "deferral_end",
    Column("deferral_id", String(80), primary_key=True),
    Column("outcome", String(12), nullable=False),
    Column("points", Whole, nullable=False),
    Column("transaction_id", String(26)),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_DEFERRAL),
    CheckConstraint("outcome IN ('resumed', 'taken_back')", name="outcome_known"),
    CheckConstraint("points >= 0", name="grants"),
    append_only=True,
)

open_deferral = tenant_table(
    "open_deferral",
    Column("deferral_id", String(80), primary_key=True),
    Column("due_at", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_DEFERRAL),
    deletable=True,
)
IS_OPEN = open_deferral.c.deferral_id != ""
Index(
    "ix_open_deferral_due",
    open_deferral.c.association_id,
    open_deferral.c.due_at,
    open_deferral.c.deferral_id,
    postgresql_where=IS_OPEN,
    sqlite_where=IS_OPEN,
)

# What a rule did besides points. It stands for as long as its activity does.
rule_effect = tenant_table(
    "rule_effect",
    Column("activity_id", String(26), primary_key=True),
    Column("rule_id", String(40), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("member_id", String(26), nullable=False),
    Column("programme", String(20), nullable=False),
    Column("measure", String(40), nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("ruleset_version", Whole, nullable=False),
    Column("ruleset_sha256", String(64), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("froze", Boolean, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_ACTIVITY),
    CheckConstraint("kind IN ('veto', 'freeze')", name="kind_known"),
    append_only=True,
)
tenant_index("ix_rule_effect_member", rule_effect.c.member_id, rule_effect.c.occurred_at)
