"""A served installation with a catalogue, money in its pools, and a pharmacy with two outlets."""

from typing import Any

from points.catalogue.model import Source
from points.flows.add_partner import AddOutlet, AddPartner
from points.flows.fund import Fund
from points.flows.grant import Grant
from points.flows.stock_catalogue import StockCatalogue
from points.identity.roles import Kind
from points.kernel.amounts import Fen, Points
from points.kernel.ids import MemberId, OperationId, OutletId, PartnerId
from points.ledger.model import Measure
from points.partners.model import Category
from tests.api.served import HERE, OPERATOR, Served
from tests.flows.market import catalogue


def named(here: Served, **more: Any) -> dict[str, Any]:
    operation = OperationId(f"test:{here.next()}")
    return {"association_id": HERE, "operation_id": operation, "actor": OPERATOR} | more


def open_market(here: Served) -> None:
    file = catalogue()
    here.submit(StockCatalogue(**named(here, version=file.version, rewards=file.rewards)))
    for programme in ("health", "party"):
        here.submit(
            Fund(
                **named(
                    here,
                    programme=programme,
                    amount_fen=Fen(10_000_000),
                    source=Source.UNION,
                )
            )
        )
    for partner, outlets in (("YF", ("YF01", "YF02")), ("KM", ("KM01",))):
        here.submit(
            AddPartner(
                **named(
                    here, partner_id=PartnerId(partner), category=Category.PHARMACY, name=partner
                )
            )
        )
        for outlet in outlets:
            here.submit(
                AddOutlet(
                    **named(
                        here,
                        partner_id=PartnerId(partner),
                        outlet_id=OutletId(outlet),
                        name=f"{outlet} 店",
                    )
                )
            )


def give(here: Served, member_id: str, points: int, measure: str = "health.wallet") -> None:
    here.submit(
        Grant(
            **named(
                here,
                member_id=MemberId(member_id),
                measure=Measure.parse(measure),
                points=Points(points),
                reason="test",
            )
        )
    )


def till(here: Served, outlet: str = "YF01") -> str:
    return here.key(Kind.PARTNER, outlet[:2], outlet=outlet)


def redeem(here: Served, member_id: str, reward: str = "C12", **more: Any) -> Any:
    body = {"reward_id": reward, "programme": "health"}
    return here.member(member_id, "POST", "/v1/redemptions", json=body, **more)


def voucher(here: Served, reward: str = "C12") -> dict[str, Any]:
    """Draw a voucher for somebody with points; return it with its code."""
    member_id = here.person()
    give(here, member_id, 1000)
    answer = redeem(here, member_id, reward)
    assert answer.status_code == 201, answer.text
    return dict(answer.json()) | {"member_id": member_id}


def capture(here: Served, code: str, request_no: str, *, outlet: str = "YF01", **more: Any) -> Any:
    body = {"code": code, "request_no": request_no} | more
    return here.ask("POST", "/v1/counter/captures", till(here, outlet), json=body)
