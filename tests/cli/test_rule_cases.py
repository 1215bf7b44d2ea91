"""``points rules test``: results for people, programs and build servers; what is covered."""

from pathlib import Path
from xml.etree import ElementTree as ET

from tests.cli.conftest import Console

CASES = """ruleset: party.yaml
member: {party_member: true, kind: rider}
tests:
  - name: 两小时志愿
    event: {at: "2026-03-01T09:00", type: volunteer.shift, source: roster, fields: {hours: 2, verified: true}}
    expect: {awards: {P06: {wallet: 20, rating: 20}}}
  - name: 没核对
    event: {at: "2026-03-01T09:00", type: volunteer.shift, source: roster, fields: {hours: 2, verified: false}}
    expect: {refused: {P06: WHY}}
"""


def test_a_case_that_fails_is_shown_side_by_side(console: Console) -> None:
    good = console.file("good.yaml", CASES.replace("WHY", "condition"))
    assert console.answers("rules", "test", "--file", good)["passed"] == 2
    bad = console.file("bad.yaml", CASES.replace("WHY", "cap"))
    shown = console.says("rules", "test", "--file", bad, status=1)
    assert "期望" in shown
    assert "refused.P06" in shown
    assert "未得分，条件不满足" in shown
    found = console.answers("rules", "test", "--file", bad, status=1)
    assert found["failures"][0]["code"] == "case.difference"
    assert [each["passed"] for each in found["cases"]] == [True, False]
    difference = {"what": "refused.P06", "expected": "cap", "actual": "condition"}
    assert found["cases"][1]["differences"] == [difference]


def test_one_case_can_be_run(console: Console) -> None:
    bad = console.file("bad.yaml", CASES.replace("WHY", "cap"))
    assert console.answers("rules", "test", "--file", bad, "--case", "两小时")["passed"] == 1
    console.says("rules", "test", "--file", bad, "--case", "没核对", status=1)
    assert console.refused("rules", "test", "--file", bad, "--case", "x", status=2) == "no_case"
    assert console.refused("rules", "test", "--file", "none.yaml", status=2) == "no_file"


def test_build_servers_get_their_xml(console: Console) -> None:
    bad = console.file("bad.yaml", CASES.replace("WHY", "cap").replace("没核对", "没\\u0001核对"))
    root = ET.fromstring(  # noqa: S314 - our own
        console.says("rules", "test", "--file", bad, "--format", "junit", status=1)
    )
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    assert "期望 cap" in suite[1][0].get("message", "")
    wrong = console.file("wrong.yaml", CASES.replace("party.yaml", "nothing.yaml"))
    root = ET.fromstring(  # noqa: S314 - our own
        console.says("rules", "test", "--file", wrong, "--format", "junit", status=1)
    )
    assert root[0].get("errors") == "1"
    assert root[0][0].get("name") == "case.ruleset"


def test_coverage_names_what_no_case_takes_and_can_be_demanded(
    console: Console, own_rules: Path
) -> None:
    everything = console.answers("rules", "test")
    shares = {each["file"]: each["percent"] for each in everything["coverage"]}
    assert shares["health.yaml"] == 100
    assert shares["party.yaml"] > 99
    assert console.answers("rules", "test", "--fail-under", "99")["passed"] >= 346
    console.says("rules", "test", "--fail-under", "100", status=1)
    for path in (own_rules / "cases" / "health").glob("*.yaml"):
        if path.name != "checks.yaml":
            path.unlink()
    shown = console.says(
        "rules", "test", "--coverage", "--lang", "en", "--rules", str(own_rules), status=1
    )
    assert "was never hit" in shown
    assert "never hit" in shown
    assert "health.yaml:" in shown


def test_a_rule_set_beside_its_cases_comes_before_the_folder_s(console: Console) -> None:
    rules = Path(__file__).parents[2] / "rules" / "party.yaml"
    console.file("mine.yaml", rules.read_text("utf-8").replace("* 10\n", "* 11\n"))
    text = CASES.replace("party.yaml", "mine.yaml").replace("WHY", "condition")
    file = console.file("cases.yaml", text)
    found = console.answers("rules", "test", "--file", file, status=1)
    assert found["cases"][0]["differences"][0]["actual"] == "[vol_activity]"
