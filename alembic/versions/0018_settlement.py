"""expand: contracts by date, statements that both sides work on, and what happened to each.

Statements that were drawn up before have neither fees nor a chain: their columns say nothing, and
they stand where they stood, drawn up.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FACTS = ("partner_contract", "statement_event")
SUMS = ("captured_fen", "voided_fen", "corrected_fen", "fees_fen")
TO_STATEMENT = (
    ["association_id", "statement_id"],
    ["statement.association_id", "statement.statement_id"],
)
STAND = (
    "INSERT INTO statement_state (association_id, statement_id, partner_id, version, state,"
    " paid_fen, withheld_fen)"
    " SELECT association_id, statement_id, partner_id, 0, 'drawn_up', 0, 0 FROM statement"
)


def upgrade() -> None:
    # Plainly added, never by copying the tables: a copy would lose the triggers that guard them.
    op.execute("ALTER TABLE statement RENAME COLUMN closed_at TO drawn_at")
    for name in SUMS:
        op.add_column("statement", _whole(name))
    op.add_column("statement", _text("previous_sha256", 64))
    op.add_column("statement", _number("contract", "0"))
    op.add_column("statement", _number("payment_days", "0"))
    op.add_column("statement", _text("drawn_by", 120))
    op.add_column("statement", _number("form", "1"))
    op.add_column("statement_line", _text("programme", 40))
    op.add_column("statement_line", _whole("fee_fen"))
    op.add_column("partner_account", _text("last_sha256", 64))
    _contracts()
    _events()
    _projections()
    op.execute(STAND)
    for statement in protect(op.get_bind().dialect.name, FACTS):
        op.execute(statement)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, kept.Whole, nullable=False, server_default=sa.text("0"))


def _number(name: str, default: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text(default))


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False, server_default="")


def _contracts() -> None:
    op.create_table(
        "partner_contract",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("partner_id", sa.String(26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.String(10), nullable=False),
        sa.Column("cycle", sa.String(10), nullable=False),
        sa.Column("tariff_fen", kept.Document(), nullable=False),
        sa.Column("fee_per_capture_fen", kept.Whole, nullable=False),
        sa.Column("fee_basis_points", sa.Integer(), nullable=False),
        sa.Column("fee_rounding", sa.String(10), nullable=False),
        sa.Column("fee_least_fen", kept.Whole, nullable=False),
        sa.Column("fee_most_fen", kept.Whole, nullable=True),
        sa.Column("payment_days", sa.Integer(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=True),
        sa.Column("silence_days", sa.Integer(), nullable=True),
        sa.Column("contact", sa.String(120), nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.PrimaryKeyConstraint(
            "association_id", "partner_id", "version", name=op.f("pk_partner_contract")
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "partner_id"],
            ["partner.association_id", "partner.partner_id"],
            name=op.f("fk_partner_contract_association_id_partner_id"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_partner_contract_versions_start_at_one")),
        sa.CheckConstraint(
            "fee_per_capture_fen >= 0 AND fee_basis_points >= 0 AND fee_basis_points <= 10000"
            " AND (fee_per_capture_fen = 0 OR fee_basis_points = 0)",
            name=op.f("ck_partner_contract_a_fee_is_an_amount_or_a_part"),
        ),
    )


def _events() -> None:
    op.create_table(
        "statement_event",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("statement_id", sa.String(26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("line_fen", kept.Whole, nullable=False),
        sa.Column("amount_fen", kept.Whole, nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("reference", sa.String(80), nullable=False),
        sa.Column("paid_on", sa.String(10), nullable=True),
        sa.Column("correction_id", sa.String(26), nullable=True),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.PrimaryKeyConstraint(
            "association_id", "statement_id", "version", name=op.f("pk_statement_event")
        ),
        sa.ForeignKeyConstraint(
            *TO_STATEMENT, name=op.f("fk_statement_event_association_id_statement_id")
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_statement_event_versions_start_at_one")),
        sa.CheckConstraint(
            "(line IS NOT NULL) = (step IN ('disputed', 'accepted', 'rejected'))",
            name=op.f("ck_statement_event_disputes_are_about_a_line"),
        ),
        sa.CheckConstraint(
            "(step = 'paid') = (reference <> '') AND (step = 'paid') = (paid_on IS NOT NULL)"
            " AND (step <> 'paid' OR amount_fen <> 0)",
            name=op.f("ck_statement_event_payments_name_their_transfer"),
        ),
    )
    paid = sa.text("step = 'paid'")
    op.create_index(
        "uq_statement_event_reference",
        "statement_event",
        ["association_id", "statement_id", "reference"],
        unique=True,
        postgresql_where=paid,
        sqlite_where=paid,
    )


def _projections() -> None:
    op.create_table(
        "statement_state",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("statement_id", sa.String(26), nullable=False),
        sa.Column("partner_id", sa.String(26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("confirmed_by", sa.String(120), nullable=True),
        sa.Column("countersigned_by", sa.String(120), nullable=True),
        sa.Column("closed_at", kept.Instant(), nullable=True),
        sa.Column("paid_fen", kept.Whole, nullable=False),
        sa.Column("withheld_fen", kept.Whole, nullable=False),
        sa.PrimaryKeyConstraint("association_id", "statement_id", name=op.f("pk_statement_state")),
        sa.ForeignKeyConstraint(
            *TO_STATEMENT, name=op.f("fk_statement_state_association_id_statement_id")
        ),
    )
    op.create_table(
        "statement_dispute",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("statement_id", sa.String(26), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("line_fen", kept.Whole, nullable=False),
        sa.Column("claims_fen", kept.Whole, nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("disputed_at", kept.Instant(), nullable=False),
        sa.Column("answered_at", kept.Instant(), nullable=True),
        sa.PrimaryKeyConstraint(
            "association_id", "statement_id", "line", name=op.f("pk_statement_dispute")
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "statement_id", "line"],
            [
                "statement_line.association_id",
                "statement_line.statement_id",
                "statement_line.number",
            ],
            name=op.f("fk_statement_dispute_association_id_statement_id_line"),
        ),
    )


def downgrade() -> None:
    for table in ("statement_dispute", "statement_state", "statement_event", "partner_contract"):
        op.drop_table(table)
    op.execute("ALTER TABLE partner_account DROP COLUMN last_sha256")
    for name in ("fee_fen", "programme"):
        op.execute(f"ALTER TABLE statement_line DROP COLUMN {name}")
    for name in ("form", "drawn_by", "payment_days", "contract", "previous_sha256", *SUMS[::-1]):
        op.execute(f"ALTER TABLE statement DROP COLUMN {name}")
    op.execute("ALTER TABLE statement RENAME COLUMN drawn_at TO closed_at")
