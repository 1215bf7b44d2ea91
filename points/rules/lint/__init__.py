"""Lint: everything that can be said against a rule file before anyone relies on it. Pure."""

from points.rules.lint.diagnostics import diagnostics
from points.rules.lint.draft import Budget
from points.rules.lint.forbidden import lint_catalogue, lint_types
from points.rules.lint.policy import Policy, load_lint_policy
from points.rules.lint.registry import lint

__all__ = [
    "Budget",
    "Policy",
    "diagnostics",
    "lint",
    "lint_catalogue",
    "lint_types",
    "load_lint_policy",
]
