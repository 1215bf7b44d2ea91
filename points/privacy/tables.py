"""Privacy's tables: facts that are only appended, and what members last agreed to."""

from sqlalchemy import Boolean, CheckConstraint, Column, Integer, SmallInteger, String

from points.db.base import tenant_index, tenant_table
from points.db.types import Document, Instant

consent_event = tenant_table(
    "consent_event",
    Column("member_id", String(26), primary_key=True),
    Column("purpose", String(16), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("given", Boolean, nullable=False),
    Column("notice", SmallInteger, nullable=False),
    Column("how", String(8), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("version > 0", name="versions_start_at_one"),
    append_only=True,
)

consent = tenant_table(
    "consent",
    Column("member_id", String(26), primary_key=True),
    Column("purpose", String(16), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("given", Boolean, nullable=False),
    Column("notice", SmallInteger, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
tenant_index("ix_consent_purpose", consent.c.purpose, consent.c.notice, consent.c.member_id)

disclosure = tenant_table(
    "disclosure",
    Column("actor", String(120), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("day", String(10), primary_key=True),
    # Two processes that both count to n collide here, and one of them counts again.
    Column("number", Integer, primary_key=True),
    Column("member_id", String(26), nullable=False),
    Column("fields", Document, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("words", String(500), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("number > 0", name="numbers_start_at_one"),
    append_only=True,
)
tenant_index("ix_disclosure_member", disclosure.c.member_id, disclosure.c.recorded_at)

erasure_step = tenant_table(
    "erasure_step",
    Column("member_id", String(26), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("step", String(12), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("due_at", Instant),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("version > 0", name="versions_start_at_one"),
    append_only=True,
)

impact_assessment = tenant_table(
    "impact_assessment",
    Column("version", Integer, primary_key=True),
    Column("title", String(120), nullable=False),
    Column("made_on", String(10), nullable=False),
    Column("author", String(120), nullable=False),
    Column("body", Document, nullable=False),
    Column("document_sha256", String(64), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("version > 0", name="versions_start_at_one"),
    append_only=True,
)
