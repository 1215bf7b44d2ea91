"""The tables of offline tokens: tokens, uses and rulings are facts."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, String

from points.db.base import tenant_index, tenant_table
from points.db.types import Instant, Whole

_VOUCHER = ["voucher.association_id", "voucher.voucher_id"]

offline_token = tenant_table(
    "offline_token",
    Column("token_id", String(26), primary_key=True),
    Column("voucher_id", String(26), nullable=False),
    Column("outlet_id", String(26), nullable=False),
    Column("key_no", Integer, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("reward_id", String(26), nullable=False),
    Column("value_fen", Whole, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("upload_until", Instant, nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("actor", String(120), nullable=False),
    ForeignKeyConstraint(["association_id", "voucher_id"], _VOUCHER),
    CheckConstraint("issued_at < until AND until <= upload_until", name="lasts_a_while"),
    CheckConstraint("value_fen >= 0", name="never_below_zero"),
    append_only=True,
)
tenant_index("ix_offline_token_voucher", offline_token.c.voucher_id, offline_token.c.token_id)

offline_use = tenant_table(
    "offline_use",
    Column("use_id", String(26), primary_key=True),
    Column("partner_id", String(26), nullable=False),
    Column("outlet_id", String(26), nullable=False),
    Column("device_id", String(80), nullable=False),
    Column("operator_id", String(60), nullable=False),
    Column("request_no", String(80), nullable=False),
    # As it was presented: a forged token names one that does not exist.
    Column("token_id", String(26)),
    Column("voucher_id", String(26)),
    Column("programme", String(40), nullable=False),
    Column("handed_at", Instant, nullable=False),
    Column("amount_fen", Whole),
    Column("outcome", String(10), nullable=False),
    Column("bearer", String(12), nullable=False),
    Column("reason", String(20), nullable=False),
    Column("value_fen", Whole, nullable=False),
    Column("event_id", String(26)),
    Column("uploaded_at", Instant, nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("actor", String(120), nullable=False),
    ForeignKeyConstraint(["association_id", "voucher_id"], _VOUCHER),
    ForeignKeyConstraint(
        ["association_id", "event_id"], ["voucher_event.association_id", "voucher_event.event_id"]
    ),
    CheckConstraint("value_fen >= 0", name="never_below_zero"),
    CheckConstraint("outcome IN ('captured', 'conflict')", name="known_outcome"),
    CheckConstraint("bearer IN ('nobody', 'association', 'partner')", name="known_bearer"),
    CheckConstraint("(event_id IS NULL) = (outcome = 'conflict')", name="captures_have_events"),
    CheckConstraint("(bearer = 'nobody') = (outcome = 'captured')", name="conflicts_are_borne"),
    append_only=True,
)
_ = offline_use.c
# A till's number names one use, for ever.
tenant_index("uq_offline_use_request", _.partner_id, _.request_no, unique=True)
tenant_index("ix_offline_use_till", _.outlet_id, _.device_id, _.handed_at)
# A token is honoured once, whoever bears it; what a partner bears leaves it as it was.
SPENT = (_.token_id.is_not(None)) & (_.bearer != "partner")
Index(
    "uq_offline_use_spent",
    _.association_id,
    _.token_id,
    unique=True,
    postgresql_where=SPENT,
    sqlite_where=SPENT,
)
IS_CONFLICT = _.outcome == "conflict"
Index(
    "ix_offline_use_conflict",
    _.association_id,
    _.use_id,
    postgresql_where=IS_CONFLICT,
    sqlite_where=IS_CONFLICT,
)

offline_ruling = tenant_table(
    "offline_ruling",
    Column("use_id", String(26), primary_key=True),
    Column("decision", String(10), nullable=False),
    Column("amount_fen", Whole, nullable=False),
    Column("correction_id", String(26)),
    Column("reason", String(200), nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("actor", String(120), nullable=False),
    ForeignKeyConstraint(
        ["association_id", "use_id"], ["offline_use.association_id", "offline_use.use_id"]
    ),
    CheckConstraint("decision IN ('paid', 'refused')", name="known_decision"),
    CheckConstraint("(correction_id IS NULL) = (decision = 'refused')", name="paid_is_corrected"),
    append_only=True,
)
