"""The catalogue's tables: versions, stock and pool entries are facts; counts are projections."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    String,
    Text,
    text,
)

from points.db.base import tenant_index, tenant_table
from points.db.types import Document, Instant, Whole

catalogue_version = tenant_table(
    "catalogue_version",
    Column("version", Integer, primary_key=True),
    Column("zone", String(40), nullable=False),
    Column("value_fen_per_point", Whole, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("loaded_at", Instant, nullable=False),
    Column("starts_at", Instant),
    Column("text", Text),
    Column("published_by", String(120)),
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
    Column("outlet_id", String(26), nullable=False, server_default=""),
    CheckConstraint("reserved <> 0 OR issued <> 0", name="changes_stock"),
    append_only=True,
)

stock = tenant_table(
    "stock",
    Column("reward_id", String(26), primary_key=True),
    Column("bucket", String(10), primary_key=True),
    Column("outlet_id", String(26), primary_key=True, server_default=""),
    Column("reserved", Whole, nullable=False),
    Column("issued", Whole, nullable=False),
    CheckConstraint("reserved >= 0 AND issued >= 0", name="never_below_zero"),
    postgresql_with={"fillfactor": 70},
    deletable=True,
)

photo = tenant_table(
    "photo",
    Column("sha256", String(64), primary_key=True),
    Column("media_type", String(20), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("added_at", Instant, nullable=False),
    CheckConstraint("width > 0 AND height > 0", name="shows_something"),
    append_only=True,
)

gate_grant = tenant_table(
    "gate_grant",
    Column("grant_id", String(26), primary_key=True),
    Column("member_id", String(26), nullable=False),
    Column("reward_id", String(26), nullable=False),
    Column("gate", String(60), nullable=False),
    Column("seen_by", String(120), nullable=False),
    Column("granted_at", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("operation_id", String(200), nullable=False),
    CheckConstraint("granted_at < valid_until", name="open_for_a_while"),
    append_only=True,
)
tenant_index("ix_gate_grant_member", gate_grant.c.member_id, gate_grant.c.grant_id)

# A grant is used once, or taken back: it has one end.
gate_end = tenant_table(
    "gate_end",
    Column("grant_id", String(26), primary_key=True),
    Column("voucher_id", String(26)),
    Column("ended_by", String(120), nullable=False),
    Column("ended_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["association_id", "grant_id"], ["gate_grant.association_id", "gate_grant.grant_id"]
    ),
    append_only=True,
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
