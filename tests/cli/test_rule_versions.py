"""Rules from draft to version at the command line, and what starts on versions that do not fit."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from points import wiring
from points.identity.roles import Grant, Role
from tests.cli.conftest import Console
from tests.flows import drafts
from tests.people import sign_in


@pytest.fixture
def sits(console: Console) -> "Sits":
    return Sits(console)


class Sits:
    """Puts an officer or an approver before the console."""

    def __init__(self, console: Console) -> None:
        self.file = console.folder / "session"

    def down(self, name: str, role: Role) -> None:
        with wiring.open_installation(wiring.settings()) as here:
            token = sign_in(here.engine, here.association, name, (Grant(role=role),))
        self.file.write_text(token, "ascii")

    def officer(self) -> None:
        self.down("li", Role.OFFICER)

    def approver(self) -> None:
        self.down("chen", Role.APPROVER)


def soon() -> str:
    with wiring.open_installation(wiring.settings()) as here:
        return (here.clock.now() + timedelta(days=5)).date().isoformat()


def test_a_rule_goes_from_a_file_to_a_version(console: Console, sits: Sits) -> None:
    text = drafts.rules(2, soon())
    file, folder = console.file("party.yaml", text), console.folder / "cases"
    folder.mkdir()
    for name, case in drafts.cases().items():
        (folder / name).write_text(case, "utf-8")
    sits.officer()
    saving = ("rules", "draft", file, "--programme", "party", "--cases", str(folder))
    saved = console.answers(*saving, "--note", "试行")
    name = saved["draft_id"]
    again = console.answers(*saving, "--draft", name, "--revision", "1")
    assert again["revision"] == 2
    assert console.refused(*saving, "--draft", name, "--revision", "1") == "draft_outdated"
    assert "[backtest_missing]" in console.says("rules", "submit", name, status=1)
    checked = console.answers("rules", "submit", name, "--check", status=1)
    assert (checked["reasons"], checked["cases"]["passed"]) == (["backtest_missing"], 2)
    summary = console.file("impact.json", json.dumps(drafts.summary(text)))
    submitting = ("rules", "submit", name, "--backtest", summary)
    assert "2 个用例通过" in console.says(*submitting, "--check")
    assert console.answers(*submitting)["state"] == "submitted"
    assert console.refused("rules", "approve", name, "--revision", "2") == "forbidden"
    sits.approver()
    says_no = ("rules", "reject", name, "--revision", "2", "--reason", "分值偏高")
    assert console.answers(*says_no)["state"] == "rejected"
    sits.officer()
    console.says(*saving, "--draft", name, "--revision", "2")
    assert console.answers(*submitting)["state"] == "submitted"
    sits.approver()
    assert console.refused("rules", "approve", name, "--revision", "1") == "draft_outdated"
    assert console.answers("rules", "approve", name, "--revision", "3")["version"] == 2
    looks_right(console, name, text)
    shown = console.answers("rules", "show", "party/2")
    bad = ("rules", "retire", "party", "2", "--reason", "x", "--from", "soon")
    assert console.refused(*bad, status=2) == "bad_day"
    retired = console.answers("rules", "retire", "party", "2", "--reason", "有误")
    assert retired["ends_at"] == shown["starts_at"]
    sits.file.unlink()
    assert console.answers("ledger", "verify")["ok"]


def looks_right(console: Console, name: str, text: str) -> None:
    shown = console.answers("rules", "show", "party/2")
    assert (shown["phase"], shown["submitted_by"]) == ("scheduled", "staff:li")
    assert console.says("rules", "show", "party/2", "--text").strip() == text.strip()
    assert "批准人：staff:chen" in console.says("rules", "show", "party/2")
    assert "approved_by: staff:chen" in console.says("rules", "show", "party/2", "--lang", "en")
    told = console.says("rules", "show", name)
    assert "批准并发布" in told
    assert "datetime" not in told
    assert "生效中" in console.says("rules", "list")
    assert console.answers("rules", "show", "party/1")["origin"] == "folder"
    assert [each["step"] for each in console.answers("rules", "show", name)["steps"]] == [
        *("saved", "saved", "submitted", "rejected", "saved", "submitted", "approved")
    ]
    listed = console.answers("rules", "list")["versions"]
    party = {(each["version"], each["phase"]) for each in listed if each["programme"] == "party"}
    assert party == {(2, "scheduled"), (1, "in_force")}
    assert "party/2" in console.says("rules", "list", "--state", "approved")


def test_rules_travel_as_a_file(console: Console, sits: Sits) -> None:
    text = drafts.rules(2, soon())
    sits.officer()
    case = console.file("shifts.yaml", drafts.cases()["shifts.yaml"])
    file = console.file("party.yaml", text)
    name = console.answers("rules", "draft", file, "--programme", "party", "--cases", case)[
        "draft_id"
    ]
    # What the back-test itself writes, over an association where nothing has happened yet.
    summary = str(console.folder / "impact.json")
    period = ("--from", "2026-01-01", "--until", "2026-03-01", "--jobs", "1")
    console.says("rules", "backtest", file, *period, "--summary", summary)
    console.says("rules", "submit", name, "--backtest", summary)
    sits.approver()
    console.says("rules", "approve", name, "--revision", "1")
    exported = str(console.folder / "party.rules.json")
    assert console.answers("rules", "export", "party", "2", "--to", exported)["sha256"]
    sits.officer()
    arrived = console.answers("rules", "import", exported, "--note", "来自兄弟协会")
    assert (arrived["revision"], arrived["differences"]) == (1, [])
    assert "已撤回" in console.says("rules", "withdraw", arrived["draft_id"])
    sits.approver()
    no = ("rules", "reject", arrived["draft_id"], "--revision", "1", "--reason", "重复")
    assert console.refused(*no) == "draft_state"
    sits.officer()
    Path(exported).write_text("{}", "utf-8")
    assert console.refused("rules", "import", exported) == "bundle_invalid"


def test_what_is_no_file_of_rules(console: Console, sits: Sits) -> None:
    sits.officer()
    draft = ("rules", "draft")
    party = ("--programme", "party")
    assert console.refused(*draft, "none.yaml", *party, status=2) == "no_file"
    gbk = console.file("gbk.yaml", "规则".encode("gbk"))
    assert console.refused(*draft, gbk, *party, status=2) == "no_text"
    large = console.file("large.yaml", b" " * ((4 << 20) + 1))
    assert console.refused(*draft, large, *party, status=2) == "file_too_large"
    (console.folder / "a").mkdir()
    one, other = console.file("c.yaml", "x"), console.file("a/c.yaml", "y")
    twice = ("--cases", one, "--cases", other)
    assert console.refused(*draft, one, *party, *twice, status=2) == "case_name_twice"
    assert console.refused("rules", "submit", "0" * 26) == "not_found"
    assert console.refused("rules", "submit", "0" * 26, "--backtest", one, status=2) == "no_summary"
    assert console.refused("rules", "show", "0" * 26) == "not_found"
    assert console.refused("rules", "show", "party/7") == "not_found"
    assert console.refused("rules", "export", "party", "7", "--to", "x") == "not_found"
    sits.approver()
    assert console.refused("rules", "approve", "0" * 26, "--revision", "1") == "not_found"


def test_nothing_starts_on_a_version_that_fits_no_longer(
    console: Console, sits: Sits, own_rules: Path
) -> None:
    sits.officer()
    case = console.file("shifts.yaml", drafts.cases()["shifts.yaml"])
    text = drafts.rules(2, soon())
    file = console.file("party.yaml", text)
    name = console.answers("rules", "draft", file, "--programme", "party", "--cases", case)[
        "draft_id"
    ]
    console.says(
        "rules",
        "submit",
        name,
        "--backtest",
        console.file("impact.json", json.dumps(drafts.summary(text))),
    )
    sits.approver()
    console.says("rules", "approve", name, "--revision", "1")
    types = own_rules / "activities.yaml"
    said = types.read_text("utf-8")
    types.write_text(said.replace("verified:", "checked:"), "utf-8")
    # The folder's own rules are looked at first; these need the field as well.
    party = own_rules / "party.yaml"
    party.write_text(party.read_text("utf-8").replace("event.verified", "event.checked"), "utf-8")
    for other in ("health.yaml",):
        path = own_rules / other
        path.write_text(path.read_text("utf-8").replace("event.verified", "event.checked"), "utf-8")
    output = console.says("rules", "list", "--lang", "en", status=2)
    assert "party.v2.yaml:" in output, output
    assert "[rules.version_unsound]" in output
    types.write_text(said, "utf-8")
