"""``points demo`` on a small year: what programs may rely on in its answer."""

from pathlib import Path

import pytest

from points.cli.demo import plan
from points.web.texts.words import ALERT_BOUND
from tests.cli.conftest import Console
from tests.flows.sheets import part_of_the_roster, phones_in, sample

CLINIC, SHIFTS = "义诊签到_20251030.xlsx", "志愿服务签到_2025.csv"
LINES = 200
KEYS = {
    "members", "import", "activities", "reviews", "awards", "points", "vouchers", "refusals",
    "statements", "verify", "seconds",
}  # fmt: skip
MEASURES = {"health.wallet", "party.rating", "party.wallet"}
FIGURES = {"issued", "pending", "available", "held", "debt", "redeemed", "expired", "reversed"}


@pytest.fixture
def small_year(own_rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clinic and some shifts, a roster of those who came, and no other files."""
    shifts = b"".join(sample(SHIFTS).splitlines(keepends=True)[:LINES])
    people = phones_in(CLINIC) | phones_in(SHIFTS, shifts)
    roster, outlets = (each.file for each in plan.REGISTER)
    files = {roster: part_of_the_roster(people), outlets: sample(outlets)}
    files |= {CLINIC: sample(CLINIC), SHIFTS: shifts}
    for name, content in files.items():
        (own_rules / "demo" / name).write_bytes(content)
    monkeypatch.setattr(plan, "ACTIVITIES", [d for d in plan.ACTIVITIES if d.file in files])


def test_captures_are_spread_over_ten_days_and_three_are_late() -> None:
    made = [plan.captured_at(place, 145) for place in range(145)]
    moments = [when for when, _ in made]
    assert moments == sorted(moments)
    assert {when.day for when in moments} == set(range(22, 32))
    assert moments[-1] < plan.VOIDED
    late = [when for when, too_late in made if too_late]
    assert [(when.day, when.hour >= 21) for when in late] == [(28, True)] * 3
    for few in range(1, 40):
        assert plan.captured_at(few - 1, few)[0].date() in {
            plan.VOIDED.date(),
            plan.CAPTURED.date(),
        }


@pytest.mark.usefixtures("small_year")
def test_the_answer_for_programs(console: Console) -> None:
    told = console.answers("demo", "--database", "sqlite:///year.db")
    assert set(told) >= KEYS
    assert [each["profile"] for each in told["import"]] == [
        "roster",
        "outlets",
        "clinic",
        "volunteer",
    ]
    for each in told["import"]:
        assert each["rows"] == each["accepted"] + each["refused"] + each["duplicates"]
    assert told["members"] == told["import"][0]["accepted"] > 0
    assert told["awards"]["scored"] == sum(told["activities"].values()) > 0
    assert {each["measure"] for each in told["points"]} == MEASURES
    assert all(set(each) >= FIGURES for each in told["points"])
    assert {"issued", "captured", "voided", "expired"} <= set(told["vouchers"])
    assert told["vouchers"]["captured"] > 0
    (statement,) = told["statements"]
    assert {"partner", "period", "lines", "total_fen", "sha256"} <= set(statement)
    assert told["verify"]["ok"]
    assert told["verify"]["checked"] > 0
    assert told["seconds"] >= 0
    here = ("--database", "sqlite:///year.db", "--association", "demo")
    odd = console.answers("watch", "list", *here)["alerts"]
    assert told["alerts"] == len(odd) > 0
    assert all(each["alert"]["finding"]["events"] for each in odd)
    shown = console.says("watch", "show", odd[0]["alert"]["alert_id"], *here, "--lang", "en")
    (name, most) = next(iter(odd[0]["alert"]["finding"]["threshold"].items()))
    assert f"(threshold: {ALERT_BOUND[name][1]} {most}" in shown
    # The same association is not told twice into one database.
    again = ("demo", "--database", "sqlite:///year.db")
    assert console.refused(*again, status=2) == "association_in_use"
    assert "another --association" in console.says(*again, "--lang", "en", status=2)
