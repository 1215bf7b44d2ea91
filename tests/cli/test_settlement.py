"""A month settled at the command line: terms, drawing up, answers, consent, payment, verifying."""

from points import wiring
from points.catalogue.model import Source
from points.flows.correct_statement import CorrectStatement
from points.flows.fund import Fund
from points.identity.roles import Role
from points.kernel.amounts import Fen
from points.kernel.ids import Actor, OperationId, PartnerId
from tests.cli.conftest import Console
from tests.cli.test_rule_versions import Sits, sits

__all__ = ["sits"]
YF = ("partner", "add", "YF", "--name", "示例大药房", "--category", "pharmacy")
MONTH = ("YF", "2026-01")


def booked(here: wiring.Installation) -> None:
    """Owe the partner something, in January."""
    named = {
        "association_id": here.association,
        "actor": Actor("staff:li"),
        "programme": "health",
    }
    money = Fund(
        **named, operation_id=OperationId("f"), amount_fen=Fen(10_000), source=Source.UNION
    )
    owed = CorrectStatement(
        **named,
        operation_id=OperationId("c"),
        partner_id=PartnerId("YF"),
        amount_fen=Fen(500),
        reason="测试",
    )
    for outcome in here.engine.submit_many([money, owed]):
        assert outcome.refusal is None, outcome.refusal


def test_a_month_is_settled(console: Console, sits: Sits) -> None:
    console.answers(*YF)
    terms = ("--fee-bp", "60", "--payment-days", "15", "--grace-days", "3")
    far = ("partner", "contract", "YF", "--from", "2199-01-01")
    assert console.answers(*far, *terms)["contracts"][0]["payment_days"] == 15
    assert console.refused(*far, "--fee-fen", "1", "--fee-bp", "1", status=2) == "fee_invalid"
    assert console.refused(*far, "--tariff", "C13", status=2) == "tariff_unreadable"
    assert console.refused(*far, "--tariff", "C13=900") == "tariff_invalid"
    assert "60" in console.says("partner", "contract", "YF")
    assert console.refused("partner", "verify", *MONTH) == "not_found"
    with wiring.open_installation(wiring.settings()) as here:
        booked(here)
        day = here.clock.now().date()
    month = ("partner", "statement", "YF", "--day", day.isoformat())
    assert console.answers(*month)["total_fen"] == 500
    # This month has not ended: what is done with a statement is tried on an earlier one.
    past = ("partner", "statement", "YF", "--month", "2026-01")
    assert "(draft)" in console.says(*past, "--lang", "en")
    drawn = console.answers(*past, "--draw-up")
    # People read words; the code is for programs.
    assert drawn["state"] == "drawn_up"
    assert "2026-01 (drawn up): 0 lines" in console.says(*past, "--lang", "en")
    assert "2026-01（已出账）：0 行" in console.says(*past)
    assert console.answers("partner", "verify", *MONTH)["ok"] is True
    assert "一致" in console.says("partner", "verify", *MONTH)
    assert console.answers("partner", "dispute", *MONTH)["disputes"] == []
    treasurer = ("partner", "dispute", *MONTH, "--line", "1")
    sits.down("wu", Role.TREASURER)
    assert console.refused(*treasurer, status=2) == "accept_or_reject"
    assert console.refused(*treasurer, "--accept") == "dispute_unknown"
    pay = ("partner", "pay", *MONTH, "--amount-fen", "1", "--reference", "B-1000")
    assert console.refused(*pay, "--paid-on", "2026-02-01") == "not_payable"
    assert console.answers("partner", "confirm", *MONTH)["state"] == "countersigned"
    assert drawn["statement_id"]
