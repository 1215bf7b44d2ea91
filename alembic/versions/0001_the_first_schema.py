"""expand: the first schema.

There is no previous release. Facts get triggers that refuse every change.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect, unprotect

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FACTS = (
    "activity",
    "api_key",
    "api_key_revocation",
    "award",
    "catalogue_version",
    "claim_event",
    "entry",
    "failed_attempt",
    "ledger_transaction",
    "lot",
    "lot_movement",
    "member",
    "member_event",
    "operation",
    "operator",
    "outlet",
    "partner",
    "pool_entry",
    "rating_close",
    "reward",
    "statement",
    "statement_correction",
    "statement_line",
    "stock_entry",
    "voucher",
    "voucher_code",
    "voucher_event",
)


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pending", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "available", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("held", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("debt", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recorded_at", kept.Instant(timezone=True), nullable=True),
        sa.CheckConstraint(
            "account_id = member_id || '.' || measure", name=op.f("ck_account_named_by_its_owner")
        ),
        sa.CheckConstraint("debt <= 0", name=op.f("ck_account_debt_is_owed")),
        sa.CheckConstraint(
            "pending >= 0 AND available >= 0 AND held >= 0",
            name=op.f("ck_account_never_below_zero"),
        ),
        sa.CheckConstraint("version >= 0", name=op.f("ck_account_versions_count_up")),
        sa.PrimaryKeyConstraint("association_id", "account_id", name=op.f("pk_account")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        "ix_account_member",
        "account",
        ["association_id", "member_id"],
        unique=False,
        postgresql_where=sa.text("member_id != ''"),
        sqlite_where=sa.text("member_id != ''"),
    )
    op.create_table(
        "activity",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("activity_id", sa.String(length=26), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("occurred_at", kept.Instant(timezone=True), nullable=False),
        sa.Column("ends_at", kept.Instant(timezone=True), nullable=True),
        sa.Column("received_at", kept.Instant(timezone=True), nullable=False),
        sa.Column("recorded_at", kept.Instant(timezone=True), nullable=False),
        sa.Column("fields", kept.Document(), nullable=False),
        sa.Column("member", kept.Document(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("batch_id", sa.String(length=60), nullable=True),
        sa.Column("filed_by", sa.String(length=120), nullable=False),
        sa.Column("slot", sa.String(length=110), nullable=True),
        sa.CheckConstraint(
            "ends_at IS NULL OR ends_at >= occurred_at",
            name=op.f("ck_activity_ends_after_it_began"),
        ),
        sa.PrimaryKeyConstraint("association_id", "activity_id", name=op.f("pk_activity")),
    )
    op.create_index(
        "ix_activity_member",
        "activity",
        ["association_id", "member_id", "type", "occurred_at"],
        unique=False,
        postgresql_where=sa.text("member_id != ''"),
        sqlite_where=sa.text("member_id != ''"),
    )
    op.create_index(
        "ix_activity_slot",
        "activity",
        ["association_id", "slot"],
        unique=False,
        postgresql_where=sa.text("slot IS NOT NULL"),
        sqlite_where=sa.text("slot IS NOT NULL"),
    )
    op.create_index(
        "uq_activity_external",
        "activity",
        ["association_id", "source", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id != ''"),
        sqlite_where=sa.text("external_id != ''"),
    )
    op.create_table(
        "api_key",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("key_id", sa.String(length=26), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("outlet", sa.String(length=40), nullable=True),
        sa.Column("branch", sa.String(length=80), nullable=True),
        sa.Column("grid", sa.String(length=80), nullable=True),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", kept.Instant(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("association_id", "key_id", name=op.f("pk_api_key")),
    )
    op.create_table(
        "cap_usage",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("cap", sa.String(length=80), nullable=False),
        sa.Column("window_key", sa.String(length=120), nullable=False),
        sa.Column("points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("times", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "use_key",
            sa.String(length=280),
            sa.Computed(
                "member_id || '|' || cap || '|' || measure || '|' || window_key", persisted=True
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "points >= 0 AND times >= 0", name=op.f("ck_cap_usage_never_below_zero")
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "member_id", "measure", "cap", "window_key", name=op.f("pk_cap_usage")
        ),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        "ix_cap_usage_key",
        "cap_usage",
        ["association_id", "use_key"],
        unique=False,
        postgresql_where=sa.text("use_key != ''"),
        sqlite_where=sa.text("use_key != ''"),
    )
    op.create_table(
        "catalogue_version",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column(
            "value_fen_per_point",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("loaded_at", kept.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_catalogue_version_versions_start_at_one")),
        sa.PrimaryKeyConstraint("association_id", "version", name=op.f("pk_catalogue_version")),
    )
    op.create_table(
        "failed_attempt",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("attempt_id", sa.String(length=26), nullable=False),
        sa.Column("outlet_id", sa.String(length=26), nullable=False),
        sa.Column("device_id", sa.String(length=80), nullable=False),
        sa.Column("attempted_at", kept.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("association_id", "attempt_id", name=op.f("pk_failed_attempt")),
    )
    op.create_index(
        "ix_failed_attempt_outlet",
        "failed_attempt",
        ["association_id", "outlet_id", "attempted_at"],
        unique=False,
    )
    op.create_table(
        "guess_guard",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("outlet_id", sa.String(length=26), nullable=False),
        sa.Column("total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("total >= 0", name=op.f("ck_guess_guard_never_below_zero")),
        sa.PrimaryKeyConstraint("association_id", "outlet_id", name=op.f("pk_guess_guard")),
    )
    op.create_table(
        "holiday",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.CheckConstraint("kind IN ('off', 'work', 'plain')", name=op.f("ck_holiday_known_kind")),
        sa.PrimaryKeyConstraint("association_id", "day", name=op.f("pk_holiday")),
    )
    op.create_table(
        "ledger_transaction",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("transaction_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("operation_id", sa.String(length=200), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("effective_at", kept.Instant(timezone=True), nullable=False),
        sa.Column("recorded_at", kept.Instant(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("reverses", sa.String(length=26), nullable=True),
        sa.Column("origin", kept.Document(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "reverses"],
            ["ledger_transaction.association_id", "ledger_transaction.transaction_id"],
            name=op.f("fk_ledger_transaction_association_id_reverses"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "transaction_id", name=op.f("pk_ledger_transaction")
        ),
    )
    op.create_index(
        "ix_ledger_transaction_member",
        "ledger_transaction",
        ["association_id", "member_id", "transaction_id"],
        unique=False,
        postgresql_where=sa.text("member_id != ''"),
        sqlite_where=sa.text("member_id != ''"),
    )
    op.create_index(
        "uq_ledger_transaction_reverses",
        "ledger_transaction",
        ["association_id", "reverses"],
        unique=True,
        postgresql_where=sa.text("reverses IS NOT NULL"),
        sqlite_where=sa.text("reverses IS NOT NULL"),
    )
    op.create_table(
        "member",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("joined_on", sa.String(length=10), nullable=True),
        sa.Column("recorded_at", kept.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("association_id", "member_id", name=op.f("pk_member")),
    )
    op.create_table(
        "open_lot",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("lot_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("transaction_id", sa.String(length=26), nullable=False),
        sa.Column("expires_at", kept.Instant(timezone=True), nullable=True),
        sa.Column("pending", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "available", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("held", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "pending >= 0 AND available >= 0 AND held >= 0",
            name=op.f("ck_open_lot_never_below_zero"),
        ),
        sa.PrimaryKeyConstraint("association_id", "lot_id", name=op.f("pk_open_lot")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        "ix_open_lot_account",
        "open_lot",
        ["association_id", "account_id", "expires_at"],
        unique=False,
        postgresql_where=sa.text("pending > 0 OR available > 0 OR held > 0"),
        sqlite_where=sa.text("pending > 0 OR available > 0 OR held > 0"),
    )
    op.create_table(
        "operation",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("operation_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("outcome", kept.Document(), nullable=False),
        sa.Column("recorded_at", kept.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("association_id", "operation_id", name=op.f("pk_operation")),
    )
    op.create_table(
        "partner",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("partner_id", sa.String(length=26), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("cycle", sa.String(length=10), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("added_at", kept.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("association_id", "partner_id", name=op.f("pk_partner")),
    )
    op.create_table(
        "partner_account",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("partner_id", sa.String(length=26), nullable=False),
        sa.Column("closed_until", kept.Instant(timezone=True), nullable=True),
        sa.Column("statements", sa.Integer(), nullable=False),
        sa.CheckConstraint("statements >= 0", name=op.f("ck_partner_account_statements_count_up")),
        sa.PrimaryKeyConstraint("association_id", "partner_id", name=op.f("pk_partner_account")),
    )
    op.create_table(
        "pool",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("funded", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reserved", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("spent", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "funded >= 0 AND reserved >= 0 AND spent >= 0 AND funded - reserved - spent >= 0",
            name=op.f("ck_pool_never_below_zero"),
        ),
        sa.PrimaryKeyConstraint("association_id", "programme", name=op.f("pk_pool")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "pool_entry",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("entry_id", sa.String(length=26), nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("funded", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reserved", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("spent", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("about", sa.String(length=26), nullable=True),
        sa.Column("operation_id", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("recorded_at", kept.Instant(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(source IS NULL) = (kind <> 'fund')", name=op.f("ck_pool_entry_funding_has_a_source")
        ),
        sa.CheckConstraint(
            "funded <> 0 OR reserved <> 0 OR spent <> 0", name=op.f("ck_pool_entry_moves_money")
        ),
        sa.PrimaryKeyConstraint("association_id", "entry_id", name=op.f("pk_pool_entry")),
    )
    op.create_table(
        "rating_close",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("rating", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stars", sa.SmallInteger(), nullable=False),
        sa.Column("ruleset_sha256", sa.String(length=64), nullable=False),
        sa.Column("operation_id", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", kept.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "association_id", "account_id", "year", name=op.f("pk_rating_close")
        ),
    )
    op.create_table(
        "stock",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("reward_id", sa.String(length=26), nullable=False),
        sa.Column("bucket", sa.String(length=10), nullable=False),
        sa.Column("reserved", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issued", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("reserved >= 0 AND issued >= 0", name=op.f("ck_stock_never_below_zero")),
        sa.PrimaryKeyConstraint("association_id", "reward_id", "bucket", name=op.f("pk_stock")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "stock_entry",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("entry_id", sa.String(length=26), nullable=False),
        sa.Column("reward_id", sa.String(length=26), nullable=False),
        sa.Column("bucket", sa.String(length=10), nullable=False),
        sa.Column("reserved", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issued", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("voucher_id", sa.String(length=26), nullable=False),
        sa.Column("recorded_at", kept.Instant(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reserved <> 0 OR issued <> 0", name=op.f("ck_stock_entry_changes_stock")
        ),
        sa.PrimaryKeyConstraint("association_id", "entry_id", name=op.f("pk_stock_entry")),
    )
    op.create_table(
        "voucher",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("voucher_id", sa.String(length=26), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("reward_id", sa.String(length=26), nullable=False),
        sa.Column("reward_version", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("hold_id", sa.String(length=26), nullable=True),
        sa.Column("terms", kept.Document(), nullable=False),
        sa.Column("last4", sa.String(length=4), nullable=False),
        sa.Column("valid_from", kept.Instant(timezone=True), nullable=False),
        sa.Column("valid_until", kept.Instant(timezone=True), nullable=False),
        sa.Column("operation_id", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_voucher_valid_for_a_while")),
        sa.PrimaryKeyConstraint("association_id", "voucher_id", name=op.f("pk_voucher")),
    )
    op.create_index(
        "ix_voucher_member",
        "voucher",
        ["association_id", "member_id", "reward_id", "valid_from"],
        unique=False,
        postgresql_where=sa.text("member_id != ''"),
        sqlite_where=sa.text("member_id != ''"),
    )
    op.create_table(
        "voucher_state",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("voucher_id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "captured_parts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "captured_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("cost_fen", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("voids", sa.Integer(), nullable=False),
        sa.Column("captured_at", kept.Instant(timezone=True), nullable=True),
        sa.Column("captured_outlet", sa.String(length=80), nullable=False),
        sa.Column("authorised_outlet", sa.String(length=26), nullable=True),
        sa.Column("authorised_until", kept.Instant(timezone=True), nullable=True),
        sa.Column("valid_until", kept.Instant(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('issued', 'captured', 'expired')", name=op.f("ck_voucher_state_known_state")
        ),
        sa.CheckConstraint(
            "captured_parts >= 0 AND captured_points >= 0 AND cost_fen >= 0",
            name=op.f("ck_voucher_state_never_below_zero"),
        ),
        sa.PrimaryKeyConstraint("association_id", "voucher_id", name=op.f("pk_voucher_state")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        "ix_voucher_state_due",
        "voucher_state",
        ["association_id", "valid_until"],
        unique=False,
        postgresql_where=sa.text("state = 'issued'"),
        sqlite_where=sa.text("state = 'issued'"),
    )
    op.create_table(
        "api_key_revocation",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("key_id", sa.String(length=26), nullable=False),
        sa.Column("revoked_at", kept.Instant(timezone=True), nullable=False),
        sa.Column("revoked_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "key_id"],
            ["api_key.association_id", "api_key.key_id"],
            name=op.f("fk_api_key_revocation_association_id_key_id"),
        ),
        sa.PrimaryKeyConstraint("association_id", "key_id", name=op.f("pk_api_key_revocation")),
    )
    op.create_table(
        "award",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("activity_id", sa.String(length=26), nullable=False),
        sa.Column("calculation", sa.SmallInteger(), nullable=False),
        sa.Column("rule_id", sa.String(length=40), nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("occurred_at", kept.Instant(timezone=True), nullable=False),
        sa.Column("points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("forgone", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("programme", sa.String(length=20), nullable=False),
        sa.Column(
            "ruleset_version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("ruleset_sha256", sa.String(length=64), nullable=False),
        sa.Column("expires_at", kept.Instant(timezone=True), nullable=True),
        sa.Column("transaction_id", sa.String(length=26), nullable=True),
        sa.Column("uses", kept.Document(), nullable=False),
        sa.Column("trace", kept.Document(), nullable=False),
        sa.CheckConstraint("points >= 0 AND forgone >= 0", name=op.f("ck_award_rules_grant")),
        sa.ForeignKeyConstraint(
            ["association_id", "activity_id"],
            ["activity.association_id", "activity.activity_id"],
            name=op.f("fk_award_association_id_activity_id"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id",
            "activity_id",
            "calculation",
            "rule_id",
            "measure",
            name=op.f("pk_award"),
        ),
    )
    op.create_index(
        "ix_award_member_rule",
        "award",
        ["association_id", "member_id", "rule_id", "occurred_at"],
        unique=False,
        postgresql_where=sa.text("member_id != ''"),
        sqlite_where=sa.text("member_id != ''"),
    )
    op.create_index(
        "ix_award_transaction",
        "award",
        ["association_id", "transaction_id"],
        unique=False,
        postgresql_where=sa.text("transaction_id != ''"),
        sqlite_where=sa.text("transaction_id != ''"),
    )
    op.create_table(
        "claim",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("activity_id", sa.String(length=26), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("filed_by", sa.String(length=120), nullable=False),
        sa.Column("occurred_at", kept.Instant(timezone=True), nullable=False),
        sa.Column("branch", sa.String(length=120), nullable=True),
        sa.Column("grid", sa.String(length=120), nullable=True),
        sa.Column("reviewers", kept.Document(), nullable=False),
        sa.Column("second_needed", sa.Boolean(), nullable=False),
        sa.Column("flags", kept.Document(), nullable=False),
        sa.Column("batch_id", sa.String(length=60), nullable=True),
        sa.Column("first_reviewer", sa.String(length=120), nullable=True),
        sa.Column("second_reviewer", sa.String(length=120), nullable=True),
        sa.Column("publicity_until", kept.Instant(timezone=True), nullable=True),
        sa.Column("publicity_batch", sa.String(length=60), nullable=True),
        sa.Column("days_left", sa.SmallInteger(), nullable=True),
        sa.Column("objected_by", sa.String(length=120), nullable=True),
        sa.Column("transactions", kept.Document(), nullable=False),
        sa.CheckConstraint(
            "state <> 'publicity' OR publicity_until IS NOT NULL",
            name=op.f("ck_claim_publicity_has_an_end"),
        ),
        sa.CheckConstraint(
            "second_reviewer IS NULL OR second_reviewer <> first_reviewer",
            name=op.f("ck_claim_two_people_review"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "activity_id"],
            ["activity.association_id", "activity.activity_id"],
            name=op.f("fk_claim_association_id_activity_id"),
        ),
        sa.PrimaryKeyConstraint("association_id", "activity_id", name=op.f("pk_claim")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        "ix_claim_batch",
        "claim",
        ["association_id", "batch_id", "activity_id"],
        unique=False,
        postgresql_where=sa.text("batch_id IS NOT NULL"),
        sqlite_where=sa.text("batch_id IS NOT NULL"),
    )
    op.create_index(
        "ix_claim_due",
        "claim",
        ["association_id", "publicity_until", "activity_id"],
        unique=False,
        postgresql_where=sa.text("state = 'publicity'"),
        sqlite_where=sa.text("state = 'publicity'"),
    )
    op.create_index(
        "ix_claim_member",
        "claim",
        ["association_id", "member_id", "activity_id"],
        unique=False,
        postgresql_where=sa.text("member_id != ''"),
        sqlite_where=sa.text("member_id != ''"),
    )
    op.create_index(
        "ix_claim_state",
        "claim",
        ["association_id", "state", "activity_id"],
        unique=False,
        postgresql_where=sa.text("state != ''"),
        sqlite_where=sa.text("state != ''"),
    )
    op.create_table(
        "claim_event",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("activity_id", sa.String(length=26), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("detail", kept.Document(), nullable=False),
        sa.Column("recorded_at", kept.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_claim_event_versions_start_at_one")),
        sa.ForeignKeyConstraint(
            ["association_id", "activity_id"],
            ["activity.association_id", "activity.activity_id"],
            name=op.f("fk_claim_event_association_id_activity_id"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "activity_id", "version", name=op.f("pk_claim_event")
        ),
    )
    op.create_table(
        "enrolment",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("programme", sa.String(length=20), nullable=False),
        sa.Column("enrolled_at", kept.Instant(timezone=True), nullable=False),
        sa.Column("left_at", kept.Instant(timezone=True), nullable=True),
        sa.Column("opened_year", sa.SmallInteger(), nullable=False),
        sa.Column("frozen_because", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "member_id"],
            ["member.association_id", "member.member_id"],
            name=op.f("fk_enrolment_association_id_member_id"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "member_id", "programme", name=op.f("pk_enrolment")
        ),
    )
    op.create_index(
        "ix_enrolment_programme",
        "enrolment",
        ["association_id", "programme", "member_id"],
        unique=False,
        postgresql_where=sa.text("programme != ''"),
        sqlite_where=sa.text("programme != ''"),
    )
    op.create_table(
        "entry",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("transaction_id", sa.String(length=26), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "balance_after", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("effective_at", kept.Instant(timezone=True), nullable=False),
        sa.Column("recorded_at", kept.Instant(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(version IS NULL) = (state = 'system')", name=op.f("ck_entry_members_entries_count")
        ),
        sa.CheckConstraint("points <> 0", name=op.f("ck_entry_moves_points")),
        sa.ForeignKeyConstraint(
            ["association_id", "transaction_id"],
            ["ledger_transaction.association_id", "ledger_transaction.transaction_id"],
            name=op.f("fk_entry_association_id_transaction_id"),
        ),
        sa.PrimaryKeyConstraint("association_id", "transaction_id", "line", name=op.f("pk_entry")),
    )
    op.create_index(
        "uq_entry_account_version",
        "entry",
        ["association_id", "account_id", "version"],
        unique=True,
        postgresql_where=sa.text("version IS NOT NULL"),
        sqlite_where=sa.text("version IS NOT NULL"),
    )
    op.create_table(
        "lot",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("lot_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("transaction_id", sa.String(length=26), nullable=False),
        sa.Column("points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("born", sa.String(length=10), nullable=False),
        sa.Column("expires_at", kept.Instant(timezone=True), nullable=True),
        sa.CheckConstraint("points > 0", name=op.f("ck_lot_holds_points")),
        sa.ForeignKeyConstraint(
            ["association_id", "transaction_id"],
            ["ledger_transaction.association_id", "ledger_transaction.transaction_id"],
            name=op.f("fk_lot_association_id_transaction_id"),
        ),
        sa.PrimaryKeyConstraint("association_id", "lot_id", name=op.f("pk_lot")),
    )
    op.create_index(
        "ix_lot_transaction",
        "lot",
        ["association_id", "transaction_id"],
        unique=False,
        postgresql_where=sa.text("transaction_id != ''"),
        sqlite_where=sa.text("transaction_id != ''"),
    )
    op.create_table(
        "member_event",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("change", sa.String(length=16), nullable=False),
        sa.Column("programme", sa.String(length=20), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("detail", kept.Document(), nullable=False),
        sa.Column("recorded_at", kept.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_member_event_versions_start_at_one")),
        sa.ForeignKeyConstraint(
            ["association_id", "member_id"],
            ["member.association_id", "member.member_id"],
            name=op.f("fk_member_event_association_id_member_id"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "member_id", "version", name=op.f("pk_member_event")
        ),
    )
    op.create_table(
        "member_state",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("branch", sa.String(length=120), nullable=True),
        sa.Column("grid", sa.String(length=120), nullable=True),
        sa.Column("party_member", sa.Boolean(), nullable=False),
        sa.Column("mobile_party_member", sa.Boolean(), nullable=False),
        sa.Column("probationary", sa.Boolean(), nullable=False),
        sa.Column("roles", kept.Document(), nullable=False),
        sa.Column("joined_on", sa.String(length=10), nullable=True),
        sa.CheckConstraint(
            "party_member OR NOT (mobile_party_member OR probationary)",
            name=op.f("ck_member_state_status_consistent"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "member_id"],
            ["member.association_id", "member.member_id"],
            name=op.f("fk_member_state_association_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("association_id", "member_id", name=op.f("pk_member_state")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        "ix_member_state_branch",
        "member_state",
        ["association_id", "branch", "member_id"],
        unique=False,
        postgresql_where=sa.text("branch != ''"),
        sqlite_where=sa.text("branch != ''"),
    )
    op.create_table(
        "outlet",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("outlet_id", sa.String(length=26), nullable=False),
        sa.Column("partner_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("opening_hours", sa.String(length=80), nullable=False),
        sa.Column("services", kept.Document(), nullable=False),
        sa.Column("added_at", kept.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "partner_id"],
            ["partner.association_id", "partner.partner_id"],
            name=op.f("fk_outlet_association_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("association_id", "outlet_id", name=op.f("pk_outlet")),
    )
    op.create_index(
        "ix_outlet_partner",
        "outlet",
        ["association_id", "partner_id", "outlet_id"],
        unique=False,
        postgresql_where=sa.text("partner_id != ''"),
        sqlite_where=sa.text("partner_id != ''"),
    )
    op.create_table(
        "personal",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("identity_number", sa.Text(), nullable=True),
        sa.Column("phone_index", sa.String(length=64), nullable=False),
        sa.Column("identity_index", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id", "member_id"],
            ["member.association_id", "member.member_id"],
            name=op.f("fk_personal_association_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("association_id", "member_id", name=op.f("pk_personal")),
    )
    op.create_index(
        "uq_personal_identity_index",
        "personal",
        ["association_id", "identity_index"],
        unique=True,
        postgresql_where=sa.text("identity_index IS NOT NULL"),
        sqlite_where=sa.text("identity_index IS NOT NULL"),
    )
    op.create_index(
        "uq_personal_phone_index",
        "personal",
        ["association_id", "phone_index"],
        unique=True,
        postgresql_where=sa.text("phone_index != ''"),
        sqlite_where=sa.text("phone_index != ''"),
    )
    op.create_table(
        "reward",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reward_id", sa.String(length=26), nullable=False),
        sa.Column("body", kept.Document(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "version"],
            ["catalogue_version.association_id", "catalogue_version.version"],
            name=op.f("fk_reward_association_id_version"),
        ),
        sa.PrimaryKeyConstraint("association_id", "version", "reward_id", name=op.f("pk_reward")),
    )
    op.create_table(
        "statement",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("statement_id", sa.String(length=26), nullable=False),
        sa.Column("partner_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("begins", kept.Instant(timezone=True), nullable=False),
        sa.Column("ends", kept.Instant(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column(
            "total_fen", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("outlets", kept.Document(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("closed_at", kept.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("begins < ends", name=op.f("ck_statement_lasts_a_while")),
        sa.ForeignKeyConstraint(
            ["association_id", "partner_id"],
            ["partner.association_id", "partner.partner_id"],
            name=op.f("fk_statement_association_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("association_id", "statement_id", name=op.f("pk_statement")),
    )
    op.create_index(
        "uq_statement_number",
        "statement",
        ["association_id", "partner_id", "number"],
        unique=True,
        postgresql_where=sa.text("number > 0"),
        sqlite_where=sa.text("number > 0"),
    )
    op.create_table(
        "statement_correction",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("correction_id", sa.String(length=26), nullable=False),
        sa.Column("partner_id", sa.String(length=26), nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("outlet_id", sa.String(length=26), nullable=True),
        sa.Column(
            "amount_fen", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("corrects", sa.String(length=26), nullable=True),
        sa.Column("booked_at", kept.Instant(timezone=True), nullable=False),
        sa.Column("recorded_at", kept.Instant(timezone=True), nullable=False),
        sa.CheckConstraint(
            "amount_fen <> 0", name=op.f("ck_statement_correction_changes_an_amount")
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "partner_id"],
            ["partner.association_id", "partner.partner_id"],
            name=op.f("fk_statement_correction_association_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "correction_id", name=op.f("pk_statement_correction")
        ),
    )
    op.create_index(
        "ix_statement_correction_booked",
        "statement_correction",
        ["association_id", "partner_id", "booked_at"],
        unique=False,
    )
    op.create_table(
        "voucher_code",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("voucher_id", sa.String(length=26), nullable=False),
        sa.Column("form", sa.String(length=10), nullable=False),
        sa.Column("issue_no", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "voucher_id"],
            ["voucher.association_id", "voucher.voucher_id"],
            name=op.f("fk_voucher_code_association_id_voucher_id"),
        ),
        sa.PrimaryKeyConstraint("association_id", "code_hash", name=op.f("pk_voucher_code")),
        sa.UniqueConstraint(
            "association_id",
            "voucher_id",
            "form",
            "issue_no",
            name=op.f("uq_voucher_code_association_id_voucher_id_form_issue_no"),
        ),
    )
    op.create_table(
        "voucher_event",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("voucher_id", sa.String(length=26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("partner_id", sa.String(length=26), nullable=True),
        sa.Column("outlet_id", sa.String(length=26), nullable=True),
        sa.Column("operator_id", sa.String(length=60), nullable=False),
        sa.Column("request_no", sa.String(length=80), nullable=True),
        sa.Column("parts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cost_fen", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("undoes", sa.String(length=26), nullable=True),
        sa.Column("booked_at", kept.Instant(timezone=True), nullable=False),
        sa.Column("recorded_at", kept.Instant(timezone=True), nullable=False),
        sa.Column("operation_id", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.CheckConstraint(
            "(request_no IS NULL) = (kind <> 'captured')",
            name=op.f("ck_voucher_event_captures_are_numbered"),
        ),
        sa.CheckConstraint(
            "(undoes IS NULL) = (kind <> 'voided')", name=op.f("ck_voucher_event_voids_undo")
        ),
        sa.CheckConstraint(
            "parts >= 0 AND points >= 0 AND cost_fen >= 0",
            name=op.f("ck_voucher_event_never_below_zero"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "undoes"],
            ["voucher_event.association_id", "voucher_event.event_id"],
            name=op.f("fk_voucher_event_association_id_undoes"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "voucher_id"],
            ["voucher.association_id", "voucher.voucher_id"],
            name=op.f("fk_voucher_event_association_id_voucher_id"),
        ),
        sa.PrimaryKeyConstraint("association_id", "event_id", name=op.f("pk_voucher_event")),
    )
    op.create_index(
        "ix_voucher_event_booked",
        "voucher_event",
        ["association_id", "partner_id", "booked_at", "event_id"],
        unique=False,
        postgresql_where=sa.text("partner_id IS NOT NULL"),
        sqlite_where=sa.text("partner_id IS NOT NULL"),
    )
    op.create_index(
        "uq_voucher_event_request",
        "voucher_event",
        ["association_id", "partner_id", "request_no"],
        unique=True,
        postgresql_where=sa.text("request_no IS NOT NULL"),
        sqlite_where=sa.text("request_no IS NOT NULL"),
    )
    op.create_index(
        "uq_voucher_event_undoes",
        "voucher_event",
        ["association_id", "undoes"],
        unique=True,
        postgresql_where=sa.text("undoes IS NOT NULL"),
        sqlite_where=sa.text("undoes IS NOT NULL"),
    )
    op.create_index(
        "uq_voucher_event_version",
        "voucher_event",
        ["association_id", "voucher_id", "version"],
        unique=True,
        postgresql_where=sa.text("version > 0"),
        sqlite_where=sa.text("version > 0"),
    )
    op.create_table(
        "lot_movement",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("lot_id", sa.String(length=26), nullable=False),
        sa.Column("transaction_id", sa.String(length=26), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("target", sa.String(length=10), nullable=False),
        sa.Column("points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hold_id", sa.String(length=26), nullable=True),
        sa.Column("expires_at", kept.Instant(timezone=True), nullable=True),
        sa.CheckConstraint("points > 0", name=op.f("ck_lot_movement_moves_points")),
        sa.CheckConstraint("source <> target", name=op.f("ck_lot_movement_goes_somewhere")),
        sa.ForeignKeyConstraint(
            ["association_id", "lot_id"],
            ["lot.association_id", "lot.lot_id"],
            name=op.f("fk_lot_movement_association_id_lot_id"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "transaction_id"],
            ["ledger_transaction.association_id", "ledger_transaction.transaction_id"],
            name=op.f("fk_lot_movement_association_id_transaction_id"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "lot_id", "transaction_id", "line", name=op.f("pk_lot_movement")
        ),
    )
    op.create_index(
        "ix_lot_movement_hold",
        "lot_movement",
        ["association_id", "hold_id"],
        unique=False,
        postgresql_where=sa.text("hold_id IS NOT NULL"),
        sqlite_where=sa.text("hold_id IS NOT NULL"),
    )
    op.create_table(
        "operator",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("outlet_id", sa.String(length=26), nullable=False),
        sa.Column("operator_id", sa.String(length=60), nullable=False),
        sa.Column("added_at", kept.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "outlet_id"],
            ["outlet.association_id", "outlet.outlet_id"],
            name=op.f("fk_operator_association_id_outlet_id"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "outlet_id", "operator_id", name=op.f("pk_operator")
        ),
    )
    op.create_table(
        "statement_line",
        sa.Column("association_id", sa.String(length=40), nullable=False),
        sa.Column("statement_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("outlet_id", sa.String(length=26), nullable=True),
        sa.Column("reward_id", sa.String(length=26), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("last4", sa.String(length=4), nullable=False),
        sa.Column(
            "amount_fen", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("booked_at", kept.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "statement_id"],
            ["statement.association_id", "statement.statement_id"],
            name=op.f("fk_statement_line_association_id_statement_id"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "statement_id", "number", name=op.f("pk_statement_line")
        ),
        sa.UniqueConstraint(
            "association_id", "source_id", name=op.f("uq_statement_line_association_id_source_id")
        ),
    )
    for statement in protect(op.get_bind().dialect.name, FACTS):
        op.execute(statement)


def downgrade() -> None:
    for statement in unprotect(op.get_bind().dialect.name, FACTS):
        op.execute(statement)
    op.drop_table("statement_line")
    op.drop_table("operator")
    op.drop_index(
        "ix_lot_movement_hold",
        table_name="lot_movement",
        postgresql_where=sa.text("hold_id IS NOT NULL"),
        sqlite_where=sa.text("hold_id IS NOT NULL"),
    )
    op.drop_table("lot_movement")
    op.drop_index(
        "uq_voucher_event_version",
        table_name="voucher_event",
        postgresql_where=sa.text("version > 0"),
        sqlite_where=sa.text("version > 0"),
    )
    op.drop_index(
        "uq_voucher_event_undoes",
        table_name="voucher_event",
        postgresql_where=sa.text("undoes IS NOT NULL"),
        sqlite_where=sa.text("undoes IS NOT NULL"),
    )
    op.drop_index(
        "uq_voucher_event_request",
        table_name="voucher_event",
        postgresql_where=sa.text("request_no IS NOT NULL"),
        sqlite_where=sa.text("request_no IS NOT NULL"),
    )
    op.drop_index(
        "ix_voucher_event_booked",
        table_name="voucher_event",
        postgresql_where=sa.text("partner_id IS NOT NULL"),
        sqlite_where=sa.text("partner_id IS NOT NULL"),
    )
    op.drop_table("voucher_event")
    op.drop_table("voucher_code")
    op.drop_index("ix_statement_correction_booked", table_name="statement_correction")
    op.drop_table("statement_correction")
    op.drop_index(
        "uq_statement_number",
        table_name="statement",
        postgresql_where=sa.text("number > 0"),
        sqlite_where=sa.text("number > 0"),
    )
    op.drop_table("statement")
    op.drop_table("reward")
    op.drop_index(
        "uq_personal_phone_index",
        table_name="personal",
        postgresql_where=sa.text("phone_index != ''"),
        sqlite_where=sa.text("phone_index != ''"),
    )
    op.drop_index(
        "uq_personal_identity_index",
        table_name="personal",
        postgresql_where=sa.text("identity_index IS NOT NULL"),
        sqlite_where=sa.text("identity_index IS NOT NULL"),
    )
    op.drop_table("personal")
    op.drop_index(
        "ix_outlet_partner",
        table_name="outlet",
        postgresql_where=sa.text("partner_id != ''"),
        sqlite_where=sa.text("partner_id != ''"),
    )
    op.drop_table("outlet")
    op.drop_index(
        "ix_member_state_branch",
        table_name="member_state",
        postgresql_where=sa.text("branch != ''"),
        sqlite_where=sa.text("branch != ''"),
    )
    op.drop_table("member_state")
    op.drop_table("member_event")
    op.drop_index(
        "ix_lot_transaction",
        table_name="lot",
        postgresql_where=sa.text("transaction_id != ''"),
        sqlite_where=sa.text("transaction_id != ''"),
    )
    op.drop_table("lot")
    op.drop_index(
        "uq_entry_account_version",
        table_name="entry",
        postgresql_where=sa.text("version IS NOT NULL"),
        sqlite_where=sa.text("version IS NOT NULL"),
    )
    op.drop_table("entry")
    op.drop_index(
        "ix_enrolment_programme",
        table_name="enrolment",
        postgresql_where=sa.text("programme != ''"),
        sqlite_where=sa.text("programme != ''"),
    )
    op.drop_table("enrolment")
    op.drop_table("claim_event")
    op.drop_index(
        "ix_claim_state",
        table_name="claim",
        postgresql_where=sa.text("state != ''"),
        sqlite_where=sa.text("state != ''"),
    )
    op.drop_index(
        "ix_claim_member",
        table_name="claim",
        postgresql_where=sa.text("member_id != ''"),
        sqlite_where=sa.text("member_id != ''"),
    )
    op.drop_index(
        "ix_claim_due",
        table_name="claim",
        postgresql_where=sa.text("state = 'publicity'"),
        sqlite_where=sa.text("state = 'publicity'"),
    )
    op.drop_index(
        "ix_claim_batch",
        table_name="claim",
        postgresql_where=sa.text("batch_id IS NOT NULL"),
        sqlite_where=sa.text("batch_id IS NOT NULL"),
    )
    op.drop_table("claim")
    op.drop_index(
        "ix_award_transaction",
        table_name="award",
        postgresql_where=sa.text("transaction_id != ''"),
        sqlite_where=sa.text("transaction_id != ''"),
    )
    op.drop_index(
        "ix_award_member_rule",
        table_name="award",
        postgresql_where=sa.text("member_id != ''"),
        sqlite_where=sa.text("member_id != ''"),
    )
    op.drop_table("award")
    op.drop_table("api_key_revocation")
    op.drop_index(
        "ix_voucher_state_due",
        table_name="voucher_state",
        postgresql_where=sa.text("state = 'issued'"),
        sqlite_where=sa.text("state = 'issued'"),
    )
    op.drop_table("voucher_state")
    op.drop_index(
        "ix_voucher_member",
        table_name="voucher",
        postgresql_where=sa.text("member_id != ''"),
        sqlite_where=sa.text("member_id != ''"),
    )
    op.drop_table("voucher")
    op.drop_table("stock_entry")
    op.drop_table("stock")
    op.drop_table("rating_close")
    op.drop_table("pool_entry")
    op.drop_table("pool")
    op.drop_table("partner_account")
    op.drop_table("partner")
    op.drop_table("operation")
    op.drop_index(
        "ix_open_lot_account",
        table_name="open_lot",
        postgresql_where=sa.text("pending > 0 OR available > 0 OR held > 0"),
        sqlite_where=sa.text("pending > 0 OR available > 0 OR held > 0"),
    )
    op.drop_table("open_lot")
    op.drop_table("member")
    op.drop_index(
        "uq_ledger_transaction_reverses",
        table_name="ledger_transaction",
        postgresql_where=sa.text("reverses IS NOT NULL"),
        sqlite_where=sa.text("reverses IS NOT NULL"),
    )
    op.drop_index(
        "ix_ledger_transaction_member",
        table_name="ledger_transaction",
        postgresql_where=sa.text("member_id != ''"),
        sqlite_where=sa.text("member_id != ''"),
    )
    op.drop_table("ledger_transaction")
    op.drop_table("holiday")
    op.drop_table("guess_guard")
    op.drop_index("ix_failed_attempt_outlet", table_name="failed_attempt")
    op.drop_table("failed_attempt")
    op.drop_table("catalogue_version")
    op.drop_index(
        "ix_cap_usage_key",
        table_name="cap_usage",
        postgresql_where=sa.text("use_key != ''"),
        sqlite_where=sa.text("use_key != ''"),
    )
    op.drop_table("cap_usage")
    op.drop_table("api_key")
    op.drop_index(
        "uq_activity_external",
        table_name="activity",
        postgresql_where=sa.text("external_id != ''"),
        sqlite_where=sa.text("external_id != ''"),
    )
    op.drop_index(
        "ix_activity_slot",
        table_name="activity",
        postgresql_where=sa.text("slot IS NOT NULL"),
        sqlite_where=sa.text("slot IS NOT NULL"),
    )
    op.drop_index(
        "ix_activity_member",
        table_name="activity",
        postgresql_where=sa.text("member_id != ''"),
        sqlite_where=sa.text("member_id != ''"),
    )
    op.drop_table("activity")
    op.drop_index(
        "ix_account_member",
        table_name="account",
        postgresql_where=sa.text("member_id != ''"),
        sqlite_where=sa.text("member_id != ''"),
    )
    op.drop_table("account")
