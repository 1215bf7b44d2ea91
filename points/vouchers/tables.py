"""The vouchers' tables: vouchers, codes, events and failed attempts are facts."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
    false,
    text,
)

from points.db.base import tenant_index, tenant_table
from points.db.types import Document, Instant, Whole

voucher = tenant_table(
    "voucher",
    Column("voucher_id", String(26), primary_key=True),
    Column("member_id", String(26), nullable=False),
    Column("reward_id", String(26), nullable=False),
    Column("reward_version", Integer, nullable=False),
    Column("programme", String(40), nullable=False),
    Column("hold_id", String(26)),
    Column("terms", Document, nullable=False),
    Column("last4", String(4), nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("actor", String(120), nullable=False),
    CheckConstraint("valid_from < valid_until", name="valid_for_a_while"),
    append_only=True,
)
HAS_MEMBER = voucher.c.member_id != ""
# Partial, always true: see the ledger's index of transactions by member.
Index(
    "ix_voucher_member",
    voucher.c.association_id,
    voucher.c.member_id,
    voucher.c.reward_id,
    voucher.c.valid_from,
    postgresql_where=HAS_MEMBER,
    sqlite_where=HAS_MEMBER,
)

_OF_A_VOUCHER = ("association_id", "voucher_id")


def _to_voucher() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(_OF_A_VOUCHER, ["voucher.association_id", "voucher.voucher_id"])


# Codes are found by their keyed hash only; a voucher's codes can be replaced by a later issue.
voucher_code = tenant_table(
    "voucher_code",
    Column("code_hash", String(64), primary_key=True),
    Column("voucher_id", String(26), nullable=False),
    Column("form", String(10), nullable=False),
    Column("issue_no", Integer, nullable=False),
    UniqueConstraint("association_id", "voucher_id", "form", "issue_no"),
    _to_voucher(),
    append_only=True,
    secret=True,
)

voucher_event = tenant_table(
    "voucher_event",
    Column("event_id", String(26), primary_key=True),
    Column("voucher_id", String(26), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("partner_id", String(26)),
    Column("outlet_id", String(26)),
    Column("operator_id", String(60), nullable=False),
    Column("request_no", String(80)),
    Column("parts", Whole, nullable=False),
    Column("points", Whole, nullable=False),
    Column("cost_fen", Whole, nullable=False),
    Column("undoes", String(26)),
    Column("device_id", String(80), nullable=False, server_default=""),
    Column("outside_hours", Boolean, nullable=False, server_default=false()),
    Column("authorisation_id", String(26)),
    Column("booked_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("last4", String(4), nullable=False, server_default=""),
    _to_voucher(),
    ForeignKeyConstraint(
        ["association_id", "undoes"], ["voucher_event.association_id", "voucher_event.event_id"]
    ),
    CheckConstraint("parts >= 0 AND points >= 0 AND cost_fen >= 0", name="never_below_zero"),
    CheckConstraint("(undoes IS NULL) = (kind <> 'voided')", name="voids_undo"),
    CheckConstraint("(request_no IS NULL) = (kind <> 'captured')", name="captures_are_numbered"),
    append_only=True,
)
_ = voucher_event.c
HAS_VERSION = _.version > 0
# Gapless per voucher; two writers that both captured version n would collide here.
Index(
    "uq_voucher_event_version",
    _.association_id,
    _.voucher_id,
    _.version,
    unique=True,
    postgresql_where=HAS_VERSION,
    sqlite_where=HAS_VERSION,
)
# A partner's request number captures once, for ever.
Index(
    "uq_voucher_event_request",
    _.association_id,
    _.partner_id,
    _.request_no,
    unique=True,
    postgresql_where=_.request_no.is_not(None),
    sqlite_where=_.request_no.is_not(None),
)
# A capture is voided at most once.
Index(
    "uq_voucher_event_undoes",
    _.association_id,
    _.undoes,
    unique=True,
    postgresql_where=_.undoes.is_not(None),
    sqlite_where=_.undoes.is_not(None),
)
Index(
    "ix_voucher_event_booked",
    _.association_id,
    _.partner_id,
    _.booked_at,
    _.event_id,
    postgresql_where=_.partner_id.is_not(None),
    sqlite_where=_.partner_id.is_not(None),
)

# Whoever watches over counters reads a day at a time.
Index(
    "ix_voucher_event_recorded",
    _.association_id,
    _.recorded_at,
    postgresql_where=_.partner_id.is_not(None),
    sqlite_where=_.partner_id.is_not(None),
)

voucher_state = tenant_table(
    "voucher_state",
    Column("voucher_id", String(26), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("captured_parts", Whole, nullable=False),
    Column("captured_points", Whole, nullable=False),
    Column("cost_fen", Whole, nullable=False),
    Column("voids", Integer, nullable=False),
    Column("captured_at", Instant),
    Column("captured_outlet", String(80), nullable=False),
    Column("authorised_outlet", String(26)),
    Column("authorised_until", Instant),
    Column("authorisation_id", String(26)),
    Column("valid_until", Instant, nullable=False),
    # Which offline token keeps it for one outlet until when, and how long that may be brought back.
    Column("reserved_token", String(26)),
    Column("reserved_outlet", String(26)),
    Column("reserved_until", Instant),
    Column("settles_until", Instant),
    Column("issue_no", Integer, nullable=False, server_default=text("1")),
    Column("last4", String(4), nullable=False, server_default=""),
    Column("owner_id", String(26), nullable=False, server_default=""),
    Column("passes", Integer, nullable=False, server_default=text("0")),
    CheckConstraint(
        "captured_parts >= 0 AND captured_points >= 0 AND cost_fen >= 0", name="never_below_zero"
    ),
    CheckConstraint("state IN ('issued', 'captured', 'expired')", name="known_state"),
    postgresql_with={"fillfactor": 70},
)
tenant_index("ix_voucher_state_owner", voucher_state.c.owner_id, voucher_state.c.voucher_id)
tenant_index("ix_voucher_state_last4", voucher_state.c.last4, voucher_state.c.voucher_id)
IS_OPEN = voucher_state.c.state == "issued"
Index(
    "ix_voucher_state_due",
    voucher_state.c.association_id,
    voucher_state.c.valid_until,
    postgresql_where=IS_OPEN,
    sqlite_where=IS_OPEN,
)

# Who got a voucher from whom; numbered as the event that it belongs to.
voucher_owner = tenant_table(
    "voucher_owner",
    Column("voucher_id", String(26), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("member_id", String(26), nullable=False),
    Column("from_member", String(26), nullable=False),
    Column("offer_id", String(26)),
    Column("reason", String(500), nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    _to_voucher(),
    CheckConstraint("member_id <> from_member", name="to_somebody_else"),
    append_only=True,
)
tenant_index("ix_voucher_owner_member", voucher_owner.c.member_id, voucher_owner.c.recorded_at)

voucher_offer = tenant_table(
    "voucher_offer",
    Column("offer_id", String(26), primary_key=True),
    Column("voucher_id", String(26), nullable=False),
    Column("member_id", String(26), nullable=False),
    Column("from_member", String(26), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("actor", String(120), nullable=False),
    _to_voucher(),
    CheckConstraint("member_id <> from_member", name="to_somebody_else"),
    CheckConstraint("made_at < until", name="open_for_a_while"),
    append_only=True,
)
tenant_index("ix_voucher_offer_voucher", voucher_offer.c.voucher_id, voucher_offer.c.offer_id)
tenant_index("ix_voucher_offer_member", voucher_offer.c.member_id, voucher_offer.c.offer_id)

# An offer ends once: its id is the key, whatever a lock might miss.
voucher_offer_end = tenant_table(
    "voucher_offer_end",
    Column("offer_id", String(26), primary_key=True),
    Column("step", String(10), nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["association_id", "offer_id"],
        ["voucher_offer.association_id", "voucher_offer.offer_id"],
    ),
    CheckConstraint("step IN ('accepted', 'declined', 'withdrawn')", name="step_known"),
    append_only=True,
)

# Told once for each of the days that the policy names, whoever else looks at the same time.
voucher_reminder = tenant_table(
    "voucher_reminder",
    Column("voucher_id", String(26), primary_key=True),
    Column("days", Integer, primary_key=True),
    Column("told", Boolean, nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    _to_voucher(),
    append_only=True,
)

failed_attempt = tenant_table(
    "failed_attempt",
    Column("attempt_id", String(26), primary_key=True),
    Column("outlet_id", String(26), nullable=False),
    Column("device_id", String(80), nullable=False),
    Column("attempted_at", Instant, nullable=False),
    Index(
        "ix_failed_attempt_outlet",
        "association_id",
        "outlet_id",
        "attempted_at",
    ),
    append_only=True,
)

# One row an outlet, only to be locked: failures are counted one after the other.
guess_guard = tenant_table(
    "guess_guard",
    Column("outlet_id", String(26), primary_key=True),
    Column("total", Whole, nullable=False),
    Column("reopened_at", Instant),
    CheckConstraint("total >= 0", name="never_below_zero"),
)
