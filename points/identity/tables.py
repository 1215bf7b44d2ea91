"""Machine keys and their revocations, kept for ever, and what people log in with."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, String

from points.db.base import tenant_index, tenant_table
from points.db.types import Document, Instant, Whole

api_key = tenant_table(
    "api_key",
    Column("key_id", String(26), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("outlet", String(40)),
    Column("grants", Document, nullable=False),
    Column("actions", Document),
    Column("secret_hash", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("expires_at", Instant),
    append_only=True,
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

# Ordinary: a session is in use, proves its second factor again, and ends.
session = tenant_table(
    "session",
    Column("session_id", String(26), primary_key=True),
    Column("token_hash", String(64), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("outlet", String(40)),
    Column("operator", String(40)),
    Column("device", String(120), nullable=False),
    Column("address", String(120), nullable=False),
    Column("binding", String(10), nullable=False),
    Column("thumbprint", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("idle_seconds", Whole, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("verified_at", Instant),
    Column("ended_at", Instant),
    Column("ended_because", String(40), nullable=False),
    CheckConstraint("idle_seconds > 0", name="sessions_may_rest"),
    CheckConstraint(
        "(binding = 'dpop') = (thumbprint <> '')", name="bound_sessions_know_their_key"
    ),
)
tenant_index("ix_session_subject", session.c.subject, session.c.session_id)
