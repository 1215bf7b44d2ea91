"""expand: sessions of people who log in."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept

revision: str = "0005"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "session",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("session_id", sa.String(26), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("outlet", sa.String(40), nullable=True),
        sa.Column("operator", sa.String(40), nullable=True),
        sa.Column("device", sa.String(120), nullable=False),
        sa.Column("address", sa.String(120), nullable=False),
        sa.Column("binding", sa.String(10), nullable=False),
        sa.Column("thumbprint", sa.String(64), nullable=False),
        sa.Column("created_at", kept.Instant(), nullable=False),
        sa.Column("seen_at", kept.Instant(), nullable=False),
        sa.Column("idle_seconds", kept.Whole, nullable=False),
        sa.Column("expires_at", kept.Instant(), nullable=False),
        sa.Column("verified_at", kept.Instant(), nullable=True),
        sa.Column("ended_at", kept.Instant(), nullable=True),
        sa.Column("ended_because", sa.String(40), nullable=False),
        sa.CheckConstraint("idle_seconds > 0", name=op.f("ck_session_sessions_may_rest")),
        sa.CheckConstraint(
            "(binding = 'dpop') = (thumbprint <> '')",
            name=op.f("ck_session_bound_sessions_know_their_key"),
        ),
        sa.PrimaryKeyConstraint("association_id", "session_id", name=op.f("pk_session")),
    )
    said = sa.text("subject != ''")
    op.create_index(
        "ix_session_subject",
        "session",
        ["association_id", "subject", "session_id"],
        postgresql_where=said,
        sqlite_where=said,
    )


def downgrade() -> None:
    op.drop_table("session")
