"""A draft is linted over HTTP: findings for programs, diagnostics for editors, and nothing is kept."""

from points.identity.roles import Kind
from points.wiring import shipped
from tests.api.served import Served, problem

TEXT = (shipped("rules") / "party.yaml").read_text(encoding="utf-8")
PATH = "/v1/rulesets:lint"


def test_a_clean_draft_has_no_findings(api: Served) -> None:
    answer = api.staff(
        "POST", PATH, json={"file": "party.yaml", "text": TEXT}, idempotency_key=None
    )
    assert answer.json() == {
        "errors": 0,
        "warnings": 0,
        "remarks": 0,
        "findings": [],
        "diagnostics": [],
    }


def test_everything_wrong_is_said_at_once_and_as_editors_take_it(api: Served) -> None:
    text = TEXT.replace("event.hours >= 0.5", "event.hourz >= 0.5", 1).replace(
        "event.people >= 1", "event.people >= -1", 1
    )
    answer = api.staff("POST", PATH, json={"text": text}, idempotency_key=None).json()
    codes = [each["code"] for each in answer["findings"]]
    assert codes == ["condition.always", "expression.unknown_name"]
    assert (answer["errors"], answer["warnings"]) == (1, 1)
    shown = answer["diagnostics"][1]
    line = text.splitlines()[shown["range"]["start"]["line"]]
    assert (
        line[shown["range"]["start"]["character"] : shown["range"]["end"]["character"]]
        == "event.hourz"
    )
    assert shown["data"]["fix"]["newText"] == "event.hours"


def test_other_kinds_of_file_are_known(api: Served) -> None:
    text = "version: 1\ntypes:\n  daily.login:\n    title: {zh: 登录, en: Log-in}\n    programmes: [party]\n"
    answer = api.staff("POST", PATH, json={"text": text}, idempotency_key=None).json()
    assert [each["code"] for each in answer["findings"]] == ["policy.never_scored"]


def test_drafts_are_bounded_named_plainly_and_for_staff(api: Served) -> None:
    long = api.staff("POST", PATH, json={"text": "x" * 300_001}, idempotency_key=None)
    problem(long, 422, "content_invalid")
    named = api.staff(
        "POST", PATH, json={"file": "../party.yaml", "text": ""}, idempotency_key=None
    )
    problem(named, 422, "content_invalid")
    member = api.ask("POST", PATH, api.key(Kind.MEMBER, api.person()), json={"text": ""})
    problem(member, 403, "forbidden")
