"""Writes a rule as SQL up to its group and caps: gates, points, multipliers, the one rounding.

The relation that it reads has a row for each activity of one type, with the columns ``source``,
``proved``, ``enrolled`` (a list such as ``party.wallet``, or NULL for all), ``local`` (the local
moment), ``day``, ``day_kind``, and the structs ``event`` and ``member``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from points.rules import sql_numbers as numbers
from points.rules.activity_types import FieldSpec
from points.rules.evaluate import POINTS_MAX
from points.rules.model import VETO, Effect, Multiplier, Rounding, Rule, RuleSet, Schedule, Table
from points.rules.sql import Plain, condition, quantity, quoted
from points.rules.sql_numbers import NotInSql, Number, Quotient

MULTIPLIERS_MAX = 5
DIVISION, NEGATIVE, RANGE = "division_by_zero", "negative_points", "points_out_of_range"


@dataclass(frozen=True, slots=True, kw_only=True)
class Worths:
    """What a rule is worth, as SQL.

    Attributes:
        columns: SQL over the relation by column name; ``g`` says whether the rule speaks at all.
        failing: SQL over the columns, and the code of the failure that it tells; the first counts.
        points: SQL over the columns, per measure: whole points, zero where there are none.
    """

    columns: Mapping[str, str]
    failing: tuple[tuple[str, str], ...]
    points: Mapping[str, str]

    def select(self, relation: str, kept: Sequence[str]) -> str:
        """Return SQL with the kept columns, ``failed``, and the points of each measure."""
        names = ", ".join(kept)
        inner = ", ".join(f"{text} AS {name}" for name, text in self.columns.items())
        points = "".join(f", {text} AS p_{name}" for name, text in self.points.items())
        tests = " ".join(f"WHEN {test} THEN '{code}'" for test, code in self.failing)
        failed = f"CASE {tests} END" if tests else "CAST(NULL AS VARCHAR)"
        # Names come from the schema and literals are quoted, in ``sql``.
        return (
            f"SELECT {names}, {failed} AS failed{points} "  # noqa: S608
            f"FROM (SELECT {names}, enrolled, {inner} FROM {relation}) WHERE g IS NOT FALSE"
        )


def worths(rule: Rule, ruleset: RuleSet) -> Worths:
    """Return what a rule is worth, as SQL.

    Raises:
        NotInSql: SQL cannot say it exactly; carries why.
    """
    if rule.cooldown or rule.histories or rule.streaks or rule.references:
        raise NotInSql("history")
    if rule.to:
        raise NotInSql("peer")
    return _Writer(rule, ruleset).worths()


def both(left: Plain, right: Plain) -> Plain:
    """Return ``left && right``; a left side that fails fails the whole."""
    nullable = left.nullable or right.nullable
    if left.nullable:
        text = f"(CASE {left.text} WHEN TRUE THEN {right.text} WHEN FALSE THEN FALSE END)"
        return Plain(text, "boolean", nullable)
    return Plain(f"({left.text} AND {right.text})", "boolean", nullable)


@dataclass(slots=True)
class _Writer:
    """Writes one rule."""

    rule: Rule
    ruleset: RuleSet
    columns: dict[str, str] = field(default_factory=dict)
    failing: list[tuple[str, str]] = field(default_factory=list)

    @property
    def event(self) -> Mapping[str, FieldSpec]:
        """What its expressions may read of the activity."""
        return self.rule.type.fields

    def worths(self) -> Worths:
        """Return the whole."""
        gate = self._gate()
        self.columns["g"] = gate.text
        if gate.nullable:
            self.failing.append(("g IS NULL", DIVISION))
        raw = self._raw()
        for measure, number in raw.items():
            if isinstance(number, Quotient) or number.low < 0:
                above = number.above if isinstance(number, Quotient) else number
                self.failing.append((f"{self._enrolled(measure)} AND {above.text} < 0", NEGATIVE))
        factor = self._factor()
        points = {
            measure: self._whole(measure, number if factor is None else _times(number, factor))
            for measure, number in raw.items()
        }
        return Worths(columns=self.columns, failing=tuple(self.failing), points=points)

    def _gate(self) -> Plain:
        rule = self.rule
        asked = rule.measures or _concerned(rule.effect) or self.ruleset.measures
        gate = Plain(self._enrolled(*asked), "boolean")
        if rule.sources:
            listed = ", ".join(quoted(source) for source in sorted(rule.sources))
            gate = both(gate, Plain(f"(proved AND source IN ({listed}))", "boolean"))
        if rule.audience:
            gate = both(gate, condition(rule.audience, self.event))
        if rule.schedule:
            gate = both(gate, _scheduled(rule.schedule))
        return both(gate, condition(rule.when, self.event)) if rule.when else gate

    def _raw(self) -> dict[str, Number | Quotient]:
        """Return the points before multipliers, as columns; the same text is computed once."""
        rule = self.rule
        if rule.table is not None:
            looked_up = self._column(_table(rule.table, self.event))
            return dict.fromkeys(rule.measures, looked_up)
        known: dict[str, Number | Quotient] = {}
        for points in rule.points.values():
            if points.text not in known:
                known[points.text] = self._column(quantity(points, self.event))
        return {measure: known[points.text] for measure, points in rule.points.items()}

    def _column(self, number: Number | Quotient) -> Number | Quotient:
        if isinstance(number, Quotient):
            above, below = self._named(number.above), self._named(number.below)
            self.failing.append((f"coalesce({below.text}, 0) = 0", DIVISION))
            return Quotient(above, below)
        return self._named(number)

    def _named(self, number: Number) -> Number:
        name = f"r{len(self.columns)}"
        self.columns[name] = number.text
        if number.nullable:
            self.failing.append((f"{name} IS NULL", DIVISION))
        return Number(name, number.low, number.high, number.scale)

    def _factor(self) -> Number | None:
        multipliers = self.rule.multipliers
        if len(multipliers) > MULTIPLIERS_MAX:
            raise NotInSql("multipliers")
        for place, multiplier in enumerate(multipliers):
            when = condition(multiplier.when, self.event)
            self.columns[f"m{place}"] = when.text
            if when.nullable:
                self.failing.append((f"m{place} IS NULL", DIVISION))
        if not multipliers:
            return None
        return (
            _all_of(multipliers) if self.ruleset.stacking == "multiply" else _highest(multipliers)
        )

    def _enrolled(self, *measures: str) -> str:
        programme = self.ruleset.programme
        listed = ", ".join(quoted(f"{programme}.{measure}") for measure in measures)
        return f"(enrolled IS NULL OR list_has_any(enrolled, [{listed}]))"

    def _whole(self, measure: str, number: Number | Quotient) -> str:
        whole = _rounded(number, self.rule.rounding)
        text = whole.text
        if whole.high > POINTS_MAX:
            text = f"CAST(least({text}, {POINTS_MAX + 1}) AS BIGINT)"
            self.failing.append((f"{self._enrolled(measure)} AND {text} > {POINTS_MAX}", RANGE))
        return f"CASE WHEN {self._enrolled(measure)} THEN {text} ELSE 0 END"


def _concerned(effect: Effect | None) -> tuple[str, ...]:
    return (effect.measure,) if effect is not None and effect.kind == VETO else ()


def _scheduled(schedule: Schedule) -> Plain:
    tests = [f"isodow(day) IN ({', '.join(map(str, sorted(schedule.weekdays)))})"]
    if schedule.days:
        tests.append(f"day_kind IN ({', '.join(map(quoted, sorted(schedule.days)))})")
    if schedule.only:
        tests.append(f"day IN ({_days(schedule.only)})")
    if schedule.never:
        tests.append(f"day NOT IN ({_days(schedule.never)})")
    start, end = schedule.start, schedule.end
    if start is not None or end is not None:
        after = f"CAST(local AS TIME) >= TIME '{start.isoformat()}'" if start else "TRUE"
        before = f"CAST(local AS TIME) < TIME '{end.isoformat()}'" if end else "TRUE"
        around_midnight = start is not None and end is not None and start >= end
        tests.append(f"({after} {'OR' if around_midnight else 'AND'} {before})")
    return Plain(f"({' AND '.join(tests)})", "boolean")


def _days(days: Iterable[date]) -> str:
    return ", ".join(f"DATE '{day.isoformat()}'" for day in sorted(days))


def _table(table: Table, event: Mapping[str, FieldSpec]) -> Number:
    rows: list[tuple[Plain, Number]] = []
    for row in table.rows:
        test = Plain("TRUE", "boolean")
        for cell in row.when:
            test = both(test, condition(cell, event))
        points = quantity(row.points, event)
        if isinstance(points, Quotient):
            raise NotInSql("division")
        rows.append((test, points))
    total = numbers.constant(0)
    if table.hit == "sum":
        for test, points in rows:
            total = numbers.added(total, _if(test, points, numbers.constant(0)))
        return total
    # From the last row up, so that the first that fits decides.
    for test, points in reversed(rows):
        total = _if(test, points, total)
    return total


def _if(test: Plain, yes: Number, no: Number) -> Number:
    def write(*, yes: str, no: str) -> str:
        if test.nullable:
            return f"(CASE {test.text} WHEN TRUE THEN {yes} WHEN FALSE THEN {no} END)"
        return f"(CASE WHEN {test.text} THEN {yes} ELSE {no} END)"

    return numbers.chosen(write, yes, no, nullable=test.nullable)


def _all_of(multipliers: Sequence[Multiplier]) -> Number:
    factor = numbers.constant(1)
    for place, multiplier in enumerate(multipliers):
        times = _if(_applies(place), numbers.constant(multiplier.times), numbers.constant(1))
        factor = numbers.multiplied(factor, times)
    return factor


def _highest(multipliers: Sequence[Multiplier]) -> Number:
    one = factor = numbers.constant(1)
    for place, multiplier in enumerate(multipliers):
        times = numbers.constant(multiplier.times)
        # A factor of one gives way to any other, as in the exact engine.
        unset = Plain(numbers.compared(factor, "=", one), "boolean")
        higher = _if(unset, times, numbers.extreme([factor, times], "greatest"))
        factor = _if(_applies(place), higher, factor)
    return factor


def _applies(place: int) -> Plain:
    return Plain(f"m{place}", "boolean")


def _times(number: Number | Quotient, factor: Number) -> Number:
    if isinstance(number, Quotient):
        raise NotInSql("division")
    return numbers.multiplied(number, factor)


def _rounded(number: Number | Quotient, rounding: Rounding) -> Number:
    if rounding.step == 1:
        return _MODES[rounding.mode](number)
    if isinstance(number, Quotient):
        raise NotInSql("division")
    step = numbers.constant(rounding.step)
    return numbers.multiplied(_MODES[rounding.mode](numbers.divided(number, step)), step)


_MODES = {
    "down": numbers.floored,
    "up": numbers.ceiled,
    "half_up": numbers.rounded,
    "half_even": numbers.evened,
}
