"""``points partner operator``: the association looks after partners' operators at the machine."""

import pytest

from points import wiring
from points.flows.add_partner import AddOutlet
from points.identity.staff import CONSOLE
from points.kernel.ids import AssociationId, OperationId, OutletId, PartnerId
from tests.cli.conftest import Console

HERE = AssociationId("panjin")
OPERATOR = ("partner", "operator")


@pytest.fixture
def shop(console: Console) -> Console:
    console.answers("partner", "add", "YF", "--name", "示例大药房", "--category", "pharmacy")
    with wiring.open_installation(wiring.settings()) as here:
        outlet = AddOutlet(
            association_id=HERE,
            operation_id=OperationId("test:outlet"),
            actor=CONSOLE,
            partner_id=PartnerId("YF"),
            outlet_id=OutletId("YF01"),
            name="一店",
        )
        assert here.engine.submit(outlet).refusal is None
    return console


def test_operators_are_added_reset_and_shut_out(shop: Console) -> None:
    one = ("YF01", "07")
    added = shop.answers(*OPERATOR, "add", *one)
    assert len(added["set_up_code"]) == 24
    assert shop.refused(*OPERATOR, "add", *one) == "operator_exists"
    assert shop.refused(*OPERATOR, "add", "YF01", "张三") == "operator_invalid"
    assert shop.refused(*OPERATOR, "reset", "YF99", "07") == "outlet_unknown"
    again = shop.answers(*OPERATOR, "reset", *one)
    assert again["set_up_code"] != added["set_up_code"]
    shop.answers(*OPERATOR, "disable", *one)
    assert shop.refused(*OPERATOR, "disable", *one) == "operator_unchanged"
    [listed] = shop.answers(*OPERATOR, "list", "--outlet", "YF01")["operators"]
    assert listed == {"outlet_id": "YF01", "operator_id": "07", "active": False, "ready": False}
    assert "未设定" in shop.says(*OPERATOR, "list")
    shop.answers(*OPERATOR, "enable", *one)
    assert shop.answers(*OPERATOR, "list", "--outlet", "YF02")["operators"] == []
