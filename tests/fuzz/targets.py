"""What is fuzzed: everything that reads what people wrote. Only findings may come out, never an exception."""

from collections.abc import Callable
from pathlib import Path

from points.flows.catalogue_file import read_catalogue
from points.flows.lint import Surroundings, kind_of, lint_file
from points.kernel.findings import Finding
from points.rules import (
    diagnostics,
    load_activity_types,
    load_duties,
    load_lint_policy,
    load_offline,
    load_ruleset,
    read_file,
    render,
    run_cases,
)
from points.rules.check import check
from points.rules.compile import compile_expression
from points.rules.lexer import BadExpression
from points.rules.lint.conditions import examine
from points.rules.lint.reasoning import Reasoning
from points.rules.parser import parse
from points.rules.scope import MEMBER_FIELDS, Scope
from points.rules.syntax import unparse
from points.rules.yaml_positions import plain, read_yaml

RULES = Path(__file__).parents[2] / "rules"
TYPES, _ = load_activity_types(read_file(RULES / "activities.yaml"), file="activities.yaml")
POLICY, _ = load_lint_policy(read_file(RULES / "policy.yaml"), file="policy.yaml")
assert TYPES is not None
assert POLICY is not None
PARTY, _ = load_ruleset(read_file(RULES / "party.yaml"), file="party.yaml", types=TYPES)
AROUND = Surroundings(types=TYPES, policy=POLICY)
SCOPE = Scope(
    roots={"event": TYPES.types["volunteer.shift"].scored, "member": MEMBER_FIELDS},
    histories=frozenset(TYPES.types),
)


def fuzz_yaml(text: str) -> list[Finding]:
    """Read any text as YAML."""
    root, findings = read_yaml(text, file="f.yaml")
    assert root is not None or findings
    if root is not None:
        plain(root)
    kind_of(text)
    return findings


def fuzz_ruleset(text: str) -> list[Finding]:
    """Read and lint any text as a rule set, and show what was found in every way."""
    assert TYPES is not None
    ruleset, findings = load_ruleset(text, file="f.yaml", types=TYPES)
    assert ruleset is not None or findings
    found = lint_file(text, file="f.yaml", around=AROUND)
    for language in ("zh", "en"):
        render(found, text, language)
        diagnostics(found, text, language)
    return found


def fuzz_types(text: str) -> list[Finding]:
    """Read any text as activity types, and as what else is authored."""
    types, findings = load_activity_types(text, file="f.yaml")
    assert types is not None or findings
    load_duties(text, file="f.yaml")
    load_offline(text, file="f.yaml")
    load_lint_policy(text, file="f.yaml")
    read_catalogue(text, file="f.yaml")
    return findings


def fuzz_cases(text: str) -> list[Finding]:
    """Run any text as a case file."""
    report = run_cases(text, file="f.yaml", load=lambda _: PARTY)
    return list(report.failures)


def fuzz_expression(text: str) -> list[str]:
    """Parse, check, compile, reason about and write back any text."""
    try:
        tree = parse(text)
    except BadExpression as bad:
        return [bad.fault.code]
    found, faults = check(tree, SCOPE)
    assert found is not None or faults
    if not faults:
        compile_expression(text, tree, {})
        list(examine(tree, Reasoning(SCOPE), {}))
        unparse(tree)
    return [fault.code for fault in faults]


TARGETS: dict[str, Callable[[str], object]] = {
    "yaml": fuzz_yaml,
    "ruleset": fuzz_ruleset,
    "types": fuzz_types,
    "cases": fuzz_cases,
    "expression": fuzz_expression,
}
