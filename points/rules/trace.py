"""Writes down how an award came about, and tells it to a member in sentences.

A trace is plain JSON: who was scored by which rules, then a step for every rule of the type, in
order. It repeats the titles, so it can be explained without the rule set at hand.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from points.kernel.canonical import plain
from points.rules.bands import shares
from points.rules.compile import Compiled
from points.rules.facts import Facts
from points.rules.model import Bands, Cap, Multiplier, Row, Rule, RuleSet
from points.rules.outcome import NOTHING, Award, Deferred, Effected, Spent, UsageKey
from points.rules.scope import MEMBER_FIELDS


class Recorder:
    """Collects the steps of one scoring."""

    __slots__ = ("_facts", "_steps", "_trace", "_type", "_zone")

    def __init__(self, facts: Facts, ruleset: RuleSet) -> None:
        """Begin the trace of one activity."""
        self._facts, self._zone = facts, ruleset.zone
        self._steps: dict[str, dict[str, Any]] = {}
        self._trace: dict[str, Any] = {
            "activity": facts.activity_id,
            "type": facts.type,
            "occurred_at": facts.occurred_at.isoformat(),
            "programme": ruleset.programme,
            "version": ruleset.version,
            "sha256": ruleset.sha256,
        }
        self._type = ruleset.types.types.get(facts.type)

    def finished(self) -> dict[str, Any]:
        """Return the whole trace."""
        return {**self._trace, "steps": list(self._steps.values())}

    def begin(self, rule: Rule) -> None:
        """Open the step of a rule."""
        self._steps[rule.id] = {
            "rule": rule.id,
            "title": rule.title.as_json(),
            "matched": False,
            "conditions": [],
            "read": self._read(rule),
        }
        if rule.schedule and rule.schedule.days:
            local = self._facts.occurred_at.astimezone(self._zone).date()
            self._steps[rule.id]["day"] = self._facts.kind_of_day(local)
        if rule.to:
            self._steps[rule.id]["to"] = self._facts.peer(rule)

    def resume(self, rule: Rule, put_off: Deferred) -> None:
        """Open the step of points that were put off until now."""
        self._steps[rule.id] = {
            "rule": rule.id,
            "title": rule.title.as_json(),
            "matched": False,
            "conditions": [],
            "read": [],
            "resumed": {
                "since": plain(put_off.until),
                "day": put_off.until.astimezone(self._zone).date().isoformat(),
                "round": put_off.round,
            },
            "points": {put_off.measure: put_off.points},
        }
        if put_off.to:
            self._steps[rule.id]["to"] = put_off.to

    def condition(self, kind: str, condition: Compiled, *, value: bool) -> None:
        """Note what a condition came to."""
        step = self._latest
        step["conditions"].append({"kind": kind, "text": condition.text, "value": value})

    def row(self, row: Row) -> None:
        """Note which row of the table fitted."""
        self._latest.setdefault("rows", []).append(row.number)

    def multipliers(self, applying: Iterable[Multiplier]) -> None:
        """Note which multipliers apply."""
        self._latest["times"] = [
            {"id": each.id, "title": each.title.as_json(), "times": plain(each.times)}
            for each in applying
        ]

    def points(
        self, rule: Rule, raw: Mapping[str, int | Decimal], rounded: Mapping[str, int]
    ) -> None:
        """Note the points before and after multipliers and rounding."""
        step = self._latest
        step["formula"] = {measure: text.as_json() for measure, text in rule.formulas.items()}
        step["raw"] = {measure: plain(Decimal(number)) for measure, number in raw.items()}
        step["round"] = {"mode": rule.rounding.mode, "step": rule.rounding.step}
        step["points"] = dict(rounded)

    def bands(self, bands: Bands, value: int | Decimal) -> None:
        """Note what each of the marginal bands comes to."""
        self._latest["bands"] = [
            {
                "above": plain(Decimal(low)),
                "up_to": None if band.up_to is None else plain(band.up_to),
                "each": plain(band.each),
                "units": plain(units),
                "points": plain(units * band.each),
            }
            for low, units, band in shares(bands.steps, Decimal(value))
        ]

    def effect(self, rule: Rule, effect: Effected) -> None:
        """Note what a rule does besides points."""
        step = self._steps[rule.id]
        step["matched"] = True
        step["effect"] = {"kind": effect.kind, "measure": effect.measure}

    def deferred(self, put_off: Deferred) -> None:
        """Note what was put off, and until when."""
        self._steps[put_off.rule_id].setdefault("deferred", []).append(
            {
                "measure": put_off.measure,
                "points": put_off.points,
                "until": plain(put_off.until),
                "day": put_off.until.astimezone(self._zone).date().isoformat(),
            }
        )

    def refuse(self, rule: Rule, reason: str, forgone: Mapping[str, int] = NOTHING) -> None:
        """Note why a rule gave nothing, and what caps cut for good."""
        step = self._steps[rule.id]
        step["failed"] = reason
        if forgone:
            step["forgone"] = dict(forgone)

    def cap(
        self, rule: Rule, cap: Cap, key: UsageKey, spent: Spent, amounts: tuple[int, int]
    ) -> None:
        """Note how much a cap let through of how much; ``after`` may shrink by an outer cap."""
        asked, left = amounts
        self._steps[rule.id].setdefault("caps", []).append(
            {
                "cap": cap.id,
                "title": cap.title.as_json(),
                "unit": cap.unit,
                "max": cap.maximum,
                "measure": key.measure,
                "window": key.window,
                "shared": cap.scope,
                "before": spent.times if cap.unit == "times" else spent.points,
                "asked": asked,
                "left": left,
            }
        )

    def granted(self, award: Award) -> None:
        """Note what was finally granted."""
        step = self._steps[award.rule_id]
        step["matched"] = True
        step["granted"] = dict(award.points)
        step["expires"] = plain(award.expires)
        if award.forgone:
            step["forgone"] = dict(award.forgone)
        for cap in step.get("caps", ()):
            granted = award.points.get(cap["measure"], 0)
            used = (1 if granted else 0) if cap["unit"] == "times" else granted
            cap["after"] = cap["before"] + used

    @property
    def _latest(self) -> dict[str, Any]:
        return next(reversed(self._steps.values()))

    def _read(self, rule: Rule) -> list[dict[str, Any]]:
        return [entry for path in rule.reads if (entry := self._value(path)) is not None]

    def _value(self, path: str) -> dict[str, Any] | None:
        root, _, name = path.partition(".")
        fields = self._facts.fields if root == "event" else self._facts.member
        if name not in fields:
            return None
        known = self._type.fields if root == "event" and self._type else MEMBER_FIELDS
        spec = known[name]
        return {
            "name": path,
            "title": spec.title.as_json(),
            "unit": spec.unit,
            "value": plain(fields[name]),
        }
