"""Each verb of a draft: where points go, and what the entries say about it."""

from datetime import timedelta

import pytest

from points.kernel.errors import BrokenInvariant
from points.ledger.model import Kind, Place
from tests.unit.ledger.wallet import NO_GRACE, RATING, WALLET, WEEK, Wallet, day

ISSUED = "system:issuance.party.wallet"
REDEEMED = "system:redemption.party.wallet"
BROKEN = "system:breakage.party.wallet"


def test_a_grant_is_available_at_once() -> None:
    wallet = Wallet()
    made = wallet.earn(5, day(30))
    assert wallet.balances == (0, 5, 0, 0)
    assert wallet.entries(made) == {"available": 5, ISSUED: -5}
    assert wallet.books.changes() == 3  # the account, the lot, the transaction
    assert made.effective_at == made.recorded_at == wallet.now


def test_a_grant_in_publicity_matures() -> None:
    wallet = Wallet()
    wallet.earn(5, pending=True)
    assert wallet.balances == (5, 0, 0, 0)
    assert wallet.account.spendable_points(wallet.now) == 0
    made = wallet.draft(Kind.MATURE)
    made.mature(WALLET, wallet.lots)
    assert wallet.entries(made.post()) == {"pending": -5, "available": 5}
    assert wallet.balances == (0, 5, 0, 0)


def test_a_grant_needs_no_lots_to_be_read() -> None:
    wallet = Wallet()
    wallet.account.lots = None
    wallet.earn(5)
    assert wallet.account.available == 5
    with pytest.raises(BrokenInvariant, match="asks for them"):
        wallet.hold(1)


def test_a_hold_pins_what_expires_first() -> None:
    wallet = Wallet()
    for points, expires_at in ((3, None), (4, day(9)), (5, day(2)), (6, day(2))):
        wallet.earn(points, expires_at)
    hold = wallet.hold(13)
    never, late, older, newer = (lot.lot_id for lot in wallet.lots)
    assert list(hold.held.items()) == [(older, 5), (newer, 6), (late, 2)]
    assert never not in hold.held
    assert wallet.balances == (0, 5, 13, 0)


def test_expired_points_are_spent_neither_by_mistake_nor_by_a_late_sweeper() -> None:
    wallet = Wallet()
    wallet.earn(5, day(1))
    wallet.earn(3, day(2))
    wallet.now = day(1)  # the expiry is the first instant at which it is over
    assert wallet.account.spendable_points(wallet.now) == 3
    with pytest.raises(BrokenInvariant, match="enough points"):
        wallet.hold(4)


def test_expired_points_stay_expired_when_the_clock_runs_backwards() -> None:
    wallet = Wallet()
    wallet.earn(5, day(1))
    wallet.now = day(2)
    wallet.earn(1)
    wallet.now = day(0.5)
    assert wallet.account.spendable_points(wallet.now) == 1
    made = wallet.hold(1)
    assert made.held_points == 1
    assert wallet.books.transactions[-1].recorded_at == day(2)


def test_a_capture_spends_what_is_pinned_in_order_and_in_parts() -> None:
    wallet = Wallet()
    wallet.earn(5, day(1))
    wallet.earn(5, day(2))
    hold = wallet.hold(8)
    made = wallet.draft(Kind.CAPTURE)
    made.capture(hold, 6)
    assert wallet.entries(made.post()) == {"held": -6, REDEEMED: 6}
    assert list(hold.redeemed.values()) == [5, 1]
    assert (hold.held_points, hold.redeemed_points) == (2, 6)
    with pytest.raises(BrokenInvariant, match="enough points"):
        wallet.on_hold("capture", hold, 3)


def test_a_capture_is_undone_into_the_hold() -> None:
    wallet = Wallet()
    wallet.earn(5, day(1))
    hold = wallet.hold(5)
    wallet.on_hold("capture", hold, 5)
    wallet.now = day(3)  # long expired, and still held
    made = wallet.on_hold("rehold", hold, 5)
    assert wallet.entries(made) == {"held": 5, REDEEMED: -5}
    wallet.on_hold("capture", hold, 5)
    assert wallet.balances == (0, 0, 0, 0)


def test_an_undone_capture_sets_the_last_spent_aside_again() -> None:
    wallet = Wallet()
    wallet.earn(5, day(1))
    wallet.earn(5, day(20))
    hold = wallet.hold(10)
    for points in (5, 3):
        wallet.on_hold("capture", hold, points)
    # What would be there after the first capture alone: the early lot spent, the late one held.
    wallet.on_hold("rehold", hold, 3)
    assert (list(hold.held.values()), list(hold.redeemed.values())) == ([0, 5], [5, 0])
    wallet.now = day(3)
    wallet.on_hold("release", hold, 5, grace=WEEK)
    assert [lot.available for lot in wallet.lots] == [0, 5]
    assert [lot.expires_at for lot in wallet.lots] == [day(1), day(20)]


def test_a_release_frees_last_what_expires_first() -> None:
    wallet = Wallet()
    wallet.earn(5, day(1))
    wallet.earn(5, day(2))
    hold = wallet.hold(8)
    wallet.on_hold("release", hold, 4, grace=WEEK)
    assert list(hold.held.values()) == [4, 0]
    assert [lot.available for lot in wallet.lots] == [1, 5]
    assert [lot.expires_at for lot in wallet.lots] == [day(1), day(2)]


@pytest.mark.parametrize("verb", ["release", "refund"])
def test_what_returns_to_an_expired_lot_gets_the_grace(verb: str) -> None:
    wallet = Wallet()
    wallet.earn(5, day(1))
    wallet.earn(5, day(20))
    hold = wallet.hold(7)
    if verb == "refund":
        wallet.on_hold("capture", hold, 7)
    wallet.now = day(3)
    wallet.on_hold(verb, hold, 7, grace=WEEK)
    assert [lot.expires_at for lot in wallet.lots] == [day(10), day(20)]
    assert [m.expires_at for m in wallet.books.movements[-2:]] == [None, day(10)]
    assert wallet.account.spendable_points(day(9)) == 10
    assert wallet.account.spendable_points(day(10)) == 5


def test_the_grace_brings_back_nothing_that_a_late_sweeper_left() -> None:
    wallet = Wallet()
    wallet.earn(5, day(1))
    hold = wallet.hold(2)
    wallet.now = day(3)  # three have expired, and nobody has taken them out yet
    made = wallet.on_hold("release", hold, 2, grace=WEEK)
    assert wallet.entries(made) == {"held": -2, "available": -1, BROKEN: 3}
    assert wallet.account.spendable_points(wallet.now) == 2


def test_without_grace_what_returns_is_over() -> None:
    wallet = Wallet()
    wallet.earn(5, day(1))
    hold = wallet.hold(5)
    wallet.now = day(3)
    wallet.on_hold("release", hold, 5, grace=NO_GRACE)
    assert wallet.account.spendable_points(wallet.now) == 0


def test_the_grace_counts_from_what_was_recorded_last() -> None:
    wallet = Wallet()
    wallet.earn(5, day(1))
    hold = wallet.hold(5)
    wallet.now = day(3)
    wallet.earn(1)
    wallet.now = day(0.5)
    wallet.on_hold("release", hold, 5, grace=WEEK)
    assert wallet.lots[0].expires_at == day(10)


def test_a_refund_returns_to_the_lots_it_came_from() -> None:
    wallet = Wallet()
    wallet.earn(5, day(1))
    wallet.earn(5, day(2))
    hold = wallet.hold(8)
    wallet.on_hold("capture", hold, 8)
    made = wallet.on_hold("refund", hold, 4, grace=WEEK)
    assert wallet.entries(made) == {"available": 4, REDEEMED: -4}
    assert [lot.available for lot in wallet.lots] == [1, 5]
    assert list(hold.redeemed.values()) == [4, 0]


def test_expiry_takes_what_is_available_and_leaves_what_is_held() -> None:
    wallet = Wallet()
    wallet.earn(5, day(1))
    wallet.hold(2)
    wallet.now = day(1)
    made = wallet.expire()
    assert wallet.entries(made) == {"available": -3, BROKEN: 3}
    assert wallet.balances == (0, 0, 2, 0)


def test_recorded_time_never_runs_backwards() -> None:
    wallet = Wallet(now=day(5))
    wallet.earn(5)
    wallet.now = day(4)
    made = wallet.earn(5)
    assert made.recorded_at == made.effective_at == day(5)


def test_a_backdated_transaction_counts_from_then_and_is_recorded_now() -> None:
    wallet = Wallet(now=day(5))
    made = wallet.draft(Kind.EARN, effective_at=day(1))
    made.grant(WALLET, 5, expires_at=None)
    posted = made.post()
    assert (posted.effective_at, posted.recorded_at) == (day(1), day(5))


def test_a_transaction_may_move_two_measures_of_one_member() -> None:
    wallet = Wallet()
    wallet.books.open_account(RATING)
    made = wallet.draft()
    made.grant(WALLET, 5, expires_at=None)
    made.grant(RATING, 2, expires_at=None)
    entries = wallet.entries(made.post())
    assert entries[ISSUED] == -5
    assert entries["system:issuance.party.rating"] == -2


def test_a_transaction_of_two_members_is_refused() -> None:
    wallet = Wallet()
    strange = wallet.books.open_account(type(WALLET)("M2.party.wallet")).account_id
    made = wallet.draft()
    made.grant(WALLET, 5, expires_at=None)
    made.grant(strange, 5, expires_at=None)
    with pytest.raises(BrokenInvariant, match="one member"):
        made.post()


def test_a_transaction_of_nothing_is_refused() -> None:
    with pytest.raises(BrokenInvariant, match="moves points"):
        Wallet().draft().post()


def test_a_transaction_that_does_not_add_up_is_refused() -> None:
    made = Wallet().draft()
    made.grant(WALLET, 5, expires_at=None)
    made._count("issuance", WALLET, 1)
    with pytest.raises(BrokenInvariant, match="sums to zero"):
        made.post()


def test_movements_of_a_transaction_are_numbered() -> None:
    wallet = Wallet()
    for number in (1, 2, 3):
        wallet.earn(1, day(number))
    wallet.hold(3)
    assert [m.line for m in wallet.books.movements] == [0, 1, 2]
    assert {(m.source, m.target) for m in wallet.books.movements} == {(Place.AVAILABLE, Place.HELD)}


def test_versions_count_every_entry() -> None:
    wallet = Wallet()
    wallet.earn(5)
    hold = wallet.hold(2)
    wallet.on_hold("release", hold, 1, grace=timedelta(0))
    versions = [e.version for e in wallet.books.entries if e.version is not None]
    assert versions == [1, 2, 3, 4, 5]
    assert wallet.account.version == 5


def test_opening_an_open_account_changes_nothing() -> None:
    wallet = Wallet()
    before = wallet.books.changes()
    assert wallet.books.open_account(WALLET) is wallet.account
    assert wallet.books.changes() == before
    assert wallet.books.account(RATING) is None
