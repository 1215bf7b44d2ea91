"""Rules between the columns of one row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from points.flows.import_.profiles.columns import Values
from points.flows.import_.profiles.expressions import Expression
from points.kernel.findings import Severity

HOUR_SECONDS = 3600
MINUTE_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A check that a row fails.

    Attributes:
        code: A code of ``codes.CODES``.
        column: The profile's name of the column to blame.
        severity: An error refuses the row.
        known: What fills the text.
    """

    code: str
    column: str
    severity: Severity = Severity.ERROR
    known: Mapping[str, object] = field(default_factory=dict)


Check = Callable[[Values], Problem | None]


def order(start: str, end: str) -> Check:
    """Refuse a row that ends no later than it starts."""

    def check(values: Values) -> Problem | None:
        lasted = _seconds(values, start, end)
        if lasted is None or lasted > 0:
            return None
        return Problem(code="sheet.ends_before_start", column=end)

    return check


def lasts_at_most(start: str, end: str, hours: Decimal) -> Check:
    """Refuse a row that lasts longer than anyone works."""

    def check(values: Values) -> Problem | None:
        lasted = _seconds(values, start, end)
        if lasted is None or lasted <= hours * HOUR_SECONDS:
            return None
        return Problem(code="sheet.too_long", column=end, known={"hours": hours})

    return check


def agrees(duration: str, start: str, end: str, minutes: Decimal) -> Check:
    """Refuse a written duration that is not what lies between start and end."""

    def check(values: Values) -> Problem | None:
        lasted, written = _seconds(values, start, end), values.get(duration)
        if lasted is None or lasted <= 0 or not isinstance(written, Decimal):
            return None
        if abs(lasted - written * MINUTE_SECONDS) <= minutes * MINUTE_SECONDS:
            return None
        return Problem(code="sheet.duration_differs", column=duration, known={"minutes": minutes})

    return check


def not_after(value: str, limit: str, title: str, severity: Severity) -> Check:
    """Refuse, or point at, a day or instant that lies after another."""

    def check(values: Values) -> Problem | None:
        if not _later(values.get(value), values.get(limit)):
            return None
        return Problem(
            code="sheet.later_than", column=value, severity=severity, known={"limit": title}
        )

    return check


def needs(value: str, when: Expression) -> Check:
    """Refuse a blank where another column makes it required."""

    def check(values: Values) -> Problem | None:
        if values.get(value) is not None or not when(values):
            return None
        return Problem(code="sheet.missing", column=value)

    return check


def _seconds(values: Values, start: str, end: str) -> Decimal | None:
    one, other = values.get(start), values.get(end)
    if not isinstance(one, datetime) or not isinstance(other, datetime):
        return None
    return Decimal(str((other - one).total_seconds()))


def _later(one: object, other: object) -> bool:
    if not isinstance(one, date) or not isinstance(other, date):
        return False
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one > other
    return _day(one) > _day(other)


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
