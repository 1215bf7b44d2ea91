"""expand: a key says which roles it has, what it is limited to and when it ends.

Keys that were issued before have no role afterwards and open nothing: which roles they should
have is for people to say. Nobody has such keys yet.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Nothing may change a row of this table; a column that comes with a default changes none.
EMPTY = sa.text("'[]'")


def upgrade() -> None:
    op.execute("ALTER TABLE api_key RENAME COLUMN role TO kind")
    op.drop_column("api_key", "branch")
    op.drop_column("api_key", "grid")
    op.add_column(
        "api_key", sa.Column("grants", kept.Document(), nullable=False, server_default=EMPTY)
    )
    op.add_column("api_key", sa.Column("actions", kept.Document(), nullable=True))
    op.add_column("api_key", sa.Column("expires_at", kept.Instant(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("api_key", "expires_at")
    op.drop_column("api_key", "actions")
    op.drop_column("api_key", "grants")
    op.add_column("api_key", sa.Column("grid", sa.String(length=80), nullable=True))
    op.add_column("api_key", sa.Column("branch", sa.String(length=80), nullable=True))
    op.execute("ALTER TABLE api_key RENAME COLUMN kind TO role")
