"""Tills, what holds at counters, opening hours and sandboxes, looked after at the machine."""

import pytest

from points import wiring
from points.flows.add_partner import AddOutlet
from points.identity.keys import read_key
from points.identity.staff import CONSOLE
from points.kernel.ids import AssociationId, OperationId, OutletId, PartnerId
from tests.cli.conftest import Console

HERE = AssociationId("panjin")
DEVICE = ("partner", "device")


@pytest.fixture
def shop(console: Console) -> Console:
    console.answers("partner", "add", "YF", "--name", "示例大药房", "--category", "pharmacy")
    with wiring.open_installation(wiring.settings()) as here:
        for name, hours in (("YF01", "全天"), ("YF02", "电话预约")):
            outlet = AddOutlet(
                association_id=HERE,
                operation_id=OperationId(f"test:{name}"),
                actor=CONSOLE,
                partner_id=PartnerId("YF"),
                outlet_id=OutletId(name),
                name="店",
                opening_hours=hours,
            )
            assert here.engine.submit(outlet).refusal is None
    return console


def test_tills_are_registered_and_switched(shop: Console) -> None:
    one = ("YF01", "pos-1")
    shop.answers(*DEVICE, "add", *one)
    assert shop.refused(*DEVICE, "add", *one) == "till_exists"
    assert shop.refused(*DEVICE, "add", "YF01", "张三") == "till_invalid"
    assert shop.refused(*DEVICE, "enable", *one) == "till_unchanged"
    assert "停用" in shop.says(*DEVICE, "disable", *one)
    [listed] = shop.answers(*DEVICE, "list", "--outlet", "YF01")["tills"]
    assert (listed["device_id"], listed["active"]) == ("pos-1", False)
    shop.answers(*DEVICE, "enable", *one)
    assert shop.answers(*DEVICE, "list", "--outlet", "YF02")["tills"] == []


def test_a_till_is_given_a_key_of_its_own(shop: Console) -> None:
    issue = ("key", "issue", "--role", "till", "--subject", "YF")
    shop.answers(*DEVICE, "add", "YF01", "pos-1")
    own = (*issue, "--outlet", "YF01", "--till", "pos-1")
    made = shop.answers(*own)
    assert shop.refused(*own) == "till_has_key"
    assert shop.refused(*issue, "--outlet", "YF02", "--till", "pos-1") == "not_found"
    assert shop.refused(*issue, "--outlet", "YF01", "--till", "web") == "till_shared"
    assert shop.refused(*issue, "--outlet", "XX01") == "outlet_unknown"
    office = ("key", "issue", "--role", "office", "--subject", "YF", "--outlet", "YF01")
    assert shop.refused(*office, "--till", "pos-1", status=2) == "till_of_till"
    next_ = shop.answers("key", "rotate", made["key_id"])
    listed = {each["key_id"]: each for each in shop.answers("key", "list")["keys"]}
    for key_id in (made["key_id"], next_["key_id"]):
        assert listed[key_id]["till"] == "pos-1"
    shop.answers(*DEVICE, "add", "YF01", "pos-2")
    tills = shop.answers(*DEVICE, "list", "--outlet", "YF01")["tills"]
    assert [(each["device_id"], each["own_key"]) for each in tills] == [
        ("pos-1", True),
        ("pos-2", False),
    ]
    assert "专用" in shop.says(*DEVICE, "list")


def test_what_holds_is_shown_and_changed(shop: Console) -> None:
    usual = shop.answers("partner", "policy", "YF")
    assert (usual["version"], usual["hours"], usual["outlet_voids_max"]) == (0, "flag", 50)
    changed = shop.answers("partner", "policy", "YF", "--hours", "refuse", "--outlet-voids", "9")
    assert (changed["version"], changed["hours"], changed["operator_voids_max"]) == (
        1,
        "refuse",
        20,
    )
    assert changed["outlet_voids_max"] == 9
    assert "拒绝核销" in shop.says("partner", "policy", "YF")
    same = ("partner", "policy", "YF", "--outlet-voids", "9")
    assert shop.refused(*same) == "counter_policy_unchanged"


def test_hours_that_cannot_be_read_are_told(shop: Console) -> None:
    first, second = shop.answers("partner", "hours", "YF")["outlets"]
    assert (first["read"], first["open_now"]) == (True, True)
    assert (second["read"], second["open_now"]) == (False, None)
    assert "无法识别" in shop.says("partner", "hours", "YF")
    assert shop.refused("partner", "hours", "XX") == "partner_unknown"


def test_a_sandbox_is_opened_with_a_key_for_each_outlet(shop: Console) -> None:
    opened = shop.answers("sandbox", "open", "YF")
    assert opened["association"] == "panjin-test"
    assert [each["outlet_id"] for each in opened["keys"]] == [None, "YF01", "YF02"]
    keys = [read_key(each["key"]) for each in opened["keys"]]
    assert {key.association_id for key in keys if key} == {"panjin-test"}
    said = shop.says("sandbox", "open", "YF")
    assert "只显示一次" in said
    lines = [line.split() for line in said.splitlines() if "pk_test_" in line]
    assert [name for name, _ in lines] == ["总部", "YF01", "YF02"]
    assert all(read_key(key) for _, key in lines), "what is shown once is whole, on one line"
    assert shop.refused("sandbox", "open", "XX") == "partner_unknown"
    inside = ("sandbox", "open", "YF", "--association", "panjin-test")
    assert shop.refused(*inside) == "sandbox_impossible"
