"""expand: keys rotate, say from where they may come and sign what they feed.

A source's key that was issued before has no secret to sign with; it has to be rotated once.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("api_key", sa.Column("networks", kept.Document(), nullable=True))
    op.add_column("api_key", sa.Column("feed_secret", sa.String(120), nullable=True))
    op.create_table(
        "api_key_rotation",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("key_id", sa.String(26), nullable=False),
        sa.Column("successor_id", sa.String(26), nullable=False),
        sa.Column("ends_at", kept.Instant(), nullable=False),
        sa.Column("rotated_at", kept.Instant(), nullable=False),
        sa.Column("rotated_by", sa.String(120), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "key_id"],
            ["api_key.association_id", "api_key.key_id"],
            name=op.f("fk_api_key_rotation_association_id_key_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "successor_id"],
            ["api_key.association_id", "api_key.key_id"],
            name=op.f("fk_api_key_rotation_association_id_successor_id"),
        ),
        sa.PrimaryKeyConstraint("association_id", "key_id", name=op.f("pk_api_key_rotation")),
    )
    op.create_table(
        "api_key_use",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("key_id", sa.String(26), nullable=False),
        sa.Column("last_used_on", sa.String(10), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "key_id"],
            ["api_key.association_id", "api_key.key_id"],
            name=op.f("fk_api_key_use_association_id_key_id"),
        ),
        sa.PrimaryKeyConstraint("association_id", "key_id", name=op.f("pk_api_key_use")),
    )
    for statement in protect(op.get_bind().dialect.name, ["api_key_rotation"]):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("api_key_use")
    op.drop_table("api_key_rotation")
    op.drop_column("api_key", "feed_secret")
    op.drop_column("api_key", "networks")
