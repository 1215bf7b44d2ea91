"""What a change of the rules would have done: two ways of scoring the same activities, compared.

Pure. Parts are made member by member, on as many processes as one likes, and merge in any order
into the same whole.
"""

from points.rules.impact.figures import Figures
from points.rules.impact.largest import Change
from points.rules.impact.partial import Partial
from points.rules.impact.reasons import Reason, reasons
from points.rules.impact.report import Basis, Impact
from points.rules.impact.sides import NOTHING, Line, Pair, Side, Subject, side_of

__all__ = [
    "NOTHING",
    "Basis",
    "Change",
    "Figures",
    "Impact",
    "Line",
    "Pair",
    "Partial",
    "Reason",
    "Side",
    "Subject",
    "reasons",
    "side_of",
]
