"""Machine keys, their successors and revocations, kept for ever; and what people log in with."""

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
    Column("networks", Document),
    Column("feed_secret", String(120)),
    Column("till", String(80)),
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

api_key_rotation = tenant_table(
    "api_key_rotation",
    Column("key_id", String(26), primary_key=True),
    Column("successor_id", String(26), nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("rotated_at", Instant, nullable=False),
    Column("rotated_by", String(120), nullable=False),
    ForeignKeyConstraint(
        ["association_id", "key_id"], ["api_key.association_id", "api_key.key_id"]
    ),
    ForeignKeyConstraint(
        ["association_id", "successor_id"], ["api_key.association_id", "api_key.key_id"]
    ),
    append_only=True,
)

# The day, not the moment: at most one write a key, day and process, and no log of who did what.
api_key_use = tenant_table(
    "api_key_use",
    Column("key_id", String(26), primary_key=True),
    Column("last_used_on", String(10), nullable=False),
    ForeignKeyConstraint(
        ["association_id", "key_id"], ["api_key.association_id", "api_key.key_id"]
    ),
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
    Column("till_key", String(26)),
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
    secret=True,
)
tenant_index("ix_session_subject", session.c.subject, session.c.session_id)

staff = tenant_table(
    "staff",
    Column("staff_id", String(40), primary_key=True),
    Column("recorded_at", Instant, nullable=False),
    append_only=True,
)
_OF_STAFF = (["association_id", "staff_id"], ["staff.association_id", "staff.staff_id"])

staff_event = tenant_table(
    "staff_event",
    Column("staff_id", String(40), primary_key=True),
    Column("version", Whole, primary_key=True),
    Column("change", String(16), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("standing", Document, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_STAFF),
    append_only=True,
)

# A projection: the standing of the last event.
staff_state = tenant_table(
    "staff_state",
    Column("staff_id", String(40), primary_key=True),
    Column("version", Whole, nullable=False),
    Column("standing", Document, nullable=False),
    ForeignKeyConstraint(*_OF_STAFF),
    deletable=True,
)

# Ordinary: what somebody logs in with is replaced, and nobody needs what it was.
credential = tenant_table(
    "credential",
    Column("staff_id", String(40), primary_key=True),
    Column("password_hash", String(200)),
    Column("factor", String(200)),
    Column("factor_step", Whole, nullable=False),
    Column("recovery", Document, nullable=False),
    Column("set_up_hash", String(64)),
    Column("set_up_until", Instant),
    Column("pending_password", String(200)),
    Column("pending_factor", String(200)),
    ForeignKeyConstraint(*_OF_STAFF),
    secret=True,
)

log_in_guard = tenant_table(
    "log_in_guard",
    Column("name", String(120), primary_key=True),
    Column("failures", Whole, nullable=False),
    Column("since", Instant),
    Column("closed_until", Instant),
    CheckConstraint("failures >= 0", name="failures_count_up"),
    deletable=True,
    secret=True,
)

notice = tenant_table(
    "notice",
    Column("notice_id", String(26), primary_key=True),
    Column("recipient", String(40), nullable=False),
    Column("code", String(40), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("said", Document, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("read_at", Instant),
    ForeignKeyConstraint(
        ["association_id", "recipient"], ["staff.association_id", "staff.staff_id"]
    ),
)
tenant_index("ix_notice_recipient", notice.c.recipient, notice.c.notice_id)

# Ordinary too, and swept: codes, counters and used proofs are of use for a day at the most.
login_code = tenant_table(
    "login_code",
    Column("phone_index", String(64), primary_key=True),
    Column("code_hash", String(64), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("tries", Whole, nullable=False),
    Column("used_at", Instant),
    CheckConstraint("tries >= 0", name="never_below_zero"),
    deletable=True,
    secret=True,
)

allowance = tenant_table(
    "allowance",
    Column("name", String(80), primary_key=True),
    Column("count", Whole, nullable=False),
    Column("since", Instant),
    CheckConstraint("count >= 0", name="never_below_zero"),
    deletable=True,
    secret=True,
)

member_device = tenant_table(
    "member_device",
    Column("device_id", String(26), primary_key=True),
    Column("member_id", String(26), nullable=False),
    Column("name", String(60), nullable=False),
    Column("thumbprint", String(64), nullable=False),
    Column("generation", Whole, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("renewed_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_because", String(40), nullable=False),
    CheckConstraint("generation > 0", name="generations_start_at_one"),
    CheckConstraint("thumbprint <> ''", name="a_device_has_a_key"),
    secret=True,
)
tenant_index("ix_member_device_member", member_device.c.member_id, member_device.c.device_id)

spent_proof = tenant_table(
    "spent_proof",
    Column("session_id", String(26), primary_key=True),
    Column("proof", String(64), primary_key=True),
    Column("ends_at", Instant, nullable=False),
    deletable=True,
    secret=True,
)
