"""Wishes in the database: loads, appends and bounded reads."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select, tuple_

from points.db.bulk import append_rows, put_rows, within
from points.kernel.ids import AssociationId, MemberId, RewardId
from points.wishes.model import WISHES_MAX, Wish
from points.wishes.tables import wish, wish_event
from points.wishes.wish_list import WishLists


@dataclass(slots=True)
class WishKeys:
    """What a batch needs of the wishes: whose lists. Their members' locks protect them."""

    of: set[MemberId] = field(default_factory=set)


def load_wishes(connection: Connection, association: AssociationId, keys: WishKeys) -> WishLists:
    """Read the lists that a batch needs; whoever changes one holds its member."""
    lists = WishLists()
    if keys.of:
        w = wish.c
        rows = connection.execute(
            select(wish).where(
                w.association_id == association, within(connection, w.member_id, keys.of)
            )
        )
        for row in rows.mappings():
            each = _wish(row)
            lists.wishes[each.member_id, each.reward_id] = each
    return lists


def save_wishes(connection: Connection, association: AssociationId, lists: WishLists) -> None:
    """Append the steps, and bring the wishes up to them."""
    a = association
    append_rows(
        connection,
        wish_event,
        ("association_id", "member_id", "reward_id", "version", "step", "recorded_at"),
        [
            (a, e.member_id, e.reward_id, e.version, e.step.value, e.recorded_at)
            for e in lists.events
        ],
    )
    changed = sorted({(event.member_id, event.reward_id) for event in lists.events})
    put_rows(
        connection,
        wish,
        ("association_id", "member_id", "reward_id", "version", "listed", "affordable", "since"),
        [(a, *_row(lists.wishes[name])) for name in changed],
    )


def wishes_of(connection: Connection, association: AssociationId, member: MemberId) -> list[Wish]:
    """Return a member's list, the newest wish first."""
    w = wish.c
    rows = connection.execute(
        select(wish)
        .where(w.association_id == association, w.member_id == member, w.listed)
        .order_by(w.since.desc(), w.reward_id)
        .limit(WISHES_MAX)
    )
    return [_wish(row) for row in rows.mappings()]


def page_of_wishes(
    connection: Connection, association: AssociationId, after: tuple[str, str], limit: int
) -> list[Wish]:
    """Return listed wishes by member and reward, so many beyond the last one of a page."""
    w = wish.c
    rows = connection.execute(
        select(wish)
        .where(w.association_id == association, tuple_(w.member_id, w.reward_id) > after, w.listed)
        .order_by(w.member_id, w.reward_id)
        .limit(limit)
    )
    return [_wish(row) for row in rows.mappings()]


def _row(x: Wish) -> tuple[Any, ...]:
    return (x.member_id, x.reward_id, x.version, x.listed, x.affordable, x.since)


def _wish(row: Any) -> Wish:  # noqa: ANN401 - a row mapping
    return Wish(
        member_id=MemberId(row["member_id"]),
        reward_id=RewardId(row["reward_id"]),
        version=row["version"],
        listed=row["listed"],
        affordable=row["affordable"],
        since=row["since"],
    )
