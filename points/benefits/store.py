"""The hardship fund in the database: loads under locks, appends, and bounded reads."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, cast, func, select

from points.benefits.hardship import HardshipBook
from points.benefits.model import EntryKind, Fund, HardshipEntry
from points.benefits.tables import hardship_entry, hardship_fund
from points.db.base import indexed
from points.db.bulk import append_rows, update_rows, within
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId, TransactionId

LOOK_BACK = timedelta(days=33)
"""Longer than any calendar month in any zone."""


@dataclass(slots=True)
class HardshipKeys:
    """What a batch needs of the hardship fund.

    Attributes:
        funds: Programmes whose fund is to be locked.
        members: Whose gifts and grants of late decide; their members' locks protect them.
        donations: Donations that are to be given back.
    """

    funds: set[str] = field(default_factory=set)
    members: set[MemberId] = field(default_factory=set)
    donations: set[str] = field(default_factory=set)


def load_hardship(
    connection: Connection, association: AssociationId, keys: HardshipKeys, now: datetime
) -> HardshipBook:
    """Lock the funds, then read what they and their members' locks protect."""
    book = HardshipBook()
    f, e = hardship_fund.c, hardship_entry.c
    if keys.funds:
        # A fund that does not exist yet cannot be locked: its insert collides, and the batch is
        # tried again. Sorted, or two batches would wait for each other for ever.
        rows = connection.execute(
            select(hardship_fund)
            .where(f.association_id == association, within(connection, f.programme, keys.funds))
            .order_by(f.programme)
            .with_for_update(key_share=True)
        )
        for row in rows.mappings():
            book.funds[row["programme"]] = _fund(row)
    if keys.members:
        rows = connection.execute(
            select(hardship_entry).where(
                e.association_id == association,
                indexed(e.member_id),
                within(connection, e.member_id, keys.members),
                e.recorded_at >= now - LOOK_BACK,
            )
        )
        for row in rows.mappings():
            entry = _entry(row)
            book.recent.setdefault(entry.member_id, []).append(entry)
    if keys.donations:
        book.donations = donations(connection, association, keys.donations)
        book.returned = returned_of(connection, association, set(book.donations))
    return book


def save_hardship(connection: Connection, association: AssociationId, book: HardshipBook) -> None:
    """Append the entries, and bring the funds up to them."""
    a = association
    append_rows(
        connection,
        hardship_entry,
        (
            "association_id",
            *("entry_id", "programme", "kind", "member_id", "points", "change", "about"),
            *("named", "transaction_id", "operation_id", "actor", "recorded_at"),
        ),
        [
            (
                *(a, e.entry_id, e.programme, e.kind.value, e.member_id, e.points, e.change),
                *(e.about, e.named, e.transaction_id, e.operation_id, e.actor, e.recorded_at),
            )
            for e in book.entries
        ],
    )
    touched = [each for each in book.funds.values() if each.touched]
    for write, fresh in ((append_rows, True), (update_rows, False)):
        write(
            connection,
            hardship_fund,
            ("association_id", "programme", "donated", "returned", "granted"),
            [
                (a, each.programme, each.donated, each.returned, each.granted)
                for each in sorted(touched, key=lambda each: each.programme)
                if each.fresh is fresh
            ],
        )


def donations(
    connection: Connection, association: AssociationId, wanted: set[str]
) -> dict[str, HardshipEntry]:
    """Return donations by their id."""
    e = hardship_entry.c
    rows = connection.execute(
        select(hardship_entry).where(
            e.association_id == association,
            within(connection, e.entry_id, wanted),
            e.kind == EntryKind.DONATED.value,
        )
    )
    return {row["entry_id"]: _entry(row) for row in rows.mappings()}


def returned_of(connection: Connection, association: AssociationId, wanted: set[str]) -> set[str]:
    """Return which of some donations were given back."""
    if not wanted:
        return set()
    e = hardship_entry.c
    rows = connection.execute(
        select(e.about).where(
            e.association_id == association,
            within(connection, e.about, wanted),
            e.kind == EntryKind.RETURNED.value,
        )
    )
    return {row.about for row in rows}


def funds_of(connection: Connection, association: AssociationId) -> dict[str, Fund]:
    """Return the funds that anybody ever gave to, by programme."""
    f = hardship_fund.c
    rows = connection.execute(
        select(hardship_fund).where(f.association_id == association).order_by(f.programme)
    )
    return {row["programme"]: _fund(row) for row in rows.mappings()}


def page_of_entries(
    connection: Connection,
    association: AssociationId,
    programme: str,
    *,
    before: str = "",
    limit: int,
) -> list[HardshipEntry]:
    """Return a fund's entries, the newest first; page on with the last one's id."""
    e = hardship_entry.c
    asked = select(hardship_entry).where(
        e.association_id == association, e.programme == programme, indexed(e.programme)
    )
    if before:
        asked = asked.where(e.entry_id < before)
    rows = connection.execute(asked.order_by(e.entry_id.desc()).limit(limit))
    return [_entry(row) for row in rows.mappings()]


def entries_of_member(
    connection: Connection, association: AssociationId, member: MemberId, *, limit: int
) -> list[HardshipEntry]:
    """Return what a member gave and got, the newest first."""
    e = hardship_entry.c
    rows = connection.execute(
        select(hardship_entry)
        .where(e.association_id == association, e.member_id == member, indexed(e.member_id))
        .order_by(e.entry_id.desc())
        .limit(limit)
    )
    return [_entry(row) for row in rows.mappings()]


def donated_since(
    connection: Connection, association: AssociationId, member: MemberId, since: datetime
) -> dict[str, int]:
    """Return what a member gave since an instant, by programme; what went back counts too."""
    e = hardship_entry.c
    rows = connection.execute(
        select(e.programme, cast(func.sum(e.points), BigInteger))
        .where(
            e.association_id == association,
            e.member_id == member,
            indexed(e.member_id),
            e.kind == EntryKind.DONATED.value,
            e.recorded_at >= since,
        )
        .group_by(e.programme)
    )
    return {row[0]: row[1] for row in rows}


def _fund(row: Any) -> Fund:  # noqa: ANN401 - a row mapping
    return Fund(
        programme=row["programme"],
        donated=row["donated"],
        returned=row["returned"],
        granted=row["granted"],
    )


def _entry(row: Any) -> HardshipEntry:  # noqa: ANN401 - a row mapping
    return HardshipEntry(
        entry_id=row["entry_id"],
        programme=row["programme"],
        kind=EntryKind(row["kind"]),
        member_id=MemberId(row["member_id"]),
        points=row["points"],
        transaction_id=TransactionId(row["transaction_id"]),
        operation_id=OperationId(row["operation_id"]),
        actor=Actor(row["actor"]),
        recorded_at=row["recorded_at"],
        about=row["about"],
        named=row["named"],
    )
