"""Reads typed values out of a positioned YAML tree and writes down everything that is amiss."""

import re
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from functools import cache
from zoneinfo import available_timezones

from points.kernel.findings import Finding, Severity
from points.rules.durations import Duration, parse_duration
from points.rules.texts import NO_HINT, WORDS_MAX, Title, did_you_mean, short
from points.rules.yaml_positions import (
    FINDINGS_MAX,
    Mapping,
    Node,
    Place,
    Scalar,
    Sequence,
    place_of,
)

TEXT_MAX = 2_000
YEARS = range(1900, 2200)
"""Beyond these a calendar's arithmetic overflows, and nothing that is kept here happens."""
NUMBER = re.compile(r"[-+]?[0-9]{1,30}(?:\.[0-9]{1,30})?")
"""A number as people write it: no exponent can make it longer than it looks."""
MISREAD = ("yaml.tag", "yaml.anchor", "yaml.merge_key", "yaml.key")

HINTED_MAX = 50
"""Findings up to which the nearest word is looked for: a file with more was meant otherwise."""


@cache
def known_zones() -> frozenset[str]:
    """Return the names of time zones; Python looks through every file of theirs to find them."""
    return frozenset(available_timezones())


class Reader:
    """Turns nodes into values; each mistake becomes a finding, and the value ``None``."""

    def __init__(self, file: str) -> None:
        """Read one file, whose name stands in the findings."""
        self.file = file
        self.findings: list[Finding] = []
        self._seen: set[Finding] = set()

    @property
    def failed(self) -> bool:
        """Return whether an error, not only warnings, was found."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def full(self) -> bool:
        """Return whether there are so many findings that more would help nobody."""
        return len(self.findings) > FINDINGS_MAX

    def error(self, code: str, node: Node, zh: str, en: str, *, fix: str | None = None) -> None:
        """Record an error at a node."""
        self.at(code, place_of(node), zh, en, fix=fix)

    def warn(self, code: str, node: Node, zh: str, en: str) -> None:
        """Record a warning at a node."""
        self.at(code, place_of(node), zh, en, severity=Severity.WARNING)

    def at(
        self,
        code: str,
        place: Place,
        zh: str,
        en: str,
        *,
        severity: Severity = Severity.ERROR,
        fix: str | None = None,
    ) -> None:
        """Record a finding at a place, once."""
        finding = Finding(
            code=code,
            zh=zh,
            en=en,
            file=self.file,
            line=place.line,
            column=place.column,
            end_line=place.end_line,
            end_column=place.end_column,
            severity=severity,
            fix=fix,
        )
        if not self.full and finding not in self._seen and not self._misread(place):
            self._seen.add(finding)
            self.findings.append(finding)

    def _misread(self, place: Place) -> bool:
        """Return whether YAML took what stands there for something else, which was said."""
        spot = (place.line, place.column)
        return any(
            each.code in MISREAD and (each.line, each.column) == spot for each in self.findings
        )

    def fields(
        self, node: Node | None, allowed: Collection[str], required: Collection[str] = ()
    ) -> dict[str, Node]:
        """Return a mapping's values by key; unknown and missing keys are findings."""
        entries = self.mapping(node)
        if entries is None or node is None:
            return {}
        for key in entries.keys:
            if key not in allowed and not self.full:
                few = len(self.findings) < HINTED_MAX
                hint, name = did_you_mean(key, allowed) if few else NO_HINT, short(key)
                zh, en = f"不认识的键“{name}”{hint.zh}", f"unknown key '{name}'{hint.en}"
                fix = hint.nearest if hint.nearest not in entries.keys else None
                self.error("file.unknown_key", entries.keys[key], zh, en, fix=fix)
        for key in required:
            if key not in entries.keys:
                self.error("file.missing_key", node, f"缺少“{key}”", f"'{key}' is missing")
        return {key: value for key, value in entries.values.items() if key in allowed}

    def mapping(self, node: Node | None) -> Mapping | None:
        """Return a node as a mapping."""
        if node is None or isinstance(node, Mapping):
            return node
        self._expected(node, "键值对", "a mapping")
        return None

    def entries(self, node: Node | None) -> list[tuple[Scalar, Node]]:
        """Return a mapping's keys and values, in order."""
        entries = self.mapping(node)
        if entries is None:
            return []
        return [(entries.keys[key], value) for key, value in entries.values.items()]

    def items(self, node: Node | None) -> list[Node]:
        """Return a list's items."""
        if node is None:
            return []
        if isinstance(node, Sequence):
            return node.items
        self._expected(node, "列表", "a list")
        return []

    def scalar(self, node: Node | None) -> Scalar | None:
        """Return a node as one value."""
        if node is None or isinstance(node, Scalar):
            return node
        self._expected(node, "单个值", "one value")
        return None

    def text(self, node: Node | None) -> str | None:
        """Return a node's text; numbers and words that look like something else count as text."""
        scalar = self.scalar(node)
        if scalar is None:
            return None
        if not scalar.text.strip() or len(scalar.text) > TEXT_MAX:
            self._expected(scalar, f"1～{TEXT_MAX} 个字的文字", "some text")
            return None
        return scalar.text

    def texts(self, node: Node | None) -> list[str]:
        """Return a list of texts."""
        read = [self.text(item) for item in self.items(node)]
        return [text for text in read if text is not None]

    def integer(self, node: Node | None, *, at_least: int = 0, at_most: int = 10**9) -> int | None:
        """Return a whole number within bounds."""
        scalar = self.scalar(node)
        if scalar is None:
            return None
        value = scalar.value
        if isinstance(value, int) and not isinstance(value, bool) and at_least <= value <= at_most:
            return value
        span_zh, span_en = f"{at_least}～{at_most} 的整数", f"a whole number {at_least}..{at_most}"
        self._expected(scalar, span_zh, span_en)
        return None

    def number(self, node: Node | None) -> Decimal | None:
        """Return a number, which may stand in quotes."""
        scalar = self.scalar(node)
        if scalar is None:
            return None
        if NUMBER.fullmatch(scalar.text):
            return Decimal(scalar.text)
        self._expected(scalar, "数字", "a number")
        return None

    def boolean(self, node: Node | None) -> bool | None:
        """Return true or false."""
        scalar = self.scalar(node)
        if scalar is None:
            return None
        if isinstance(scalar.value, bool):
            return scalar.value
        self._expected(scalar, "true 或 false", "true or false")
        return None

    def choice(self, node: Node | None, known: Collection[str]) -> str | None:
        """Return one of several words."""
        text = self.text(node)
        if text is None or node is None or text in known:
            return text
        hint, name = did_you_mean(text, known, most=WORDS_MAX), short(text)
        zh, en = f"不能是“{name}”{hint.zh}", f"not '{name}'{hint.en}"
        self.error("file.bad_value", node, zh, en, fix=hint.nearest)
        return None

    def day(self, node: Node | None) -> date | None:
        """Return a calendar day written as YYYY-MM-DD."""
        scalar = self.scalar(node)
        if scalar is None:
            return None
        try:
            day = date.fromisoformat(scalar.text)
        except ValueError:
            self._expected(scalar, "YYYY-MM-DD 格式的日期", "a date as YYYY-MM-DD")
            return None
        if day.year in YEARS:
            return day
        first, last = YEARS[0], YEARS[-1]
        self._expected(scalar, f"{first}～{last} 年的日期", f"a date from {first} to {last}")
        return None

    def duration(self, node: Node | None) -> Duration | None:
        """Return an ISO 8601 duration."""
        scalar = self.scalar(node)
        if scalar is None:
            return None
        if duration := parse_duration(scalar.text):
            return duration
        self._expected(
            scalar,
            "P5D（5 天）、PT12H（12 小时）之类的时长",
            "a duration such as P5D (5 days) or PT12H (12 hours)",
        )
        return None

    def title(self, node: Node | None, fallback: str) -> Title:
        """Return a title; a language that is missing is a warning."""
        if node is None:
            return Title(fallback, fallback)
        if isinstance(node, Scalar):
            text = self.text(node) or fallback
            self.warn("title.translation", node, "缺少英文标题", "the English title is missing")
            return Title(text, text)
        fields = self.fields(node, ("zh", "en"))
        zh, en = self.text(fields.get("zh")), self.text(fields.get("en"))
        if zh is None or en is None:
            self.warn("title.translation", node, "标题缺少中文或英文", "a title needs zh and en")
        return Title(zh or en or fallback, en or zh or fallback)

    def _expected(self, node: Node, zh: str, en: str) -> None:
        self.error("file.bad_value", node, f"此处应为{zh}", f"expected {en}")
