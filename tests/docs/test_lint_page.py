"""The page of findings tells the truth: each bad example yields exactly its code, each mended one none."""

import re
from pathlib import Path

import pytest

from points.flows.catalogue_file import read_catalogue
from points.flows.lint import Kind, Surroundings, kind_of, lint_file
from points.kernel.findings import Finding
from points.rules import (
    CaseReport,
    lint,
    load_activity_types,
    load_duties,
    load_lint_policy,
    load_ruleset,
    read_file,
    render,
    run_cases,
)

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "lint.md"
SECTION = re.compile(
    r"^### `([a-z]+\.[a-z_]+)`\n(.*?)(?=^### |^## |\Z)", flags=re.DOTALL | re.MULTILINE
)
BLOCK = re.compile(r"```(yaml|text)\n(.*?)```", re.DOTALL)
SOURCE = re.compile(
    r'"((?:bands|bundle|cap|case|catalogue|condition|cost|duties|effect|expression|file|group|lint|'
    r"multiplier|points|policy|review|rule|ruleset|schedule|table|test|title|types|yaml)"
    r'\.[a-z_]+)"'
)
TYPES, _ = load_activity_types(read_file(ROOT / "rules/activities.yaml"), file="activities.yaml")
POLICY, _ = load_lint_policy(read_file(ROOT / "rules/policy.yaml"), file="policy.yaml")
assert TYPES is not None
assert POLICY is not None
AROUND = Surroundings(types=TYPES, policy=POLICY)
HEAD = {
    "ruleset": "ruleset: party",
    "version": "version: 1",
    "effective": 'effective: {from: "2026-01-01", until: "2027-01-01"}',
    "timezone": "timezone: Asia/Shanghai",
    "title": "title: {zh: 示例, en: Example}",
    "measures": "measures: [rating, wallet]",
}
RULE = {"id": "id: R1", "title": "title: {zh: 示例, en: Example}", "on": "on: volunteer.shift"}
TOP = {
    *HEAD,
    "let",
    "caps",
    "groups",
    "multipliers",
    "stars",
    "base",
    "rules",
    "budget",
    "stacking",
}
WORTHS = {"points", "table", "bands", "effect"}
NO_PARTS = {"yaml.documents", "yaml.empty", "yaml.key", "types.too_many"}


def keys_of(text: str) -> set[str]:
    return set(re.findall(r"^([a-z_]+)[:：]", text, flags=re.MULTILINE))


def whole(part: str, code: str = "") -> str:
    """Return the file that a part of one stands for, as the head of the page says."""
    keys = keys_of(part)
    if (
        code in NO_PARTS
        or kind_of(part) is not Kind.RULESET
        or keys & {"tests", "reviewer", "office_hours"}
    ):
        return part
    if keys & TOP - {"title", "measures", "version"} or keys == {"version"}:
        head = [line for key, line in HEAD.items() if key not in keys]
        rules = "" if "rules" in keys else "rules:\n" + rule("points: 1\n")
        return "\n".join(head) + "\n" + part + rules
    return "\n".join(HEAD.values()) + "\nrules:\n" + rule(part)


def rule(part: str) -> str:
    keys = keys_of(part)
    lines = [line for key, line in RULE.items() if key not in keys]
    lines += part.rstrip("\n").split("\n")
    lines += [] if keys & WORTHS else ["points: 1"]
    return "".join(f"  {'- ' if not n else '  '}{line}\n" for n, line in enumerate(lines))


def found(part: str, code: str = "") -> tuple[str, list[Finding]]:
    """Return the whole file and what is found in it."""
    text = whole(part, code)
    keys = keys_of(text)
    if keys & {"reviewer", "office_hours"}:
        return text, load_duties(text, file="duties.yaml")[1]
    if "tests" in keys and "rules" not in keys:
        return text, list(cases(text).failures)
    if code.startswith("test."):
        assert TYPES is not None
        reports = [cases(read_file(ROOT / "rules/cases/party/care.yaml"))]
        return text, lint(text, file="rules.yaml", types=TYPES, reports=reports)
    return text, lint_file(text, file="rules.yaml", around=AROUND)


def cases(text: str) -> CaseReport:
    assert TYPES is not None
    party, _ = load_ruleset(read_file(ROOT / "rules/party.yaml"), file="party.yaml", types=TYPES)
    return run_cases(
        text, file="cases.yaml", load=lambda name: party if name == "party.yaml" else None
    )


def shown(text: str, findings: list[Finding]) -> str:
    """Return findings as the page shows them: Chinese, then English, without their places."""
    place = re.compile(r"^[\w.]+(?::\d+)*: ", flags=re.MULTILINE)
    said = [
        place.sub("", render([each], text, language))
        for each in findings
        for language in ("en", "zh")
    ]
    # The line and its caret once, below the Chinese sentence.
    return (
        "\n".join(each.split("\n")[0] if n % 2 == 0 else each for n, each in enumerate(said)) + "\n"
    )


def noted(findings: list[Finding]) -> set[str]:
    """Return the codes; what a case expects of something unknown differs as well."""
    codes = {each.code for each in findings}
    unknown = codes & {"case.unknown_rule", "case.unknown_cap"}
    return codes - {"case.difference"} if unknown else codes


def sections() -> dict[str, list[tuple[str, str]]]:
    return {code: BLOCK.findall(body) for code, body in SECTION.findall(read_file(PAGE))}


@pytest.mark.parametrize("code", sections())
def test_each_bad_example_yields_its_code_and_each_mended_one_nothing(code: str) -> None:
    blocks = sections()[code]
    assert [kind for kind, _ in blocks] == ["yaml", "text", "yaml"], code
    (_, bad), (_, message), (_, mended) = blocks
    text, findings = found(bad, code)
    assert noted(findings) == {code}
    assert shown(text, findings) == message
    assert found(mended, code)[1] == []


def test_every_code_in_the_source_is_on_the_page() -> None:
    """And the reverse: nothing on the page is history."""
    files = [
        *(ROOT / "points/rules").rglob("*.py"),
        ROOT / "points/flows/catalogue_file.py",
    ]
    written = {code for path in files for code in SOURCE.findall(read_file(path))}
    written -= {"catalogue.yaml", "policy.yaml", "duties.yaml", "ruleset.yaml", "points.access"}
    listed = set(
        re.findall(r"^(?:### |\| )`([a-z]+\.[a-z_]+)`", read_file(PAGE), flags=re.MULTILINE)
    )
    assert written - listed == set()
    made = {code for code in listed if code.startswith(("expression.", "rule.unknown_"))}
    assert listed - written - made == set()


def test_a_page_that_lies_is_caught() -> None:
    """The control: another example yields another code."""
    text, findings = found("when: event.hours >= 2\n", "condition.never")
    assert findings == []
    assert shown(*found("when: event.hours > 30\n")) != shown(text, findings)
    assert read_catalogue("rewards: []", file="c.yaml")[1] != []
