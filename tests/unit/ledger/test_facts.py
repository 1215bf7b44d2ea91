"""Facts check themselves."""

from typing import Any

import pytest

from points.kernel.amounts import Points
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import AccountId, HoldId, LotId, MemberId, TransactionId
from points.ledger.accounts import NEVER, Hold, OpenLot, take
from points.ledger.model import (
    Entry,
    Lot,
    Measure,
    Movement,
    Place,
    State,
    account_id,
    measure_of,
    member_of,
    system_account,
)
from tests.unit.ledger.wallet import WALLET, day

TRANSACTION = TransactionId("T1")


def entry(**named: Any) -> Entry:
    standard: dict[str, Any] = {
        "transaction_id": TRANSACTION,
        "line": 0,
        "account": WALLET,
        "state": State.AVAILABLE,
        "points": Points(1),
        "version": 1,
        "balance_after": Points(1),
    }
    return Entry(**(standard | named))


def movement(**named: Any) -> Movement:
    standard: dict[str, Any] = {
        "lot_id": LotId("L1"),
        "transaction_id": TRANSACTION,
        "line": 0,
        "source": Place.HELD,
        "target": Place.REDEEMED,
        "points": Points(1),
    }
    return Movement(**(standard | named))


def lot(**named: Any) -> Lot:
    standard: dict[str, Any] = {
        "lot_id": LotId("L1"),
        "account": WALLET,
        "transaction_id": TRANSACTION,
        "points": Points(1),
        "born": Place.AVAILABLE,
        "expires_at": None,
    }
    return Lot(**(standard | named))


@pytest.mark.parametrize(
    ("wrong", "promise"),
    [
        (lambda: entry(points=0), "moves points"),
        (lambda: entry(version=None), "members' entries count"),
        (lambda: entry(state=State.SYSTEM), "members' entries count"),
        (lambda: entry(balance_after=-1), "side of zero"),
        (lambda: entry(state=State.DEBT, balance_after=1), "side of zero"),
        (lambda: movement(points=0), "moves points"),
        (lambda: movement(points=-1), "moves points"),
        (lambda: movement(target=Place.HELD), "goes somewhere"),
        (lambda: lot(points=0), "holds points"),
        (lambda: lot(born=Place.HELD), "born pending or available"),
    ],
)
def test_a_fact_that_cannot_be_is_refused(wrong: Any, promise: str) -> None:
    with pytest.raises(BrokenInvariant, match=promise):
        wrong()


def test_facts_that_can_be_are_taken() -> None:
    assert entry(state=State.DEBT, points=-1, balance_after=-1).balance_after == -1
    assert entry(state=State.SYSTEM, version=None, balance_after=None).version is None
    assert lot(born=Place.PENDING).born is Place.PENDING
    assert movement(hold_id=HoldId("H")).hold_id == "H"


def test_an_account_is_named_after_its_member_and_measure() -> None:
    named = account_id(MemberId("M1"), Measure("party", "wallet"))
    assert named == WALLET
    assert (member_of(named), measure_of(named)) == ("M1", "party.wallet")
    assert Measure.parse("party.wallet") == Measure("party", "wallet")
    assert measure_of(system_account("issuance", "party.wallet")) == "party.wallet"


def open_lot(**named: Any) -> OpenLot:
    standard: dict[str, Any] = {
        "lot_id": LotId("L1"),
        "account": WALLET,
        "transaction_id": TRANSACTION,
        "expires_at": None,
    }
    return OpenLot(**(standard | named))


def test_a_lot_never_goes_below_zero() -> None:
    held = open_lot(held=2)
    held.move(Place.HELD, Place.AVAILABLE, 1)
    assert (held.at(Place.HELD), held.at(Place.AVAILABLE), held.at(Place.PENDING)) == (1, 1, 0)
    with pytest.raises(BrokenInvariant, match="below zero"):
        held.move(Place.HELD, Place.REDEEMED, 2)


def test_a_lot_without_expiry_is_burnt_last_and_never_over() -> None:
    assert open_lot().burn_order() == (NEVER, "L1")
    assert not open_lot().expired(day(99999))
    dated = open_lot(expires_at=day(1))
    assert dated.burn_order() < open_lot(lot_id=LotId("L0")).burn_order()
    assert (dated.expired(day(0.99)), dated.expired(day(1))) == (False, True)


def test_a_hold_follows_its_movements() -> None:
    hold = Hold(hold_id=HoldId("H"), account=AccountId("M1.party.wallet"))
    for source, target, points in (
        (Place.AVAILABLE, Place.HELD, 5),
        (Place.HELD, Place.REDEEMED, 3),
        (Place.REDEEMED, Place.HELD, 1),
        (Place.HELD, Place.AVAILABLE, 2),
        (Place.REDEEMED, Place.AVAILABLE, 1),
    ):
        hold.record(LotId("L1"), source, target, points)
    assert (hold.held_points, hold.redeemed_points) == (1, 1)


def test_taking_stops_when_there_is_enough() -> None:
    lots = {LotId("a"): 2, LotId("b"): 0, LotId("c"): 5}
    assert list(take(lots, 3)) == [("a", 2), ("c", 1)]
    assert list(take(lots, 0)) == []
    with pytest.raises(BrokenInvariant, match="enough points"):
        list(take(lots, 8))
