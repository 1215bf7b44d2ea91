"""The tables of the hardship fund and of stamp cards: facts for ever, and where things stand."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, String, text

from points.db.base import tenant_index, tenant_table
from points.db.types import Instant, Whole

hardship_entry = tenant_table(
    "hardship_entry",
    Column("entry_id", String(26), primary_key=True),
    Column("programme", String(20), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("member_id", String(26), nullable=False),
    Column("points", Whole, nullable=False),
    # What the fund gains by it, or loses: nothing where points were issued instead.
    Column("change", Whole, nullable=False),
    Column("about", String(26)),
    Column("named", Boolean, nullable=False),
    Column("transaction_id", String(26), nullable=False),
    Column("operation_id", String(200), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("points > 0", name="moves_points"),
    CheckConstraint(
        "(kind = 'donated' AND change = points) OR (kind IN ('returned', 'granted')"
        " AND change = -points) OR (kind = 'issued' AND change = 0)",
        name="changes_the_fund_by_its_kind",
    ),
    CheckConstraint("kind <> 'returned' OR about IS NOT NULL", name="returns_say_of_what"),
    CheckConstraint("kind = 'donated' OR NOT named", name="only_donors_are_named"),
    append_only=True,
)
tenant_index("ix_hardship_entry_member", hardship_entry.c.member_id, hardship_entry.c.entry_id)
tenant_index("ix_hardship_entry_programme", hardship_entry.c.programme, hardship_entry.c.entry_id)
_RETURNED = text("kind = 'returned'")
# A donation is given back once, whatever a lock might miss.
Index(
    "uq_hardship_entry_returned",
    hardship_entry.c.association_id,
    hardship_entry.c.about,
    unique=True,
    postgresql_where=_RETURNED,
    sqlite_where=_RETURNED,
)

hardship_fund = tenant_table(
    "hardship_fund",
    Column("programme", String(20), primary_key=True),
    Column("donated", Whole, nullable=False),
    Column("returned", Whole, nullable=False),
    Column("granted", Whole, nullable=False),
    CheckConstraint(
        "donated >= 0 AND returned >= 0 AND granted >= 0 AND donated - returned - granted >= 0",
        name="gives_what_it_holds",
    ),
    postgresql_with={"fillfactor": 70},
    deletable=True,
)

# Every activity that a card looked at, so that it is looked at once.
stamp = tenant_table(
    "stamp",
    Column("card", String(40), primary_key=True),
    Column("activity_id", String(26), primary_key=True),
    Column("member_id", String(26), nullable=False),
    Column("day", String(10), nullable=False),
    Column("given", Boolean, nullable=False),
    Column("why", String(12), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("given = (why = '')", name="says_why_not"),
    append_only=True,
)
tenant_index("ix_stamp_member", stamp.c.member_id, stamp.c.card, stamp.c.day)

stamp_event = tenant_table(
    "stamp_event",
    Column("member_id", String(26), primary_key=True),
    Column("card", String(40), primary_key=True),
    Column("version", Whole, primary_key=True),
    Column("step", String(10), nullable=False),
    Column("round", Whole, nullable=False),
    Column("stamps", Whole, nullable=False),
    Column("owed", Whole, nullable=False),
    Column("activity_id", String(26)),
    Column("gift", String(40)),
    Column("valid_until", Instant),
    Column("operation_id", String(200), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("version > 0 AND round > 0", name="counts_from_one"),
    CheckConstraint("stamps >= 0 AND owed >= 0", name="never_below_zero"),
    CheckConstraint(
        "step IN ('stamped', 'settled', 'withdrawn', 'owed', 'lapsed', 'turned_in')",
        name="step_known",
    ),
    CheckConstraint("(step = 'turned_in') = (gift IS NOT NULL)", name="what_is_full_gives"),
    append_only=True,
)
_GIVES = text("step = 'turned_in'")
# A full card gives once, and a stamp is taken back once, whatever a lock might miss.
Index(
    "uq_stamp_event_turned_in",
    stamp_event.c.association_id,
    stamp_event.c.member_id,
    stamp_event.c.card,
    stamp_event.c.round,
    unique=True,
    postgresql_where=_GIVES,
    sqlite_where=_GIVES,
)
_TAKES = text("step IN ('withdrawn', 'owed')")
Index(
    "uq_stamp_event_taken",
    stamp_event.c.association_id,
    stamp_event.c.card,
    stamp_event.c.activity_id,
    unique=True,
    postgresql_where=_TAKES,
    sqlite_where=_TAKES,
)

stamp_card = tenant_table(
    "stamp_card",
    Column("member_id", String(26), primary_key=True),
    Column("card", String(40), primary_key=True),
    Column("version", Whole, nullable=False),
    Column("round", Whole, nullable=False),
    Column("stamps", Whole, nullable=False),
    Column("owed", Whole, nullable=False),
    Column("valid_until", Instant),
    CheckConstraint("stamps >= 0 AND owed >= 0", name="never_below_zero"),
    postgresql_with={"fillfactor": 80},
    deletable=True,
)
tenant_index("ix_stamp_card_full", stamp_card.c.card, stamp_card.c.stamps, stamp_card.c.member_id)
