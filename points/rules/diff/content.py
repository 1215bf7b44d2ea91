"""What of a model counts: its content without what is derived from it or only names others."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from points.kernel.canonical import decimal_text
from points.rules.activity_types import ActivityType
from points.rules.compile import Compiled
from points.rules.durations import Duration
from points.rules.model import Bands, Cap, Group, Multiplier, Row, Rule, RuleSet
from points.rules.normal import spelled, whole

DERIVED: Mapping[type, frozenset[str]] = {
    RuleSet: frozenset(
        {"sha256", "starts_at", "ends_at", "types", "by_type", "multipliers", "lets"}
    ),
    Rule: frozenset(
        {
            *("conditions", "reads", "histories", "streaks", "references", "formulas"),
            "conditions_said",
        }
    ),
    Bands: frozenset({"said"}),
    Row: frozenset({"number"}),
}
"""Fields that follow from others. A multiplier counts where a rule uses it."""


def counted(kind: type) -> tuple[str, ...]:
    """Return the fields of a model that say something of their own."""
    left_out = DERIVED.get(kind, frozenset())
    return tuple(field.name for field in fields(kind) if field.name not in left_out)


def content(value: object) -> Any:  # noqa: ANN401 - plain values of any shape
    """Return a value as plain values that are equal where it means the same."""
    for kinds, spell in _SPELLERS:
        if isinstance(value, kinds):
            return spell(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {name: content(getattr(value, name)) for name in counted(type(value))}
    return value


_SPELLERS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (Compiled, lambda value: spelled(whole(value))),
    (ActivityType, lambda value: value.name),
    ((Cap, Group, Multiplier), lambda value: value.id),  # compared where they are defined
    (Duration, lambda value: [value.months, value.elapsed.total_seconds()]),
    (ZoneInfo, str),
    (Decimal, decimal_text),
    ((date, time, timedelta), str),
    (Mapping, lambda value: {str(key): content(item) for key, item in value.items()}),
    (frozenset, lambda value: sorted((content(item) for item in value), key=str)),
    (tuple, lambda value: [content(item) for item in value]),
)
