"""expand: what members are told, and what they read of it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FACTS = ("member_notice", "member_notice_read")
TABLES = ("member_notice", "member_notice_read")


def upgrade() -> None:
    _inbox()
    for statement in protect(op.get_bind().dialect.name, FACTS):
        op.execute(statement)


def _index(name: str, table: str, *columns: str, unique: bool = False) -> None:
    said = sa.text(f"{columns[0]} != ''")
    names = ["association_id", *columns]
    op.create_index(name, table, names, unique=unique, postgresql_where=said, sqlite_where=said)


def _association() -> sa.Column[str]:
    return sa.Column("association_id", sa.String(40), nullable=False)


def _inbox() -> None:
    op.create_table(
        "member_notice",
        _association(),
        sa.Column("notice_id", sa.String(26), nullable=False),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("about", sa.String(120), nullable=False),
        sa.Column("detail", kept.Document(), nullable=False),
        sa.Column("once", sa.String(120), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.CheckConstraint("once <> ''", name=op.f("ck_member_notice_told_under_a_name")),
        sa.PrimaryKeyConstraint("association_id", "notice_id", name=op.f("pk_member_notice")),
    )
    _index("uq_member_notice_once", "member_notice", "member_id", "once", unique=True)
    _index("ix_member_notice_member", "member_notice", "member_id", "notice_id")
    op.create_table(
        "member_notice_read",
        _association(),
        sa.Column("notice_id", sa.String(26), nullable=False),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "notice_id"],
            ["member_notice.association_id", "member_notice.notice_id"],
            name=op.f("fk_member_notice_read_association_id_notice_id"),
        ),
        sa.PrimaryKeyConstraint("association_id", "notice_id", name=op.f("pk_member_notice_read")),
    )
    _index("ix_member_notice_read_member", "member_notice_read", "member_id")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
