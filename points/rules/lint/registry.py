"""Every check there is, run over one file; what a file allows with a reason is left out."""

from collections.abc import Callable, Iterable, Iterator

from points.kernel.findings import Finding, Severity
from points.rules.activity_types import ActivityTypes
from points.rules.cases import CaseReport
from points.rules.lint.allowances import without_allowed
from points.rules.lint.conditions import check_conditions
from points.rules.lint.cost import check_cost
from points.rules.lint.draft import Budget, Draft
from points.rules.lint.forbidden import check_forbidden
from points.rules.lint.formulas import check_formulas
from points.rules.lint.gaps import check_gaps
from points.rules.lint.limits import check_limits
from points.rules.lint.overlap import check_overlap
from points.rules.lint.policy import Policy
from points.rules.lint.reach import check_reach
from points.rules.lint.traps import check_traps
from points.rules.load import in_order, load_all

Check = Callable[[Draft], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    check_conditions,
    check_formulas,
    check_gaps,
    check_limits,
    check_overlap,
    check_traps,
    check_forbidden,
    check_reach,
    check_cost,
)
NO_POLICY = Policy()
ALWAYS_TRIED = frozenset((
    "cap.always_bites", "cap.never_bites", "condition.always", "condition.dead_branch",
    "condition.never", "group.alone", "multiplier.no_effect", "points.may_be_negative",
    "points.may_divide_by_zero", "points.never", "review.second_unreachable", "rule.same",
    "rule.together", "ruleset.unused", "table.gap", "table.never", "title.translation",
    "yaml.comment",
))  # fmt: skip
"""Warnings and remarks that a file may allow, with a reason."""
WITH_CASES = frozenset(("test.never_hit", "test.never_refused"))
WITH_BUDGET = frozenset(("cost.above_budget", "cost.unbounded"))
ALLOWABLE = ALWAYS_TRIED | WITH_CASES | WITH_BUDGET


def lint(
    text: str,
    *,
    file: str,
    types: ActivityTypes,
    policy: Policy = NO_POLICY,
    reports: Iterable[CaseReport] | None = None,
    budget: Budget | None = None,
) -> list[Finding]:
    """Return every finding of a rule set, remarks included, in the order of the file.

    Args:
        text: The file.
        file: Its name, for the findings.
        types: The activity types that it may score.
        policy: What may never be scored.
        reports: What running its cases showed; without them, nothing is said of tests.
        budget: What a year may cost, where the file itself does not say.
    """
    draft = Draft(
        text=text,
        file=file,
        types=types,
        loaded=load_all(text, file=file, types=types),
        policy=policy,
        reports=None if reports is None else tuple(reports),
        budget=budget,
    )
    found = list(draft.loaded.findings)
    for check in CHECKS:
        found.extend(check(draft))
    # While something is wrong, what is allowed may only be out of sight.
    sound = not any(finding.severity is Severity.ERROR for finding in found)
    tried = ALWAYS_TRIED if sound else frozenset[str]()
    left = without_allowed(draft, dict.fromkeys(found), ALLOWABLE, tried)
    return sorted(left, key=in_order)
