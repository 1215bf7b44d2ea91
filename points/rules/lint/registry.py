"""Every check there is, run over one file; what a file allows with a reason is left out."""

from collections.abc import Callable, Iterable, Iterator

from points.kernel.findings import Finding
from points.rules.activity_types import ActivityTypes
from points.rules.cases import CaseReport
from points.rules.lint.conditions import check_conditions
from points.rules.lint.draft import Budget, Draft
from points.rules.lint.policy import Policy
from points.rules.load import in_order, load_all

Check = Callable[[Draft], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (check_conditions,)
NO_POLICY = Policy()


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
    return sorted(dict.fromkeys(found), key=in_order)
