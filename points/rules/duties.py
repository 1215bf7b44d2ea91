"""How much one person may do in a day, and what a second person is needed for."""

from dataclasses import dataclass
from datetime import time
from zoneinfo import ZoneInfo

from points.kernel.ensure import ensure

REFUSE, FLAG = "refuse", "flag"
SHANGHAI = ZoneInfo("Asia/Shanghai")
OVER = (REFUSE, FLAG)
"""What becomes of whatever is beyond a quota: it is refused, or the second reviewer is told."""


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit a day.

    Attributes:
        most: What may be done; the next is one too many.
        over: ``refuse`` or ``flag``. Nothing is ever cut down to fit.
    """

    most: int
    over: str = REFUSE

    def __post_init__(self) -> None:
        ensure(self.most > 0, "a quota leaves something to do")
        ensure(self.over in OVER, "a quota refuses or flags")


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyPolicy:
    """The limits of one installation; the defaults are those of the shipped file.

    Attributes:
        zone: Where a day begins.
        proposal_points_max: The most that one proposal may grant.
        proposal_days: For how long a proposal can be decided.
        reviewer_points: What a reviewer may approve a day, in points at their most.
        reviewer_claims: How many claims a reviewer may approve a day.
        reviewer_backfills: How many of them may be backfills.
        filer_backfills: How many backfills a person of staff may file a day.
        sheet_rows: How many rows of one activity type and day a sheet may hold.
        opens_at: When office hours begin.
        closes_at: When they end.
    """

    zone: ZoneInfo = SHANGHAI
    proposal_points_max: int = 500
    proposal_days: int = 7
    reviewer_points: int = 20_000
    reviewer_claims: int = 500
    reviewer_backfills: int = 200
    filer_backfills: Quota = Quota(300, FLAG)
    sheet_rows: Quota = Quota(300, FLAG)
    opens_at: time = time(7, 30)
    closes_at: time = time(19)
