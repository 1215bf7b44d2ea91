"""``points import``, and what can be looked at afterwards."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Console
from tests.flows.sheets import VOLUNTEER, csv_file

DAY = "2025-08-09"
PHONES = {"王甲": "19800000001", "李乙": "19800000002"}
COUNTS = {"rows": 3, "accepted": 1, "refused": 2, "duplicates": 0}


@pytest.fixture
def members(console: Console) -> dict[str, str]:
    """Two members, by name."""
    add = ("member", "add", "--kind", "rider", "--programme", "party", "--party-member")
    return {
        name: console.answers(*add, typed=f"{name}\n{phone}\n")["member_id"]
        for name, phone in PHONES.items()
    }


@pytest.fixture
def shifts(console: Console) -> str:
    """One good row; two that are refused."""
    when = (f"{DAY} 09:30", f"{DAY} 11:30", "2小时", "车队")
    content = csv_file(
        VOLUNTEER,
        ("王甲", PHONES["王甲"], "助老", *when),
        ("李乙乙", PHONES["李乙"], "助老", *when),
        ("赵丙", "19800000099", "助老", *when),
    )
    return console.file("志愿服务签到_1.csv", content)


@pytest.mark.usefixtures("members")
def test_a_check_writes_nothing_and_says_what_is_wrong(console: Console, shifts: str) -> None:
    answered = console.answers("import", shifts, "--check", status=1)
    assert answered["checked_only"]
    assert {name: answered[name] for name in COUNTS} == COUNTS
    (file,) = answered["files"]
    assert set(file) == {"file", "profile", *COUNTS, "findings"}
    assert {(f["code"], f["row"]) for f in file["findings"] if "row" in f} == {
        ("sheet.name_mismatch", 3),
        ("sheet.unknown_member", 4),
    }
    assert console.answers("activity", "list")["activities"] == []


@pytest.mark.usefixtures("members")
@pytest.mark.parametrize(("lang", "word"), [("zh", "第3行"), ("en", "Checked only")])
def test_people_read_places_and_nothing_personal(
    console: Console, shifts: str, lang: str, word: str
) -> None:
    said = console.says("import", shifts, "--check", "--lang", lang, status=1)
    said += json.dumps(console.answers("import", shifts, status=1), ensure_ascii=False)
    assert word in said
    for name, phone in PHONES.items():
        assert name not in said
        assert phone not in said


@pytest.mark.usefixtures("members")
def test_good_rows_are_taken_once_and_bad_ones_handed_back(console: Console, shifts: str) -> None:
    bad = Path("待修改.xlsx")
    answered = console.answers("import", shifts, "--bad-rows", str(bad), status=1)
    assert {name: answered[name] for name in COUNTS} == COUNTS
    assert bad.read_bytes().startswith(b"PK")
    again = console.answers("import", shifts, "--profile", "volunteer", status=1)
    assert (again["accepted"], again["duplicates"]) == (0, 1)
    assert len(console.answers("activity", "list")["activities"]) == 1


def test_what_cannot_be_imported_at_all(console: Console) -> None:
    here = console.file("随便.csv", "a,b\n")
    assert console.refused("import", here, status=2) == "no_profile"
    assert console.refused("import", here, "--profile", "none", status=2) == "no_profile"
    assert console.refused("import", "不在.csv", status=2) == "no_file"
    two = ("import", here, here, "--bad-rows", "x.xlsx")
    assert console.refused(*two, status=2) == "one_file"
    broken = console.file("志愿服务签到_坏.csv", b"\x00\x01")
    assert console.answers("import", broken, status=1)["accepted"] == 0


def test_an_activity_shows_its_claim_and_its_worth(
    console: Console, members: dict[str, str], shifts: str
) -> None:
    console.answers("import", shifts, status=1)
    (line,) = console.answers("activity", "list", "--state", "submitted")["activities"]
    assert line["member_id"] == members["王甲"]
    shown = console.answers("activity", "show", line["activity_id"])
    assert [event["step"] for event in shown["history"]] == ["submitted"]
    assert shown["awards"] == []
    assert "volunteer.shift" in console.says("activity", "show", line["activity_id"])
    assert "volunteer.shift" in console.says("activity", "list")
    assert console.refused("activity", "show", "none") == "not_found"


def test_an_example_is_scored_without_being_written(
    console: Console, members: dict[str, str]
) -> None:
    example = {
        "type": "volunteer.shift",
        "member_id": members["王甲"],
        "occurred_at": f"{DAY}T09:30:00+08:00",
        "fields": {"hours": "2", "verified": True},
    }
    file = console.file("shift.json", json.dumps(example))
    answered = console.answers("activity", "examine", file)
    assert not answered["written"]
    (party,) = answered["programmes"]
    assert party["programme"] == "party"
    assert party["totals"]["rating"] > 0
    assert len(party["sentences"]["zh"]) == len(party["sentences"]["en"]) > 0
    assert "party" in console.says("activity", "examine", file, "--lang", "en")
    assert console.answers("activity", "list")["activities"] == []
    for changes, code, status in (
        ({"type": "none"}, "activity_type_unknown", 1),
        ({"fields": {"hours": "x"}}, "activity_invalid", 1),
        ({"member_id": "nobody"}, "not_found", 1),
        ({"occurred_at": "2025-08-09T09:30:00"}, "bad_example", 2),
        ({"more": 1}, "bad_example", 2),
    ):
        other = console.file("other.json", json.dumps(example | changes))
        assert console.refused("activity", "examine", other, status=status) == code
    assert console.refused("activity", "examine", "none.json", status=2) == "bad_example"


def test_members_are_shown_masked_frozen_and_thawed(
    console: Console, members: dict[str, str]
) -> None:
    member = members["王甲"]
    listed = console.answers("member", "list")["members"]
    assert {each["name"] for each in listed} == {"王*", "李*"}
    said = console.says("member", "list") + console.says("member", "show", member)
    assert not any(secret in said for pair in PHONES.items() for secret in pair)
    words = (member, "--programme", "party", "--reason", "核查", "--notice", "七日内可申诉")
    assert console.answers("member", "freeze", *words)["frozen"]
    assert console.refused("member", "freeze", *words) == "already_frozen"
    (enrolment,) = console.answers("member", "show", member)["enrolments"]
    assert enrolment["frozen_because"] == "核查"
    assert "已冻结" in console.says("member", "show", member)
    assert not console.answers("member", "thaw", *words)["frozen"]
    assert "[not_frozen]" in console.says("member", "thaw", *words, status=1)
    assert console.refused("member", "show", "nobody") == "not_found"


def test_a_taken_phone_is_refused_and_not_repeated(console: Console) -> None:
    add = ("member", "add", "--kind", "rider")
    console.says(*add, typed="王甲\n19800000001\n")
    done = console.run(*add, "--json", typed="李乙\n19800000001\n")
    assert done.exit_code == 1
    assert "phone_taken" in done.stdout
    # What was typed stands on the terminal by the prompt; the answer does not repeat it.
    assert "19800000001" not in done.stdout[done.stdout.index("{") :] + done.stderr
