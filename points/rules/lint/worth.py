"""The least and the most that a rule may give: for one activity, and to one member in a window."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from points.rules.lint import ranges
from points.rules.lint.draft import Draft, Site
from points.rules.lint.possible import Known
from points.rules.lint.ranges import INFINITY, ZERO, Numbers, exactly
from points.rules.model import Cap, Rule, Table
from points.rules.windows import nests
from points.rules.yaml_positions import Scalar

WALLET = "wallet"
_WITHIN = {
    ("day", "week"): 7, ("day", "month"): 31, ("day", "quarter"): 92, ("day", "year"): 366,
    ("week", "month"): 6, ("week", "quarter"): 15, ("week", "year"): 54,
    ("month", "quarter"): 3, ("month", "year"): 12, ("quarter", "year"): 4,
}  # fmt: skip
"""How many windows of one kind touch one of another, at the most."""
_HOURS = {"day": 25, "week": 169, "month": 745, "quarter": 2_209, "year": 8_785}
"""How long a window is at the most, in a zone that changes its clocks."""


def raw(site: Site, known: Known) -> dict[str, Numbers]:
    """Return what a rule's expression or table may come to, per measure."""
    table = site.rule.table
    if table is not None:
        found = _of_table(site, table, known)
        return dict.fromkeys(site.rule.measures, found)
    return {
        measure: site.reasoning.numbers(compiled.tree, known)
        for measure, compiled in site.rule.points.items()
    }


def _of_table(site: Site, table: Table, known: Known) -> Numbers:
    rows = list(fitting(site, table, known))
    if table.hit == "sum":
        most = sum((max(worth.high, ZERO) for worth in rows), ZERO)
        least = sum((min(worth.low, ZERO) for worth in rows), ZERO)
        return Numbers(low=least, high=most)
    found = rows[0] if rows else exactly(ZERO)
    for worth in rows[1:]:
        found = ranges.join(found, worth)
    return found


def fitting(site: Site, table: Table, known: Known) -> Iterator[Numbers]:
    """Yield what each row that can fit is worth."""
    for row in table.rows:
        after: Known | None = known
        for condition in row.when:
            after = None if after is None else site.reasoning.assume(condition.tree, after)
        if after is not None:
            yield site.reasoning.numbers(row.points.tree, after)


def worth(draft: Draft, site: Site) -> dict[str, Numbers]:
    """Return what a rule may be worth for one activity, per measure, before group and caps."""
    known = draft.knowns[site.rule.id]
    if known is None:
        return dict.fromkeys(site.rule.measures, exactly(ZERO))
    factor = _factor(draft, site.rule)
    return {
        measure: _rounded(site.rule, ranges.calculated("*", found, factor))
        for measure, found in raw(site, known).items()
    }


def _factor(draft: Draft, rule: Rule) -> Numbers:
    times = [multiplier.times for multiplier in rule.multipliers]
    low = high = Decimal(1)
    stacking = draft.at("stacking")
    if isinstance(stacking, Scalar) and stacking.text == "multiply":
        for each in times:
            low, high = low * min(each, Decimal(1)), high * max(each, Decimal(1))
    return Numbers(low=min([low, *times]), high=max([high, *times]))


def _rounded(rule: Rule, found: Numbers) -> Numbers:
    step = Decimal(rule.rounding.step)
    low, high = found.low / step, found.high / step
    down = ranges.rounded("floor", Numbers(low=low, high=high))
    up = ranges.rounded("ceil", Numbers(low=low, high=high))
    top = down.high if rule.rounding.mode == "down" else up.high
    bottom = up.low if rule.rounding.mode == "up" else down.low
    return Numbers(low=max(bottom * step, ZERO), high=max(top * step, ZERO), whole=True)


@dataclass(frozen=True, slots=True)
class Window:
    """A kind of window, of so many calendar years."""

    kind: str
    years: int = 1


def touching(inner: Window, outer: Window) -> Decimal:
    """Return how many inner windows one outer window touches, at the most."""
    if outer.kind == "activity" or inner == outer or _reaches(inner, outer):
        return Decimal(1)
    if outer.kind == "lifetime" or inner.kind == "activity":
        return INFINITY
    if inner.kind == outer.kind == "year":
        even = outer.years % inner.years == 0
        return Decimal(outer.years // inner.years + (0 if even else 2))
    if inner.kind == "year":
        return Decimal(2)
    known = _WITHIN.get((inner.kind, outer.kind))
    # A week is no part of a calendar: one may lie in two months, and a month touches six.
    return INFINITY if known is None else Decimal(known * outer.years)


def _reaches(inner: Window, outer: Window) -> bool:
    """Return whether a window of the first kind always has the whole of the second in it."""
    return nests(outer.kind, outer.years, inner.kind, inner.years)


def binding(rule: Rule, unit: str, without: Cap | None = None) -> Iterator[Cap]:
    """Yield the caps of a rule that bound what one member gets, whatever is written in a field."""
    for cap in rule.caps:
        if cap is not without and cap.unit == unit and cap.per is None and cap.scope == "member":
            yield cap


def times(rule: Rule, window: Window, without: Cap | None = None) -> Decimal:
    """Return how often a rule may give something to one member in a window, at the most."""
    if window.kind == "activity":
        return Decimal(1)
    most = INFINITY
    for cap in binding(rule, "times", without):
        most = min(most, touching(Window(cap.window, cap.years), window) * cap.maximum)
    if rule.cooldown is not None and window.kind in _HOURS:
        length = timedelta(hours=_HOURS[window.kind] * window.years)
        most = min(most, Decimal(length // rule.cooldown + 1))
    return most


def points(rule: Rule, each: Numbers, window: Window, without: Cap | None = None) -> Decimal:
    """Return how many points of a measure a rule may give one member in a window, at the most."""
    often = times(rule, window, without)
    most = ZERO if each.high == 0 else often * each.high
    for cap in binding(rule, "points", without):
        most = min(most, touching(Window(cap.window, cap.years), window) * cap.maximum)
    return most
