"""Lints an authored file of any kind: rule set, activity types, or catalogue.

The one function behind ``points rules lint``, the API and the editor in the console.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from points.flows.catalogue_file import read_catalogue
from points.kernel.findings import Finding
from points.rules import (
    ActivityTypes,
    Budget,
    CaseReport,
    Policy,
    RuleSet,
    lint,
    lint_catalogue,
    lint_types,
    load_ruleset,
    run_cases,
)
from points.rules.yaml_positions import BYTES_MAX, Mapping, Scalar, read_yaml

_TOP_KEY = re.compile(r"^(rewards|types|rules):", re.MULTILINE)
NO_POLICY = Policy()


class Kind(StrEnum):
    """What a file is about."""

    RULESET = "ruleset"
    ACTIVITIES = "activities"
    CATALOGUE = "catalogue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a file is judged by.

    Attributes:
        types: The activity types in force.
        policy: What never scores and what must be free.
        cases: Texts of case files by name; None leaves tests out.
        budget: What a year may cost, where the file itself does not say.
    """

    types: ActivityTypes
    policy: Policy = NO_POLICY
    cases: dict[str, str] | None = None
    budget: Budget | None = None


def lint_file(text: str, *, file: str, around: Surroundings) -> list[Finding]:
    """Return every finding of a file, in its order, whatever kind it is."""
    match kind_of(text):
        case Kind.CATALOGUE:
            return _catalogue(text, file, around.policy)
        case Kind.ACTIVITIES:
            return lint_types(text, file=file, policy=around.policy)[1]
        case _:
            return lint(
                text,
                file=file,
                types=around.types,
                policy=around.policy,
                reports=_reports(text, file, around),
                budget=around.budget,
            )


def kind_of(text: str) -> Kind:
    """Return what kind of file a text is, by its first keys; a rule set where that is unclear."""
    # By the text, not by the tree: the tree is built once, by whoever reads the file.
    keys = {match.group(1) for match in _TOP_KEY.finditer(text[:BYTES_MAX])}
    if "rewards" in keys:
        return Kind.CATALOGUE
    if "types" in keys and "rules" not in keys:
        return Kind.ACTIVITIES
    return Kind.RULESET


def _catalogue(text: str, file: str, policy: Policy) -> list[Finding]:
    """Return what is wrong with a catalogue; what both look for is said once."""
    findings = read_catalogue(text, file=file)[1]
    places = {(each.line, each.column) for each in findings if "free" in each.code}
    for finding in lint_catalogue(text, file=file, policy=policy):
        if (finding.line, finding.column) not in places:
            findings.append(finding)
    return sorted(findings, key=lambda each: each.line or 0)


def _reports(text: str, file: str, around: Surroundings) -> Iterable[CaseReport] | None:
    """Return what the cases written for a rule set show; nothing while it cannot be loaded."""
    if around.cases is None:
        return None
    ruleset = load_ruleset(text, file=file, types=around.types)[0]
    if ruleset is None:
        return None
    mine, load = _own_cases(ruleset, file, around.cases)
    return [run_cases(around.cases[name], file=name, load=load) for name in mine]


def _own_cases(
    ruleset: RuleSet, file: str, cases: dict[str, str]
) -> tuple[list[str], Callable[[str], RuleSet | None]]:
    """Return which cases a rule set is held against: those that name its file, or its programme's.

    A draft lies under a name of its own (``draft.yaml``), and its cases name the file that holds
    now (``party.yaml``): there the draft takes the place of the whole programme's rules.
    """
    mine = [name for name, text in cases.items() if file in _named(text)]
    if mine:
        return mine, lambda named: ruleset if named == file else None
    home = f"{ruleset.programme}.yaml"
    return [name for name, text in cases.items() if home in _named(text)], lambda _: ruleset


def _named(cases: str) -> list[str]:
    """Return which rule sets a case file is for."""
    root, _ = read_yaml(cases, file="")
    node = root.values.get("ruleset") if isinstance(root, Mapping) else None
    listed = [node] if isinstance(node, Scalar) else getattr(node, "items", [])
    return [each.text for each in listed if isinstance(each, Scalar)]
