"""The file of quotas: read whole, mistakes named with their place, defaults where it says nothing."""

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from points.kernel.errors import BrokenInvariant
from points.rules import DutyPolicy, Quota, load_duties, schemas
from points.rules.load_duties import DUTIES_KEYS
from points.wiring import RulesRefused, load_policy

SHIPPED = Path(__file__).parents[3] / "rules" / "duties.yaml"
HEAD = "version: 1\ntimezone: Asia/Shanghai\n"


def load(text: str) -> tuple[DutyPolicy | None, list[tuple[str, int | None, object]]]:
    policy, findings = load_duties(text, file="duties.yaml")
    return policy, [(each.code, each.line, each.column) for each in findings]


def test_the_shipped_file_says_the_defaults() -> None:
    assert load(SHIPPED.read_text("utf-8")) == (DutyPolicy(), [])
    assert load(HEAD) == (DutyPolicy(), [])


def test_every_number_can_be_chosen() -> None:
    policy, findings = load(
        "version: 1\n"
        "timezone: Asia/Urumqi\n"
        "proposals: {points_max: 9, days: 3}\n"
        "reviewer: {points_a_day: 10, claims_a_day: 11, backfills_a_day: 12}\n"
        "filer: {backfills_a_day: {max: 13, over: refuse}}\n"
        "sheet: {rows_a_day: {max: 14}}\n"
        'office_hours: {from: "09:00", until: "17:30"}\n'
    )
    assert findings == []
    assert policy == DutyPolicy(
        zone=ZoneInfo("Asia/Urumqi"),
        proposal_points_max=9,
        proposal_days=3,
        reviewer_points=10,
        reviewer_claims=11,
        reviewer_backfills=12,
        filer_backfills=Quota(13, "refuse"),
        sheet_rows=Quota(14, "refuse"),
        opens_at=time(9),
        closes_at=time(17, 30),
    )


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("reviewr: {}", ("file.unknown_key", 3, 1)),
        ("reviewer: {claims_a_day: 0}", ("file.bad_value", 3, 26)),
        ("reviewer: {claims_a_day: many}", ("file.bad_value", 3, 26)),
        ("filer: {backfills_a_day: 5}", ("file.bad_value", 3, 26)),
        ("filer: {backfills_a_day: {over: flag}}", ("file.missing_key", 3, 26)),
        ("sheet: {rows_a_day: {max: 5, over: cut}}", ("file.bad_value", 3, 36)),
        ("proposals: {days: 61}", ("file.bad_value", 3, 19)),
        ('office_hours: {from: "late"}', ("duties.clock", 3, 22)),
        ('office_hours: {from: "09:00", until: "08:00"}', ("duties.hours", 3, 38)),
    ],
)
def test_a_mistake_is_named_with_its_place(line: str, finding: tuple[str, int, int]) -> None:
    policy, findings = load(HEAD + line + "\n")
    assert policy is None
    assert finding in findings


def test_a_zone_that_does_not_exist() -> None:
    policy, findings = load("version: 1\ntimezone: Asia/Shanghia\n")
    assert (policy, findings) == (None, [("duties.timezone", 2, 11)])
    assert load("[]")[0] is None
    assert load("version: 2\ntimezone: Asia/Shanghai\n")[0] is None


def test_editors_know_every_key() -> None:
    assert set(schemas()["duties.v1.json"]["properties"]) == set(DUTIES_KEYS)


def test_nothing_starts_on_a_policy_that_is_not_sound(tmp_path: Path) -> None:
    assert load_policy(tmp_path) == DutyPolicy()
    (tmp_path / "duties.yaml").write_text("version: 1\n", "utf-8")
    with pytest.raises(RulesRefused):
        load_policy(tmp_path)


def test_a_quota_leaves_something_and_says_what_becomes_of_the_rest() -> None:
    with pytest.raises(BrokenInvariant):
        Quota(0)
    with pytest.raises(BrokenInvariant):
        Quota(1, "trim")


def test_a_file_that_cannot_be_read_is_a_finding() -> None:
    policy, findings = load_duties("version: [1\n", file="duties.yaml")
    assert policy is None
    assert [each.file for each in findings] == ["duties.yaml"]
