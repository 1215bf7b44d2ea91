"""What running case files shows: passed or not, what differs, and what no case saw."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from points.kernel.findings import Finding
from points.rules.covering.branches import Branch
from points.rules.model import RuleSet


class Difference(NamedTuple):
    """One thing that came out differently from what was expected."""

    what: str
    expected: str
    actual: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What one test came to.

    Attributes:
        name: As the file calls it.
        line: Where it stands.
        findings: What is wrong with it, and each difference, with its place.
        differences: Expected beside actual.
        told: What the rules made of the event, in sentences, by language; only when it differs.
    """

    name: str
    line: int
    findings: tuple[Finding, ...] = ()
    differences: tuple[Difference, ...] = ()
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Return whether nothing is amiss."""
        return not self.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReport:
    """What running one case file showed.

    Attributes:
        passed: How many tests passed.
        failures: What is wrong with the file, and each difference, with its place.
        hit: Ids of the rules that some event was awarded by.
        refused: Ids of the rules that gave some event nothing, or had an award cut by a cap.
        ruleset: The rule set that was tested, if it could be loaded; its newest version of several.
        results: Each test's own, in order.
        seen: The branches of the rule set that some activity took.
    """

    passed: int = 0
    failures: tuple[Finding, ...] = ()
    hit: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    ruleset: RuleSet | None = field(default=None, repr=False)
    results: tuple[CaseResult, ...] = field(default=(), repr=False)
    seen: frozenset[Branch] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Rules that no test hit, and rules that no test saw refused or cut."""

    never_hit: tuple[str, ...]
    never_refused: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Return whether every rule was seen both ways."""
        return not (self.never_hit or self.never_refused)


def coverage(ruleset: RuleSet, reports: Iterable[CaseReport]) -> Coverage:
    """Return which rules of a rule set the case files leave untested."""
    hit: set[str] = set()
    refused: set[str] = set()
    for report in reports:
        hit |= report.hit
        refused |= report.refused
    ids = [rule.id for rule in ruleset.rules]
    return Coverage(
        never_hit=tuple(rule_id for rule_id in ids if rule_id not in hit),
        never_refused=tuple(rule_id for rule_id in ids if rule_id not in refused),
    )
