"""Letting another number of points stand of a grant: more as a lot of its own, less from its own."""

from points.ledger.model import Kind
from tests.unit.ledger.wallet import Wallet, day


def test_more_is_a_lot_of_its_own_that_belongs_to_the_grant() -> None:
    wallet = Wallet()
    wallet.earn(5)
    grant = wallet.grant()
    made = wallet.correct(grant, more=3)
    assert (made.kind, made.corrects) == (Kind.CORRECT, grant.root)
    assert grant.points == 8
    assert wallet.balances == (0, 8, 0, 0)


def test_less_is_taken_from_the_newest_of_its_own_lots() -> None:
    wallet = Wallet()
    wallet.earn(5, day(1))
    wallet.earn(5)
    grant = wallet.grant()
    wallet.correct(grant, more=3)
    wallet.correct(grant, standing=4)
    assert [lot.available for lot in wallet.lots] == [4, 5, 0]
    assert grant.taken == 4


def test_a_correction_and_its_opposite_leave_what_was() -> None:
    wallet = Wallet()
    wallet.earn(5)
    grant = wallet.grant()
    wallet.correct(grant, standing=2)
    wallet.correct(grant, more=3)
    assert wallet.books.over(grant, 5) == 0
    assert wallet.balances == (0, 5, 0, 0)


def test_what_stands_can_be_taken_back_whole_and_no_more() -> None:
    wallet = Wallet()
    wallet.earn(5)
    grant = wallet.grant()
    wallet.correct(grant, standing=2)
    wallet.take_back(grant)
    assert wallet.balances == (0, 0, 0, 0)
    assert wallet.books.over(grant, 0) == 0


def test_what_has_expired_pays_for_a_correction() -> None:
    wallet = Wallet()
    wallet.earn(5, day(1))
    wallet.on_hold("capture", wallet.hold(2), 2)
    wallet.now = day(1)
    wallet.expire()
    grant = wallet.grant()
    assert wallet.books.over(grant, 3) == 0
    wallet.correct(grant, standing=1)
    assert wallet.balances == (0, 0, 0, -1)
