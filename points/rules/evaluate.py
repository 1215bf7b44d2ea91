"""Scores one activity by one rule set: pure, exact, and the same for ever.

The order is fixed: condition, points, multipliers, one rounding, group, the rule's caps from the
inside out. A cap counts what was finally granted, in the window of ``occurred_at`` in the
programme's zone.
"""

from collections.abc import Mapping
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
from points.rules.history import REFERENCE_BACK, streak, streak_span
from points.rules.model import VETO, Effect, Rounding, Rule, RuleSet, Table
from points.rules.outcome import Deferred, Effected, Evaluation, EvaluationError, NotAwarded
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


def evaluate_deferred(
    facts: Facts, ruleset: RuleSet, usage: Usage, put_off: Deferred, *, trace: bool = True
) -> Evaluation:
    """Return what the caps of the next window leave of points that were put off to it.

    Nothing else is asked again: the points were earned. What does not fit this time is put off once
    more, and after ``ROUNDS_MAX`` times it is forgone.

    Raises:
        EvaluationError: The rule is no longer there.
    """
    rule = ruleset.rule(put_off.rule_id)
    if rule is None:
        raise EvaluationError(put_off.rule_id, "no_such_rule")
    recorder = Recorder(facts, ruleset) if trace else None
    if recorder:
        recorder.resume(rule, put_off)
    local = put_off.until.astimezone(ruleset.zone)
    granting = Granting(facts, local, usage, recorder, round_=put_off.round + 1)
    award = granting.grant(Worth(rule, {put_off.measure: put_off.points}), ruleset.zone)
    return Evaluation(
        awards=(award,) if award else (),
        refused=tuple(granting.refused),
        deferred=tuple(granting.deferred),
        cuts=tuple(granting.cuts),
        trace=recorder.finished() if recorder else None,
    )


class _Scoring:
    """The scoring of one activity; also what its expressions ask of the past."""

    __slots__ = (
        *("at", "effects", "facts", "local", "recorder", "refused", "rule", "ruleset", "usage"),
    )

    def __init__(
        self, facts: Facts, ruleset: RuleSet, usage: Usage, recorder: Recorder | None
    ) -> None:
        self.facts, self.ruleset, self.usage, self.recorder = facts, ruleset, usage, recorder
        self.at = facts.occurred_at
        self.local = self.at.astimezone(ruleset.zone)
        self.refused: list[NotAwarded] = []
        self.effects: list[tuple[Rule, Effected]] = []
        self.rule = ""

    def evaluation(self) -> Evaluation:
        """Return the evaluation."""
        rules = self.ruleset.by_type.get(self.facts.type, ())
        worths = self._worths(rules)
        trace = self.recorder
        if not (worths or self.effects or self.facts.closed):
            # Most of what gives nothing ends here: there is nothing to grant and to review.
            refused = tuple(self.refused)
            return Evaluation(refused=refused, trace=trace.finished() if trace else None)
        granting = Granting(self.facts, self.local, self.usage, trace)
        if len(worths) > 1:
            granting.choose(worths)
        awards = []
        for worth in worths:
            award = granting.grant(worth, self.ruleset.zone)
            if award is not None:
                awards.append((worth.rule, award))
        return Evaluation(
            awards=tuple([award for _, award in awards]),
            refused=(*self.refused, *granting.refused),
            deferred=tuple(granting.deferred),
            cuts=tuple(granting.cuts),
            effects=tuple([effect for _, effect in self.effects]),
            review=review_of(self.facts, awards, [rule for rule, _ in self.effects]),
            trace=trace.finished() if trace else None,
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
        if reason is None and rule.effect is not None:
            self._take_effect(rule, rule.effect)
            return None
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

    def _take_effect(self, rule: Rule, effect: Effect) -> None:
        done = Effected(rule.id, effect.kind, effect.measure)
        self.effects.append((rule, done))
        if self.recorder:
            self.recorder.effect(rule, done)

    def _enrolled(self, rule: Rule) -> frozenset[str] | None:
        """Return the measures in which whoever gets the points is enrolled; all when not said."""
        if not rule.to:
            return self.facts.measures
        peers = self.facts.peers
        return None if peers is None else peers.get(self.facts.peer(rule), frozenset())

    def _out_of_reach(self, rule: Rule) -> str | None:
        if rule.to and not self.facts.peer(rule):
            return "peer"
        enrolled = self._enrolled(rule)
        if enrolled is None:
            return None
        if rule.effect is not None:
            away = rule.effect.kind == VETO and rule.effect.measure not in enrolled
            return "measure" if away else None
        if enrolled.isdisjoint(rule.measures):
            return "peer" if rule.to else "measure"
        return None

    def _gate(self, rule: Rule) -> str | None:
        facts = self.facts
        if (facts.measures is not None or rule.to) and (away := self._out_of_reach(rule)):
            return away
        # A name alone proves nothing: whoever types it in could type any.
        if rule.sources and not (facts.proved and facts.source in rule.sources):
            return "source"
        if rule.audience and not self._run(rule.audience, "audience"):
            return "audience"
        if rule.schedule and not rule.schedule.covers(
            self.local, facts.kind_of_day(self.local.date())
        ):
            return "schedule"
        if rule.when and not self._holds(rule):
            return "condition"
        if rule.cooldown and self.usage.granted_between(
            rule.id, self.at - rule.cooldown, self.at + rule.cooldown, facts.peer(rule)
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
        result: int | Decimal = compiled.run(self.facts.fields, self.facts.member, self)
        return result

    def count(self, activity_type: str, back: timedelta) -> int:
        """Return how many scored activities of a type happened in the time before."""
        return sum(1 for _ in self.usage.happened(activity_type, self.at - back, self.at))

    def streak(self, activity_type: str, window: str) -> int:
        """Return in how many windows in a row before this one a type happened."""
        zone = self.ruleset.zone
        moments = self.usage.happened(activity_type, *streak_span(window, self.local, zone))
        return streak(moments, window, self.local.date(), zone)

    def awarded(self, rule_id: str, external_id: str) -> int:
        """Return what a rule granted for the activity that a source's number names."""
        return self.usage.awarded(rule_id, external_id, self.at - REFERENCE_BACK, self.at)

    def _raw(self, rule: Rule) -> dict[str, int | Decimal]:
        """Return the points before multipliers; nothing when no row of the table fits."""
        measures = self._enrolled(rule)
        if rule.table is not None:
            total = self._looked_up(rule.table)
            found = {} if total is None else dict.fromkeys(rule.measures, total)
        else:
            found = self._computed(rule.points)
            if rule.bands is not None and self.recorder:
                self.recorder.bands(rule.bands, self._value(rule.bands.of))
        if measures is not None:
            found = {measure: points for measure, points in found.items() if measure in measures}
        for points in found.values():
            if points < 0:
                raise EvaluationError(rule.id, "negative_points")
        return found

    def _computed(self, points: Mapping[str, Compiled]) -> dict[str, int | Decimal]:
        """Return what each measure's expression comes to; one that several share runs once."""
        found: dict[str, int | Decimal] = {}
        value: int | Decimal = 0
        last: Compiled | None = None
        for measure, compiled in points.items():
            if compiled is not last:
                value, last = self._value(compiled), compiled
            found[measure] = value
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
            whole = round_points(number if factor == 1 else number * factor, rule.rounding)
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
