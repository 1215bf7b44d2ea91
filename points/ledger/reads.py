"""What accounts hold and how it came about: now, as it was recorded, and as it took effect."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnClause,
    Connection,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
)

from points.db.base import indexed
from points.db.bulk import within
from points.db.types import Instant
from points.kernel.amounts import Points
from points.kernel.ids import AccountId, AssociationId, MemberId, TransactionId
from points.ledger.model import Balance, Kind, State, Transaction, measure_of
from points.ledger.tables import HAS_MEMBER, account, entry, open_lot, rating_close, transaction

PAGE_MAX = 200
EXPIRIES_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One entry of an account with the transaction that made it.

    Attributes:
        version: Of the account after it; the cursor of the next, older page.
        points: What the state gained or lost.
        balance_after: What the state held after it.
        origin: Plain references: activity, rule, rule set and hash, voucher, reward.
    """

    version: int
    transaction_id: TransactionId
    kind: Kind
    reason: str
    state: State
    points: Points
    balance_after: Points
    effective_at: datetime
    recorded_at: datetime
    reverses: TransactionId | None
    origin: Mapping[str, Any]


Closings = Mapping[tuple[AccountId, int], datetime]
"""When the year of an account was closed."""


def closings_of(
    connection: Connection, association: AssociationId, accounts: Collection[AccountId]
) -> dict[tuple[AccountId, int], datetime]:
    """Return when which years of some accounts were closed."""
    r = rating_close.c
    rows = connection.execute(
        select(r.account_id, r.year, r.recorded_at).where(
            r.association_id == association, within(connection, r.account_id, accounts)
        )
    )
    return {(AccountId(row.account_id), row.year): row.recorded_at for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """Points of an account that expire at one instant."""

    expires_at: datetime
    points: Points


def balances(
    connection: Connection, association: AssociationId, member: MemberId, now: datetime
) -> list[Balance]:
    """Return a member's balances, one a measure; empty where the member is enrolled nowhere."""
    asked = {"association": association, "member": member, "now": now}
    gone = {row.account_id: row.points for row in connection.execute(_STALE_OF_MEMBER, asked)}
    rows = connection.execute(_ACCOUNTS_OF_MEMBER, asked)
    return [
        Balance(
            measure=row["measure"],
            version=row["version"],
            pending=row["pending"],
            available=Points(row["available"] - gone.get(row["account_id"], 0)),
            held=row["held"],
            debt=row["debt"],
        )
        for row in rows.mappings()
    ]


def _stale(association: Any) -> Any:  # noqa: ANN401 - a value or a parameter, a select
    """Select what lies in expired lots that no sweeper has taken out yet."""
    o = open_lot.c
    return (
        select(o.account_id, cast(func.sum(o.available), BigInteger).label("points"))
        .where(
            o.association_id == association,
            o.available > 0,
            o.expires_at <= bindparam("now", type_=Instant()),
        )
        .group_by(o.account_id)
    )


# Built once: the most frequent question of all, and building it costs more than answering it.
_MY_ACCOUNTS = (
    account.c.association_id == bindparam("association"),
    account.c.member_id == bindparam("member"),
    indexed(account.c.member_id),
)
_ACCOUNTS_OF_MEMBER = select(account).where(*_MY_ACCOUNTS).order_by(account.c.account_id)
_STALE_OF_MEMBER = _stale(bindparam("association")).where(
    open_lot.c.account_id.in_(select(account.c.account_id).where(*_MY_ACCOUNTS))
)


def as_recorded(
    connection: Connection, association: AssociationId, account_id: AccountId, at: datetime
) -> Balance:
    """Return what the account held according to what had been written by an instant."""
    e = entry.c
    last = (
        select(e.state, func.max(e.version).label("version"))
        .where(e.association_id == association, e.account_id == account_id, e.recorded_at <= at)
        .group_by(e.state)
        .subquery()
    )
    rows = connection.execute(
        select(e.state, e.balance_after, e.version)
        .join(last, e.version == last.c.version)
        .where(e.association_id == association, e.account_id == account_id)
    ).all()
    return _balance(
        account_id, {row[0]: row[1] for row in rows}, max((r[2] for r in rows), default=0)
    )


def as_effective(
    connection: Connection, association: AssociationId, account_id: AccountId, at: datetime
) -> Balance:
    """Return what the account held at an instant according to all that is known today."""
    e = entry.c
    rows = connection.execute(
        select(e.state, cast(func.sum(e.points), BigInteger), func.max(e.version))
        .where(e.association_id == association, e.account_id == account_id, e.effective_at <= at)
        .group_by(e.state)
    ).all()
    return _balance(
        account_id, {row[0]: row[1] for row in rows}, max((r[2] for r in rows), default=0)
    )


def _balance(account_id: AccountId, states: Mapping[str, int], version: int) -> Balance:
    return Balance(
        measure=measure_of(account_id),
        version=version,
        pending=Points(states.get(State.PENDING, 0)),
        available=Points(states.get(State.AVAILABLE, 0)),
        held=Points(states.get(State.HELD, 0)),
        debt=Points(states.get(State.DEBT, 0)),
    )


def statement(
    connection: Connection,
    association: AssociationId,
    account_id: AccountId,
    *,
    before: int | None = None,
    limit: int = 50,
) -> list[StatementLine]:
    """Return an account's newest lines first, at most ``PAGE_MAX``; page on with ``before``."""
    e, t = entry.c, transaction.c
    rows = (
        select(entry, t.kind, t.reason, t.reverses, t.origin)
        .join(
            transaction,
            (t.association_id == e.association_id) & (t.transaction_id == e.transaction_id),
        )
        .where(e.association_id == association, e.account_id == account_id, e.version.is_not(None))
        .order_by(e.version.desc())
        .limit(min(limit, PAGE_MAX))
    )
    if before is not None:
        rows = rows.where(e.version < before)
    return [
        StatementLine(
            version=row["version"],
            transaction_id=row["transaction_id"],
            kind=Kind(row["kind"]),
            reason=row["reason"],
            state=State(row["state"]),
            points=row["points"],
            balance_after=row["balance_after"],
            effective_at=row["effective_at"],
            recorded_at=row["recorded_at"],
            reverses=row["reverses"],
            origin=row["origin"],
        )
        for row in connection.execute(rows).mappings()
    ]


def expiring(
    connection: Connection, association: AssociationId, account_id: AccountId, now: datetime
) -> list[Expiring]:
    """Return what expires when, soonest first, at most ``EXPIRIES_MAX`` instants."""
    o = open_lot.c
    rows = connection.execute(
        select(o.expires_at, cast(func.sum(o.available), BigInteger))
        .where(
            o.association_id == association,
            o.account_id == account_id,
            o.available > 0,
            o.expires_at > now,
        )
        .group_by(o.expires_at)
        .order_by(o.expires_at)
        .limit(EXPIRIES_MAX)
    )
    return [Expiring(expires_at=row[0], points=row[1]) for row in rows]


def spendable(
    connection: Connection,
    association: AssociationId,
    accounts: Collection[AccountId],
    now: datetime,
) -> dict[AccountId, int]:
    """Return what could be spent now of some accounts; an account that is not there is left out.

    Lots past their expiry do not count, swept or not, and nothing can be spent while there is debt.
    """
    if not accounts:
        return {}
    c, o = account.c, open_lot.c
    held = connection.execute(
        select(c.account_id, c.debt).where(
            c.association_id == association, within(connection, c.account_id, accounts)
        )
    )
    found = {AccountId(row.account_id): int(row.debt) for row in held}
    lots = connection.execute(
        select(o.account_id, cast(func.sum(o.available), BigInteger).label("points"))
        .where(
            o.association_id == association,
            within(connection, o.account_id, accounts),
            o.available > 0,
            or_(o.expires_at.is_(None), o.expires_at > now),
        )
        .group_by(o.account_id)
    )
    sums = {AccountId(row.account_id): int(row.points) for row in lots}
    return {each: 0 if debt else sums.get(each, 0) for each, debt in found.items()}


def expired_accounts(
    connection: Connection, association: AssociationId, now: datetime, limit: int
) -> list[AccountId]:
    """Return accounts with expired points that wait to be taken out, at most ``limit``."""
    stale = _stale(association).order_by(open_lot.c.account_id).limit(limit)
    rows = connection.execute(stale, {"now": now})
    return [AccountId(row.account_id) for row in rows]


def find_transaction(
    connection: Connection, association: AssociationId, transaction_id: TransactionId
) -> Transaction | None:
    """Return a transaction, or None where this association has none of that id."""
    t = transaction.c
    row = (
        connection.execute(
            select(transaction).where(
                t.association_id == association, t.transaction_id == transaction_id
            )
        )
        .mappings()
        .first()
    )
    return _transaction(row) if row else None


def transactions_of(
    connection: Connection, association: AssociationId, member: MemberId, limit: int = PAGE_MAX
) -> list[Transaction]:
    """Return a member's newest transactions first, at most ``PAGE_MAX``."""
    t = transaction.c
    rows = connection.execute(
        select(transaction)
        .where(t.association_id == association, t.member_id == member, HAS_MEMBER)
        .order_by(t.transaction_id.desc())
        .limit(min(limit, PAGE_MAX))
    )
    return [_transaction(row) for row in rows.mappings()]


def _transaction(row: Any) -> Transaction:  # noqa: ANN401 - a row mapping
    return Transaction(
        transaction_id=row["transaction_id"],
        kind=Kind(row["kind"]),
        operation_id=row["operation_id"],
        member_id=row["member_id"],
        effective_at=row["effective_at"],
        recorded_at=row["recorded_at"],
        actor=row["actor"],
        reason=row["reason"],
        reverses=row["reverses"],
        origin=row["origin"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """All accounts of one measure together, and where points that left them went.

    ``issued`` is everything ever granted; ``reversed`` what was taken back of it. Always
    issued = pending + available + held + debt + redeemed + expired + reversed.
    """

    measure: str
    issued: int
    pending: int
    available: int
    held: int
    debt: int
    redeemed: int
    expired: int
    reversed: int


def totals(connection: Connection, association: AssociationId) -> list[Totals]:
    """Return the totals of each measure, from the entries alone."""
    e = entry.c
    inward = e.version.is_(None) & (e.points < literal_column("0"))
    rows = connection.execute(
        select(
            entry_measure(connection),
            e.state,
            _system_name(connection),
            inward.label("inward"),
            cast(func.sum(e.points), BigInteger),
        )
        .where(e.association_id == association)
        .group_by(entry_measure(connection), e.state, _system_name(connection), inward)
    ).all()
    sums: dict[str, dict[str, int]] = {}
    for measure, state, name, points_in, points in rows:
        key = _column(state, name, inward=bool(points_in))
        found = sums.setdefault(measure, {})
        found[key] = found.get(key, 0) + (-points if key == "issued" else points)
    names = ("issued", "pending", "available", "held", "debt", "redeemed", "expired", "reversed")
    return [
        Totals(measure=measure, **{name: found.get(name, 0) for name in names})
        for measure, found in sorted(sums.items())
    ]


def _column(state: str, name: str, *, inward: bool) -> str:
    if state != State.SYSTEM:
        return state
    if name == "system:issuance":
        return "issued" if inward else "reversed"
    return "redeemed" if name == "system:redemption" else "expired"


# Written out, not bound: PostgreSQL must see the same expression in SELECT and GROUP BY.
_DOT: ColumnClause[str] = literal_column("'.'")
_ONE: ColumnClause[int] = literal_column("1")
_NOTHING: ColumnClause[str] = literal_column("''")


def _dot(connection: Connection) -> Any:  # noqa: ANN401 - a SQL expression
    position = func.strpos if connection.dialect.name == "postgresql" else func.instr
    return position(entry.c.account_id, _DOT)


def entry_measure(connection: Connection) -> Any:  # noqa: ANN401 - a SQL expression
    """Return the measure of an entry's account as a SQL expression."""
    return func.substr(entry.c.account_id, _dot(connection) + _ONE)


def _system_name(connection: Connection) -> Any:  # noqa: ANN401 - a SQL expression
    name = func.substr(entry.c.account_id, _ONE, _dot(connection) - _ONE)
    return case((entry.c.version.is_(None), name), else_=_NOTHING)


def holders(
    connection: Connection, association: AssociationId, measure: str, *, at_least: int, limit: int
) -> list[tuple[MemberId, Points]]:
    """Return who has most available in a measure, richest first; at most ``PAGE_MAX`` of them."""
    a = account.c
    rows = connection.execute(
        select(a.member_id, a.available)
        .where(
            a.association_id == association,
            a.measure == measure,
            a.available >= at_least,
        )
        .order_by(a.available.desc(), a.member_id)
        .limit(min(limit, PAGE_MAX))
    )
    return [(MemberId(row[0]), Points(row[1])) for row in rows]
