"""Authored files of privacy: the shipped ones are sound, mistakes are found with their place."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from points.flows.assessment_file import read_assessment
from points.flows.notices_file import read_notices
from points.flows.retention import since
from points.flows.retention_file import Kind, read_schedule
from points.privacy.model import Purpose
from points.rules.durations import parse_duration

RULES = Path(__file__).parents[3] / "rules" / "privacy"
DOCS = Path(__file__).parents[3] / "docs"
NOTICES = (RULES / "notices.yaml").read_text("utf-8")
RETENTION = (RULES / "retention.yaml").read_text("utf-8")
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def test_the_shipped_notices_are_sound() -> None:
    notices, findings = read_notices(NOTICES, file="notices.yaml")
    assert findings == []
    assert notices is not None
    assert {each.purpose for each in notices.notices} == set(Purpose)
    assert all(notices.in_force(purpose, NOON) for purpose in Purpose)
    assert notices.in_force(Purpose.PARTY, datetime(2023, 1, 1, tzinfo=UTC)) is None
    assert all(notices.needed(purpose, NOON) == 0 for purpose in Purpose)


SECOND = """    - version: 2
      effective: 2026-03-01
      sensitive: true
      renew: true
      title: {zh: 新版, en: New}
      text: {zh: 新的内容, en: New text}
  health:
"""


def test_a_renewed_notice_is_needed_from_its_day_on() -> None:
    notices, findings = read_notices(NOTICES.replace("  health:\n", SECOND, 1), file="n.yaml")
    assert findings == []
    assert notices is not None
    held = notices.in_force(Purpose.PARTY, NOON)
    assert held is not None
    assert held.version == notices.needed(Purpose.PARTY, NOON) == 2
    # The day begins at midnight in Shanghai, eight hours before UTC's.
    assert notices.needed(Purpose.PARTY, datetime(2026, 2, 28, 15, tzinfo=UTC)) == 0
    assert notices.needed(Purpose.PARTY, datetime(2026, 2, 28, 16, tzinfo=UTC)) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("  contact:", "  marketing:"), "file.bad_value"),
        (("    - version: 1", "    - version: 2"), "notice.version"),
        (("      sensitive: true", "      sensitive: false"), "notice.sensitive"),
        (("effective: 2024-01-01", "effective: soon"), "file.bad_value"),
        (("  health:\n", SECOND.replace("2026-03-01", "2023-01-01")), "notice.effective"),
        (
            ("      title: {zh: 参加党员积分项目, en:", "      titel: {zh: x, en:"),
            "file.unknown_key",
        ),
        ((", en: Receiving reminders by text message}", "}"), "file.missing_key"),
        ((NOTICES[NOTICES.index("  contact:") :], ""), "notice.missing"),
        ((NOTICES, "version: 1\nnotices: {party: []}"), "notice.missing"),
        ((NOTICES, "a: &b"), "yaml.anchor"),
    ],
)
def test_mistakes_in_notices_have_a_place(change: tuple[str, str], code: str) -> None:
    notices, findings = read_notices(NOTICES.replace(*change, 1), file="notices.yaml")
    assert notices is None
    found = [finding for finding in findings if finding.code == code]
    assert found, findings
    assert found[0].line
    assert found[0].column


def test_the_shipped_schedule_is_sound() -> None:
    schedule, findings = read_schedule(RETENTION, file="retention.yaml")
    assert findings == []
    assert schedule is not None
    assert {line.kind for line in schedule.lines} == set(Kind)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("keep: P6M", "keep: P3M"), "retention.too_short"),
        (("    keep: P3Y\n    from: recorded\n    action: keep\n    ground: {zh: 影响", "    keep: P1Y\n    from: recorded\n    action: keep\n    ground: {zh: 影响"), "retention.too_short"),
        (("action: keep", "action: destroy"), "file.bad_value"),
        (("from: filed", "from: today"), "file.bad_value"),
        (("  evidence:", "  photographs:"), "file.bad_value"),
        (("keep: P2Y", "keep: 2 years"), "file.bad_value"),
        ((RETENTION, "[1"), "yaml.syntax"),
    ],
)  # fmt: skip
def test_mistakes_in_the_schedule_have_a_place(change: tuple[str, str], code: str) -> None:
    schedule, findings = read_schedule(RETENTION.replace(*change, 1), file="retention.yaml")
    assert schedule is None
    assert any(finding.code == code and finding.line for finding in findings), findings


def test_time_is_reckoned_backwards_and_never_early() -> None:
    at = datetime(2026, 3, 31, 12, tzinfo=UTC)
    months = parse_duration("P1M")
    assert months is not None
    assert since(at, months) == datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert since(at.replace(month=1), months) == datetime(2025, 12, 28, 12, tzinfo=UTC)


def test_the_template_of_an_assessment_is_complete() -> None:
    page = (DOCS / "how-to" / "erase-and-export.md").read_text("utf-8")
    template = page.split("```yaml\n")[1].split("```")[0]
    said, findings = read_assessment(template, file="template.yaml")
    assert findings == []
    assert said is not None
    assert said["body"]
    for change in (("risks:", "riscs:"), ("made_on: ", "made_on: x"), ("[1", "[")):
        if change[0] in template:
            assert read_assessment(template.replace(*change), file="t.yaml")[0] is None
    wrong = template.replace("document_sha256: ", "document_sha256: zz")
    assert read_assessment(wrong, file="t.yaml")[1][0].code == "assessment.sha256"
    assert read_assessment("[1", file="t.yaml")[0] is None
