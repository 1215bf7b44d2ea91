"""A back-test as pages show it: rows with bars, made from its plain form alone."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from points.rules.impact.partial import STEPS
from points.rules.impact.words import headlines, named
from points.rules.rule_sentence import name_of
from points.rules.texts import Title

ROWS_MAX = 12
"""Rows of a chart; the whole table stands below it."""
FULL, HALF = 100.0, 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A row of two bars, before above after; widths are of a hundred."""

    label: str
    before: int
    after: int
    before_width: float
    after_width: float

    @property
    def delta(self) -> int:
        """Return the change."""
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Swing:
    """A row with a bar to the left or to the right of the middle; places are of a hundred."""

    label: str
    code: str
    value: int
    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One measure's rows."""

    measure: str
    rows: list[Any]
    table: list[Mapping[str, Any]]


def shown(found: Mapping[str, Any], sha256: str, language: str) -> dict[str, Any]:
    """Return what the template needs.

    Args:
        found: What ``Impact.as_json`` returns, or what was kept of it.
        sha256: Its hash.
        language: ``zh`` or ``en``.
    """
    return {
        "found": found,
        "sha256": sha256,
        "headlines": [each.of(language) for each in headlines(found)],
        "totals": _bars(found["measures"], lambda row: name_of(row["measure"]).of(language)),
        "members": [
            Chart(measure=name_of(measure).of(language), rows=_bands(people, language), table=[])
            for measure, people in found["members"]["measures"].items()
        ],
        "by": {name: _charts(found, name, language) for name in found["by"]},
        "months": _months(found, language),
        "caps": [
            {
                **cap,
                "label": named(found, "cap", cap["cap"]).of(language),
                "measure": name_of(cap["measure"]).of(language),
            }
            for cap in found["caps"]
        ],
        "largest": {
            name: [_largest(found, row, language) for row in rows]
            for name, rows in found["largest"].items()
        },
    }


def _bars(rows: Iterable[Mapping[str, Any]], label: Any) -> list[Bar]:  # noqa: ANN401 - a function
    kept = list(rows)
    most = max((max(row["before"], row["after"]) for row in kept), default=0) or 1
    return [
        Bar(
            label=label(row),
            before=row["before"],
            after=row["after"],
            before_width=_share(row["before"], most, FULL),
            after_width=_share(row["after"], most, FULL),
        )
        for row in kept
    ]


def _months(found: Mapping[str, Any], language: str) -> list[Chart]:
    return [
        Chart(
            measure=name_of(measure).of(language),
            rows=_bars(rows, lambda row: str(row["month"])),
            table=[],
        )
        for measure, rows in _by_measure(found["by"]["month"]).items()
    ]


def _charts(found: Mapping[str, Any], dimension: str, language: str) -> list[Chart]:
    return [
        Chart(
            measure=name_of(measure).of(language),
            rows=_swings(found, dimension, rows, language),
            table=[{**row, "label": _label(found, dimension, row, language)} for row in rows],
        )
        for measure, rows in _by_measure(found["by"][dimension]).items()
    ]


def _by_measure(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["measure"], []).append(row)
    # What can be spent is asked about first.
    return dict(sorted(found.items(), reverse=True))


def _swings(
    found: Mapping[str, Any], dimension: str, rows: Iterable[Mapping[str, Any]], language: str
) -> list[Swing]:
    changed = sorted(
        (row for row in rows if row["delta"]), key=lambda row: (-abs(row["delta"]), row[dimension])
    )[:ROWS_MAX]
    most = max((abs(row["delta"]) for row in changed), default=1)
    return [
        _swing(_label(found, dimension, row, language), row[dimension], row["delta"], most)
        for row in changed
    ]


def _swing(label: str, code: str, value: int, most: int, *, size: int | None = None) -> Swing:
    width = _share(abs(value if size is None else size), most, HALF)
    x = HALF - width if value < 0 else HALF
    return Swing(label=label, code=code, value=value if size is None else size, x=x, width=width)


def _bands(people: Mapping[str, Any], language: str) -> list[Swing]:
    bands = [band for band in people["bands"] if band["band"]]
    most = max((band["members"] for band in bands), default=1)
    return [
        _swing(_band(band["band"]).of(language), "", band["band"], most, size=band["members"])
        for band in bands
    ]


def _band(start: int) -> Title:
    size = abs(start)
    zh, en = ("减少", "lost") if start < 0 else ("增加", "gained")
    following = STEPS[bisect_right(STEPS, size) :]
    if not following:
        return Title(f"{zh} {size} 分以上", f"{size} or more {en}")
    last = following[0] - 1
    return Title(f"{zh} {size}–{last} 分", f"{size}–{last} {en}")


def _label(found: Mapping[str, Any], dimension: str, row: Mapping[str, Any], language: str) -> str:
    return named(found, dimension, row[dimension]).of(language)


def _largest(found: Mapping[str, Any], row: Mapping[str, Any], language: str) -> dict[str, Any]:
    kind = row.get("type", "")
    return {
        **row,
        "kind": named(found, "type", kind).of(language) if kind else "",
        "day": row.get("at", "")[: len("2026-01-01")],
        "measure": name_of(row["measure"]).of(language),
        "said": [
            {
                "rule": each["rule"],
                "text": each["said"][language],
                "delta": each["after"] - each["before"],
                "activities": each.get("activities", 1),
            }
            for each in row["reasons"]
        ],
    }


def _share(number: int, most: int, of: float) -> float:
    return round(of * number / most, 2)
