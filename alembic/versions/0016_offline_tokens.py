"""expand: offline tokens, what tills brought back, and what was decided about it.

Vouchers that stand already are reserved for no outlet: their columns say nothing.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FACTS = ("offline_token", "offline_use", "offline_ruling")
OF_VOUCHER = (["association_id", "voucher_id"], ["voucher.association_id", "voucher.voucher_id"])
RESERVED = ("reserved_token", "reserved_outlet", "reserved_until", "settles_until")


def upgrade() -> None:
    for name in RESERVED[:2]:
        op.add_column("voucher_state", sa.Column(name, sa.String(26), nullable=True))
    for name in RESERVED[2:]:
        op.add_column("voucher_state", sa.Column(name, kept.Instant(), nullable=True))
    _tokens()
    _uses()
    _rulings()
    for statement in protect(op.get_bind().dialect.name, FACTS):
        op.execute(statement)


def _named(key: str) -> tuple[sa.Column[str], ...]:
    return (
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column(key, sa.String(26), nullable=False),
    )


def _done() -> tuple[sa.Column[str], ...]:
    return (
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
    )


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    said = sa.text(where)
    op.create_index(
        name,
        table,
        ["association_id", *columns],
        unique=unique,
        postgresql_where=said,
        sqlite_where=said,
    )


def _tokens() -> None:
    op.create_table(
        "offline_token",
        *_named("token_id"),
        sa.Column("voucher_id", sa.String(26), nullable=False),
        sa.Column("outlet_id", sa.String(26), nullable=False),
        sa.Column("key_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("reward_id", sa.String(26), nullable=False),
        sa.Column("value_fen", kept.Whole, nullable=False),
        sa.Column("issued_at", kept.Instant(), nullable=False),
        sa.Column("until", kept.Instant(), nullable=False),
        sa.Column("upload_until", kept.Instant(), nullable=False),
        *_done(),
        sa.ForeignKeyConstraint(
            *OF_VOUCHER, name=op.f("fk_offline_token_association_id_voucher_id")
        ),
        sa.CheckConstraint(
            "issued_at < until AND until <= upload_until",
            name=op.f("ck_offline_token_lasts_a_while"),
        ),
        sa.CheckConstraint("value_fen >= 0", name=op.f("ck_offline_token_never_below_zero")),
        sa.PrimaryKeyConstraint("association_id", "token_id", name=op.f("pk_offline_token")),
    )
    _index(
        "ix_offline_token_voucher", "offline_token", ["voucher_id", "token_id"], "voucher_id != ''"
    )


def _uses() -> None:
    op.create_table(
        "offline_use",
        *_named("use_id"),
        sa.Column("partner_id", sa.String(26), nullable=False),
        sa.Column("outlet_id", sa.String(26), nullable=False),
        sa.Column("device_id", sa.String(80), nullable=False),
        sa.Column("operator_id", sa.String(60), nullable=False),
        sa.Column("request_no", sa.String(80), nullable=False),
        sa.Column("token_id", sa.String(26), nullable=True),
        sa.Column("voucher_id", sa.String(26), nullable=True),
        sa.Column("programme", sa.String(40), nullable=False),
        sa.Column("handed_at", kept.Instant(), nullable=False),
        sa.Column("amount_fen", kept.Whole, nullable=True),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("bearer", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("value_fen", kept.Whole, nullable=False),
        sa.Column("event_id", sa.String(26), nullable=True),
        sa.Column("uploaded_at", kept.Instant(), nullable=False),
        *_done(),
        sa.ForeignKeyConstraint(*OF_VOUCHER, name=op.f("fk_offline_use_association_id_voucher_id")),
        sa.ForeignKeyConstraint(
            ["association_id", "event_id"],
            ["voucher_event.association_id", "voucher_event.event_id"],
            name=op.f("fk_offline_use_association_id_event_id"),
        ),
        sa.CheckConstraint("value_fen >= 0", name=op.f("ck_offline_use_never_below_zero")),
        sa.CheckConstraint(
            "outcome IN ('captured', 'conflict')", name=op.f("ck_offline_use_known_outcome")
        ),
        sa.CheckConstraint(
            "bearer IN ('nobody', 'association', 'partner')",
            name=op.f("ck_offline_use_known_bearer"),
        ),
        sa.CheckConstraint(
            "(event_id IS NULL) = (outcome = 'conflict')",
            name=op.f("ck_offline_use_captures_have_events"),
        ),
        sa.CheckConstraint(
            "(bearer = 'nobody') = (outcome = 'captured')",
            name=op.f("ck_offline_use_conflicts_are_borne"),
        ),
        sa.PrimaryKeyConstraint("association_id", "use_id", name=op.f("pk_offline_use")),
    )
    _index(
        "uq_offline_use_request",
        "offline_use",
        ["partner_id", "request_no"],
        "partner_id != ''",
        unique=True,
    )
    _index(
        "ix_offline_use_till",
        "offline_use",
        ["outlet_id", "device_id", "handed_at"],
        "outlet_id != ''",
    )
    _index(
        "uq_offline_use_spent",
        "offline_use",
        ["token_id"],
        "token_id IS NOT NULL AND bearer != 'partner'",
        unique=True,
    )
    _index("ix_offline_use_conflict", "offline_use", ["use_id"], "outcome = 'conflict'")


def _rulings() -> None:
    op.create_table(
        "offline_ruling",
        *_named("use_id"),
        sa.Column("decision", sa.String(10), nullable=False),
        sa.Column("amount_fen", kept.Whole, nullable=False),
        sa.Column("correction_id", sa.String(26), nullable=True),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("decided_at", kept.Instant(), nullable=False),
        *_done(),
        sa.ForeignKeyConstraint(
            ["association_id", "use_id"],
            ["offline_use.association_id", "offline_use.use_id"],
            name=op.f("fk_offline_ruling_association_id_use_id"),
        ),
        sa.CheckConstraint(
            "decision IN ('paid', 'refused')", name=op.f("ck_offline_ruling_known_decision")
        ),
        sa.CheckConstraint(
            "(correction_id IS NULL) = (decision = 'refused')",
            name=op.f("ck_offline_ruling_paid_is_corrected"),
        ),
        sa.PrimaryKeyConstraint("association_id", "use_id", name=op.f("pk_offline_ruling")),
    )


def downgrade() -> None:
    for table in reversed(FACTS):
        op.drop_table(table)
    for name in reversed(RESERVED):
        op.execute(f"ALTER TABLE voucher_state DROP COLUMN {name}")
