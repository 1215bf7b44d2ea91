"""The members' tables: facts, their projection, and the two tables that identify persons."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    Text,
)

from points.db.base import FORGETS, tenant_index, tenant_table
from points.db.types import Document, Instant, Whole

member = tenant_table(
    "member",
    Column("member_id", String(26), primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("joined_on", String(10)),
    Column("recorded_at", Instant, nullable=False),
    append_only=True,
)

member_event = tenant_table(
    "member_event",
    Column("member_id", String(26), primary_key=True),
    Column("version", Whole, primary_key=True),
    Column("change", String(16), nullable=False),
    Column("programme", String(20)),
    Column("actor", String(120), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("detail", Document, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["association_id", "member_id"], ["member.association_id", "member.member_id"]
    ),
    CheckConstraint("version > 0", name="versions_start_at_one"),
    append_only=True,
)

member_state = tenant_table(
    "member_state",
    Column("member_id", String(26), primary_key=True),
    Column("version", Whole, nullable=False),
    Column("kind", String(24), nullable=False),
    Column("branch", String(120)),
    Column("grid", String(120)),
    Column("party_member", Boolean, nullable=False),
    Column("mobile_party_member", Boolean, nullable=False),
    Column("probationary", Boolean, nullable=False),
    Column("roles", Document, nullable=False),
    Column("joined_on", String(10)),
    Column("erased_at", Instant),
    ForeignKeyConstraint(
        ["association_id", "member_id"], ["member.association_id", "member.member_id"]
    ),
    CheckConstraint(
        "party_member OR NOT (mobile_party_member OR probationary)", name="status_consistent"
    ),
    postgresql_with={"fillfactor": 80},
)
tenant_index("ix_member_state_branch", member_state.c.branch, member_state.c.member_id)

enrolment = tenant_table(
    "enrolment",
    Column("member_id", String(26), primary_key=True),
    Column("programme", String(20), primary_key=True),
    Column("enrolled_at", Instant, nullable=False),
    Column("left_at", Instant),
    Column("opened_year", SmallInteger, nullable=False),
    Column("frozen_because", String(500)),
    ForeignKeyConstraint(
        ["association_id", "member_id"], ["member.association_id", "member.member_id"]
    ),
)
tenant_index("ix_enrolment_programme", enrolment.c.programme, enrolment.c.member_id)

# Each person's own key, wrapped by a master key that no database holds. Ordinary: whoever deletes
# the row has made everything unreadable that was sealed with it.
subject_key = tenant_table(
    "subject_key",
    Column("member_id", String(26), primary_key=True),
    Column("wrapped", Text, nullable=False),
    Column("master_key", String(16), nullable=False),
    Column("made_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["association_id", "member_id"], ["member.association_id", "member.member_id"]
    ),
    postgresql_with=FORGETS,
    deletable=True,
    secret=True,
)
tenant_index("ix_subject_key_master", subject_key.c.master_key, subject_key.c.member_id)

# The only table that says who somebody is: sealed with the person's key. Ordinary as well.
personal = tenant_table(
    "personal",
    Column("member_id", String(26), primary_key=True),
    Column("name", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("identity_number", Text),
    Column("phone_index", String(64), nullable=False),
    Column("identity_index", String(64)),
    ForeignKeyConstraint(
        ["association_id", "member_id"], ["member.association_id", "member.member_id"]
    ),
    postgresql_with=FORGETS,
    secret=True,
    deletable=True,
)
tenant_index("uq_personal_phone_index", personal.c.phone_index, unique=True)
Index(
    "uq_personal_identity_index",
    personal.c.association_id,
    personal.c.identity_index,
    unique=True,
    postgresql_where=personal.c.identity_index.is_not(None),
    sqlite_where=personal.c.identity_index.is_not(None),
)
