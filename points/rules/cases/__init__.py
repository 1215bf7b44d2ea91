"""Case files: examples with the complete result that they must have."""

from points.rules.cases.activities import ACTIVITY_KEYS, HISTORY_KEYS
from points.rules.cases.comparison import DEFERRED_KEYS, EXPECT_KEYS
from points.rules.cases.report import CaseReport, CaseResult, Coverage, Difference, coverage
from points.rules.cases.run import FILE_KEYS, REPEAT_MAX, STEP_KEYS, TEST_KEYS, Work, run_cases

__all__ = [
    "ACTIVITY_KEYS",
    "DEFERRED_KEYS",
    "EXPECT_KEYS",
    "FILE_KEYS",
    "HISTORY_KEYS",
    "REPEAT_MAX",
    "STEP_KEYS",
    "TEST_KEYS",
    "CaseReport",
    "CaseResult",
    "Coverage",
    "Difference",
    "Work",
    "coverage",
    "run_cases",
]
