"""Coverage of rules by cases: which branches of which conditions some activity took."""

from points.rules.covering.branches import Branch, branches_of
from points.rules.covering.coverage import Covered, Missing, covered
from points.rules.covering.observing import observe
from points.rules.covering.walking import Walker

__all__ = ["Branch", "Covered", "Missing", "Walker", "branches_of", "covered", "observe"]
