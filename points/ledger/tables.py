"""The ledger's tables: facts that are only appended, and projections that can be rebuilt."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    text,
)

from points.db.base import tenant_index, tenant_table
from points.db.types import Document, Instant, Whole

operation = tenant_table(
    "operation",
    Column("operation_id", String(200), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("body_hash", String(64), nullable=False),
    Column("outcome", Document, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    append_only=True,
)

transaction = tenant_table(
    "ledger_transaction",
    Column("transaction_id", String(26), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("member_id", String(26), nullable=False),
    Column("effective_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("reason", String(80), nullable=False),
    Column("reverses", String(26)),
    Column("origin", Document, nullable=False),
    Column("corrects", String(26)),
    ForeignKeyConstraint(
        ["association_id", "reverses"],
        ["ledger_transaction.association_id", "ledger_transaction.transaction_id"],
    ),
    append_only=True,
)
_TAKEN_BACK = transaction.c.reverses.is_not(None)
# A transaction is reversed at most once.
Index(
    "uq_ledger_transaction_reverses",
    transaction.c.association_id,
    transaction.c.reverses,
    unique=True,
    postgresql_where=_TAKEN_BACK,
    sqlite_where=_TAKEN_BACK,
)
# An award is corrected as often as it has to be; its first transaction finds all of that.
IS_CORRECTION = transaction.c.corrects.is_not(None)
Index(
    "ix_ledger_transaction_corrects",
    transaction.c.association_id,
    transaction.c.corrects,
    postgresql_where=IS_CORRECTION,
    sqlite_where=IS_CORRECTION,
)
# Always true, and there for a reason: while a new database has no statistics PostgreSQL takes any
# index that begins with the association for a foreign key check, and keeps that plan; it then reads
# a whole association for every row. It cannot take a partial index for it. Queries that want the
# index say the same.
HAS_MEMBER = transaction.c.member_id != ""
Index(
    "ix_ledger_transaction_member",
    transaction.c.association_id,
    transaction.c.member_id,
    transaction.c.transaction_id,
    postgresql_where=HAS_MEMBER,
    sqlite_where=HAS_MEMBER,
)

account = tenant_table(
    "account",
    Column("account_id", String(80), primary_key=True),
    Column("member_id", String(26), nullable=False),
    Column("measure", String(40), nullable=False),
    Column("version", Whole, nullable=False),
    Column("pending", Whole, nullable=False),
    Column("available", Whole, nullable=False),
    Column("held", Whole, nullable=False),
    Column("debt", Whole, nullable=False),
    Column("recorded_at", Instant),
    CheckConstraint("account_id = member_id || '.' || measure", name="named_by_its_owner"),
    CheckConstraint("pending >= 0 AND available >= 0 AND held >= 0", name="never_below_zero"),
    CheckConstraint("debt <= 0", name="debt_is_owed"),
    CheckConstraint("version >= 0", name="versions_count_up"),
    postgresql_with={"fillfactor": 70},
)

tenant_index("ix_account_member", account.c.member_id)

entry = tenant_table(
    "entry",
    Column("transaction_id", String(26), primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    Column("account_id", String(80), nullable=False),
    Column("state", String(10), nullable=False),
    Column("points", Whole, nullable=False),
    Column("version", Whole),
    Column("balance_after", Whole),
    Column("effective_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["association_id", "transaction_id"],
        ["ledger_transaction.association_id", "ledger_transaction.transaction_id"],
    ),
    CheckConstraint("points <> 0", name="moves_points"),
    CheckConstraint("(version IS NULL) = (state = 'system')", name="members_entries_count"),
    append_only=True,
)
# Gapless per account; a system account's entries are not counted.
Index(
    "uq_entry_account_version",
    entry.c.association_id,
    entry.c.account_id,
    entry.c.version,
    unique=True,
    postgresql_where=entry.c.version.is_not(None),
    sqlite_where=entry.c.version.is_not(None),
)

lot = tenant_table(
    "lot",
    Column("lot_id", String(26), primary_key=True),
    Column("account_id", String(80), nullable=False),
    Column("transaction_id", String(26), nullable=False),
    Column("points", Whole, nullable=False),
    Column("born", String(10), nullable=False),
    Column("expires_at", Instant),
    ForeignKeyConstraint(
        ["association_id", "transaction_id"],
        ["ledger_transaction.association_id", "ledger_transaction.transaction_id"],
    ),
    CheckConstraint("points > 0", name="holds_points"),
    append_only=True,
)
HAS_TRANSACTION = lot.c.transaction_id != ""
# Partial for the same reason as the one of transactions by member.
Index(
    "ix_lot_transaction",
    lot.c.association_id,
    lot.c.transaction_id,
    postgresql_where=HAS_TRANSACTION,
    sqlite_where=HAS_TRANSACTION,
)

movement = tenant_table(
    "lot_movement",
    Column("lot_id", String(26), primary_key=True),
    Column("transaction_id", String(26), primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    Column("source", String(10), nullable=False),
    Column("target", String(10), nullable=False),
    Column("points", Whole, nullable=False),
    Column("hold_id", String(26)),
    Column("expires_at", Instant),
    ForeignKeyConstraint(["association_id", "lot_id"], ["lot.association_id", "lot.lot_id"]),
    ForeignKeyConstraint(
        ["association_id", "transaction_id"],
        ["ledger_transaction.association_id", "ledger_transaction.transaction_id"],
    ),
    CheckConstraint("points > 0", name="moves_points"),
    CheckConstraint("source <> target", name="goes_somewhere"),
    append_only=True,
)
Index(
    "ix_lot_movement_hold",
    movement.c.association_id,
    movement.c.hold_id,
    postgresql_where=movement.c.hold_id.is_not(None),
    sqlite_where=movement.c.hold_id.is_not(None),
)

open_lot = tenant_table(
    "open_lot",
    Column("lot_id", String(26), primary_key=True),
    Column("account_id", String(80), nullable=False),
    Column("transaction_id", String(26), nullable=False),
    Column("expires_at", Instant),
    Column("pending", Whole, nullable=False),
    Column("available", Whole, nullable=False),
    Column("held", Whole, nullable=False),
    CheckConstraint("pending >= 0 AND available >= 0 AND held >= 0", name="never_below_zero"),
    postgresql_with={"fillfactor": 70},
    deletable=True,
)
_STILL_OPEN = "pending > 0 OR available > 0 OR held > 0"
Index(
    "ix_open_lot_account",
    open_lot.c.association_id,
    open_lot.c.account_id,
    open_lot.c.expires_at,
    postgresql_where=text(_STILL_OPEN),
    sqlite_where=text(_STILL_OPEN),
)

rating_close = tenant_table(
    "rating_close",
    Column("account_id", String(80), primary_key=True),
    Column("year", SmallInteger, primary_key=True),
    Column("rating", Whole, nullable=False),
    Column("stars", SmallInteger, nullable=False),
    Column("ruleset_sha256", String(64), nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("vetoed_by", String(40)),
    append_only=True,
)
