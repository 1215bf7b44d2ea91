"""Unspent money goes back by two people, to whom it came from, and never what is promised."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from points.catalogue.model import Source
from points.catalogue.shelf import Shelf
from points.duties.model import RelationKind
from points.flows import declare_relation, return_funds
from points.flows.declare_relation import DeclareRelation
from points.flows.return_funds import DecideReturn, ProposeReturn, WithdrawReturn
from points.flows.verify import verify
from points.funds.model import Return
from points.funds.store import find_return, list_returns
from points.kernel.amounts import Fen
from points.kernel.ids import Actor
from points.kernel.two_people import Verdict
from points.rules import BudgetPolicy, Margin
from points.unit_of_work import reading
from tests.flows.market import Market, market
from tests.flows.town import HERE, civic_context

WU, LIN = Actor("staff:wu"), Actor("staff:lin")
FLOWS = {
    DeclareRelation: declare_relation.DECLARED,
    ProposeReturn: return_funds.PROPOSE,
    DecideReturn: return_funds.DECIDE,
    WithdrawReturn: return_funds.WITHDRAW,
}


@pytest.fixture
def here(database_url: str) -> Iterator[Market]:
    with market(database_url, FLOWS) as it:
        yield it


@pytest.fixture
def lean(sqlite_url: str) -> Iterator[Market]:
    with market(sqlite_url, FLOWS) as it:
        yield it


def asked(here: Market, fen: int, **more: Any) -> ProposeReturn:
    return ProposeReturn(
        **here.named(
            actor=WU,
            programme="health",
            amount_fen=Fen(fen),
            source=Source.UNION,
            note="年底结余退回",
            document="工会〔2026〕12号",
        )
        | more
    )


def proposed(here: Market, fen: int, **more: Any) -> Return:
    done = here.town.done(asked(here, fen, **more))
    with reading(here.engine.database, HERE) as connection:
        found = find_return(connection, HERE, done["return_id"])
    assert found is not None
    return found.fact


def decided(here: Market, fact: Return, **more: Any) -> DecideReturn:
    return DecideReturn(**here.named(actor=LIN, fact=fact, verdict=Verdict.APPROVE) | more)


def test_another_person_gives_it_back_and_it_is_verified(here: Market) -> None:
    before, fact = here.pool(), proposed(here, 30_000)
    assert here.pool() == before
    assert here.town.refused(decided(here, fact, actor=WU)) == "own_return"
    done = here.town.done(decided(here, fact))
    assert done["free_fen"] == before.free - 30_000
    assert here.pool().funded == before.funded - 30_000
    assert here.town.refused(decided(here, fact)) == "return_decided"
    assert here.town.refused(WithdrawReturn(**here.named(actor=WU, fact=fact))) == "return_decided"
    with reading(here.engine.database, HERE) as connection:
        [standing] = list_returns(connection, HERE, "health")
    assert standing.settled is not None
    assert (standing.fact, standing.settled.actor) == (fact, LIN)
    assert verify(here.engine, HERE).ok


def test_nobody_is_two_people(lean: Market) -> None:
    """One who declared that two accounts are theirs, or logged in as the same member."""
    fact, member = proposed(lean, 30_000), lean.member()
    for staff in (WU, LIN):
        declared = {"staff": staff, "member_id": member, "kind": RelationKind.SELF}
        lean.town.done(DeclareRelation(**lean.named(actor=staff) | declared))
    assert lean.town.refused(decided(lean, fact)) == "own_return"
    sun = Actor("staff:sun")
    assert lean.town.refused(decided(lean, fact, actor=sun, person=member)) == "own_return"
    assert lean.town.done(decided(lean, fact, actor=sun))["state"] == "approved"


def test_no_more_goes_back_than_is_free_or_than_the_source_gave(lean: Market) -> None:
    free = lean.pool().free
    assert lean.town.refused(asked(lean, free + 1)) == "return_too_large"
    assert lean.town.refused(asked(lean, 1, source=Source.DONOR)) == "return_too_large"
    assert lean.town.refused(asked(lean, 0)) == "amount_not_positive"
    assert lean.town.refused(asked(lean, 1, programme="moon")) == "pool_unknown"
    assert lean.town.refused(asked(lean, 1, note=" ")) == "reason_needed"
    assert lean.town.refused(asked(lean, 1, document="x" * 81)) == "document_invalid"
    fact = proposed(lean, free)
    lean.voucher()  # promises money meanwhile
    assert lean.town.refused(decided(lean, fact)) == "return_too_large"
    assert lean.pool().funded == free


def test_it_is_rejected_with_a_reason_withdrawn_by_its_proposer_or_too_late(lean: Market) -> None:
    fact = proposed(lean, 100)
    reject = decided(lean, fact, verdict=Verdict.REJECT)
    assert lean.town.refused(reject) == "reason_needed"
    withdrawal = WithdrawReturn(**lean.named(actor=LIN, fact=fact))
    assert lean.town.refused(withdrawal) == "not_returns_proposer"
    lean.town.done(replace(reject, operation_id=lean.town.operation(), reason="仍需使用"))
    taken_back = proposed(lean, 100)
    lean.town.done(WithdrawReturn(**lean.named(actor=WU, fact=taken_back)))
    late = proposed(lean, 100)
    other = decided(lean, replace(late, amount_fen=Fen(99)))
    assert lean.town.refused(other) == "not_found"
    lean.clock.advance(timedelta(days=8))
    assert lean.town.refused(decided(lean, late)) == "return_decided"


def test_sale_stops_at_the_margin_before_the_pool_is_empty(sqlite_url: str) -> None:
    context = replace(
        civic_context(), budget=BudgetPolicy({"health": Margin(reserve_fen=100_000_000 - 2000)})
    )
    with market(sqlite_url, FLOWS, context) as here:
        member = here.member(1000)
        here.town.done(here.redemption(member, "C12"))
        assert here.town.refused(here.redemption(member, "C12")) == "pool_exhausted"
        assert here.pool().free == 100_000_000 - 2000


def test_without_the_margin_it_would_have_been_sold(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Shelf.against

    def careless(self: Shelf, reward: Any, programme: str, *outlet: Any, **_: int) -> Any:
        return right(self, reward, programme, *outlet)

    monkeypatch.setattr(Shelf, "against", careless)
    with pytest.raises(AssertionError):
        test_sale_stops_at_the_margin_before_the_pool_is_empty(sqlite_url)
