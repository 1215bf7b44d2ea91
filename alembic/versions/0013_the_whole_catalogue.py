"""expand: stock by outlet, photos, gates that staff open, versions that begin later, outlets' places.

Stock is a projection: its key grows by the outlet, and it is written anew from its entries.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FACTS = ("photo", "gate_grant", "gate_end")
# On SQLite the table is made anew; on PostgreSQL that would lose its policy and its grants.
OPTIONS = {"postgresql_with": {"fillfactor": 70}}


def upgrade() -> None:
    # Plainly added, never by copying the tables: a copy would lose the triggers that guard them.
    op.add_column("catalogue_version", sa.Column("starts_at", kept.Instant(), nullable=True))
    op.add_column("catalogue_version", sa.Column("text", sa.Text(), nullable=True))
    op.add_column("catalogue_version", sa.Column("published_by", sa.String(120), nullable=True))
    op.add_column(
        "stock_entry",
        sa.Column("outlet_id", sa.String(26), nullable=False, server_default=""),
    )
    op.add_column("outlet", sa.Column("district", sa.String(40), nullable=False, server_default=""))
    op.add_column("outlet", sa.Column("latitude_e6", sa.Integer(), nullable=True))
    op.add_column("outlet", sa.Column("longitude_e6", sa.Integer(), nullable=True))
    _stock("reward_id", "bucket", "outlet_id")
    _photo()
    _gates()
    for statement in protect(op.get_bind().dialect.name, FACTS):
        op.execute(statement)


def _stock(*key: str) -> None:
    """Give the stock another key, and write it anew from its entries."""
    op.execute("DELETE FROM stock")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("pk_stock", "stock", type_="primary")
        if "outlet_id" in key:
            op.add_column(
                "stock",
                sa.Column("outlet_id", sa.String(26), nullable=False, server_default=""),
            )
        else:
            op.drop_column("stock", "outlet_id")
        op.create_primary_key(op.f("pk_stock"), "stock", ["association_id", *key])
    else:
        op.drop_table("stock")
        by_outlet = [sa.Column("outlet_id", sa.String(26), nullable=False, server_default="")]
        op.create_table(
            "stock",
            sa.Column("association_id", sa.String(40), nullable=False),
            sa.Column("reward_id", sa.String(26), nullable=False),
            sa.Column("bucket", sa.String(10), nullable=False),
            *(by_outlet if "outlet_id" in key else []),
            sa.Column("reserved", kept.Whole, nullable=False),
            sa.Column("issued", kept.Whole, nullable=False),
            sa.CheckConstraint(
                "reserved >= 0 AND issued >= 0", name=op.f("ck_stock_never_below_zero")
            ),
            sa.PrimaryKeyConstraint("association_id", *key, name=op.f("pk_stock")),
            **OPTIONS,
        )
    named = ", ".join(("association_id", *key))
    op.execute(
        f"INSERT INTO stock ({named}, reserved, issued) "  # noqa: S608 - constants
        f"SELECT {named}, SUM(reserved), SUM(issued) FROM stock_entry GROUP BY {named}"
    )


def _photo() -> None:
    op.create_table(
        "photo",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(20), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", kept.Instant(), nullable=False),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("ck_photo_shows_something")),
        sa.PrimaryKeyConstraint("association_id", "sha256", name=op.f("pk_photo")),
    )


def _gates() -> None:
    op.create_table(
        "gate_grant",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("grant_id", sa.String(26), nullable=False),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("reward_id", sa.String(26), nullable=False),
        sa.Column("gate", sa.String(60), nullable=False),
        sa.Column("seen_by", sa.String(120), nullable=False),
        sa.Column("granted_at", kept.Instant(), nullable=False),
        sa.Column("valid_until", kept.Instant(), nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.CheckConstraint("granted_at < valid_until", name=op.f("ck_gate_grant_open_for_a_while")),
        sa.PrimaryKeyConstraint("association_id", "grant_id", name=op.f("pk_gate_grant")),
    )
    of_somebody = sa.text("member_id != ''")
    op.create_index(
        "ix_gate_grant_member",
        "gate_grant",
        ["association_id", "member_id", "grant_id"],
        postgresql_where=of_somebody,
        sqlite_where=of_somebody,
    )
    op.create_table(
        "gate_end",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("grant_id", sa.String(26), nullable=False),
        sa.Column("voucher_id", sa.String(26), nullable=True),
        sa.Column("ended_by", sa.String(120), nullable=False),
        sa.Column("ended_at", kept.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "grant_id"],
            ["gate_grant.association_id", "gate_grant.grant_id"],
            name=op.f("fk_gate_end_association_id_grant_id"),
        ),
        sa.PrimaryKeyConstraint("association_id", "grant_id", name=op.f("pk_gate_end")),
    )


def downgrade() -> None:
    for name in ("gate_end", "gate_grant", "photo"):
        op.drop_table(name)
    _stock("reward_id", "bucket")
    for table, names in (
        ("outlet", ("longitude_e6", "latitude_e6", "district")),
        ("stock_entry", ("outlet_id",)),
        ("catalogue_version", ("published_by", "text", "starts_at")),
    ):
        for name in names:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
