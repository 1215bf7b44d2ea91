"""expand: codes that are replaced, vouchers that change hands, reminders, and bulk issue.

Vouchers that stand already belong to whom they were drawn for and are opened by their first code.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FACTS = (
    *("voucher_owner", "voucher_offer", "voucher_offer_end", "voucher_reminder"),
    *("handout", "handout_member", "handout_event", "handout_result", "handout_printing"),
)
STATE = ("issue_no", "last4", "owner_id", "passes")


def upgrade() -> None:
    # Plainly added, never by copying the table: a copy would lose the triggers that guard it.
    op.add_column(
        "voucher_event", sa.Column("last4", sa.String(4), nullable=False, server_default="")
    )
    _states()
    _owners()
    _offers()
    op.create_table(
        "voucher_reminder",
        *_of_voucher(),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        _to_voucher("voucher_reminder"),
        sa.PrimaryKeyConstraint(
            "association_id", "voucher_id", "days", name=op.f("pk_voucher_reminder")
        ),
    )
    _handouts()
    _results()
    for statement in protect(op.get_bind().dialect.name, FACTS):
        op.execute(statement)


def _states() -> None:
    op.add_column(
        "voucher_state",
        sa.Column("issue_no", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    for name, length in (("last4", 4), ("owner_id", 26)):
        op.add_column(
            "voucher_state", sa.Column(name, sa.String(length), nullable=False, server_default="")
        )
    op.add_column(
        "voucher_state",
        sa.Column("passes", sa.Integer(), nullable=False, server_default=sa.text("0")),
    )
    # Lists are of what somebody owns, so that those who stand already have to be named.
    op.execute(
        "UPDATE voucher_state SET"
        " owner_id = (SELECT v.member_id FROM voucher v"
        "  WHERE v.association_id = voucher_state.association_id"
        "  AND v.voucher_id = voucher_state.voucher_id),"
        " last4 = (SELECT v.last4 FROM voucher v"
        "  WHERE v.association_id = voucher_state.association_id"
        "  AND v.voucher_id = voucher_state.voucher_id)"
    )
    _index("ix_voucher_state_owner", "voucher_state", ("owner_id", "voucher_id"))
    _index("ix_voucher_state_last4", "voucher_state", ("last4", "voucher_id"))


def _owners() -> None:
    op.create_table(
        "voucher_owner",
        *_of_voucher(),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("from_member", sa.String(26), nullable=False),
        sa.Column("offer_id", sa.String(26), nullable=True),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        _to_voucher("voucher_owner"),
        sa.CheckConstraint(
            "member_id <> from_member", name=op.f("ck_voucher_owner_to_somebody_else")
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "voucher_id", "version", name=op.f("pk_voucher_owner")
        ),
    )
    _index("ix_voucher_owner_member", "voucher_owner", ("member_id", "recorded_at"))


def _offers() -> None:
    op.create_table(
        "voucher_offer",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("offer_id", sa.String(26), nullable=False),
        sa.Column("voucher_id", sa.String(26), nullable=False),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("from_member", sa.String(26), nullable=False),
        sa.Column("made_at", kept.Instant(), nullable=False),
        sa.Column("until", kept.Instant(), nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        _to_voucher("voucher_offer"),
        sa.CheckConstraint(
            "member_id <> from_member", name=op.f("ck_voucher_offer_to_somebody_else")
        ),
        sa.CheckConstraint("made_at < until", name=op.f("ck_voucher_offer_open_for_a_while")),
        sa.PrimaryKeyConstraint("association_id", "offer_id", name=op.f("pk_voucher_offer")),
    )
    _index("ix_voucher_offer_voucher", "voucher_offer", ("voucher_id", "offer_id"))
    _index("ix_voucher_offer_member", "voucher_offer", ("member_id", "offer_id"))
    op.create_table(
        "voucher_offer_end",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("offer_id", sa.String(26), nullable=False),
        sa.Column("step", sa.String(10), nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "offer_id"],
            ["voucher_offer.association_id", "voucher_offer.offer_id"],
            name=op.f("fk_voucher_offer_end_association_id_offer_id"),
        ),
        sa.CheckConstraint(
            "step IN ('accepted', 'declined', 'withdrawn')",
            name=op.f("ck_voucher_offer_end_step_known"),
        ),
        sa.PrimaryKeyConstraint("association_id", "offer_id", name=op.f("pk_voucher_offer_end")),
    )


def _handouts() -> None:
    op.create_table(
        "handout",
        *_of_handout(),
        sa.Column("reward_id", sa.String(26), nullable=False),
        sa.Column("reward_version", kept.Whole, nullable=False),
        sa.Column("programme", sa.String(20), nullable=False),
        sa.Column("outlet_id", sa.String(26), nullable=True),
        sa.Column("mode", sa.String(10), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("members", kept.Whole, nullable=False),
        sa.Column("members_sha256", sa.String(64), nullable=False),
        sa.Column("cost_fen", kept.Whole, nullable=False),
        sa.Column("proposed_by", sa.String(120), nullable=False),
        sa.Column("proposed_at", kept.Instant(), nullable=False),
        sa.Column("until", kept.Instant(), nullable=False),
        sa.CheckConstraint("members > 0 AND cost_fen >= 0", name=op.f("ck_handout_for_somebody")),
        sa.CheckConstraint("mode IN ('phone', 'paper')", name=op.f("ck_handout_mode_known")),
        sa.PrimaryKeyConstraint("association_id", "handout_id", name=op.f("pk_handout")),
    )
    op.create_table(
        "handout_member",
        *_of_handout(),
        sa.Column("member_id", sa.String(26), nullable=False),
        _to_handout("handout_member"),
        sa.PrimaryKeyConstraint(
            "association_id", "handout_id", "member_id", name=op.f("pk_handout_member")
        ),
    )
    _index("ix_handout_member_member", "handout_member", ("member_id", "handout_id"))
    op.create_table(
        "handout_event",
        *_of_handout(),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("step", sa.String(10), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("proposed_by", sa.String(120), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("freed_fen", kept.Whole, nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        _to_handout("handout_event"),
        sa.CheckConstraint(
            "(number = 1 AND step IN ('approved', 'rejected', 'withdrawn'))"
            " OR (number = 2 AND step = 'done')",
            name=op.f("ck_handout_event_decided_then_done"),
        ),
        sa.CheckConstraint(
            "step = 'done' OR (step = 'withdrawn') = (actor = proposed_by)",
            name=op.f("ck_handout_event_two_people_decide"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "handout_id", "number", name=op.f("pk_handout_event")
        ),
    )


def _results() -> None:
    op.create_table(
        "handout_result",
        *_of_handout(),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("result", sa.String(10), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("voucher_id", sa.String(26), nullable=True),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "handout_id", "member_id"],
            [
                "handout_member.association_id",
                "handout_member.handout_id",
                "handout_member.member_id",
            ],
            name=op.f("fk_handout_result_association_id_handout_id_member_id"),
        ),
        sa.CheckConstraint(
            "(result = 'issued') = (voucher_id IS NOT NULL)",
            name=op.f("ck_handout_result_issued_is_a_voucher"),
        ),
        sa.CheckConstraint(
            "(result = 'refused') = (code <> '')",
            name=op.f("ck_handout_result_refused_says_why"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "handout_id", "member_id", name=op.f("pk_handout_result")
        ),
    )
    op.create_table(
        "handout_printing",
        *_of_handout(),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        _to_handout("handout_printing"),
        sa.PrimaryKeyConstraint("association_id", "handout_id", name=op.f("pk_handout_printing")),
    )
    op.create_table(
        "handout_state",
        *_of_handout(),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("until", kept.Instant(), nullable=False),
        sa.Column("issued", kept.Whole, nullable=False),
        sa.Column("refused", kept.Whole, nullable=False),
        sa.Column("reserved_fen", kept.Whole, nullable=False),
        sa.Column("printed", sa.Boolean(), nullable=False),
        _to_handout("handout_state"),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'rejected', 'withdrawn', 'done')",
            name=op.f("ck_handout_state_state_known"),
        ),
        sa.CheckConstraint(
            "issued >= 0 AND refused >= 0 AND reserved_fen >= 0",
            name=op.f("ck_handout_state_never_below_zero"),
        ),
        sa.PrimaryKeyConstraint("association_id", "handout_id", name=op.f("pk_handout_state")),
    )
    _index("ix_handout_state_state", "handout_state", ("state", "handout_id"))


def _of_handout() -> tuple[sa.Column[str], ...]:
    return (
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("handout_id", sa.String(26), nullable=False),
    )


def _to_handout(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["association_id", "handout_id"],
        ["handout.association_id", "handout.handout_id"],
        name=op.f(f"fk_{table}_association_id_handout_id"),
    )


def _of_voucher() -> tuple[sa.Column[str], ...]:
    return (
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("voucher_id", sa.String(26), nullable=False),
    )


def _to_voucher(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["association_id", "voucher_id"],
        ["voucher.association_id", "voucher.voucher_id"],
        name=op.f(f"fk_{table}_association_id_voucher_id"),
    )


def _index(name: str, table: str, columns: tuple[str, ...]) -> None:
    said = sa.text(f"{columns[0]} != ''")
    op.create_index(
        name, table, ["association_id", *columns], postgresql_where=said, sqlite_where=said
    )


def downgrade() -> None:
    # The function that refuses changes stays: older facts' triggers call it.
    for name in ("handout_state", *reversed(FACTS)):
        op.drop_table(name)
    op.drop_index("ix_voucher_state_last4", "voucher_state")
    op.drop_index("ix_voucher_state_owner", "voucher_state")
    for name in reversed(STATE):
        op.execute(f"ALTER TABLE voucher_state DROP COLUMN {name}")
    op.execute("ALTER TABLE voucher_event DROP COLUMN last4")
