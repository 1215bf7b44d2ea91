"""expand: what members are told, their wishes, the hardship fund, and stamp cards."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FACTS = (
    *("member_notice", "member_notice_read", "wish_event"),
    *("hardship_entry", "stamp", "stamp_event"),
)
TABLES = (
    *("member_notice", "member_notice_read", "wish_event", "wish"),
    *("hardship_entry", "hardship_fund", "stamp", "stamp_event", "stamp_card"),
)


def upgrade() -> None:
    _inbox()
    _wishes()
    _hardship()
    _stamps()
    _cards()
    _returns()
    for statement in protect(op.get_bind().dialect.name, FACTS):
        op.execute(statement)


def _index(name: str, table: str, *columns: str, unique: bool = False) -> None:
    said = sa.text(f"{columns[0]} != ''")
    names = ["association_id", *columns]
    op.create_index(name, table, names, unique=unique, postgresql_where=said, sqlite_where=said)


def _association() -> sa.Column[str]:
    return sa.Column("association_id", sa.String(40), nullable=False)


def _inbox() -> None:
    op.create_table(
        "member_notice",
        _association(),
        sa.Column("notice_id", sa.String(26), nullable=False),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("about", sa.String(120), nullable=False),
        sa.Column("detail", kept.Document(), nullable=False),
        sa.Column("once", sa.String(120), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.CheckConstraint("once <> ''", name=op.f("ck_member_notice_told_under_a_name")),
        sa.PrimaryKeyConstraint("association_id", "notice_id", name=op.f("pk_member_notice")),
    )
    _index("uq_member_notice_once", "member_notice", "member_id", "once", unique=True)
    _index("ix_member_notice_member", "member_notice", "member_id", "notice_id")
    op.create_table(
        "member_notice_read",
        _association(),
        sa.Column("notice_id", sa.String(26), nullable=False),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "notice_id"],
            ["member_notice.association_id", "member_notice.notice_id"],
            name=op.f("fk_member_notice_read_association_id_notice_id"),
        ),
        sa.PrimaryKeyConstraint("association_id", "notice_id", name=op.f("pk_member_notice_read")),
    )
    _index("ix_member_notice_read_member", "member_notice_read", "member_id")


def _of_member() -> tuple[sa.Column[str], sa.Column[str]]:
    return _association(), sa.Column("member_id", sa.String(26), nullable=False)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, kept.Whole, nullable=False)


def _recorded() -> sa.Column[datetime]:
    return sa.Column("recorded_at", kept.Instant(), nullable=False)


def _wishes() -> None:
    op.create_table(
        "wish_event",
        *_of_member(),
        sa.Column("reward_id", sa.String(26), nullable=False),
        _whole("version"),
        sa.Column("step", sa.String(12), nullable=False),
        _recorded(),
        sa.CheckConstraint("version > 0", name=op.f("ck_wish_event_versions_start_at_one")),
        sa.CheckConstraint(
            "step IN ('added', 'removed', 'affordable', 'unaffordable')",
            name=op.f("ck_wish_event_step_known"),
        ),
        sa.PrimaryKeyConstraint(
            *("association_id", "member_id", "reward_id", "version"), name=op.f("pk_wish_event")
        ),
    )
    op.create_table(
        "wish",
        *_of_member(),
        sa.Column("reward_id", sa.String(26), nullable=False),
        _whole("version"),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("affordable", sa.Boolean(), nullable=False),
        sa.Column("since", kept.Instant(), nullable=False),
        sa.CheckConstraint(
            "listed OR NOT affordable", name=op.f("ck_wish_only_listed_ones_are_within_reach")
        ),
        sa.PrimaryKeyConstraint("association_id", "member_id", "reward_id", name=op.f("pk_wish")),
        postgresql_with={"fillfactor": 80},
    )


def _hardship() -> None:
    op.create_table(
        "hardship_entry",
        _association(),
        sa.Column("entry_id", sa.String(26), nullable=False),
        sa.Column("programme", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("member_id", sa.String(26), nullable=False),
        _whole("points"),
        _whole("change"),
        sa.Column("about", sa.String(26), nullable=True),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("transaction_id", sa.String(26), nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        _recorded(),
        sa.CheckConstraint("points > 0", name=op.f("ck_hardship_entry_moves_points")),
        sa.CheckConstraint(
            "(kind = 'donated' AND change = points) OR (kind IN ('returned', 'granted')"
            " AND change = -points) OR (kind = 'issued' AND change = 0)",
            name=op.f("ck_hardship_entry_changes_the_fund_by_its_kind"),
        ),
        sa.CheckConstraint(
            "kind <> 'returned' OR about IS NOT NULL",
            name=op.f("ck_hardship_entry_returns_say_of_what"),
        ),
        sa.CheckConstraint(
            "kind = 'donated' OR NOT named", name=op.f("ck_hardship_entry_only_donors_are_named")
        ),
        sa.PrimaryKeyConstraint("association_id", "entry_id", name=op.f("pk_hardship_entry")),
    )
    _index("ix_hardship_entry_member", "hardship_entry", "member_id", "entry_id")
    _index("ix_hardship_entry_programme", "hardship_entry", "programme", "entry_id")
    _once("uq_hardship_entry_returned", "hardship_entry", "kind = 'returned'", "about")
    op.create_table(
        "hardship_fund",
        _association(),
        sa.Column("programme", sa.String(20), nullable=False),
        _whole("donated"),
        _whole("returned"),
        _whole("granted"),
        sa.CheckConstraint(
            "donated >= 0 AND returned >= 0 AND granted >= 0 AND donated - returned - granted >= 0",
            name=op.f("ck_hardship_fund_gives_what_it_holds"),
        ),
        sa.PrimaryKeyConstraint("association_id", "programme", name=op.f("pk_hardship_fund")),
        postgresql_with={"fillfactor": 70},
    )


def _once(name: str, table: str, condition: str, *columns: str) -> None:
    op.create_index(
        name,
        table,
        ["association_id", *columns],
        unique=True,
        postgresql_where=sa.text(condition),
        sqlite_where=sa.text(condition),
    )


def _stamps() -> None:
    op.create_table(
        "stamp",
        _association(),
        sa.Column("card", sa.String(40), nullable=False),
        sa.Column("activity_id", sa.String(26), nullable=False),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(12), nullable=False),
        _recorded(),
        sa.CheckConstraint("given = (why = '')", name=op.f("ck_stamp_says_why_not")),
        sa.PrimaryKeyConstraint("association_id", "card", "activity_id", name=op.f("pk_stamp")),
    )
    _index("ix_stamp_member", "stamp", "member_id", "card", "day")
    op.create_table(
        "stamp_event",
        *_of_member(),
        sa.Column("card", sa.String(40), nullable=False),
        _whole("version"),
        sa.Column("step", sa.String(10), nullable=False),
        _whole("round"),
        _whole("stamps"),
        _whole("owed"),
        sa.Column("activity_id", sa.String(26), nullable=True),
        sa.Column("gift", sa.String(40), nullable=True),
        sa.Column("valid_until", kept.Instant(), nullable=True),
        sa.Column("operation_id", sa.String(200), nullable=False),
        _recorded(),
        sa.CheckConstraint(
            "version > 0 AND round > 0", name=op.f("ck_stamp_event_counts_from_one")
        ),
        sa.CheckConstraint(
            "stamps >= 0 AND owed >= 0", name=op.f("ck_stamp_event_never_below_zero")
        ),
        sa.CheckConstraint(
            "step IN ('stamped', 'settled', 'withdrawn', 'owed', 'lapsed', 'turned_in')",
            name=op.f("ck_stamp_event_step_known"),
        ),
        sa.CheckConstraint(
            "(step = 'turned_in') = (gift IS NOT NULL)",
            name=op.f("ck_stamp_event_what_is_full_gives"),
        ),
        sa.PrimaryKeyConstraint(
            *("association_id", "member_id", "card", "version"), name=op.f("pk_stamp_event")
        ),
    )


def _cards() -> None:
    _once(
        "uq_stamp_event_turned_in",
        "stamp_event",
        "step = 'turned_in'",
        *("member_id", "card", "round"),
    )
    _once(
        "uq_stamp_event_taken",
        "stamp_event",
        "step IN ('withdrawn', 'owed')",
        *("card", "activity_id"),
    )
    op.create_table(
        "stamp_card",
        *_of_member(),
        sa.Column("card", sa.String(40), nullable=False),
        _whole("version"),
        _whole("round"),
        _whole("stamps"),
        _whole("owed"),
        sa.Column("valid_until", kept.Instant(), nullable=True),
        sa.CheckConstraint(
            "stamps >= 0 AND owed >= 0", name=op.f("ck_stamp_card_never_below_zero")
        ),
        sa.PrimaryKeyConstraint("association_id", "member_id", "card", name=op.f("pk_stamp_card")),
        postgresql_with={"fillfactor": 80},
    )
    _index("ix_stamp_card_full", "stamp_card", "card", "stamps", "member_id")


RETURNS = "(kind = 'return') = (donation_id IS NOT NULL)"


def _returns() -> None:
    # Plainly added, never by copying the table: a copy would lose the triggers that guard it.
    op.add_column("proposal", sa.Column("donation_id", sa.String(26), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.create_check_constraint(op.f("ck_proposal_returns_say_of_what"), "proposal", RETURNS)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_proposal_returns_say_of_what"), "proposal", type_="check")
    op.execute("ALTER TABLE proposal DROP COLUMN donation_id")
    for table in reversed(TABLES):
        op.drop_table(table)
