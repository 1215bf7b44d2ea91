"""expand: operators of outlets log in with a PIN at a till.

Operators that were registered before stand as added and active; they choose a PIN once their
office has reset them.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OF_OPERATOR = (
    ["association_id", "outlet_id", "operator_id"],
    ["operator.association_id", "operator.outlet_id", "operator.operator_id"],
)


def upgrade() -> None:
    _tables()
    # Facts that stand already: their first event says when each was registered.
    op.execute(
        "INSERT INTO operator_event (association_id, outlet_id, operator_id, version, change,"
        " actor, active, recorded_at)"
        " SELECT association_id, outlet_id, operator_id, 1, 'added', 'system:migration', true,"
        " added_at FROM operator"
    )
    op.execute(
        "INSERT INTO operator_state (association_id, outlet_id, operator_id, version, active)"
        " SELECT association_id, outlet_id, operator_id, 1, true FROM operator"
    )
    with op.batch_alter_table("session") as session:
        session.add_column(sa.Column("till_key", sa.String(26), nullable=True))
    for statement in protect(op.get_bind().dialect.name, ("operator_event",)):
        op.execute(statement)


def _tables() -> None:
    op.create_table(
        "operator_event",
        *_seat(),
        sa.Column("version", kept.Whole, nullable=False),
        sa.Column("change", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            *OF_OPERATOR,
            name=op.f("fk_operator_event_association_id_outlet_id_operator_id"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_operator_event_versions_start_at_one")),
        sa.PrimaryKeyConstraint(
            "association_id",
            "outlet_id",
            "operator_id",
            "version",
            name=op.f("pk_operator_event"),
        ),
    )
    op.create_table(
        "operator_state",
        *_seat(),
        sa.Column("version", kept.Whole, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            *OF_OPERATOR,
            name=op.f("fk_operator_state_association_id_outlet_id_operator_id"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "outlet_id", "operator_id", name=op.f("pk_operator_state")
        ),
    )
    op.create_table(
        "operator_credential",
        *_seat(),
        sa.Column("pin_hash", sa.String(200), nullable=True),
        sa.Column("set_up_hash", sa.String(64), nullable=True),
        sa.Column("set_up_until", kept.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            *OF_OPERATOR,
            name=op.f("fk_operator_credential_association_id_outlet_id_operator_id"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "outlet_id", "operator_id", name=op.f("pk_operator_credential")
        ),
    )


def _seat() -> tuple[sa.Column[str], ...]:
    return (
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("outlet_id", sa.String(26), nullable=False),
        sa.Column("operator_id", sa.String(60), nullable=False),
    )


def downgrade() -> None:
    # The function that refuses changes stays: older facts' triggers call it.
    with op.batch_alter_table("session") as session:
        session.drop_column("till_key")
    for name in ("operator_credential", "operator_state", "operator_event"):
        op.drop_table(name)
