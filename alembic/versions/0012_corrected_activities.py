"""expand: activities that take another's place, and proposals to correct one.

Activities and proposals that stand already are neither: their columns say nothing.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SAYS_WHAT = (
    "supersedes IS NULL OR (type IS NOT NULL AND occurred_at IS NOT NULL AND fields IS NOT NULL)"
)
SAYS_OF_WHAT = (
    "(supersedes IS NULL) = (said_by IS NULL) AND (supersedes IS NULL) = (first IS NULL)"
    " AND (supersedes IS NULL) = (counts_from IS NULL)"
)
CHECKS = (
    ("activity", "corrections_say_of_what", SAYS_OF_WHAT),
    (
        "proposal",
        "corrections_say_of_what",
        "(kind = 'correct') = (supersedes IS NOT NULL)",
    ),
    (
        "proposal",
        "corrections_say_what_is_right",
        SAYS_WHAT,
    ),
)


def upgrade() -> None:
    # Plainly added, never by copying the tables: a copy would lose the triggers that guard them.
    op.add_column("activity", sa.Column("supersedes", sa.String(26), nullable=True))
    op.add_column("activity", sa.Column("said_by", sa.String(40), nullable=True))
    op.add_column("activity", sa.Column("first", sa.String(26), nullable=True))
    op.add_column("activity", sa.Column("counts_from", kept.Instant(), nullable=True))
    op.add_column("proposal", sa.Column("supersedes", sa.String(26), nullable=True))
    op.add_column("proposal", sa.Column("type", sa.String(60), nullable=True))
    op.add_column("proposal", sa.Column("occurred_at", kept.Instant(), nullable=True))
    op.add_column("proposal", sa.Column("ended_at", kept.Instant(), nullable=True))
    op.add_column("proposal", sa.Column("fields", kept.Document(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        for table, name, condition in CHECKS:
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    superseding = sa.text("supersedes IS NOT NULL")
    op.create_index(
        "uq_activity_supersedes",
        "activity",
        ["association_id", "supersedes"],
        unique=True,
        postgresql_where=superseding,
        sqlite_where=superseding,
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, name, _ in reversed(CHECKS):
            op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.drop_index("uq_activity_supersedes", "activity")
    for name in ("fields", "ended_at", "occurred_at", "type", "supersedes"):
        op.execute(f"ALTER TABLE proposal DROP COLUMN {name}")
    for name in ("counts_from", "first", "said_by", "supersedes"):
        op.execute(f"ALTER TABLE activity DROP COLUMN {name}")
