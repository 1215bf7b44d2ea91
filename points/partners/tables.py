"""The partners' tables: what was agreed, corrections and closed statements are facts."""

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
)

from points.db.base import tenant_table
from points.db.types import Document, Instant, Whole


def _to_partner() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["association_id", "partner_id"], ["partner.association_id", "partner.partner_id"]
    )


partner = tenant_table(
    "partner",
    Column("partner_id", String(26), primary_key=True),
    Column("category", String(20), nullable=False),
    Column("name", String(80), nullable=False),
    Column("cycle", String(10), nullable=False),
    Column("zone", String(40), nullable=False),
    Column("added_at", Instant, nullable=False),
    append_only=True,
)

outlet = tenant_table(
    "outlet",
    Column("outlet_id", String(26), primary_key=True),
    Column("partner_id", String(26), nullable=False),
    Column("name", String(80), nullable=False),
    Column("address", String(200), nullable=False),
    Column("phone", String(40), nullable=False),
    Column("opening_hours", String(80), nullable=False),
    Column("services", Document, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("district", String(40), nullable=False, server_default=""),
    Column("latitude_e6", Integer),
    Column("longitude_e6", Integer),
    _to_partner(),
    append_only=True,
)
HAS_PARTNER = outlet.c.partner_id != ""
# Partial, always true: see the ledger's index of transactions by member.
Index(
    "ix_outlet_partner",
    outlet.c.association_id,
    outlet.c.partner_id,
    outlet.c.outlet_id,
    postgresql_where=HAS_PARTNER,
    sqlite_where=HAS_PARTNER,
)

operator = tenant_table(
    "operator",
    Column("outlet_id", String(26), primary_key=True),
    Column("operator_id", String(60), primary_key=True),
    Column("added_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["association_id", "outlet_id"], ["outlet.association_id", "outlet.outlet_id"]
    ),
    append_only=True,
)

_OF_OPERATOR = (
    ["association_id", "outlet_id", "operator_id"],
    ["operator.association_id", "operator.outlet_id", "operator.operator_id"],
)

operator_event = tenant_table(
    "operator_event",
    Column("outlet_id", String(26), primary_key=True),
    Column("operator_id", String(60), primary_key=True),
    Column("version", Whole, primary_key=True),
    Column("change", String(16), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_OPERATOR),
    CheckConstraint("version > 0", name="versions_start_at_one"),
    append_only=True,
)

# A projection: how the last event left the operator. Whoever lets one in or out holds its row.
operator_state = tenant_table(
    "operator_state",
    Column("outlet_id", String(26), primary_key=True),
    Column("operator_id", String(60), primary_key=True),
    Column("version", Whole, nullable=False),
    Column("active", Boolean, nullable=False),
    ForeignKeyConstraint(*_OF_OPERATOR),
    deletable=True,
)

# Ordinary: what somebody logs in with is replaced, and nobody needs what it was.
operator_credential = tenant_table(
    "operator_credential",
    Column("outlet_id", String(26), primary_key=True),
    Column("operator_id", String(60), primary_key=True),
    Column("pin_hash", String(200)),
    Column("set_up_hash", String(64)),
    Column("set_up_until", Instant),
    ForeignKeyConstraint(*_OF_OPERATOR),
    secret=True,
)

# The newest version of a till says whether it works, and whether only its own key speaks for it.
# There are few of them, so nothing projects.
till_event = tenant_table(
    "till_event",
    Column("outlet_id", String(26), primary_key=True),
    Column("device_id", String(80), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("active", Boolean, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("own_key", Boolean, nullable=False, server_default=false()),
    ForeignKeyConstraint(
        ["association_id", "outlet_id"], ["outlet.association_id", "outlet.outlet_id"]
    ),
    CheckConstraint("version > 0", name="versions_start_at_one"),
    append_only=True,
)

# What was agreed for a partner's counters; the newest version holds.
counter_policy = tenant_table(
    "counter_policy",
    Column("partner_id", String(26), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("hours", String(8), nullable=False),
    Column("operator_voids_max", Integer, nullable=False),
    Column("outlet_voids_max", Integer, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    _to_partner(),
    CheckConstraint("version > 0", name="versions_start_at_one"),
    CheckConstraint("hours IN ('allow', 'flag', 'refuse')", name="known_hours"),
    CheckConstraint("operator_voids_max >= 0 AND outlet_voids_max >= 0", name="never_below_zero"),
    append_only=True,
)

# How far a partner's statements reach; a projection of the statements, and what bookings lock.
partner_account = tenant_table(
    "partner_account",
    Column("partner_id", String(26), primary_key=True),
    Column("closed_until", Instant),
    Column("statements", Integer, nullable=False),
    Column("last_sha256", String(64), nullable=False, server_default=""),
    CheckConstraint("statements >= 0", name="statements_count_up"),
)

partner_contract = tenant_table(
    "partner_contract",
    Column("partner_id", String(26), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("starts_on", String(10), nullable=False),
    Column("cycle", String(10), nullable=False),
    Column("tariff_fen", Document, nullable=False),
    Column("fee_per_capture_fen", Whole, nullable=False),
    Column("fee_basis_points", Integer, nullable=False),
    Column("fee_rounding", String(10), nullable=False),
    Column("fee_least_fen", Whole, nullable=False),
    Column("fee_most_fen", Whole),
    Column("payment_days", Integer, nullable=False),
    Column("grace_days", Integer),
    Column("silence_days", Integer),
    Column("contact", String(120), nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    _to_partner(),
    CheckConstraint("version > 0", name="versions_start_at_one"),
    CheckConstraint(
        "fee_per_capture_fen >= 0 AND fee_basis_points >= 0 AND fee_basis_points <= 10000"
        " AND (fee_per_capture_fen = 0 OR fee_basis_points = 0)",
        name="a_fee_is_an_amount_or_a_part",
    ),
    append_only=True,
)

statement_correction = tenant_table(
    "statement_correction",
    Column("correction_id", String(26), primary_key=True),
    Column("partner_id", String(26), nullable=False),
    Column("programme", String(40), nullable=False),
    Column("outlet_id", String(26)),
    Column("amount_fen", Whole, nullable=False),
    Column("reason", String(80), nullable=False),
    Column("corrects", String(26)),
    Column("booked_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    _to_partner(),
    CheckConstraint("amount_fen <> 0", name="changes_an_amount"),
    Index(
        "ix_statement_correction_booked",
        "association_id",
        "partner_id",
        "booked_at",
    ),
    append_only=True,
)

CORRECTS = statement_correction.c.corrects.is_not(None)
Index(
    "ix_statement_correction_corrects",
    statement_correction.c.association_id,
    statement_correction.c.corrects,
    postgresql_where=CORRECTS,
    sqlite_where=CORRECTS,
)

statement = tenant_table(
    "statement",
    Column("statement_id", String(26), primary_key=True),
    Column("partner_id", String(26), nullable=False),
    Column("number", Integer, nullable=False),
    Column("period", String(10), nullable=False),
    Column("begins", Instant, nullable=False),
    Column("ends", Instant, nullable=False),
    Column("count", Integer, nullable=False),
    Column("total_fen", Whole, nullable=False),
    Column("outlets", Document, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("drawn_at", Instant, nullable=False),
    # What was drawn up before there were fees and contracts has none of these.
    Column("captured_fen", Whole, nullable=False, server_default="0"),
    Column("voided_fen", Whole, nullable=False, server_default="0"),
    Column("corrected_fen", Whole, nullable=False, server_default="0"),
    Column("fees_fen", Whole, nullable=False, server_default="0"),
    Column("previous_sha256", String(64), nullable=False, server_default=""),
    Column("contract", Integer, nullable=False, server_default="0"),
    Column("payment_days", Integer, nullable=False, server_default="0"),
    Column("drawn_by", String(120), nullable=False, server_default=""),
    Column("form", Integer, nullable=False, server_default="1"),
    _to_partner(),
    CheckConstraint("begins < ends", name="lasts_a_while"),
    append_only=True,
)
HAS_NUMBER = statement.c.number > 0
# Gapless per partner, and partial because the table is referred to.
Index(
    "uq_statement_number",
    statement.c.association_id,
    statement.c.partner_id,
    statement.c.number,
    unique=True,
    postgresql_where=HAS_NUMBER,
    sqlite_where=HAS_NUMBER,
)


def _to_statement() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["association_id", "statement_id"], ["statement.association_id", "statement.statement_id"]
    )


statement_line = tenant_table(
    "statement_line",
    Column("statement_id", String(26), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("source_id", String(26), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("outlet_id", String(26)),
    Column("reward_id", String(26), nullable=False),
    Column("reference", String(80), nullable=False),
    Column("last4", String(4), nullable=False),
    Column("amount_fen", Whole, nullable=False),
    Column("booked_at", Instant, nullable=False),
    Column("programme", String(40), nullable=False, server_default=""),
    Column("fee_fen", Whole, nullable=False, server_default="0"),
    # Every capture, void and correction stands in one line, for ever.
    UniqueConstraint("association_id", "source_id"),
    _to_statement(),
    append_only=True,
)


statement_event = tenant_table(
    "statement_event",
    Column("statement_id", String(26), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("step", String(16), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("line", Integer),
    Column("line_fen", Whole, nullable=False),
    Column("amount_fen", Whole, nullable=False),
    Column("reason", String(20), nullable=False),
    Column("text", String(500), nullable=False),
    Column("reference", String(80), nullable=False),
    Column("paid_on", String(10)),
    Column("correction_id", String(26)),
    Column("operation_id", String(200), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    _to_statement(),
    CheckConstraint("version > 0", name="versions_start_at_one"),
    CheckConstraint(
        "(line IS NOT NULL) = (step IN ('disputed', 'accepted', 'rejected'))",
        name="disputes_are_about_a_line",
    ),
    CheckConstraint(
        "(step = 'paid') = (reference <> '') AND (step = 'paid') = (paid_on IS NOT NULL)"
        " AND (step <> 'paid' OR amount_fen <> 0)",
        name="payments_name_their_transfer",
    ),
    append_only=True,
)
_paid = statement_event.c.step == "paid"
# One transfer is marked once for a statement, whoever marks it.
Index(
    "uq_statement_event_reference",
    statement_event.c.association_id,
    statement_event.c.statement_id,
    statement_event.c.reference,
    unique=True,
    postgresql_where=_paid,
    sqlite_where=_paid,
)

# Projections of the statements and their events; both sides' lists are made from them.
statement_state = tenant_table(
    "statement_state",
    Column("statement_id", String(26), primary_key=True),
    Column("partner_id", String(26), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("confirmed_by", String(120)),
    Column("countersigned_by", String(120)),
    Column("closed_at", Instant),
    Column("paid_fen", Whole, nullable=False),
    Column("withheld_fen", Whole, nullable=False),
    _to_statement(),
    deletable=True,
)

statement_dispute = tenant_table(
    "statement_dispute",
    Column("statement_id", String(26), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("state", String(10), nullable=False),
    Column("line_fen", Whole, nullable=False),
    Column("claims_fen", Whole, nullable=False),
    Column("reason", String(20), nullable=False),
    Column("rounds", Integer, nullable=False),
    Column("disputed_at", Instant, nullable=False),
    Column("answered_at", Instant),
    ForeignKeyConstraint(
        ["association_id", "statement_id", "line"],
        [
            "statement_line.association_id",
            "statement_line.statement_id",
            "statement_line.number",
        ],
    ),
    deletable=True,
)
