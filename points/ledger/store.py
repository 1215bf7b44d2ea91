"""What a batch reads of the ledger: accounts under their locks, then whatever the locks protect."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, bindparam, cast, func, select

from points.db.bulk import listed, within, within_named
from points.kernel.ids import (
    AccountId,
    AssociationId,
    HoldId,
    LotId,
    TransactionId,
)
from points.ledger.accounts import Account, Hold, OpenLot
from points.ledger.books import Books
from points.ledger.model import Place
from points.ledger.reads import closings_of
from points.ledger.tables import (
    HAS_TRANSACTION,
    IS_CORRECTION,
    account,
    entry,
    lot,
    movement,
    open_lot,
    rating_close,
    transaction,
)


@dataclass(slots=True)
class LedgerKeys:
    """What a batch needs of the ledger.

    Attributes:
        accounts: Accounts to lock.
        lots_of: Those of them whose open lots are needed as well.
        holds: Holds, with the lots that they pin.
        grants: Transactions whose awards are needed whole, for taking them back or correcting them.
        ratings: Accounts and the year (with its first and last instant) to be closed.
        closed: Accounts and years of which one wants to know whether they are closed.
        closings: Accounts of which one wants to know when which year was closed.
    """

    accounts: set[AccountId] = field(default_factory=set)
    lots_of: set[AccountId] = field(default_factory=set)
    holds: set[HoldId] = field(default_factory=set)
    grants: set[TransactionId] = field(default_factory=set)
    ratings: set[tuple[AccountId, int, datetime, datetime]] = field(default_factory=set)
    closed: set[tuple[AccountId, int]] = field(default_factory=set)
    closings: set[AccountId] = field(default_factory=set)


# What every batch asks is built once: building a statement costs more than asking it.


@cache
def _accounts_locked(dialect: str) -> Select[Any]:
    c = account.c
    return (
        select(c.account_id, c.version, c.pending, c.available, c.held, c.debt, c.recorded_at)
        .where(c.association_id == bindparam("a"), within_named(dialect, c.account_id, "ids"))
        # Sorted: two batches that lock the same accounts in opposite orders would wait for ever.
        .order_by(c.account_id)
        .with_for_update(key_share=True)
    )


@cache
def _holds_among(dialect: str) -> Select[Any]:
    m = movement.c
    return (
        select(m.hold_id, lot.c.account_id, m.lot_id, m.source, m.target, m.points)
        .join(lot, (lot.c.association_id == m.association_id) & (lot.c.lot_id == m.lot_id))
        .where(m.association_id == bindparam("a"), within_named(dialect, m.hold_id, "ids"))
        # Pinned earliest expiry first, and spent in that order.
        .order_by(m.hold_id, m.transaction_id, m.line)
    )


@cache
def _lots_among(dialect: str, *, pinned: bool) -> Select[Any]:
    o = open_lot.c
    wanted = within_named(dialect, o.account_id, "ids") & (
        (o.pending > 0) | (o.available > 0) | (o.held > 0)
    )
    if pinned:
        wanted = wanted | within_named(dialect, o.lot_id, "pinned")
    return select(open_lot).where(o.association_id == bindparam("a"), wanted)


def load_books(connection: Connection, association: AssociationId, keys: LedgerKeys) -> Books:
    """Lock and load what a batch needs; read the rest only once the locks are held."""
    books = Books()
    if keys.accounts:
        wanted = {"a": association, "ids": listed(connection, keys.accounts)}
        for row in connection.execute(_accounts_locked(connection.dialect.name), wanted):
            found, version, pending, available, held, debt, recorded_at = row
            books.accounts[found] = Account(
                account_id=found,
                version=version,
                pending=pending,
                available=available,
                held=held,
                debt=debt,
                recorded_at=recorded_at,
                lots={} if found in keys.lots_of else None,
            )
    pinned = _load_holds(connection, association, keys, books)
    _load_lots(connection, association, keys, books, pinned)
    if keys.grants:
        _load_grants(connection, association, keys, books)
    if keys.ratings:
        _load_ratings(connection, association, keys, books)
    if keys.closed:
        _load_closed(connection, association, keys.closed, books)
    if keys.closings:
        books.closings.update(closings_of(connection, association, keys.closings))
    return books


def _load_closed(
    connection: Connection,
    association: AssociationId,
    asked: set[tuple[AccountId, int]],
    books: Books,
) -> None:
    r = rating_close.c
    rows = connection.execute(
        select(r.account_id, r.year).where(
            r.association_id == association,
            within(connection, r.account_id, {account for account, _ in asked}),
        )
    )
    books.closed.update((AccountId(row.account_id), row.year) for row in rows)


def _load_ratings(
    connection: Connection, association: AssociationId, keys: LedgerKeys, books: Books
) -> None:
    """Sum what counted from within each year; expiry comes after a year and does not count."""
    e, r = entry.c, rating_close.c
    for year, start, end in {(year, start, end) for _, year, start, end in keys.ratings}:
        accounts = {account for account, *when in keys.ratings if when == [year, start, end]}
        sums = connection.execute(
            select(e.account_id, cast(func.sum(e.points), BigInteger))
            .where(
                e.association_id == association,
                within(connection, e.account_id, accounts),
                e.effective_at >= start,
                e.effective_at < end,
                e.version.is_not(None),
            )
            .group_by(e.account_id)
        )
        books.ratings.update({(AccountId(row[0]), year): row[1] for row in sums})
        closed = connection.execute(
            select(r.account_id).where(
                r.association_id == association,
                within(connection, r.account_id, accounts),
                r.year == year,
            )
        )
        books.closed.update((AccountId(row[0]), year) for row in closed)


def _load_holds(
    connection: Connection, association: AssociationId, keys: LedgerKeys, books: Books
) -> set[LotId]:
    if not keys.holds:
        return set()
    wanted = {"a": association, "ids": listed(connection, keys.holds)}
    rows = connection.execute(_holds_among(connection.dialect.name), wanted)
    pinned = set()
    for hold_id, account_id, lot_id, source, target, points in rows:
        hold = books.holds.setdefault(hold_id, Hold(hold_id=hold_id, account=account_id))
        hold.record(lot_id, Place(source), Place(target), points)
        pinned.add(LotId(lot_id))
    return pinned


def _load_lots(
    connection: Connection,
    association: AssociationId,
    keys: LedgerKeys,
    books: Books,
    pinned: set[LotId],
) -> None:
    if not keys.lots_of:
        return
    wanted = {"a": association, "ids": listed(connection, keys.lots_of)}
    if pinned:
        wanted["pinned"] = listed(connection, pinned)
    rows = connection.execute(_lots_among(connection.dialect.name, pinned=bool(pinned)), wanted)
    for row in rows.mappings():
        holder = books.accounts.get(row["account_id"])
        if holder is not None and holder.lots is not None:
            holder.lots[row["lot_id"]] = _open_lot(row)


def _open_lot(row: Any) -> OpenLot:  # noqa: ANN401 - a row mapping
    return OpenLot(
        lot_id=row["lot_id"],
        account=row["account_id"],
        transaction_id=row["transaction_id"],
        expires_at=row["expires_at"],
        pending=row["pending"],
        available=row["available"],
        held=row["held"],
    )


def _load_grants(
    connection: Connection, association: AssociationId, keys: LedgerKeys, books: Books
) -> None:
    """Read awards whole: what their first transactions and all corrections granted and took."""
    roots = _roots(connection, association, keys.grants)
    lots = _lots_of(connection, association, set(roots))
    gone = _expired(connection, association, set(roots))
    for lot_id, account_id, transaction_id, points in lots:
        root = roots[transaction_id]
        grant = books.grant_in(root, account_id)
        grant.lots[lot_id] = points
        grant.expired += gone.get(lot_id, 0)
    corrections = {each for each, root in roots.items() if each != root}
    for account_id, transaction_id, points in _taken(connection, association, corrections):
        books.grant_in(roots[transaction_id], account_id).taken += points
    reversed_before = connection.execute(
        select(transaction.c.reverses).where(
            transaction.c.association_id == association,
            within(connection, transaction.c.reverses, set(roots)),
        )
    )
    books.reversed.update(TransactionId(row[0]) for row in reversed_before)


def _roots(
    connection: Connection, association: AssociationId, asked: set[TransactionId]
) -> dict[TransactionId, TransactionId]:
    """Return every transaction of the awards that some transactions belong to, with the first."""
    t = transaction.c
    known = connection.execute(
        select(t.transaction_id, t.corrects).where(
            t.association_id == association, within(connection, t.transaction_id, asked)
        )
    )
    firsts = {TransactionId(corrects or each) for each, corrects in known}
    later = connection.execute(
        select(t.transaction_id, t.corrects).where(
            t.association_id == association,
            within(connection, t.corrects, firsts),
            IS_CORRECTION,
        )
    )
    return {each: each for each in firsts} | {
        TransactionId(each): TransactionId(corrects) for each, corrects in later
    }


def _lots_of(
    connection: Connection,
    association: AssociationId,
    transactions: set[TransactionId],
) -> list[Any]:
    c = lot.c
    rows = connection.execute(
        select(c.lot_id, c.account_id, c.transaction_id, c.points)
        .where(
            c.association_id == association,
            within(connection, c.transaction_id, transactions),
            HAS_TRANSACTION,
        )
        .order_by(c.lot_id)
    )
    return list(rows)


def _expired(
    connection: Connection, association: AssociationId, transactions: set[TransactionId]
) -> dict[LotId, int]:
    """Return what has expired of the lots that transactions granted."""
    m = movement.c
    rows = connection.execute(
        select(m.lot_id, func.sum(m.points).label("points"))
        .join(lot, (lot.c.association_id == m.association_id) & (lot.c.lot_id == m.lot_id))
        .where(
            m.association_id == association,
            m.target == Place.EXPIRED.value,
            within(connection, lot.c.transaction_id, transactions) & HAS_TRANSACTION,
        )
        .group_by(m.lot_id)
    )
    return {LotId(row.lot_id): int(row.points) for row in rows}


def _taken(
    connection: Connection, association: AssociationId, corrections: set[TransactionId]
) -> Iterator[tuple[AccountId, TransactionId, int]]:
    """Yield what corrections took back from accounts, in points above zero."""
    e = entry.c
    rows = connection.execute(
        select(e.account_id, e.transaction_id, cast(func.sum(e.points), BigInteger))
        .where(
            e.association_id == association,
            within(connection, e.transaction_id, corrections),
            e.version.is_not(None),
        )
        .group_by(e.account_id, e.transaction_id)
    )
    for account_id, transaction_id, points in rows:
        if points < 0:
            yield AccountId(account_id), TransactionId(transaction_id), -points
