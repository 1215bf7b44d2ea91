"""Taking points back: from their own lot, then from others, then as debt that is repaid first."""

import pytest

from points.kernel.errors import BrokenInvariant
from points.ledger.model import Kind
from tests.unit.ledger.wallet import WALLET, WEEK, Wallet, day

ISSUED = "system:issuance.party.wallet"


def indebted(owed: int = 3) -> Wallet:
    """Return a wallet that owes points: they were spent before their grant was taken back."""
    wallet = Wallet()
    wallet.earn(owed)
    wallet.on_hold("capture", wallet.hold(owed), owed)
    wallet.take_back(wallet.grant())
    assert wallet.balances == (0, 0, 0, -owed)
    return wallet


def test_a_grant_is_taken_from_its_own_lot_first() -> None:
    wallet = Wallet()
    wallet.earn(5, day(9))
    wallet.earn(5, day(1))
    made = wallet.take_back(wallet.grant())
    assert wallet.entries(made) == {"available": -5, ISSUED: 5}
    assert [lot.available for lot in wallet.lots] == [0, 5]
    assert made.reverses in wallet.books.reversed


def test_a_pending_grant_is_taken_from_publicity() -> None:
    wallet = Wallet()
    wallet.earn(5, pending=True)
    made = wallet.take_back(wallet.grant())
    assert wallet.entries(made) == {"pending": -5, ISSUED: 5}


def test_what_its_own_lot_lacks_comes_from_others_earliest_expiry_first() -> None:
    wallet = Wallet()
    wallet.earn(5)
    wallet.on_hold("capture", wallet.hold(5), 5)
    wallet.earn(2, day(9))
    wallet.earn(2, day(2))
    wallet.earn(2, day(4))
    wallet.take_back(wallet.grant())
    assert [lot.available for lot in wallet.lots] == [0, 1, 0, 0]
    assert wallet.balances == (0, 1, 0, 0)


def test_expired_lots_pay_for_nothing() -> None:
    wallet = Wallet()
    wallet.earn(5)
    wallet.on_hold("capture", wallet.hold(5), 5)
    wallet.earn(9, day(1))
    wallet.now = day(2)
    wallet.take_back(wallet.grant())
    assert wallet.balances == (0, 9, 0, -5)
    wallet.expire()
    assert wallet.balances == (0, 0, 0, -5)


def test_what_is_held_stays_held() -> None:
    wallet = Wallet()
    wallet.earn(5)
    hold = wallet.hold(4)
    made = wallet.take_back(wallet.grant())
    assert wallet.entries(made) == {"available": -1, "debt": -4, ISSUED: 5}
    assert wallet.balances == (0, 0, 4, -4)
    released = wallet.on_hold("release", hold, 4, grace=WEEK)
    assert wallet.entries(released) == {"held": -4, "debt": 4}
    assert wallet.balances == (0, 0, 0, 0)


@pytest.mark.parametrize("same_batch", [True, False])
def test_what_has_expired_is_gone_already(*, same_batch: bool) -> None:
    wallet = Wallet()
    wallet.earn(5, day(1))
    wallet.on_hold("capture", wallet.hold(2), 2)
    wallet.now = day(1)
    wallet.expire()
    if not same_batch:
        wallet.books.expired.clear()
    grant = wallet.grant(expired=0 if same_batch else 3)
    assert wallet.books.over(grant, 0) == 2
    wallet.take_back(grant)
    assert wallet.balances == (0, 0, 0, -2)


def test_a_grant_that_expired_whole_cannot_be_taken_back() -> None:
    wallet = Wallet()
    wallet.earn(5, day(1))
    wallet.now = day(1)
    wallet.expire()
    with pytest.raises(BrokenInvariant, match="moves points"):
        wallet.take_back(wallet.grant())


def test_nothing_is_spent_while_there_is_debt() -> None:
    wallet = indebted()
    assert wallet.account.spendable_points(wallet.now) == 0
    wallet.earn(2)
    assert wallet.balances == (0, 0, 0, -1)


def test_new_points_repay_debt_first() -> None:
    wallet = indebted()
    made = wallet.earn(5)
    assert wallet.entries(made) == {"available": 2, "debt": 3, ISSUED: -5}
    assert wallet.balances == (0, 2, 0, 0)


def test_two_grants_of_one_transaction_repay_together() -> None:
    wallet = indebted()
    made = wallet.draft(Kind.EARN)
    made.grant(WALLET, 2, expires_at=None)
    made.grant(WALLET, 2, expires_at=None)
    assert wallet.entries(made.post()) == {"available": 1, "debt": 3, ISSUED: -4}


def test_points_in_publicity_repay_when_they_mature() -> None:
    wallet = indebted()
    wallet.earn(5, pending=True)
    assert wallet.balances == (5, 0, 0, -3)
    made = wallet.draft(Kind.MATURE)
    made.mature(WALLET, [wallet.lots[-1]])
    assert wallet.entries(made.post()) == {"pending": -5, "available": 2, "debt": 3}


def test_a_refund_repays_debt_first() -> None:
    wallet = Wallet()
    wallet.earn(5)
    hold = wallet.hold(5)
    wallet.on_hold("capture", hold, 5)
    wallet.take_back(wallet.grant())
    wallet.on_hold("refund", hold, 5, grace=WEEK)
    assert wallet.balances == (0, 0, 0, 0)


def test_debt_grows_with_every_grant_that_is_taken_back() -> None:
    wallet = indebted()
    wallet.earn(2)
    wallet.take_back(wallet.grant(1))
    assert wallet.balances == (0, 0, 0, -3)
