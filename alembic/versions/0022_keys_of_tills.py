"""expand: a till may be given a key of its own, and then nobody else speaks under its name.

Keys that stand already are no till's; tills that stand already have no key of their own. The
previous release writes neither column, and goes on believing whatever a till calls itself.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Plainly added, never by copying the tables: a copy would lose the triggers that guard them.
    op.add_column("api_key", sa.Column("till", sa.String(80), nullable=True))
    op.add_column(
        "till_event",
        sa.Column("own_key", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.execute("ALTER TABLE till_event DROP COLUMN own_key")
    op.execute("ALTER TABLE api_key DROP COLUMN till")
