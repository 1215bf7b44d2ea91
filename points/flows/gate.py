"""The gate before every publication: lint, cases and a back-test, of exactly this text.

Pure, and run before the command that submits: it takes longer than a batch should.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from points.flows.confirm_backtest import Confirmed
from points.flows.context import Context
from points.kernel.canonical import digest
from points.kernel.findings import Finding, Severity
from points.rulebook.model import VERSION_MAX, Draft
from points.rules import (
    CaseReport,
    Coverage,
    Rule,
    RuleSet,
    Work,
    coverage,
    lint,
    load_ruleset,
    run_cases,
)

REASONS: dict[str, tuple[str, str]] = {
    "lint": ("规则文件有错误", "the rule file has errors"),
    "programme": ("文件中的项目与草稿不同", "the file is of another programme than the draft"),
    "measures": ("积分种类与现行规则不同", "the measures are others than now"),
    "timezone": ("时区与现行规则不同", "the time zone is another than now"),
    "version": ("版本号过大", "the version's number is too large"),
    "cases_missing": ("没有用例文件", "there are no case files"),
    "cases_failed": ("有用例不符", "cases differ"),
    "never_hit": ("有规则从未被用例命中", "rules that no case hits"),
    "never_refused": ("有规则从未被用例拒绝", "rules that no case sees refused"),
    "backtest_missing": ("没有附上回测", "no back-test is attached"),
    "backtest_unlike": ("回测不是针对这份规则", "the back-test is of other rules"),
    "backtest_form": ("回测摘要的格式不对", "the back-test's summary has another form"),
    "backtest_differs": (
        "回测的数字重算后不同，请重新回测",
        "the back-test's figures do not come out again: run it again",
    ),
    "backtest_period": ("回测没有写明数据期间", "the back-test does not say of which period"),
}
"""Why a draft does not pass, by a stable code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What the gate found about one revision of a draft.

    Attributes:
        digest: Of text and cases, byte for byte.
        types_sha256: Of the activity types that it was checked against.
        sha256: Of the rule set, as it would stand on awards; empty where it cannot be read.
        lint: Every finding of the rule file.
        passed: How many cases passed.
        failures: Every difference in the cases.
        backtest: The attached summary, as it was handed in.
        backtest_sha256: Its hash.
        confirmed: Whether its figures came out again here.
        reasons: Why the draft does not pass; keys of ``REASONS``.
    """

    digest: str
    types_sha256: str
    programme: str
    version: int = 0
    sha256: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    lint: tuple[Finding, ...] = ()
    passed: int = 0
    failures: tuple[Finding, ...] = ()
    never_hit: tuple[str, ...] = ()
    never_refused: tuple[str, ...] = ()
    backtest: Mapping[str, Any] | None = field(default=None, repr=False)
    backtest_sha256: str = ""
    confirmed: Confirmed = Confirmed.NOT_TRIED
    reasons: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What lint warns of; it does not stop a draft."""
        return tuple(each for each in self.lint if each.severity is Severity.WARNING)

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values, as they are kept with the submission."""
        errors = sum(each.severity is Severity.ERROR for each in self.lint)
        return {
            "digest": self.digest,
            "types_sha256": self.types_sha256,
            "programme": self.programme,
            "version": self.version,
            "sha256": self.sha256,
            "starts_at": self.starts_at.isoformat() if self.starts_at else None,
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
            "lint": {
                "errors": errors,
                "warnings": len(self.warnings),
                "findings": [each.as_json() for each in self.lint],
            },
            "cases": {
                "passed": self.passed,
                "failures": [each.as_json() for each in self.failures],
                "never_hit": list(self.never_hit),
                "never_refused": list(self.never_refused),
            },
            "backtest": None if self.backtest is None else dict(self.backtest),
            "backtest_sha256": self.backtest_sha256,
            "backtest_confirmed": self.confirmed.value,
            "reasons": list(self.reasons),
        }


def pass_gate(
    draft: Draft,
    known: Context,
    backtest: Mapping[str, Any] | None = None,
    confirmed: Confirmed = Confirmed.NOT_TRIED,
) -> Gate:
    """Return what the gate finds about a draft; touches nothing.

    Args:
        draft: The revision.
        known: The activity types, and the rules that hold now.
        backtest: The back-test's summary, if there is one already.
        confirmed: Whether its figures came out again.
    """
    name = f"{draft.programme}.yaml"
    ruleset, _ = load_ruleset(draft.text, file=name, types=known.types)
    findings = lint(draft.text, file=name, types=known.types, policy=known.limits)
    sealed = "" if backtest is None else _sealed(backtest)
    reports = list(_run(draft, ruleset)) if ruleset is not None else []
    gaps = (
        coverage(ruleset, reports)
        if ruleset is not None
        else Coverage(never_hit=(), never_refused=())
    )
    failures = tuple(finding for report in reports for finding in report.failures)
    unrefused = _never_refused(ruleset, gaps)
    reasons = [
        *(["lint"] if any(each.severity is Severity.ERROR for each in findings) else []),
        *(_strange(ruleset, draft.programme, known) if ruleset is not None else []),
        *(["cases_missing"] if not draft.cases else []),
        *(["cases_failed"] if failures else []),
        *(["never_hit"] if gaps.never_hit else []),
        *(["never_refused"] if unrefused else []),
        *(["backtest_form"] if backtest is not None and not sealed else []),
        *(_backtest(backtest, ruleset) if ruleset is not None else []),
        *(["backtest_differs"] if confirmed is Confirmed.DIFFERS else []),
    ]
    return Gate(
        digest=draft.digest,
        types_sha256=digest(known.types),
        programme=draft.programme,
        version=ruleset.version if ruleset else 0,
        sha256=ruleset.sha256 if ruleset else "",
        starts_at=ruleset.starts_at if ruleset else None,
        ends_at=ruleset.ends_at if ruleset else None,
        lint=tuple(findings),
        passed=sum(report.passed for report in reports),
        failures=failures,
        never_hit=gaps.never_hit,
        never_refused=unrefused,
        backtest=backtest if sealed else None,
        backtest_sha256=sealed,
        confirmed=confirmed,
        reasons=tuple(reasons),
    )


def _sealed(backtest: Mapping[str, Any]) -> str:
    """Return a summary's hash; nothing for what has no one spelling, as fractions have none."""
    try:
        return digest(backtest)
    except (TypeError, ValueError, RecursionError):
        return ""


def _run(draft: Draft, ruleset: RuleSet) -> Iterator[CaseReport]:
    """Run the cases that came with a draft against it, whatever file they name."""
    work = Work()
    for name, text in sorted(draft.cases.items()):
        yield run_cases(text, file=name, load=lambda _: ruleset, work=work)


def _never_refused(ruleset: RuleSet | None, gaps: Coverage) -> tuple[str, ...]:
    """Return the rules that no case saw refused, of those that can be."""
    if ruleset is None:
        return ()
    rules = {rule.id: rule for rule in ruleset.rules}
    return tuple(name for name in gaps.never_refused if _can_refuse(rules[name]))


def _can_refuse(rule: Rule) -> bool:
    gates = (rule.audience, rule.when, rule.table, rule.group, rule.cooldown, rule.schedule)
    return any(each is not None for each in gates) or bool(rule.caps or rule.sources)


def _strange(ruleset: RuleSet, programme: str, known: Context) -> Iterator[str]:
    """Yield what no version of a programme may change: accounts and windows hang on it."""
    if ruleset.programme != programme:
        yield "programme"
        return
    if ruleset.version > VERSION_MAX:
        yield "version"
    now = known.rules.of(programme)
    if set(ruleset.measures) != set(now.measures):
        yield "measures"
    if ruleset.zone.key != now.zone.key:
        yield "timezone"


def _backtest(summary: Mapping[str, Any] | None, ruleset: RuleSet) -> Iterator[str]:
    if summary is None:
        yield "backtest_missing"
        return
    after, period = summary.get("after"), summary.get("period")
    tried = after.get("sha256") if isinstance(after, Mapping) else None
    if tried != ruleset.sha256 or summary.get("programme") != ruleset.programme:
        yield "backtest_unlike"
    said = period if isinstance(period, Mapping) else {}
    if not (isinstance(said.get("from"), str) and isinstance(said.get("until"), str)):
        yield "backtest_period"
