"""What kind of day something happened on, by an association's working calendar."""

from datetime import datetime

from points.activities.calendar import WorkingCalendar
from points.flows.context import Context
from points.rules import ActivityType


def kind_of_day(kind: ActivityType, at: datetime, known: Context, calendar: WorkingCalendar) -> str:
    """Return ``workday``, ``weekend`` or ``holiday`` of the local day of an activity.

    The zone is that of its first programme that has rules; associations have one.
    """
    zones = [r.zone for r in known.rules.rulesets if r.programme in kind.programmes]
    return calendar.kind(at.astimezone(zones[0] if zones else known.duties.zone).date())
