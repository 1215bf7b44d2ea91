"""What a partner is owed is changed at the command line, by two people."""

from points import wiring
from points.flows.verify import verify
from points.identity.roles import Role
from tests.cli.conftest import Console
from tests.cli.test_rule_versions import Sits, sits
from tests.cli.test_settlement import YF, booked

__all__ = ["sits"]
PROPOSE = ("partner", "adjust", "propose", "YF", "--reason", "late_void", "--note", "顾客退货")
FIRST = (*PROPOSE, "--amount-fen", "-120", "--programme", "health")


def test_a_partner_pays_back_by_two_people(console: Console, sits: Sits) -> None:
    console.answers(*YF)
    with wiring.open_installation(wiring.settings()) as here:
        booked(here)  # 500 fen are owed
    # Whoever sits at the machine is nobody: a person has to.
    assert console.refused(*FIRST) == "forbidden"
    sits.down("wu", Role.TREASURER)
    assert console.refused(*PROPOSE, "--amount-fen", "-1", "--capture", "R1") == "capture_unknown"
    names = [console.answers(*FIRST)["adjustment_id"] for _ in range(3)]
    assert "第 4 号" in console.says(*FIRST)
    assert console.answers("partner", "adjust", "withdraw", "YF", names[2])["state"] == "withdrawn"
    assert console.refused("partner", "adjust", "withdraw", "NONE", names[0]) == "not_found"
    sits.down("lin", Role.APPROVER)
    reject = ("partner", "adjust", "reject", "YF", names[1], "--reason", "小票无误")
    assert console.answers(*reject)["state"] == "rejected"
    said = console.says("partner", "adjust", "approve", "YF", names[0])
    assert "-1.20" in said
    again = ("partner", "adjust", "approve", "YF", names[0])
    assert console.refused(*again) == "adjustment_decided"
    listed = console.answers("partner", "adjust", "list", "YF")["adjustments"]
    assert [each["state"] for each in listed] == ["proposed", "withdrawn", "rejected", "approved"]
    assert "逾期撤销" in console.says("partner", "adjust", "list", "YF")
    older = console.answers("partner", "adjust", "list", "YF", "--before", "2")["adjustments"]
    assert [each["adjustment"]["number"] for each in older] == [1]
    with wiring.open_installation(wiring.settings()) as here:
        day = here.clock.now().date()
        assert verify(here.engine, here.association).ok
    month = console.answers("partner", "statement", "YF", "--day", day.isoformat())
    assert month["total_fen"] == 380
    assert {line["reference"] for line in month["lines"]} >= {"adjust:1/late_void"}
