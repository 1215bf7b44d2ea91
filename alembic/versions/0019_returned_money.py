"""expand: numbers of documents on funding entries, and money that goes back by two people.

Entries that stand already have no number: their column is empty.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FACTS = ("pool_return", "pool_return_event")


def upgrade() -> None:
    # Plainly added, never by copying the table: a copy would lose the triggers that guard it.
    op.add_column(
        "pool_entry",
        sa.Column("document", sa.String(80), nullable=False, server_default=sa.text("''")),
    )
    _index("ix_pool_entry_programme", "pool_entry", "entry_id")
    op.create_table(
        "pool_return",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("return_id", sa.String(26), nullable=False),
        sa.Column("programme", sa.String(40), nullable=False),
        sa.Column("amount_fen", kept.Whole, nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("document", sa.String(80), nullable=False),
        sa.Column("proposed_by", sa.String(120), nullable=False),
        sa.Column("proposed_at", kept.Instant(), nullable=False),
        sa.Column("until", kept.Instant(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_pool_return_gives_back")),
        sa.PrimaryKeyConstraint("association_id", "return_id", name=op.f("pk_pool_return")),
    )
    _index("ix_pool_return_programme", "pool_return", "return_id")
    op.create_table(
        "pool_return_event",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("return_id", sa.String(26), nullable=False),
        sa.Column("step", sa.String(10), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("proposed_by", sa.String(120), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "return_id"],
            ["pool_return.association_id", "pool_return.return_id"],
            name=op.f("fk_pool_return_event_association_id_return_id"),
        ),
        sa.CheckConstraint(
            "step IN ('approved', 'rejected', 'withdrawn')",
            name=op.f("ck_pool_return_event_step_known"),
        ),
        sa.CheckConstraint(
            "(step = 'withdrawn') = (actor = proposed_by)",
            name=op.f("ck_pool_return_event_two_people_decide"),
        ),
        sa.PrimaryKeyConstraint("association_id", "return_id", name=op.f("pk_pool_return_event")),
    )
    for statement in protect(op.get_bind().dialect.name, FACTS):
        op.execute(statement)


def _index(name: str, table: str, last: str) -> None:
    said = sa.text("programme <> ''")
    op.create_index(
        name,
        table,
        ["association_id", "programme", last],
        postgresql_where=said,
        sqlite_where=said,
    )


def downgrade() -> None:
    op.drop_table("pool_return_event")
    op.drop_table("pool_return")
    op.drop_index("ix_pool_entry_programme", "pool_entry")
    op.execute("ALTER TABLE pool_entry DROP COLUMN document")
