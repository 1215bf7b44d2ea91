"""expand: shared counts, points put off, effects of rules, kinds of day, peers, vetoed ratings.

Activities that stand already do not say what kind of day it was, nor whether their source was
proved: nothing is known of it, and rules go by the published calendar and the source's name.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FACTS = ("deferral", "deferral_end", "rule_effect")


def upgrade() -> None:
    # Plainly added, never by copying the table: a copy would lose the triggers that guard it.
    op.add_column("activity", sa.Column("day_kind", sa.String(8), nullable=True))
    op.add_column("activity", sa.Column("proved", sa.Boolean(), nullable=True))
    op.add_column("rating_close", sa.Column("vetoed_by", sa.String(40), nullable=True))
    op.add_column(
        "claim",
        sa.Column("peers", kept.Document(), nullable=False, server_default=sa.text("'[]'")),
    )
    op.add_column(
        "proposal",
        sa.Column("peers", kept.Document(), nullable=False, server_default=sa.text("'[]'")),
    )
    _shared_usage()
    _deferral()
    _effect()
    for statement in protect(op.get_bind().dialect.name, FACTS):
        op.execute(statement)


def _shared_usage() -> None:
    spelled = "holder || '|' || cap || '|' || measure || '|' || window_key"
    op.create_table(
        "shared_usage",
        _association(),
        sa.Column("holder", sa.String(140), nullable=False),
        sa.Column("measure", sa.String(40), nullable=False),
        sa.Column("cap", sa.String(80), nullable=False),
        sa.Column("window_key", sa.String(120), nullable=False),
        sa.Column("points", kept.Whole, nullable=False),
        sa.Column("times", kept.Whole, nullable=False),
        sa.Column("use_key", sa.String(400), sa.Computed(spelled, persisted=True), nullable=True),
        sa.CheckConstraint(
            "points >= 0 AND times >= 0", name=op.f("ck_shared_usage_never_below_zero")
        ),
        sa.PrimaryKeyConstraint(
            *("association_id", "holder", "measure", "cap", "window_key"),
            name=op.f("pk_shared_usage"),
        ),
        postgresql_with={"fillfactor": 50},
    )
    _index("ix_shared_usage_key", "shared_usage", "use_key")


def _deferral() -> None:
    op.create_table(
        "deferral",
        _association(),
        sa.Column("deferral_id", sa.String(80), nullable=False),
        sa.Column("activity_id", sa.String(26), nullable=False),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("programme", sa.String(20), nullable=False),
        sa.Column("rule_id", sa.String(40), nullable=False),
        sa.Column("measure", sa.String(40), nullable=False),
        sa.Column("points", kept.Whole, nullable=False),
        sa.Column("due_at", kept.Instant(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("ruleset_version", kept.Whole, nullable=False),
        sa.Column("ruleset_sha256", sa.String(64), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        _of_activity("deferral"),
        sa.CheckConstraint("points > 0 AND round > 0", name=op.f("ck_deferral_puts_points_off")),
        sa.PrimaryKeyConstraint("association_id", "deferral_id", name=op.f("pk_deferral")),
    )
    _index("ix_deferral_activity", "deferral", "activity_id", "deferral_id")
    _index("ix_deferral_member", "deferral", "member_id", "deferral_id")
    op.create_table(
        "deferral_end",
        _association(),
        sa.Column("deferral_id", sa.String(80), nullable=False),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("points", kept.Whole, nullable=False),
        sa.Column("transaction_id", sa.String(26), nullable=True),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        _of_deferral("deferral_end"),
        sa.CheckConstraint(
            "outcome IN ('resumed', 'taken_back')", name=op.f("ck_deferral_end_outcome_known")
        ),
        sa.CheckConstraint("points >= 0", name=op.f("ck_deferral_end_grants")),
        sa.PrimaryKeyConstraint("association_id", "deferral_id", name=op.f("pk_deferral_end")),
    )
    op.create_table(
        "open_deferral",
        _association(),
        sa.Column("deferral_id", sa.String(80), nullable=False),
        sa.Column("due_at", kept.Instant(), nullable=False),
        _of_deferral("open_deferral"),
        sa.PrimaryKeyConstraint("association_id", "deferral_id", name=op.f("pk_open_deferral")),
    )
    said = sa.text("deferral_id != ''")
    op.create_index(
        "ix_open_deferral_due",
        "open_deferral",
        ["association_id", "due_at", "deferral_id"],
        postgresql_where=said,
        sqlite_where=said,
    )


def _effect() -> None:
    op.create_table(
        "rule_effect",
        _association(),
        sa.Column("activity_id", sa.String(26), nullable=False),
        sa.Column("rule_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("programme", sa.String(20), nullable=False),
        sa.Column("measure", sa.String(40), nullable=False),
        sa.Column("occurred_at", kept.Instant(), nullable=False),
        sa.Column("ruleset_version", kept.Whole, nullable=False),
        sa.Column("ruleset_sha256", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("froze", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        _of_activity("rule_effect"),
        sa.CheckConstraint("kind IN ('veto', 'freeze')", name=op.f("ck_rule_effect_kind_known")),
        sa.PrimaryKeyConstraint(
            "association_id", "activity_id", "rule_id", name=op.f("pk_rule_effect")
        ),
    )
    _index("ix_rule_effect_member", "rule_effect", "member_id", "occurred_at")


def _association() -> sa.Column[str]:
    return sa.Column("association_id", sa.String(40), nullable=False)


def _of_activity(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["association_id", "activity_id"],
        ["activity.association_id", "activity.activity_id"],
        name=op.f(f"fk_{table}_association_id_activity_id"),
    )


def _of_deferral(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["association_id", "deferral_id"],
        ["deferral.association_id", "deferral.deferral_id"],
        name=op.f(f"fk_{table}_association_id_deferral_id"),
    )


def _index(name: str, table: str, leading: str, *columns: str) -> None:
    said = sa.text(f"{leading} != ''")
    op.create_index(
        name,
        table,
        ["association_id", leading, *columns],
        postgresql_where=said,
        sqlite_where=said,
    )


def downgrade() -> None:
    # The function that refuses changes stays: older facts' triggers call it.
    for name in ("rule_effect", "open_deferral", "deferral_end", "deferral", "shared_usage"):
        op.drop_table(name)
    op.drop_column("proposal", "peers")
    op.drop_column("claim", "peers")
    op.drop_column("rating_close", "vetoed_by")
    op.drop_column("activity", "proved")
    op.drop_column("activity", "day_kind")
