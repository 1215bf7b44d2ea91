"""``points audit``: what was typed is on the trail, can be searched, proved and taken out."""

import json
import sqlite3
from pathlib import Path

import pytest

from points import wiring
from tests.cli.conftest import Console


@pytest.fixture
def worked(console: Console) -> Console:
    """A console at which somebody has worked."""
    fund = ("catalogue", "fund", "party", "100", "--source", "union")
    console.says(*fund)
    console.says(*fund)
    console.answers("key", "issue", "--role", "source", "--subject", "grid")
    return console


def test_the_newest_come_first_and_say_who(
    worked: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert "staff:console" in worked.says("audit", "list")
    events = worked.answers("audit", "list")["events"]
    assert [each["action"] for each in events] == ["issue_key", "fund", "fund"]
    assert {each["channel"] for each in events} == {"cli"}
    assert "@" in events[0]["device"]
    chairs = worked.answers("audit", "list", "--actor", "staff:console", "--outcome", "done")[
        "events"
    ]
    assert [each["sequence"] for each in chairs] == [3, 2, 1]


def test_pages(worked: Console) -> None:
    page = worked.answers("audit", "list", "--limit", "2")
    assert page["before"] == 2
    rest = worked.answers("audit", "list", "--limit", "2", "--before", "2")
    assert [each["sequence"] for each in rest["events"]] == [1]
    assert rest["before"] is None


def test_one_event_with_all_of_it(worked: Console) -> None:
    event = worked.answers("audit", "show", "1")
    assert event["document"]["after"]["funded_fen"] == 10_000
    # A terminal's pictures and colours have names in colons and brackets: none is drawn here.
    assert "staff:console:" in worked.says("audit", "show", "1")
    assert worked.refused("audit", "show", "9") == "not_found"
    worked.refused("audit", "list", "--since", "yesterday", status=2)


def test_the_chain_an_anchor_and_an_archive(worked: Console, tmp_path: Path) -> None:
    proof = worked.answers("audit", "verify")
    assert (proof["ok"], proof["rows"]) == (True, 3)
    anchor = worked.file("anchor.json", json.dumps(proof))
    worked.says("audit", "verify", "--anchor", anchor)

    folder = tmp_path / "worm"
    folder.mkdir()
    assert worked.answers("audit", "export", "--to", str(folder))["events"] == 4, "itself as well"
    assert worked.refused("audit", "export", "--to", str(folder), status=2) == "archive_exists"
    done = worked.answers("audit", "export", "--to", str(folder), "--since-last")
    assert done["events"] == 2, "the refused export was noted too"
    assert worked.answers("audit", "verify", "--archive", str(folder))["archive"]["rows"] == 6
    [manifest] = folder.glob("*000001-*.manifest.json")
    worked.says("audit", "verify", "--anchor", str(manifest))

    for path in (folder / "none", tmp_path / "other.json"):
        worked.refused("audit", "verify", "--anchor", str(path), status=2)
    worked.refused("audit", "verify", "--archive", str(tmp_path), status=2)


def test_an_administrator_who_deletes_the_newest_is_found(worked: Console, tmp_path: Path) -> None:
    folder = tmp_path / "worm"
    folder.mkdir()
    worked.says("audit", "export", "--to", str(folder))
    with sqlite3.connect(str(wiring.settings().database_url).removeprefix("sqlite:///")) as owner:
        owner.execute("DROP TRIGGER audit_event_refuses_delete")
        owner.execute("DELETE FROM audit_event WHERE sequence > 1")
    answer = worked.answers("audit", "verify", "--archive", str(folder), status=1)
    assert answer["archive"]["missing"] == ["2-4"]
    assert "2-4" in worked.says("audit", "verify", "--archive", str(folder), status=1)
    assert worked.answers("ledger", "verify", status=1)["first_difference"]["place"] == "audit_head"


def test_less_than_six_months_is_refused() -> None:
    assert wiring.settings().audit_months == 6
    with pytest.raises(ValueError, match="audit_months"):
        wiring.settings(audit_months=5)
