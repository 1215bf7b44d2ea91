"""Reads the parts of a profile: facts, columns, checks, yields."""

import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import get_args

from points.flows.import_.cells.text import folded
from points.flows.import_.model import Kind
from points.flows.import_.profiles import checks
from points.flows.import_.profiles.columns import TEXT_LENGTH_MAX, TYPES, Column
from points.flows.import_.profiles.expressions import Compiler, read_pattern
from points.flows.import_.profiles.model import Fact, Yield
from points.kernel.findings import Severity
from points.rules.reading import Reader
from points.rules.yaml_positions import Node, Scalar

FACT_KEYS = ("title", "in", "pattern", "choices", "type", "required")
COLUMN_KEYS = (
    "header", "type", "required", "values", "units", "min", "max", "max_length", "unit", "year",
    "on",
)  # fmt: skip
YIELD_KEYS = (
    "member", "outlet", "activity", "suffix", "when", "occurred_at", "ended_at", "received_at",
    "exclusive", "fields",
)  # fmt: skip
UNIT_MINUTES = {"h": Decimal(60), "min": Decimal(1)}


def read_facts(reader: Reader, node: Node | None) -> tuple[Fact, ...]:
    """Return what the title rows say."""
    return tuple(_fact(reader, name, body) for name, body in reader.entries(node))


def _fact(reader: Reader, name: Scalar, node: Node) -> Fact:
    entries = reader.fields(node, FACT_KEYS, ("title",))
    if ("pattern" in entries) == ("choices" in entries):
        reader.error(
            "file.bad_value", name, "应写 pattern 或 choices 之一", "either pattern or choices"
        )
    pattern = read_pattern(reader, entries["pattern"]) if "pattern" in entries else None
    required = reader.boolean(entries.get("required"))
    return Fact(
        name=name.text,
        title=reader.title(entries.get("title"), name.text),
        where=reader.choice(entries.get("in"), ("title", "sheet", "file")) or "title",
        pattern=pattern,
        choices=_choices(reader, entries.get("choices")),
        type=reader.choice(entries.get("type"), ("text", "integer", "date")) or "text",
        required=required is not False,
    )


def _choices(reader: Reader, node: Node | None) -> Mapping[str, re.Pattern[str]]:
    return {value.text: read_pattern(reader, body) for value, body in reader.entries(node)}


def read_columns(reader: Reader, node: Node | None, facts: Collection[str]) -> tuple[Column, ...]:
    """Return the columns; a name that a fact bears already is a finding."""
    columns = []
    for name, body in reader.entries(node):
        if name.text in facts:
            reader.error("file.bad_value", name, "与标题信息重名", "a fact has this name already")
        columns.append(_column(reader, name.text, body, facts))
    return tuple(columns)


def _column(reader: Reader, name: str, node: Node, facts: Collection[str]) -> Column:
    entries = reader.fields(node, COLUMN_KEYS, ("header", "type"))
    kind = reader.choice(entries.get("type"), TYPES) or "text"
    if kind == "enum" and "values" not in entries:
        reader.error("file.missing_key", node, "enum 须写 values", "an enum needs values")
    longest = reader.integer(entries.get("max_length"), at_least=1, at_most=TEXT_LENGTH_MAX)
    unit = reader.choice(entries.get("unit"), UNIT_MINUTES)
    return Column(
        name=name,
        headers=_one_or_more(reader, entries.get("header")),
        type=kind,
        required=bool(reader.boolean(entries.get("required"))),
        words=_words(reader, entries.get("values")),
        units=tuple(reader.texts(entries.get("units"))),
        least=reader.number(entries.get("min")),
        most=reader.number(entries.get("max")),
        longest=longest or 100,
        bare_minutes=UNIT_MINUTES[unit or "h"],
        year=reader.choice(entries.get("year"), facts),
        on=reader.choice(entries.get("on"), facts),
    )


def _words(reader: Reader, node: Node | None) -> Mapping[str, str]:
    words: dict[str, str] = {}
    for value, body in reader.entries(node):
        for spelling in _one_or_more(reader, body):
            word = "".join(folded(spelling).lower().split())
            if words.setdefault(word, value.text) != value.text:
                reader.error(
                    "profile.ambiguous_value",
                    body,
                    "同一写法对应两个值",
                    "one spelling, two values",
                )
    return words


def _one_or_more(reader: Reader, node: Node | None) -> tuple[str, ...]:
    if isinstance(node, Scalar):
        text = reader.text(node)
        return (text,) if text else ()
    return tuple(reader.texts(node))


def read_checks(
    reader: Reader, node: Node | None, compiler: Compiler, titles: Mapping[str, str]
) -> tuple[checks.Check, ...]:
    """Return the rules between columns; ``titles`` says what people call each column."""
    kinds = _Checks(reader, compiler, titles)
    found = []
    for item in reader.items(node):
        for key, body in reader.entries(item):
            build = kinds.build.get(reader.choice(key, kinds.build) or "")
            if build:
                found.append(build(body))
    return tuple(found)


class _Checks:
    """Builds each kind of check from its node."""

    def __init__(self, reader: Reader, compiler: Compiler, titles: Mapping[str, str]) -> None:
        self._reader, self._compiler, self._titles = reader, compiler, titles
        self.build: Mapping[str, Callable[[Node], checks.Check]] = {
            "order": self._order,
            "lasts_at_most": self._lasts_at_most,
            "agrees": self._agrees,
            "not_after": self._not_after,
            "needs": self._needs,
        }

    def _fields(self, node: Node, *names: str, others: tuple[str, ...] = ()) -> dict[str, Node]:
        return self._reader.fields(node, (*names, *others), names)

    def _name(self, node: Node | None) -> str:
        return self._compiler.name(node)

    def _order(self, node: Node) -> checks.Check:
        entries = self._fields(node, "start", "end")
        return checks.order(self._name(entries.get("start")), self._name(entries.get("end")))

    def _lasts_at_most(self, node: Node) -> checks.Check:
        entries = self._fields(node, "start", "end", "hours")
        hours = self._reader.number(entries.get("hours")) or Decimal(24)
        start, end = self._name(entries.get("start")), self._name(entries.get("end"))
        return checks.lasts_at_most(start, end, hours)

    def _agrees(self, node: Node) -> checks.Check:
        entries = self._fields(node, "duration", "start", "end", "tolerance_minutes")
        minutes = self._reader.number(entries.get("tolerance_minutes")) or Decimal(0)
        return checks.agrees(
            self._name(entries.get("duration")),
            self._name(entries.get("start")),
            self._name(entries.get("end")),
            minutes,
        )

    def _not_after(self, node: Node) -> checks.Check:
        entries = self._fields(node, "value", "limit", others=("title", "severity"))
        limit = self._name(entries.get("limit"))
        title = self._reader.text(entries.get("title")) or self._titles.get(limit, limit)
        severity = self._reader.choice(entries.get("severity"), [s.value for s in Severity])
        return checks.not_after(
            self._name(entries.get("value")), limit, title, Severity(severity or "error")
        )

    def _needs(self, node: Node) -> checks.Check:
        entries = self._fields(node, "value", "when")
        return checks.needs(
            self._name(entries.get("value")), self._compiler.compile(entries.get("when"))
        )


def read_yields(reader: Reader, node: Node | None, compiler: Compiler) -> tuple[Yield, ...]:
    """Return what a row gives."""
    items = reader.items(node)
    found = tuple(_yield(reader, item, compiler) for item in items)
    if len({one.suffix for one in found}) < len(found) and node is not None:
        reader.error(
            "profile.suffix", node, "多条产出须各有不同的 suffix", "several yields need suffixes"
        )
    return found


def _yield(reader: Reader, node: Node, compiler: Compiler) -> Yield:
    entries = reader.fields(node, YIELD_KEYS, ("fields",))
    kinds = [kind for kind in get_args(Kind) if kind in entries]
    if len(kinds) != 1:
        reader.error(
            "file.bad_value", node, "应写 member、outlet、activity 之一", "exactly one kind"
        )
    kind: Kind = kinds[0] if kinds else "activity"
    if kind == "activity" and "occurred_at" not in entries:
        reader.error("file.missing_key", node, "缺少“occurred_at”", "'occurred_at' is missing")
    optional = {key: compiler.compile(body) for key, body in entries.items() if key in _MOMENTS}
    return Yield(
        kind=kind,
        type=(reader.text(entries.get("activity")) or "") if kind == "activity" else kind,
        suffix=reader.text(entries["suffix"]) if "suffix" in entries else None,
        when=optional.get("when"),
        occurred_at=optional.get("occurred_at"),
        ended_at=optional.get("ended_at"),
        received_at=optional.get("received_at"),
        exclusive=bool(reader.boolean(entries.get("exclusive"))),
        fields={
            name.text: compiler.compile(body)
            for name, body in reader.entries(entries.get("fields"))
        },
    )


_MOMENTS = ("when", "occurred_at", "ended_at", "received_at")
