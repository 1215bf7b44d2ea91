"""What people wrote: rules, notices, schedules, quotas; nothing starts on files with errors."""

from pathlib import Path
from typing import TypeVar

import points
from points.flows.context import RuleBook
from points.flows.notices_file import read_notices
from points.flows.retention_file import Schedule, read_schedule
from points.kernel.errors import Misused
from points.kernel.findings import Finding, Severity
from points.privacy.model import Notices
from points.rules import (
    ActivityTypes,
    BenefitPolicy,
    BudgetPolicy,
    DutyPolicy,
    OfflinePolicy,
    Policy,
    VoucherPolicy,
    WatchPolicy,
    load_activity_types,
    load_benefits,
    load_budget,
    load_duties,
    load_lint_policy,
    load_offline,
    load_ruleset,
    load_vouchers,
    load_watch,
    read_file,
)

RULESETS = ("party.yaml", "health.yaml")

_T = TypeVar("_T")


class RulesRefused(Misused):
    """The authored files have errors; nothing starts on rules that are not sound.

    Attributes:
        findings: Every one of them, with its place.
    """

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("rules.refused", "规则文件有错误", "the rule files have errors")
        self.findings = findings


def shipped(folder: str) -> Path:
    """Return a folder that travels with the package: ``rules`` or ``alembic``."""
    inside = Path(points.__file__).parent / f"_{folder}"
    return inside if inside.is_dir() else Path(points.__file__).parent.parent / folder


def load_types(rules_dir: Path) -> ActivityTypes:
    """Return the activity types of a rules folder.

    Raises:
        Misused: The folder has no such file.
        RulesRefused: The file has errors.
    """
    path = rules_dir / "activities.yaml"
    if not path.is_file():
        raise Misused(
            "no_rules_folder",
            f"“{rules_dir.name}”不是规则文件夹：其中没有 activities.yaml；"
            "请检查 --rules 或 POINTS_RULES_DIR",
            f"'{rules_dir.name}' is no rules folder: it holds no activities.yaml; "
            "check --rules or POINTS_RULES_DIR",
        )
    return _sound(*load_activity_types(read_file(path), file=path.name))


def load_rules(rules_dir: Path, types: ActivityTypes) -> RuleBook:
    """Return the rule sets of a rules folder.

    Raises:
        RulesRefused: A file has errors.
    """
    texts = {name: read_file(rules_dir / name) for name in RULESETS if (rules_dir / name).is_file()}
    loaded = {
        name: _sound(*load_ruleset(text, file=name, types=types)) for name, text in texts.items()
    }
    return RuleBook(
        tuple(loaded.values()),
        texts={ruleset.sha256: texts[name] for name, ruleset in loaded.items()},
    )


def load_policy(rules_dir: Path) -> DutyPolicy:
    """Return how much one person may do in a day; the defaults where a folder does not say.

    Raises:
        RulesRefused: The file has errors.
    """
    path = rules_dir / "duties.yaml"
    if not path.is_file():
        return DutyPolicy()
    return _sound(*load_duties(read_file(path), file=path.name))


def load_voucher_policy(rules_dir: Path) -> VoucherPolicy:
    """Return what may become of vouchers; where a folder does not say, nothing is passed on.

    Raises:
        RulesRefused: The file has errors.
    """
    path = rules_dir / "vouchers.yaml"
    if not path.is_file():
        return VoucherPolicy()
    return _sound(*load_vouchers(read_file(path), file=path.name))


def load_offline_policy(rules_dir: Path) -> OfflinePolicy:
    """Return how far tills without network are trusted: not at all where a folder does not say.

    Raises:
        RulesRefused: The file has errors.
    """
    path = rules_dir / "offline.yaml"
    if not path.is_file():
        return OfflinePolicy()
    return _sound(*load_offline(read_file(path), file=path.name))


def load_budget_policy(rules_dir: Path) -> BudgetPolicy:
    """Return what pools keep back and when to warn; nothing is kept where a folder does not say.

    Raises:
        RulesRefused: The file has errors.
    """
    path = rules_dir / "budget.yaml"
    if not path.is_file():
        return BudgetPolicy()
    return _sound(*load_budget(read_file(path), file=path.name))


def load_benefit_policy(rules_dir: Path, types: ActivityTypes) -> BenefitPolicy:
    """Return the rules of donations, hardship grants and stamp cards; none where no file says so.

    Raises:
        RulesRefused: The file has errors.
    """
    path = rules_dir / "benefits.yaml"
    if not path.is_file():
        return BenefitPolicy()
    return _sound(*load_benefits(read_file(path), file=path.name, types=types))


def load_watch_policy(rules_dir: Path) -> WatchPolicy:
    """Return from where on something looks odd; the shipped thresholds where a folder has none.

    Raises:
        RulesRefused: The file has errors.
    """
    own = rules_dir / "watch.yaml"
    path = own if own.is_file() else shipped("rules") / "watch.yaml"
    return _sound(*load_watch(read_file(path), file=path.name))


def load_limits(rules_dir: Path) -> Policy:
    """Return what may never score and never have a price; the shipped ones otherwise.

    Raises:
        RulesRefused: The file has errors.
    """
    own = rules_dir / "policy.yaml"
    path = own if own.is_file() else shipped("rules") / "policy.yaml"
    return _sound(*load_lint_policy(read_file(path), file=path.name))


def load_notices(rules_dir: Path) -> Notices:
    """Return the notices of a rules folder; the shipped ones where it has none of its own.

    Raises:
        RulesRefused: The file has errors.
    """
    path = _privacy_file(rules_dir, "notices.yaml")
    return _sound(*read_notices(read_file(path), file=path.name))


def load_schedule(rules_dir: Path) -> Schedule:
    """Return the retention schedule of a rules folder, or the shipped one.

    Raises:
        RulesRefused: The file has errors.
    """
    path = _privacy_file(rules_dir, "retention.yaml")
    return _sound(*read_schedule(read_file(path), file=path.name))


def _privacy_file(rules_dir: Path, name: str) -> Path:
    path = rules_dir / "privacy" / name
    return path if path.is_file() else shipped("rules") / "privacy" / name


def _sound(loaded: _T | None, findings: list[Finding]) -> _T:
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if loaded is None or errors:
        raise RulesRefused(errors)
    return loaded
