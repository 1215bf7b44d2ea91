"""``points rules lint``: kinds of file, forms of answer, and when it fails."""

import json
import shutil
from pathlib import Path

from tests.cli.conftest import Console

SHIPPED = Path(__file__).parents[2] / "rules"


def broken(console: Console, name: str = "party.yaml") -> str:
    text = (SHIPPED / name).read_text("utf-8")
    return console.file(
        name,
        text.replace(
            "event.verified && event.hours >= 0.5", "event.verified && event.hours >= 50", 1
        ),
    )


def test_what_ships_is_clean_however_strictly(console: Console) -> None:
    found = console.answers("rules", "lint", "--strict")
    assert found == {"errors": 0, "warnings": 0, "remarks": 0, "findings": []}


def test_a_finding_has_both_ends_and_a_caret_below_all_of_it(console: Console) -> None:
    path = broken(console)
    said = console.says("rules", "lint", path, "--no-cases", "--lang", "en", status=1)
    assert "this can never be true (here event.hours is at least 0 and at most 24)" in said
    assert "^" * len("event.hours >= 50") in said
    assert "1 errors, 0 warnings, 0 remarks" in said
    (found,) = console.answers("rules", "lint", path, "--no-cases", status=1)["findings"]
    assert (found["end_line"], found["end_column"] - found["column"]) == (found["line"], 17)


def test_findings_for_editors_and_for_ci(console: Console) -> None:
    path = broken(console)
    done = console.run("rules", "lint", path, "--no-cases", "--format", "lsp", "--lang", "en")
    assert done.exit_code == 1
    (found,) = json.loads(done.stdout)[path]
    assert (found["code"], found["severity"], found["source"]) == ("condition.never", 1, "points")
    line = (
        (console.folder / "party.yaml")
        .read_text("utf-8")
        .splitlines()[found["range"]["start"]["line"]]
    )
    span = slice(found["range"]["start"]["character"], found["range"]["end"]["character"])
    assert line[span] == "event.hours >= 50"
    done = console.run("rules", "lint", path, "--no-cases", "--format", "github", "--lang", "en")
    command, message = done.stdout.rstrip("\n").split("::", 2)[1:]
    assert command.startswith(f"error file={path},line=")
    assert command.endswith("title=condition.never")
    assert message.startswith("P06: this can never be true")
    assert (
        console.answers("rules", "lint", path, "--no-cases", "--format", "json", status=1)["errors"]
        == 1
    )


def test_warnings_fail_only_when_strict(console: Console) -> None:
    text = (SHIPPED / "party.yaml").read_text("utf-8")
    path = console.file(
        "party.yaml", text.replace("points: event.trips * 30", "points: event.trips * 30 - 40", 1)
    )
    assert console.answers("rules", "lint", path, "--no-cases")["warnings"] == 1
    assert console.answers("rules", "lint", path, "--no-cases", "--strict", status=1)["errors"] == 0
    assert "警告：" in console.says("rules", "lint", path, "--no-cases")


def test_a_file_may_come_from_standard_input(console: Console) -> None:
    done = console.run(
        "rules", "lint", "--stdin", "party.yaml", "--format", "json", typed="ruleset: ["
    )
    assert done.exit_code == 1
    (found,) = json.loads(done.stdout)["findings"]
    assert (found["file"], found["code"]) == ("party.yaml", "yaml.syntax")


def test_rules_that_no_case_reaches_and_costs_above_a_budget(console: Console) -> None:
    rules = console.folder / "rules"
    shutil.copytree(SHIPPED, rules, ignore=shutil.ignore_patterns("demo"))
    (rules / "cases" / "party" / "volunteer.yaml").unlink()
    found = console.answers("rules", "lint", "--rules", str(rules))["findings"]
    assert {
        (each["code"], each["en"].split()[5]) for each in found if each["code"] == "test.never_hit"
    } == {("test.never_hit", "P07")} or {each["code"] for each in found} <= {
        "test.never_hit",
        "test.never_refused",
    }
    budget = ("--budget-fen", "1000000", "--members", "143", "--no-cases")
    found = console.answers("rules", "lint", str(SHIPPED / "health.yaml"), *budget)["findings"]
    assert [each["code"] for each in found] == ["cost.above_budget"]
    assert console.refused("rules", "lint", "--members", "1", status=2) == "half_a_budget"


def test_a_draft_under_another_name_is_held_against_its_programmes_cases(console: Console) -> None:
    text = (SHIPPED / "party.yaml").read_text("utf-8")
    draft = console.file("draft.yaml", text)
    assert console.answers("rules", "lint", draft, "--strict")["findings"] == []
    untried = text + (
        "\n  - {id: P31, title: {zh: 通宵, en: All night}, on: volunteer.shift, "
        "when: event.hours >= 20, points: 1}\n"
    )
    found = console.answers("rules", "lint", console.file("draft.yaml", untried))["findings"]
    (said,) = [each["zh"] for each in found if each["code"].startswith("test.")]
    assert said.startswith("没有用例让 P31 给过分")


def test_a_folder_without_rules_is_named_as_such(console: Console) -> None:
    assert console.refused("rules", "lint", "--rules", "nowhere", status=2) == "no_rules_folder"


def test_prices_on_what_must_be_free_and_types_that_collect_readings(console: Console) -> None:
    text = (SHIPPED / "catalogue.yaml").read_text("utf-8").replace("price: 0\n", "price: 5\n", 1)
    (found,) = console.answers("rules", "lint", console.file("catalogue.yaml", text), status=1)[
        "findings"
    ]
    assert (found["code"], found["line"] > 10) == ("catalogue.must_be_free", True)
    text = (
        (SHIPPED / "catalogue.yaml").read_text("utf-8").replace("price: 100\n", "price: 100\n", 1)
    )
    free = text.replace("title: {zh: 洗车, en: Car wash}", "title: {zh: 停车, en: Parking}")
    found_all = console.answers("rules", "lint", console.file("catalogue.yaml", free), status=1)[
        "findings"
    ]
    assert [each["code"] for each in found_all] == ["policy.must_be_free"]
    assert found_all[0]["fix"] == "0"
    types = (
        (SHIPPED / "activities.yaml").read_text("utf-8").replace("counted_steps:", "heart_rate:", 1)
    )
    found_all = console.answers("rules", "lint", console.file("activities.yaml", types), status=1)[
        "findings"
    ]
    assert "policy.never_collected" in {each["code"] for each in found_all}
