"""expand: tills of outlets, what holds at counters, and what an event at a counter says besides.

Events that stand already name no device, no authorisation, and are not said to be out of hours.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FACTS = ("till_event", "counter_policy")
EVENT = ("device_id", "outside_hours", "authorisation_id")


def upgrade() -> None:
    # Plainly added, never by copying the tables: a copy would lose the triggers that guard them.
    op.add_column(
        "voucher_event",
        sa.Column("device_id", sa.String(80), nullable=False, server_default=""),
    )
    op.add_column(
        "voucher_event",
        sa.Column("outside_hours", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("voucher_event", sa.Column("authorisation_id", sa.String(26), nullable=True))
    op.add_column("voucher_state", sa.Column("authorisation_id", sa.String(26), nullable=True))
    op.add_column("guess_guard", sa.Column("reopened_at", kept.Instant(), nullable=True))
    _till()
    _policy()
    for statement in protect(op.get_bind().dialect.name, FACTS):
        op.execute(statement)


def _till() -> None:
    op.create_table(
        "till_event",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("outlet_id", sa.String(26), nullable=False),
        sa.Column("device_id", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_till_event_versions_start_at_one")),
        sa.ForeignKeyConstraint(
            ["association_id", "outlet_id"],
            ["outlet.association_id", "outlet.outlet_id"],
            name=op.f("fk_till_event_association_id_outlet_id"),
        ),
        sa.PrimaryKeyConstraint(
            *("association_id", "outlet_id", "device_id", "version"),
            name=op.f("pk_till_event"),
        ),
    )


def _policy() -> None:
    op.create_table(
        "counter_policy",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("partner_id", sa.String(26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hours", sa.String(8), nullable=False),
        sa.Column("operator_voids_max", sa.Integer(), nullable=False),
        sa.Column("outlet_voids_max", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_counter_policy_versions_start_at_one")),
        sa.CheckConstraint(
            "hours IN ('allow', 'flag', 'refuse')", name=op.f("ck_counter_policy_known_hours")
        ),
        sa.CheckConstraint(
            "operator_voids_max >= 0 AND outlet_voids_max >= 0",
            name=op.f("ck_counter_policy_never_below_zero"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "partner_id"],
            ["partner.association_id", "partner.partner_id"],
            name=op.f("fk_counter_policy_association_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint(
            *("association_id", "partner_id", "version"), name=op.f("pk_counter_policy")
        ),
    )


def downgrade() -> None:
    op.drop_table("counter_policy")
    op.drop_table("till_event")
    op.execute("ALTER TABLE guess_guard DROP COLUMN reopened_at")
    op.execute("ALTER TABLE voucher_state DROP COLUMN authorisation_id")
    for name in reversed(EVENT):
        op.execute(f"ALTER TABLE voucher_event DROP COLUMN {name}")
