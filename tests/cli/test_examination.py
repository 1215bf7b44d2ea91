"""At the command line: every point accounted for, why in plain words, cases from what happened."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from points.cli.rules.case_file import NoCaseFile, put_case
from points.kernel.ids import MemberId
from points.rules import run_cases
from tests.cli.conftest import Console
from tests.flows.town import Town, ruleset, town

EXISTING = """# 我们自己的用例。
ruleset: party.yaml   # 规则文件
member: {party_member: true, kind: rider}

tests:
  # 第一条
  - name: 两小时
    event: {at: "2026-03-01T09:00", type: volunteer.shift, fields: {hours: 2, verified: true}}   # 记 20 分
    expect:
      awards: {P06: {wallet: 20, rating: 20}}
      refused: {P07: condition}
"""


@dataclass
class Past:
    """Somebody with three shifts on one day, the last of which found the day full."""

    here: Town
    member: MemberId
    shifts: list[str]


@pytest.fixture
def past(console: Console) -> Iterator[Past]:
    assert console
    with town(os.environ["POINTS_DATABASE_URL"]) as here:
        member = here.person()
        shifts = []
        for hours in (50, 27, 24, 21):
            activity = here.shift(member, ago=timedelta(hours=hours), external_id=f"张三-{hours}")
            shifts.append(str(here.done(activity)["activity_id"]))
            here.approve(shifts[-1])
            here.score(shifts[-1])
        yield Past(here, member, shifts)


def test_every_point_of_a_stored_activity_is_accounted_for(console: Console, past: Past) -> None:
    found = console.answers("activity", "examine", past.shifts[-1])
    assert (found["basis"], found["sound"], found["comparable"]) == ("recorded", True, True)
    (party,) = found["programmes"]
    assert party["sha256"] == ruleset("party").sha256
    step = next(each for each in party["trace"]["steps"] if each["rule"] == "P06")
    assert [each["value"] for each in step["conditions"]] == [True, True]
    day = next(each for each in step["caps"] if each["cap"] == "vol_day")
    assert (day["before"], day["max"], day["left"]) == (40, 40, 0)
    shown = console.says("activity", "examine", past.shifts[0], "--lang", "en")
    assert "✓ condition event.hours >= 0.5" in shown
    assert "read event.hours (Hours) = 2 hours" in shown
    assert "0 → 20 / 40" in shown
    later = past.here.shift(past.member, ago=timedelta(days=9))
    waiting = str(past.here.done(later)["activity_id"])
    assert console.answers("activity", "examine", waiting)["basis"] == "now"
    assert console.refused("activity", "examine", "none") == "not_found"


def test_members_can_be_told_why(console: Console, past: Past) -> None:
    shown = console.says("member", "why", past.member, past.shifts[-1])
    assert "已达到“志愿服务每日上限”（每天最多 40 分）" in shown
    found = console.answers("member", "why", past.member, past.shifts[-1])
    assert found["status"] == "none"
    assert len(found["sentences"]["zh"]) == len(found["sentences"]["en"])
    assert console.refused("member", "why", past.member, "none") == "not_found"
    other = past.here.person()
    assert console.refused("member", "why", other, past.shifts[0]) == "not_found"


def test_a_case_is_made_of_what_happened_and_passes(console: Console, past: Past) -> None:
    file = console.file("cases.yaml", EXISTING)
    console.says("rules", "new-case", past.shifts[-1], "--name", "当天已满", "--into", file)
    text = Path(file).read_text("utf-8")
    assert text.startswith(EXISTING.rstrip("\n")), "what people wrote stays as it is"
    report = run_cases(text, file="cases.yaml", load=lambda _: ruleset("party"))
    assert (report.passed, report.failures) == (2, ())
    added = text[len(EXISTING.rstrip("\n")) :]
    assert added.count("volunteer.shift") == 3, "the shift of another day did not matter"
    assert "张三" not in text
    assert past.member not in text
    again = console.answers("rules", "new-case", past.shifts[0])
    assert again["case"]["expect"]["awards"] == {"P06": {"wallet": 20, "rating": 20}}
    assert "history" not in again["case"]


def test_what_is_no_case_file_is_left_alone(console: Console, past: Past) -> None:
    for text in ("- 1\n", "tests: {}\n", "[", "ruleset: x\n"):
        file = console.file("other.yaml", text)
        words = ("rules", "new-case", past.shifts[0], "--into", file)
        assert console.refused(*words, status=2) == "no_case_file"
        assert Path(file).read_text("utf-8") == text
    assert console.refused("rules", "new-case", "none") == "not_found"
    with pytest.raises(NoCaseFile):
        put_case("x", {})


def test_a_case_can_be_made_of_what_waits(console: Console, past: Past) -> None:
    activity = str(
        past.here.done(past.here.shift(past.member, ago=timedelta(days=9)))["activity_id"]
    )
    found = console.answers("rules", "new-case", activity)
    assert found["case"]["expect"]["review"] == "first"
    words = ("rules", "new-case", activity, "--programme", "health")
    assert console.refused(*words, status=2) == "no_rules"


def test_people_read_words_and_the_clock_on_the_wall(console: Console, past: Past) -> None:
    first = past.shifts[0]
    for zh in (
        console.says("activity", "show", first),
        console.says("activity", "examine", first),
    ):
        # Fifty hours before Monday noon in Shanghai, two o'clock by the clock of the database.
        assert "2026-02-28 10:00" in zh
        assert "状态：公示中" in zh
        assert "publicity" not in zh
        assert "+00:00" not in zh
    shown = console.says("activity", "show", first, "--lang", "en")
    assert "first review passed" in shown
    assert "first_approved" not in shown
    assert "2026-02-28 10:00" in console.says("activity", "list", "--state", "publicity")
    lines = console.says("ledger", "statement", past.member, "--measure", "party.wallet")
    assert "2026-03-02 12:00" in lines
    assert "获得" in lines
    assert "公示中" in lines
    whole = console.answers("activity", "show", first)
    assert whole["claim"]["occurred_at"].endswith("+00:00"), "programs read what they always did"
    assert whole["claim"]["state"] == "publicity"
