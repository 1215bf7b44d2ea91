"""Scores one activity by one rule set: pure, exact, and the same for ever.

The order is fixed: condition, points, multipliers, one rounding, group, the rule's caps from the
inside out. A cap counts what was finally granted, in the window of ``occurred_at`` in the
programme's zone.
"""

from datetime import timedelta
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Decimal,
    getcontext,
    setcontext,
)

from points.rules.compile import ARITHMETIC, Compiled
from points.rules.facts import Facts, Usage
from points.rules.granting import Granting, Worth
from points.rules.model import Rounding, Rule, RuleSet, Table
from points.rules.outcome import Evaluation, EvaluationError, NotAwarded
from points.rules.review import review_of
from points.rules.trace import Recorder

POINTS_MAX = 1_000_000
"""More than this for one activity is a mistake in the rule."""

_ROUNDING = {
    "down": ROUND_FLOOR,
    "up": ROUND_CEILING,
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
}


def evaluate(facts: Facts, ruleset: RuleSet, usage: Usage, *, trace: bool = True) -> Evaluation:
    """Return what a rule set makes of an activity; touches nothing.

    Raises:
        EvaluationError: A rule failed; there are no partial awards.
    """
    if not ruleset.in_force(facts.occurred_at):
        raise EvaluationError("", "not_in_force")
    recorder = Recorder(facts, ruleset) if trace else None
    scoring = _Scoring(facts, ruleset, usage, recorder)
    outer = getcontext()
    setcontext(ARITHMETIC)
    try:
        return scoring.evaluation()
    finally:
        setcontext(outer)


class _Scoring:
    """The scoring of one activity."""

    __slots__ = ("at", "facts", "local", "recorder", "refused", "rule", "ruleset", "usage")

    def __init__(
        self, facts: Facts, ruleset: RuleSet, usage: Usage, recorder: Recorder | None
    ) -> None:
        self.facts, self.ruleset, self.usage, self.recorder = facts, ruleset, usage, recorder
        self.at = facts.occurred_at
        self.local = self.at.astimezone(ruleset.zone)
        self.refused: list[NotAwarded] = []
        self.rule = ""

    def evaluation(self) -> Evaluation:
        """Return the evaluation."""
        rules = self.ruleset.by_type.get(self.facts.type, ())
        worths = self._worths(rules)
        granting = Granting(self.facts, self.local, self.usage, self.recorder)
        if len(worths) > 1:
            granting.choose(worths)
        awards = []
        for worth in worths:
            award = granting.grant(worth, self.ruleset.zone)
            if award is not None:
                awards.append((worth.rule, award))
        return Evaluation(
            awards=tuple(award for _, award in awards),
            refused=(*self.refused, *granting.refused),
            deferred=tuple(granting.deferred),
            review=review_of(self.facts, awards),
            trace=self.recorder.finished() if self.recorder else None,
        )

    def _worths(self, rules: tuple[Rule, ...]) -> list[Worth]:
        try:
            return [worth for rule in rules if (worth := self._worth(rule)) is not None]
        except ZeroDivisionError:
            raise EvaluationError(self.rule, "division_by_zero") from None
        except ArithmeticError:
            raise EvaluationError(self.rule, "arithmetic") from None
        except KeyError:
            raise EvaluationError(self.rule, "missing_field") from None
        except TypeError:
            raise EvaluationError(self.rule, "wrong_type") from None

    def _worth(self, rule: Rule) -> Worth | None:
        self.rule = rule.id
        if self.recorder:
            self.recorder.begin(rule)
        reason = self._gate(rule)
        if reason is None:
            raw = self._raw(rule)
            points = self._rounded(rule, raw)
            if points:
                return Worth(rule, points)
            reason = "zero" if raw else "table"
        self.refused.append(NotAwarded(rule_id=rule.id, reason=reason))
        if self.recorder:
            self.recorder.refuse(rule, reason)
        return None

    def _gate(self, rule: Rule) -> str | None:
        facts = self.facts
        if facts.measures is not None and facts.measures.isdisjoint(rule.measures):
            return "measure"
        if rule.sources and facts.source not in rule.sources:
            return "source"
        if rule.audience and not self._run(rule.audience, "audience"):
            return "audience"
        if rule.schedule and not rule.schedule.covers(self.local):
            return "schedule"
        if rule.when and not self._holds(rule):
            return "condition"
        if rule.cooldown and self.usage.granted_between(
            rule.id, self.at - rule.cooldown, self.at + rule.cooldown
        ):
            return "cooldown"
        return None

    def _holds(self, rule: Rule) -> bool:
        if self.recorder is None:
            return bool(rule.when is None or self._value(rule.when))
        # One by one, so that the trace names the part that failed; the parts come in order, so
        # a guard such as has(event.x) still stands before what it guards.
        return all(self._run(part, "condition") for part in rule.conditions)

    def _run(self, condition: Compiled, kind: str) -> bool:
        value = bool(self._value(condition))
        if self.recorder:
            self.recorder.condition(kind, condition, value=value)
        return value

    def _value(self, compiled: Compiled) -> int | Decimal:
        result: int | Decimal = compiled.run(self.facts.fields, self.facts.member, self._count)
        return result

    def _count(self, activity_type: str, back: timedelta) -> int:
        return self.usage.count(activity_type, self.at - back, self.at)

    def _raw(self, rule: Rule) -> dict[str, int | Decimal]:
        """Return the points before multipliers; nothing when no row of the table fits."""
        measures = self.facts.measures
        if rule.table is not None:
            total = self._looked_up(rule.table)
            found = {} if total is None else dict.fromkeys(rule.measures, total)
        else:
            found = {measure: self._value(points) for measure, points in rule.points.items()}
        if measures is not None:
            found = {measure: points for measure, points in found.items() if measure in measures}
        for points in found.values():
            if points < 0:
                raise EvaluationError(rule.id, "negative_points")
        return found

    def _looked_up(self, table: Table) -> int | Decimal | None:
        total: int | Decimal | None = None
        for row in table.rows:
            if all(self._value(cell) for cell in row.when):
                points = self._value(row.points)
                if self.recorder:
                    self.recorder.row(row)
                total = points if total is None else total + points
                if table.hit != "sum":
                    break
        return total

    def _rounded(self, rule: Rule, raw: dict[str, int | Decimal]) -> dict[str, int]:
        factor = self._factor(rule) if rule.multipliers else 1
        points = {}
        for measure, number in raw.items():
            whole = round_points(number * factor, rule.rounding)
            if whole > POINTS_MAX:
                raise EvaluationError(rule.id, "points_out_of_range")
            if whole > 0:
                points[measure] = whole
        if self.recorder:
            self.recorder.points(rule, raw, points)
        return points

    def _factor(self, rule: Rule) -> int | Decimal:
        applying = [each for each in rule.multipliers if self._value(each.when)]
        if self.recorder:
            self.recorder.multipliers(applying)
        factor: int | Decimal = 1
        for multiplier in applying:
            if self.ruleset.stacking == "multiply":
                factor = factor * multiplier.times
            else:
                factor = multiplier.times if factor == 1 else max(factor, multiplier.times)
        return factor


def round_points(number: int | Decimal, rounding: Rounding) -> int:
    """Return points as a whole multiple of the step."""
    if isinstance(number, int) and rounding.step == 1:
        return number
    steps = Decimal(number) / rounding.step
    return int(steps.to_integral_value(_ROUNDING[rounding.mode])) * rounding.step
