"""The catalogue's tables: versions, stock and pool entries are facts; counts are projections."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Integer, String, text

from points.db.base import tenant_index, tenant_table
from points.db.types import Document, Instant, Whole

catalogue_version = tenant_table(
    "catalogue_version",
    Column("version", Integer, primary_key=True),
    Column("zone", String(40), nullable=False),
    Column("value_fen_per_point", Whole, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("loaded_at", Instant, nullable=False),
    CheckConstraint("version > 0", name="versions_start_at_one"),
    append_only=True,
)

reward = tenant_table(
    "reward",
    Column("version", Integer, primary_key=True),
    Column("reward_id", String(26), primary_key=True),
    Column("body", Document, nullable=False),
    ForeignKeyConstraint(
        ["association_id", "version"],
        ["catalogue_version.association_id", "catalogue_version.version"],
    ),
    append_only=True,
)

stock_entry = tenant_table(
    "stock_entry",
    Column("entry_id", String(26), primary_key=True),
    Column("reward_id", String(26), nullable=False),
    Column("bucket", String(10), nullable=False),
    Column("reserved", Whole, nullable=False),
    Column("issued", Whole, nullable=False),
    Column("voucher_id", String(26), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("reserved <> 0 OR issued <> 0", name="changes_stock"),
    append_only=True,
)

stock = tenant_table(
    "stock",
    Column("reward_id", String(26), primary_key=True),
    Column("bucket", String(10), primary_key=True),
    Column("reserved", Whole, nullable=False),
    Column("issued", Whole, nullable=False),
    CheckConstraint("reserved >= 0 AND issued >= 0", name="never_below_zero"),
    postgresql_with={"fillfactor": 70},
    deletable=True,
)

pool_entry = tenant_table(
    "pool_entry",
    Column("entry_id", String(26), primary_key=True),
    Column("programme", String(40), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("funded", Whole, nullable=False),
    Column("reserved", Whole, nullable=False),
    Column("spent", Whole, nullable=False),
    Column("source", String(20)),
    Column("note", String(200), nullable=False),
    Column("about", String(26)),
    Column("operation_id", String(200), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("document", String(80), nullable=False, server_default=text("''")),
    CheckConstraint("(source IS NULL) = (kind <> 'fund')", name="funding_has_a_source"),
    CheckConstraint("funded <> 0 OR reserved <> 0 OR spent <> 0", name="moves_money"),
    append_only=True,
)
tenant_index("ix_pool_entry_programme", pool_entry.c.programme, pool_entry.c.entry_id)

pool = tenant_table(
    "pool",
    Column("programme", String(40), primary_key=True),
    Column("funded", Whole, nullable=False),
    Column("reserved", Whole, nullable=False),
    Column("spent", Whole, nullable=False),
    CheckConstraint(
        "funded >= 0 AND reserved >= 0 AND spent >= 0 AND funded - reserved - spent >= 0",
        name="never_below_zero",
    ),
    postgresql_with={"fillfactor": 70},
    deletable=True,
)
