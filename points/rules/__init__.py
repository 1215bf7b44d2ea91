"""Rules: what an activity is worth, written by association staff in YAML, and nothing else.

Pure: no database, no clock, no network. Reading yields findings, scoring yields facts.
"""

from points.rules.activity_types import ActivityType, ActivityTypes, FieldFault, FieldSpec
from points.rules.benefits import BenefitPolicy, CardRule, DonationPolicy, Gift, HardshipPolicy
from points.rules.budget import BudgetPolicy, Margin
from points.rules.cases import (
    CaseReport,
    CaseResult,
    Coverage,
    Difference,
    Work,
    coverage,
    run_cases,
)
from points.rules.cases.scaffold import scaffold
from points.rules.covering import Branch, Covered, Missing, covered
from points.rules.days import DAY_KINDS, HOLIDAY, WEEKEND, WORKDAY
from points.rules.duties import DutyPolicy, Quota
from points.rules.evaluate import evaluate, evaluate_deferred
from points.rules.explain import explain
from points.rules.facts import (
    Facts,
    GrantQuery,
    HistoryQuery,
    Needs,
    Reference,
    ReferenceQuery,
    Usage,
    member_snapshot,
    referred,
    usage_keys,
)
from points.rules.hashing import content_sha256
from points.rules.json_schema import schemas
from points.rules.lint import (
    Budget,
    Policy,
    diagnostics,
    lint,
    lint_catalogue,
    lint_types,
    load_lint_policy,
)
from points.rules.load import load_ruleset, read_file
from points.rules.load_benefits import load_benefits
from points.rules.load_budget import load_budget
from points.rules.load_duties import load_duties
from points.rules.load_offline import load_offline
from points.rules.load_types import load_activity_types
from points.rules.load_vouchers import load_vouchers
from points.rules.load_watch import load_watch
from points.rules.model import Band, Bands, Cap, Effect, Group, ReviewPolicy, Rule, RuleSet, Star
from points.rules.offline import OfflinePolicy
from points.rules.outcome import (
    Award,
    CapUse,
    Deferred,
    Effected,
    Evaluation,
    EvaluationError,
    NotAwarded,
    Review,
    Spent,
    UsageKey,
)
from points.rules.reliving import Life, Relived, relive
from points.rules.render import render
from points.rules.replay import Choose, Entry, Replayed, Tallies, replay
from points.rules.rule_sentence import name_of, rule_sentence
from points.rules.tally import Tally
from points.rules.texts import Title
from points.rules.trace_lines import details
from points.rules.vouchers import PassingRule, VoucherPolicy
from points.rules.watch import WatchPolicy
from points.rules.why import Told, why
from points.rules.windows import midnight

__all__ = [
    "DAY_KINDS",
    "HOLIDAY",
    "WEEKEND",
    "WORKDAY",
    "ActivityType",
    "ActivityTypes",
    "Award",
    "Band",
    "Bands",
    "BenefitPolicy",
    "Branch",
    "Budget",
    "BudgetPolicy",
    "Cap",
    "CapUse",
    "CardRule",
    "CaseReport",
    "CaseResult",
    "Choose",
    "Coverage",
    "Covered",
    "Deferred",
    "Difference",
    "DonationPolicy",
    "DutyPolicy",
    "Effect",
    "Effected",
    "Entry",
    "Evaluation",
    "EvaluationError",
    "Facts",
    "FieldFault",
    "FieldSpec",
    "Gift",
    "GrantQuery",
    "Group",
    "HardshipPolicy",
    "HistoryQuery",
    "Life",
    "Margin",
    "Missing",
    "Needs",
    "NotAwarded",
    "OfflinePolicy",
    "PassingRule",
    "Policy",
    "Quota",
    "Reference",
    "ReferenceQuery",
    "Relived",
    "Replayed",
    "Review",
    "ReviewPolicy",
    "Rule",
    "RuleSet",
    "Spent",
    "Star",
    "Tallies",
    "Tally",
    "Title",
    "Told",
    "Usage",
    "UsageKey",
    "VoucherPolicy",
    "WatchPolicy",
    "Work",
    "content_sha256",
    "coverage",
    "covered",
    "details",
    "diagnostics",
    "evaluate",
    "evaluate_deferred",
    "explain",
    "lint",
    "lint_catalogue",
    "lint_types",
    "load_activity_types",
    "load_benefits",
    "load_budget",
    "load_duties",
    "load_lint_policy",
    "load_offline",
    "load_ruleset",
    "load_vouchers",
    "load_watch",
    "member_snapshot",
    "midnight",
    "name_of",
    "read_file",
    "referred",
    "relive",
    "render",
    "replay",
    "rule_sentence",
    "run_cases",
    "scaffold",
    "schemas",
    "usage_keys",
    "why",
]
