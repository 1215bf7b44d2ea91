"""Machine keys and their revocations, both kept for ever."""

from sqlalchemy import Column, ForeignKeyConstraint, String

from points.db.base import tenant_table
from points.db.types import Instant

api_key = tenant_table(
    "api_key",
    Column("key_id", String(26), primary_key=True),
    Column("role", String(10), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("outlet", String(40)),
    Column("branch", String(80)),
    Column("grid", String(80)),
    Column("secret_hash", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(120), nullable=False),
    append_only=True,
    secret=True,
)

api_key_revocation = tenant_table(
    "api_key_revocation",
    Column("key_id", String(26), primary_key=True),
    Column("revoked_at", Instant, nullable=False),
    Column("revoked_by", String(120), nullable=False),
    ForeignKeyConstraint(
        ["association_id", "key_id"], ["api_key.association_id", "api_key.key_id"]
    ),
    append_only=True,
)
