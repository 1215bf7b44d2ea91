"""The inbox's tables: what members were told and what they read, for ever."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, String

from points.db.base import tenant_index, tenant_table
from points.db.types import Document, Instant

member_notice = tenant_table(
    "member_notice",
    Column("notice_id", String(26), primary_key=True),
    Column("member_id", String(26), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("about", String(120), nullable=False),
    Column("detail", Document, nullable=False),
    Column("once", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("once <> ''", name="told_under_a_name"),
    append_only=True,
)
# Two machines that tell the same collide here, and one of them finds that it was told.
tenant_index("uq_member_notice_once", member_notice.c.member_id, member_notice.c.once, unique=True)
tenant_index("ix_member_notice_member", member_notice.c.member_id, member_notice.c.notice_id)

member_notice_read = tenant_table(
    "member_notice_read",
    Column("notice_id", String(26), primary_key=True),
    Column("member_id", String(26), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["association_id", "notice_id"],
        ["member_notice.association_id", "member_notice.notice_id"],
    ),
    append_only=True,
)
tenant_index("ix_member_notice_read_member", member_notice_read.c.member_id)
