"""Two rule sets are compared over HTTP, by meaning, and nothing of them is echoed."""

from points.wiring import shipped
from tests.api.served import Served, problem

TEXT = (shipped("rules") / "party.yaml").read_text(encoding="utf-8")
PATH = "/v1/rulesets:diff"


def test_a_lower_cap_is_said_in_both_languages(api: Served) -> None:
    new = TEXT.replace("max: 40, within: vol_month", "max: 30, within: vol_month")
    answer = api.staff("POST", PATH, json={"old": TEXT, "new": new}, idempotency_key=None).json()
    (change,) = answer["changes"]
    assert (change["code"], change["direction"]) == ("cap.maximum", "tighten")
    assert change["rules"] == ["P06"]
    assert change["said"]["zh"] == "每日至多：40 分 → 30 分（收紧）"
    assert answer["counts"]["tighten"] == 1
    assert answer["same"] is False


def test_the_same_text_is_the_same(api: Served) -> None:
    answer = api.staff("POST", PATH, json={"old": TEXT, "new": TEXT}, idempotency_key=None).json()
    assert answer["same"] is True
    assert answer["changes"] == []


def test_a_rule_set_with_errors_is_named_by_its_places(api: Served) -> None:
    body = {"old": TEXT, "new": TEXT.replace("event.hours >= 0.5", "event.hourz >= 0.5")}
    answer = api.staff("POST", PATH, json=body, idempotency_key=None)
    found = problem(answer, 422, "ruleset_invalid")
    assert found["details"]["which"] == "new"
    assert found["details"]["findings"][0]["code"] == "expression.unknown_name"
    assert "hourz" not in answer.text
