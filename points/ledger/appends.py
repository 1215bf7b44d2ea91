"""What a batch writes to the ledger: facts first, then the projections that follow from them."""

from typing import Any

from sqlalchemy import Connection

from points.db.bulk import append_rows, update_rows
from points.kernel.ids import AssociationId
from points.ledger.accounts import Account, OpenLot
from points.ledger.books import Books
from points.ledger.model import measure_of, member_of
from points.ledger.tables import (
    account,
    entry,
    lot,
    movement,
    open_lot,
    rating_close,
    transaction,
)

_ACCOUNT = (
    "association_id",
    *("account_id", "version", "pending", "available", "held", "debt", "recorded_at"),
)
_TRANSACTION = (
    "association_id",
    *("transaction_id", "kind", "operation_id", "member_id", "effective_at", "recorded_at"),
    *("actor", "reason", "reverses", "origin", "corrects"),
)
_ENTRY = (
    "association_id",
    *("transaction_id", "line", "account_id", "state", "points", "version", "balance_after"),
    *("effective_at", "recorded_at"),
)
_LOT = (
    "association_id",
    *("lot_id", "account_id", "transaction_id", "points", "born", "expires_at"),
)
_MOVEMENT = (
    "association_id",
    *("lot_id", "transaction_id", "line", "source", "target", "points", "hold_id", "expires_at"),
)
_OPEN_LOT = (
    "association_id",
    *("lot_id", "account_id", "transaction_id", "expires_at", "pending", "available", "held"),
)
_CLOSE = (
    "association_id",
    *("account_id", "year", "rating", "stars", "ruleset_sha256", "operation_id", "recorded_at"),
    "vetoed_by",
)


def save_books(connection: Connection, association: AssociationId, books: Books) -> None:
    """Append the facts, then bring the projections up to them."""
    a = association
    _save_new_accounts(connection, a, books)
    append_rows(
        connection,
        transaction,
        _TRANSACTION,
        [
            (
                *(a, t.transaction_id, t.kind.value, t.operation_id, t.member_id),
                *(t.effective_at, t.recorded_at, t.actor, t.reason, t.reverses, dict(t.origin)),
                t.corrects,
            )
            for t in books.transactions
        ],
    )
    _save_entries(connection, a, books)
    _save_lots(connection, a, books)
    append_rows(
        connection,
        rating_close,
        _CLOSE,
        [
            (
                *(a, x.account, x.year, x.rating, x.stars, x.ruleset_sha256),
                *(x.operation_id, x.recorded_at, x.vetoed_by),
            )
            for x in books.closes
        ],
    )
    _save_balances(connection, a, books)


def _save_new_accounts(connection: Connection, association: AssociationId, books: Books) -> None:
    append_rows(
        connection,
        account,
        (*_ACCOUNT, "member_id", "measure"),
        [
            (*_account_row(association, x), member_of(x.account_id), measure_of(x.account_id))
            for x in books.new_accounts
        ],
    )


def _save_balances(connection: Connection, association: AssociationId, books: Books) -> None:
    opened = {x.account_id for x in books.new_accounts}
    update_rows(
        connection,
        account,
        _ACCOUNT,
        [
            _account_row(association, x)
            for x in books.accounts.values()
            if x.touched and x.account_id not in opened
        ],
    )


def _account_row(association: AssociationId, x: Account) -> tuple[Any, ...]:
    return (
        *(association, x.account_id, x.version, x.pending, x.available, x.held, x.debt),
        x.recorded_at,
    )


def _save_entries(connection: Connection, association: AssociationId, books: Books) -> None:
    when = {t.transaction_id: (t.effective_at, t.recorded_at) for t in books.transactions}
    append_rows(
        connection,
        entry,
        _ENTRY,
        [
            (
                *(association, e.transaction_id, e.line, e.account, e.state.value, e.points),
                *(e.version, e.balance_after, *when[e.transaction_id]),
            )
            for e in books.entries
        ],
    )


def _save_lots(connection: Connection, association: AssociationId, books: Books) -> None:
    append_rows(
        connection,
        lot,
        _LOT,
        [
            (
                *(association, x.lot_id, x.account, x.transaction_id, x.points),
                *(x.born.value, x.expires_at),
            )
            for x in books.lots
        ],
    )
    append_rows(
        connection,
        movement,
        _MOVEMENT,
        [
            (
                *(association, m.lot_id, m.transaction_id, m.line, m.source.value),
                *(m.target.value, m.points, m.hold_id, m.expires_at),
            )
            for m in books.movements
        ],
    )
    born = {x.lot_id for x in books.lots}
    touched = books.touched_lots.values()
    fresh = [_open_row(association, o) for o in touched if o.lot_id in born]
    changed = [_open_row(association, o) for o in touched if o.lot_id not in born]
    append_rows(connection, open_lot, _OPEN_LOT, fresh)
    update_rows(connection, open_lot, _OPEN_LOT, changed)


def _open_row(association: AssociationId, o: OpenLot) -> tuple[Any, ...]:
    return (
        *(association, o.lot_id, o.account, o.transaction_id, o.expires_at),
        *(o.pending, o.available, o.held),
    )
