"""Stamp cards in the database: loads under their members' locks, appends, bounded reads."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text

from points.benefits.cards import CardBook, CardStep, Stamp, StampCard, Why
from points.benefits.tables import stamp, stamp_card, stamp_event
from points.db.base import indexed
from points.db.bulk import append_rows, put_rows, within
from points.kernel.ids import ActivityId, AssociationId, MemberId

CARDS_MAX = 100


@dataclass(slots=True)
class CardKeys:
    """What a batch needs of the cards.

    Attributes:
        members: Whose cards; their members' locks protect them.
        activities: Which activities are looked at or taken back.
        days: Of which members and days stamps are counted.
    """

    members: set[MemberId] = field(default_factory=set)
    activities: set[ActivityId] = field(default_factory=set)
    days: set[tuple[MemberId, str]] = field(default_factory=set)


def load_cards(connection: Connection, association: AssociationId, keys: CardKeys) -> CardBook:
    """Read the cards that a batch needs, and what they made of its activities."""
    book = CardBook()
    k, s, e = stamp_card.c, stamp.c, stamp_event.c
    if keys.members:
        rows = connection.execute(
            select(stamp_card).where(
                k.association_id == association, within(connection, k.member_id, keys.members)
            )
        )
        for row in rows.mappings():
            card = _card(row)
            book.cards[card.member_id, card.card] = card
    if keys.activities:
        looked = connection.execute(
            select(stamp).where(
                s.association_id == association, within(connection, s.activity_id, keys.activities)
            )
        )
        for row in looked.mappings():
            book.looked[row["card"], ActivityId(row["activity_id"])] = _stamp(row)
        steps = connection.execute(
            select(e.card, e.activity_id, e.step, e.round).where(
                e.association_id == association,
                within(connection, e.member_id, keys.members),
                within(connection, e.activity_id, keys.activities),
            )
        )
        gave = connection.execute(
            select(e.member_id, e.card, e.round).where(
                e.association_id == association,
                within(connection, e.member_id, keys.members),
                e.step == CardStep.TURNED_IN.value,
            )
        )
        book.gave = {(MemberId(row.member_id), row.card, row.round) for row in gave}
        for card_code, activity_id, step, round_ in steps:
            key = (card_code, ActivityId(activity_id))
            if step == CardStep.STAMPED:
                book.rounds[key] = round_
            elif step in (CardStep.WITHDRAWN, CardStep.OWED):
                book.taken.add(key)
    if keys.days:
        counted = connection.execute(
            select(s.member_id, s.card, s.day, func.count().label("stamps"))
            .where(
                s.association_id == association,
                indexed(s.member_id),
                within(connection, s.member_id, {member for member, _ in keys.days}),
                within(connection, s.day, {day for _, day in keys.days}),
                s.given,
            )
            .group_by(s.member_id, s.card, s.day)
        )
        for member_id, card_code, day, stamps in counted:
            book.days[MemberId(member_id), card_code, day] = stamps
    return book


def save_cards(connection: Connection, association: AssociationId, book: CardBook) -> None:
    """Append what was made of activities and the cards' steps, and bring the cards up to them."""
    a = association
    append_rows(
        connection,
        stamp,
        (
            "association_id",
            "card",
            "activity_id",
            "member_id",
            "day",
            "given",
            "why",
            "recorded_at",
        ),
        [
            (a, s.card, s.activity_id, s.member_id, s.day, s.given, s.why.value, s.recorded_at)
            for s in book.stamps
        ],
    )
    append_rows(
        connection,
        stamp_event,
        (
            "association_id",
            *("member_id", "card", "version", "step", "round", "stamps", "owed", "activity_id"),
            *("gift", "valid_until", "operation_id", "recorded_at"),
        ),
        [
            (
                *(a, e.after.member_id, e.after.card, e.after.version, e.step.value, e.round),
                *(e.after.stamps, e.after.owed, e.activity_id, e.gift, e.after.valid_until),
                *(e.operation_id, e.recorded_at),
            )
            for e in book.events
        ],
    )
    changed = sorted({(e.after.member_id, e.after.card) for e in book.events})
    put_rows(
        connection,
        stamp_card,
        (
            "association_id",
            *("member_id", "card", "version", "round", "stamps", "owed", "valid_until"),
        ),
        [(a, *_row(book.cards[key])) for key in changed],
    )


def cards_of(
    connection: Connection, association: AssociationId, member: MemberId
) -> list[StampCard]:
    """Return a member's cards, by kind."""
    k = stamp_card.c
    rows = connection.execute(
        select(stamp_card)
        .where(k.association_id == association, k.member_id == member)
        .order_by(k.card)
        .limit(CARDS_MAX)
    )
    return [_card(row) for row in rows.mappings()]


def full_cards(
    connection: Connection,
    association: AssociationId,
    card: str,
    needed: int,
    *,
    after: str,
    limit: int,
) -> list[StampCard]:
    """Return cards of a kind that are full and have not given, by member."""
    k = stamp_card.c
    rows = connection.execute(
        select(stamp_card)
        .where(
            k.association_id == association,
            k.card == card,
            indexed(k.card),
            k.stamps >= needed,
            k.member_id > after,
        )
        .order_by(k.member_id)
        .limit(limit)
    )
    return [_card(row) for row in rows.mappings()]


def figures_of(
    connection: Connection, association: AssociationId, card: str
) -> tuple[int, int, int]:
    """Return how many members have stamps on a card, how many stamps, and how many gave."""
    k, e = stamp_card.c, stamp_event.c
    held = connection.execute(
        select(func.count(), func.coalesce(func.sum(k.stamps), 0)).where(
            k.association_id == association, k.card == card, indexed(k.card), k.stamps > 0
        )
    ).one()
    given = connection.execute(
        select(func.count())
        .select_from(stamp_event)
        .where(
            e.association_id == association,
            e.card == card,
            e.step == CardStep.TURNED_IN.value,
        )
    ).scalar_one()
    return int(held[0]), int(held[1]), int(given)


# Tables are named, not imported: claims belong to another concept. An activity's id says when it
# was recorded, so that old ones are never read again.
_UNLOOKED = """
  SELECT c.activity_id, c.member_id FROM claim c
  WHERE c.association_id = :a AND c.state = 'posted' AND c.state <> ''
    AND c.activity_id > :after AND c.type = :type
    AND NOT EXISTS (SELECT 1 FROM stamp s WHERE s.association_id = c.association_id
      AND s.card = :card AND s.activity_id = c.activity_id)
  ORDER BY c.activity_id LIMIT :most
"""
_REVERSED = """
  SELECT s.card, s.activity_id, s.member_id FROM claim c
  JOIN stamp s ON s.association_id = c.association_id AND s.activity_id = c.activity_id
    AND s.card = :card AND s.given
  WHERE c.association_id = :a AND c.state = 'reversed' AND c.state <> ''
    AND c.activity_id > :after
    AND NOT EXISTS (SELECT 1 FROM stamp_event e WHERE e.association_id = s.association_id
      AND e.card = s.card AND e.activity_id = s.activity_id
      AND e.step IN ('withdrawn', 'owed'))
  ORDER BY c.activity_id LIMIT :most
"""


def unlooked(
    connection: Connection,
    association: AssociationId,
    card: str,
    type_: str,
    *,
    after: str,
    limit: int,
) -> list[ActivityId]:
    """Return posted activities of a type that a card has not looked at, by id."""
    asked = {"a": association, "card": card, "type": type_, "after": after, "most": limit}
    return [ActivityId(row.activity_id) for row in connection.execute(text(_UNLOOKED), asked)]


def reversed_stamps(
    connection: Connection, association: AssociationId, card: str, *, after: str, limit: int
) -> list[tuple[ActivityId, MemberId]]:
    """Return stamps whose activity was reversed and that nobody has taken back, by activity."""
    asked = {"a": association, "card": card, "after": after, "most": limit}
    rows = connection.execute(text(_REVERSED), asked)
    return [(ActivityId(row.activity_id), MemberId(row.member_id)) for row in rows]


def _row(x: StampCard) -> tuple[Any, ...]:
    return (x.member_id, x.card, x.version, x.round, x.stamps, x.owed, x.valid_until)


def _card(row: Any) -> StampCard:  # noqa: ANN401 - a row mapping
    until: datetime | None = row["valid_until"]
    return StampCard(
        member_id=MemberId(row["member_id"]),
        card=row["card"],
        version=row["version"],
        round=row["round"],
        stamps=row["stamps"],
        owed=row["owed"],
        valid_until=until,
    )


def _stamp(row: Any) -> Stamp:  # noqa: ANN401 - a row mapping
    return Stamp(
        card=row["card"],
        activity_id=ActivityId(row["activity_id"]),
        member_id=MemberId(row["member_id"]),
        day=row["day"],
        why=Why(row["why"]),
        recorded_at=row["recorded_at"],
    )
