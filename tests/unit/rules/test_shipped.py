"""The rules that come with the engine load without a finding, and every case of theirs passes."""

from pathlib import Path

import pytest

from points.rules import (
    RuleSet,
    coverage,
    covered,
    load_activity_types,
    load_ruleset,
    read_file,
    render,
    rule_sentence,
    run_cases,
)

ROOT = Path(__file__).parents[3] / "rules"
TYPES, TYPE_FINDINGS = load_activity_types(
    read_file(ROOT / "activities.yaml"), file="activities.yaml"
)


NEVER_TAKEN = {"cap:mobile_year"}
"""Four quarters of five points come to the year's twenty: written down as the text has it."""


def shipped(name: str) -> RuleSet:
    assert TYPES is not None
    source = read_file(ROOT / name)
    loaded, findings = load_ruleset(source, file=name, types=TYPES)
    assert findings == [], render(findings, source, "en")
    assert loaded is not None
    return loaded


def test_the_activity_types_have_no_findings() -> None:
    assert TYPE_FINDINGS == []


@pytest.mark.parametrize(("programme", "rules"), [("party", 30), ("health", 20)])
def test_every_rule_is_seen_granting_and_refusing(programme: str, rules: int) -> None:
    ruleset = shipped(f"{programme}.yaml")
    assert len(ruleset.rules) == rules
    reports = []
    for path in sorted((ROOT / "cases" / programme).glob("*.yaml")):
        source = read_file(path)
        report = run_cases(source, file=path.name, load=shipped)
        assert report.failures == (), render(report.failures, source, "en")
        assert report.passed
        reports.append(report)
    assert coverage(ruleset, reports).complete
    seen = frozenset().union(*(report.seen for report in reports))
    missing = covered(ruleset, seen, read_file(ROOT / f"{programme}.yaml")).missing
    assert {each.branch.owner for each in missing} <= NEVER_TAKEN
    assert all(rule_sentence(rule, language) for rule in ruleset.rules for language in ("zh", "en"))


def test_a_changed_rule_fails_its_cases() -> None:
    """The control: one more point for a rule, and its cases notice."""
    source = read_file(ROOT / "party.yaml")
    assert TYPES is not None
    changed, _ = load_ruleset(source.replace("* 10\n", "* 11\n"), file="party.yaml", types=TYPES)
    assert changed is not None
    path = ROOT / "cases" / "party" / "volunteer.yaml"
    assert run_cases(read_file(path), file=path.name, load=lambda _: changed).failures
