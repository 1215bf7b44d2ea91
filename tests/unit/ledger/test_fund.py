"""Points given to the fund, given back to the lots that they came from, and granted out of it."""

import pytest

from points.kernel.errors import BrokenInvariant
from points.ledger.model import Kind, Place
from tests.unit.ledger.wallet import NO_GRACE, WALLET, WEEK, Wallet, day

FUND = "system:fund.party.wallet"


def test_a_donation_takes_what_expires_first_and_moves_it_into_the_fund() -> None:
    wallet = Wallet()
    for points, expires_at in ((3, None), (4, day(9)), (5, day(2))):
        wallet.earn(points, expires_at)
    made = wallet.draft(Kind.DONATE)
    donation = wallet.books.holds[made.donate(WALLET, 7)]
    posted = made.post()
    assert wallet.entries(posted) == {"available": -7, FUND: 7}
    never, late, soon = (lot.lot_id for lot in wallet.lots)
    assert donation.donated == {soon: 5, late: 2}
    assert (donation.donated_points, donation.held_points, donation.redeemed_points) == (7, 0, 0)
    assert never not in donation.donated
    assert wallet.balances == (0, 5, 0, 0)


def test_nobody_gives_what_they_do_not_have() -> None:
    wallet = Wallet()
    wallet.earn(5, day(1))
    wallet.now = day(1)
    with pytest.raises(BrokenInvariant, match="enough points"):
        wallet.draft(Kind.DONATE).donate(WALLET, 1)


def test_a_donation_given_back_has_its_own_expiry_again_and_a_grace_where_that_is_over() -> None:
    wallet = Wallet()
    wallet.earn(4, day(2))
    wallet.earn(4, day(20))
    made = wallet.draft(Kind.DONATE)
    donation = wallet.books.holds[made.donate(WALLET, 6)]
    made.post()
    wallet.now = day(3)
    back = wallet.draft(Kind.RETURN)
    back.give_back(donation, grace=WEEK)
    assert wallet.entries(back.post()) == {"available": 6, FUND: -6}
    assert donation.donated_points == 0
    assert [lot.expires_at for lot in wallet.lots] == [day(10), day(20)]
    again = wallet.draft(Kind.RETURN)
    again.give_back(donation, grace=NO_GRACE)
    with pytest.raises(BrokenInvariant, match="moves points"):
        again.post()


def test_relief_comes_out_of_the_fund_and_repays_debt_first() -> None:
    wallet = Wallet()
    wallet.account.debt = -4
    made = wallet.draft(Kind.RELIEVE)
    made.grant(WALLET, 10, expires_at=day(5))
    assert wallet.entries(made.post()) == {"available": 6, "debt": 4, FUND: -10}
    assert [m.target for m in wallet.books.movements] == [Place.REPAID]
