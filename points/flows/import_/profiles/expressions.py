"""The few things that a profile may say about what a row yields.

A bare word names a column or a title fact. Everything else is a mapping with one key, the operator.
This is no programming language: it selects, it compares with a constant, it measures a duration.
"""

import re
from collections.abc import Callable, Collection
from datetime import date, datetime, time
from decimal import ROUND_DOWN, Decimal
from zoneinfo import ZoneInfo

from points.flows.import_.profiles.columns import Values
from points.rules.reading import Reader
from points.rules.texts import did_you_mean
from points.rules.yaml_positions import Node, Scalar

Expression = Callable[[Values], object]

NOON = time(12)
"""When a day without a time is taken to have been: the same day in any neighbouring zone."""
HOUR_SECONDS = 3600
HOURS_STEP = Decimal("0.0001")


class Compiler:
    """Turns a profile's YAML nodes into functions over a row's values."""

    def __init__(self, reader: Reader, names: Collection[str], zone: ZoneInfo) -> None:
        """Compile against the names of a profile's columns and facts; mistakes go to the reader."""
        self._reader, self._names, self._zone = reader, names, zone
        self._operators: dict[str, Callable[[Node], Expression]] = {
            "constant": self._constant,
            "present": self._present,
            "is": self._is,
            "matches": self._matches,
            "any": lambda node: self._each(node, any),
            "all": lambda node: self._each(node, all),
            "not": self._not,
            "first": self._first,
            "hours_between": self._hours_between,
            "day_of": self._day_of,
            "noon_of": self._noon_of,
            "ticked": self._ticked,
            "template": self._template,
        }

    def compile(self, node: Node | None) -> Expression:
        """Return the function that a node describes."""
        if node is None or isinstance(node, Scalar):
            return self.value(self.name(node))
        entries = self._reader.entries(node)
        if len(entries) != 1:
            self._reader.error(
                "profile.expression", node, "此处应只有一个操作", "expected exactly one operator"
            )
            return _nothing
        key, argument = entries[0]
        operator = self._reader.choice(key, self._operators)
        return self._operators[operator](argument) if operator in self._operators else _nothing

    def name(self, node: Node | None) -> str:
        """Return the name of a column or fact that exists."""
        name = self._reader.text(node) or ""
        if node is not None and name and name not in self._names:
            hint = did_you_mean(name, self._names)
            self._reader.error(
                "profile.unknown_name",
                node,
                f"没有名为“{name}”的列或标题信息{hint.zh}",
                f"no column or fact is called '{name}'{hint.en}",
            )
        return name

    def value(self, name: str) -> Expression:
        """Return the function that looks a name up."""
        return lambda values: values.get(name)

    def _names_of(self, node: Node, count: int | None = None) -> list[str]:
        items = self._reader.items(node)
        if count is not None and len(items) != count:
            self._reader.error("profile.expression", node, f"应有 {count} 项", f"{count} items")
            return [""] * count
        return [self.name(item) for item in items]

    def _constant(self, node: Node) -> Expression:
        scalar = self._reader.scalar(node)
        constant = scalar.value if scalar else None
        return lambda _values: constant

    def _present(self, node: Node) -> Expression:
        names = self._names_of(node)
        return lambda values: all(values.get(name) is not None for name in names)

    def _is(self, node: Node) -> Expression:
        items = self._reader.items(node)
        if len(items) < 2:  # noqa: PLR2004 - a name and at least one value
            self._reader.error("profile.expression", node, "应为 [列, 值…]", "[column, value…]")
            return _nothing
        name = self.name(items[0])
        allowed = {scalar.value for item in items[1:] if (scalar := self._reader.scalar(item))}
        return lambda values: values.get(name) in allowed

    def _matches(self, node: Node) -> Expression:
        items = self._reader.items(node)
        if len(items) != 2:  # noqa: PLR2004 - a name and a pattern
            self._reader.error("profile.expression", node, "应为 [列, 正则]", "[column, pattern]")
            return _nothing
        name, pattern = self.name(items[0]), read_pattern(self._reader, items[1])
        return lambda values: bool(pattern.search(str(values.get(name) or "")))

    def _each(self, node: Node, decide: Callable[[Collection[bool]], bool]) -> Expression:
        parts = [self.compile(item) for item in self._reader.items(node)]
        return lambda values: decide([bool(part(values)) for part in parts])

    def _not(self, node: Node) -> Expression:
        part = self.compile(node)
        return lambda values: not part(values)

    def _first(self, node: Node) -> Expression:
        parts = [self.compile(item) for item in self._reader.items(node)]
        return lambda values: next(
            (found for part in parts if (found := part(values)) is not None), None
        )

    def _hours_between(self, node: Node) -> Expression:
        start, end = self._names_of(node, 2)
        return lambda values: hours_between(values.get(start), values.get(end))

    def _day_of(self, node: Node) -> Expression:
        part = self.compile(node)

        def day_of(values: Values) -> object:
            moment = part(values)
            return moment.date() if isinstance(moment, datetime) else moment

        return day_of

    def _noon_of(self, node: Node) -> Expression:
        part, zone = self.compile(node), self._zone

        def noon_of(values: Values) -> object:
            found = part(values)
            return datetime.combine(found, NOON, zone) if isinstance(found, date) else None

        return noon_of

    def _ticked(self, node: Node) -> Expression:
        boxes = [(value.text, self.name(name)) for value, name in self._reader.entries(node)]
        return lambda values: tuple(word for word, name in boxes if values.get(name) is True)

    def _template(self, node: Node) -> Expression:
        template = self._reader.text(node) or ""
        for name in re.findall(r"\{([^}]*)\}", template):
            self._known(node, name)

        def fill(values: Values) -> str:
            return re.sub(r"\{([^}]*)\}", lambda match: str(values.get(match[1])), template)

        return fill

    def _known(self, node: Node, name: str) -> None:
        if name not in self._names:
            self._reader.error(
                "profile.unknown_name", node, f"没有“{name}”", f"nothing is called '{name}'"
            )


def hours_between(start: object, end: object) -> Decimal | None:
    """Return the hours from start to end, to four places, rounded down; or nothing."""
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return None
    seconds = Decimal(round((end - start).total_seconds()))
    return (seconds / HOUR_SECONDS).quantize(HOURS_STEP, ROUND_DOWN).normalize() + 0


def read_pattern(reader: Reader, node: Node | None) -> re.Pattern[str]:
    """Return a regular expression; a broken one is a finding and matches nothing."""
    source = reader.text(node) or r"(?!)"
    try:
        return re.compile(source)
    except re.error as error:
        if node is not None:
            reader.error("profile.pattern", node, "正则表达式有误", f"bad pattern: {error.msg}")
        return re.compile(r"(?!)")


def _nothing(_values: Values) -> None:
    """Stand in for an expression that could not be read; its profile is never used."""
