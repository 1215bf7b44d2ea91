"""What accounts hold and how it came about: on both axes of time, and on both databases."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from points.engine import Outcome
from points.flows.expire import Expire
from points.kernel.ids import (
    AccountId,
    Actor,
    AssociationId,
    HoldId,
    MemberId,
    OperationId,
    TransactionId,
)
from points.ledger.model import Balance, Kind
from points.ledger.reads import (
    PAGE_MAX,
    Expiring,
    Totals,
    as_effective,
    as_recorded,
    balances,
    expired_accounts,
    expiring,
    find_transaction,
    holders,
    statement,
    totals,
    transactions_of,
)
from tests.properties.ledger_flows import START, Earn, OnHold, Open, Reverse, SetAside
from tests.properties.ledger_world import World

A, B = AssociationId("A1"), AssociationId("B1")
M1 = MemberId("M1")
WALLET, RATING = AccountId("M1.party.wallet"), AccountId("M1.party.rating")


def day(number: float) -> datetime:
    return START + timedelta(days=number)


class Ledger:
    """A world in which one member has two accounts, and short ways to act and look."""

    def __init__(self, world: World) -> None:
        self.world, self.number = world, 0
        for account in (RATING, WALLET):
            self.do(Open, account_id=account)
            self.do(Open, account_id=account, association_id=B)

    def do(self, kind: Any, **named: Any) -> Outcome:
        self.number += 1
        base = {
            "association_id": A,
            "account_id": WALLET,
            "operation_id": OperationId(f"test:{self.number}"),
        }
        outcome = self.world.engine.submit(kind(**(base | named)))
        assert outcome.refusal is None, outcome.refusal
        return outcome

    def earn(self, points: int, **named: Any) -> TransactionId:
        return TransactionId(self.do(Earn, points=points, **named).result["transaction_id"])

    def hold(self, points: int) -> HoldId:
        return HoldId(self.do(SetAside, points=points).result["hold_id"])

    def at(self, days: float) -> None:
        self.world.clock.set(day(days))


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with closing(World(database_url)) as world:
        yield Ledger(world)


@pytest.fixture
def looking(ledger: Ledger) -> Any:
    """Return a function that asks a read of association A."""

    def ask(read: Any, *arguments: Any, association: AssociationId = A, **named: Any) -> Any:
        def asked(connection: Connection) -> Any:
            return read(connection, association, *arguments, **named)

        with ledger.world.looking() as connection:
            return asked(connection)

    return ask


def holds(balance: Balance) -> tuple[int, int, int, int]:
    return balance.pending, balance.available, balance.held, balance.debt


def test_a_member_has_a_balance_in_each_measure(ledger: Ledger, looking: Any) -> None:
    ledger.earn(5)
    ledger.earn(3, pending=True)
    ledger.earn(7, account_id=RATING)
    ledger.hold(2)
    rating, wallet = looking(balances, M1, day(0))
    assert (rating.measure, holds(rating)) == ("party.rating", (0, 7, 0, 0))
    assert (wallet.measure, holds(wallet), wallet.version) == ("party.wallet", (3, 3, 2, 0), 4)
    assert looking(balances, MemberId("M9"), day(0)) == []
    assert {holds(b) for b in looking(balances, M1, day(0), association=B)} == {(0, 0, 0, 0)}


def test_what_has_expired_is_gone_at_once_swept_or_not(ledger: Ledger, looking: Any) -> None:
    ledger.earn(5, expires_at=day(1))
    ledger.earn(3)
    assert holds(looking(balances, M1, day(0.9))[1])[1] == 8
    assert holds(looking(balances, M1, day(1))[1])[1] == 3
    assert looking(expired_accounts, day(0.9), 9) == []
    assert looking(expired_accounts, day(1), 9) == [WALLET]
    assert looking(expired_accounts, day(1), 9, association=B) == []
    ledger.at(1)
    ledger.do(Expire, actor=Actor("system:expire"))
    assert holds(looking(balances, M1, day(1))[1])[1] == 3
    assert looking(expired_accounts, day(1), 9) == []


def test_as_it_was_recorded_then(ledger: Ledger, looking: Any) -> None:
    ledger.earn(5)
    ledger.at(1)
    hold = ledger.hold(4)
    ledger.at(2)
    ledger.do(OnHold, verb="capture", hold_id=hold, points=3)
    seen = [looking(as_recorded, WALLET, day(at)) for at in (-1, 0, 0.5, 1, 9)]
    assert [holds(each) for each in seen] == [
        (0, 0, 0, 0),
        (0, 5, 0, 0),
        (0, 5, 0, 0),
        (0, 1, 4, 0),
        (0, 1, 1, 0),
    ]
    assert [each.version for each in seen] == [0, 1, 1, 3, 4]
    assert holds(looking(as_recorded, WALLET, day(9), association=B)) == (0, 0, 0, 0)


def test_backdating_changes_what_took_effect_and_not_what_was_recorded(
    ledger: Ledger, looking: Any
) -> None:
    ledger.earn(5)
    ledger.at(5)
    ledger.earn(2, effective_at=day(-3))
    assert holds(looking(as_effective, WALLET, day(-2))) == (0, 2, 0, 0)
    assert holds(looking(as_effective, WALLET, day(0))) == (0, 7, 0, 0)
    assert holds(looking(as_recorded, WALLET, day(-2))) == (0, 0, 0, 0)
    assert holds(looking(as_recorded, WALLET, day(4))) == (0, 5, 0, 0)
    assert holds(looking(as_effective, WALLET, day(9), association=B)) == (0, 0, 0, 0)


def test_both_axes_agree_with_a_sum_by_hand(ledger: Ledger, looking: Any) -> None:
    for number in range(6):
        ledger.at(number)
        ledger.earn(number + 1, effective_at=day(number / 2))
    for at in (0, 1.2, 2, 7):
        recorded = sum(n + 1 for n in range(6) if n <= at)
        effective = sum(n + 1 for n in range(6) if n / 2 <= at)
        assert looking(as_recorded, WALLET, day(at)).available == recorded
        assert looking(as_effective, WALLET, day(at)).available == effective


def test_a_statement_is_read_newest_first_page_by_page(ledger: Ledger, looking: Any) -> None:
    given = [ledger.earn(n) for n in (1, 2, 3)]
    ledger.do(Reverse, transaction_id=given[0])
    first = looking(statement, WALLET, limit=3)
    rest = looking(statement, WALLET, before=first[-1].version)
    assert [line.version for line in first + rest] == [4, 3, 2, 1]
    assert [line.points for line in first + rest] == [-1, 3, 2, 1]
    assert [line.balance_after for line in first + rest] == [5, 6, 3, 1]
    assert (first[0].kind, first[0].reverses) == (Kind.REVERSE, given[0])
    assert (rest[0].kind, rest[0].reason, rest[0].origin) == (Kind.EARN, "test", {})
    assert rest[0].recorded_at == rest[0].effective_at == START
    assert looking(statement, WALLET, association=B) == []
    assert len(looking(statement, WALLET, limit=PAGE_MAX + 9)) == 4


def test_what_expires_next(ledger: Ledger, looking: Any) -> None:
    ledger.earn(1)
    for points, days in ((2, 9), (3, 4), (4, 4), (5, -1)):
        ledger.earn(points, expires_at=day(days))
    ledger.hold(6)
    assert looking(expiring, WALLET, day(0)) == [
        Expiring(expires_at=day(4), points=1),
        Expiring(expires_at=day(9), points=2),
    ]


def test_transactions_are_found_in_their_association_alone(ledger: Ledger, looking: Any) -> None:
    one, two = ledger.earn(1), ledger.earn(2)
    found = looking(find_transaction, one)
    assert (found.transaction_id, found.kind, found.member_id) == (one, Kind.EARN, M1)
    assert looking(find_transaction, one, association=B) is None
    assert [t.transaction_id for t in looking(transactions_of, M1)] == [two, one]
    assert [t.transaction_id for t in looking(transactions_of, M1, limit=1)] == [two]
    assert looking(transactions_of, M1, association=B) == []


def test_every_point_ever_issued_is_somewhere(ledger: Ledger, looking: Any) -> None:
    assert looking(totals) == []
    ledger.earn(9, account_id=RATING)
    taken_back = ledger.earn(20)
    ledger.earn(10, expires_at=day(1))
    ledger.earn(4, pending=True)
    hold = ledger.hold(7)
    ledger.do(OnHold, verb="capture", hold_id=hold, points=5)
    ledger.do(OnHold, verb="refund", hold_id=hold, points=1)
    ledger.at(1)
    ledger.do(Expire, actor=Actor("system:expire"))
    ledger.do(Reverse, transaction_id=taken_back)
    rating, wallet = looking(totals)
    assert (rating.measure, rating.issued, rating.available) == ("party.rating", 9, 9)
    assert isinstance(wallet, Totals)
    assert wallet.issued == 34
    assert wallet.issued == (
        wallet.pending
        + wallet.available
        + wallet.held
        + wallet.debt
        + wallet.redeemed
        + wallet.expired
        + wallet.reversed
    )
    assert (wallet.pending, wallet.held, wallet.redeemed, wallet.reversed) == (4, 2, 4, 20)
    assert (wallet.available, wallet.expired, wallet.debt) == (0, 4, 0)
    assert looking(totals, association=B) == []


def test_who_holds_most_comes_first(ledger: Ledger, looking: Any) -> None:
    for name, points in (("M2", 5), ("M3", 9), ("M4", 5)):
        account = AccountId(f"{name}.party.wallet")
        ledger.do(Open, account_id=account)
        ledger.earn(points, account_id=account)
    assert looking(holders, "party.wallet", at_least=1, limit=2) == [("M3", 9), ("M2", 5)]
    assert looking(holders, "party.wallet", at_least=6, limit=9) == [("M3", 9)]
    assert looking(holders, "party.wallet", at_least=1, limit=9, association=B) == []
