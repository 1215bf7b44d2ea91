"""expand: members log in on their devices; keys rotate, have places, and sign what they feed.

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
    op.create_table(
        "login_code",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("phone_index", sa.String(64), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("expires_at", kept.Instant(), nullable=False),
        sa.Column("tries", kept.Whole, nullable=False),
        sa.Column("used_at", kept.Instant(), nullable=True),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_login_code_never_below_zero")),
        sa.PrimaryKeyConstraint("association_id", "phone_index", name=op.f("pk_login_code")),
    )
    op.create_table(
        "allowance",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("count", kept.Whole, nullable=False),
        sa.Column("since", kept.Instant(), nullable=True),
        sa.CheckConstraint("count >= 0", name=op.f("ck_allowance_never_below_zero")),
        sa.PrimaryKeyConstraint("association_id", "name", name=op.f("pk_allowance")),
    )
    op.create_table(
        "member_device",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("device_id", sa.String(26), nullable=False),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("thumbprint", sa.String(64), nullable=False),
        sa.Column("generation", kept.Whole, nullable=False),
        sa.Column("created_at", kept.Instant(), nullable=False),
        sa.Column("renewed_at", kept.Instant(), nullable=False),
        sa.Column("ended_at", kept.Instant(), nullable=True),
        sa.Column("ended_because", sa.String(40), nullable=False),
        sa.CheckConstraint(
            "generation > 0", name=op.f("ck_member_device_generations_start_at_one")
        ),
        sa.CheckConstraint("thumbprint <> ''", name=op.f("ck_member_device_a_device_has_a_key")),
        sa.PrimaryKeyConstraint("association_id", "device_id", name=op.f("pk_member_device")),
    )
    said = sa.text("member_id != ''")
    op.create_index(
        "ix_member_device_member",
        "member_device",
        ["association_id", "member_id", "device_id"],
        postgresql_where=said,
        sqlite_where=said,
    )
    op.create_table(
        "spent_proof",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("session_id", sa.String(26), nullable=False),
        sa.Column("proof", sa.String(64), nullable=False),
        sa.Column("ends_at", kept.Instant(), nullable=False),
        sa.PrimaryKeyConstraint(
            "association_id", "session_id", "proof", name=op.f("pk_spent_proof")
        ),
    )
    for statement in protect(op.get_bind().dialect.name, ["api_key_rotation"]):
        op.execute(statement)


def downgrade() -> None:
    for table in ("spent_proof", "member_device", "allowance", "login_code"):
        op.drop_table(table)
    op.drop_table("api_key_use")
    op.drop_table("api_key_rotation")
    op.drop_column("api_key", "feed_secret")
    op.drop_column("api_key", "networks")
