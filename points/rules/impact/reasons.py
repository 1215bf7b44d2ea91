"""Why two ways of scoring differ on one activity: rule by rule, with a code and in words."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from points.rules.impact.conditions import failed_condition
from points.rules.impact.sides import Line, Pair, Side
from points.rules.model import Cap, Rule, RuleSet
from points.rules.outcome import ERROR_TEXTS, REASON_TEXTS
from points.rules.texts import Title

CODES = (
    "failed",
    "rule_added",
    "rule_removed",
    "refused",
    "no_longer_refused",
    "worth",
    "cap_max",
    "cap_used",
    "cap_other",
    "other",
)
"""What may have made the difference, in the order in which it is asked."""


class Reason(NamedTuple):
    """Why one rule gives other points for an activity.

    Attributes:
        code: One of ``CODES``.
        before: Points before, in the measure.
        after: Points after.
        said: The same in words.
    """

    rule_id: str
    measure: str
    code: str
    before: int
    after: int
    said: Title

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "rule": self.rule_id,
            "measure": self.measure,
            "code": self.code,
            "before": self.before,
            "after": self.after,
            "said": self.said.as_json(),
        }


class _Seen(NamedTuple):
    """One rule on one side."""

    side: Side
    ruleset: RuleSet | None
    rule: Rule | None
    line: Line | None

    @property
    def points(self) -> int:
        return self.line.points if self.line else 0

    @property
    def worth(self) -> int:
        """What it would have come to without caps that take points for good."""
        return self.line.points + self.line.forgone if self.line else 0

    @property
    def caps(self) -> tuple[str, ...]:
        return tuple(cap for cap, _ in self.line.cuts) if self.line else ()

    @property
    def reason(self) -> str | None:
        return next((r.reason for r in self.side.refused if self._mine(r.rule_id)), None)

    def _mine(self, rule_id: str) -> bool:
        return self.rule is not None and self.rule.id == rule_id

    @property
    def step(self) -> Mapping[str, Any]:
        steps = (self.side.trace or {}).get("steps", ())
        return next((step for step in steps if self._mine(step["rule"])), {})


def reasons(pair: Pair, before: RuleSet | None, after: RuleSet | None) -> list[Reason]:
    """Return why each rule whose points differ gives other points; nothing where none differ.

    Args:
        pair: An activity scored twice; with traces, conditions are named.
        before: The rule set that held for it before.
        after: The one that holds for it after.
    """
    found = []
    for rule_id, measure in _keys(pair):
        old = _seen(pair.before, before, rule_id, measure)
        new = _seen(pair.after, after, rule_id, measure)
        if old.points != new.points:
            code, said = _why(old, new, measure)
            found.append(Reason(rule_id, measure, code, old.points, new.points, said))
    return found


def _keys(pair: Pair) -> list[tuple[str, str]]:
    lines = (*pair.before.lines, *pair.after.lines)
    return sorted({(line.rule_id, line.measure) for line in lines})


def _seen(side: Side, ruleset: RuleSet | None, rule_id: str, measure: str) -> _Seen:
    rule = ruleset.rule(rule_id) if ruleset else None
    line = next((x for x in side.lines if (x.rule_id, x.measure) == (rule_id, measure)), None)
    return _Seen(side, ruleset, rule, line)


def _why(old: _Seen, new: _Seen, measure: str) -> tuple[str, Title]:
    for code, say in _ASKED:
        said = say(old, new, measure)
        if said is not None:
            return code, said
    return "other", Title("两次试算的前后情况不同", "what came before it differs")


def _failed(old: _Seen, new: _Seen, _measure: str) -> Title | None:
    for seen, zh, en in ((old, "原先", "before"), (new, "现在", "after")):
        if seen.side.failed is not None:
            rule, code = seen.side.failed
            text = ERROR_TEXTS[code]
            return Title(
                f"{zh}规则 {rule} 计算出错（{text.zh}），整条活动搁置",
                f"{en}, rule {rule} failed ({text.en}) and the whole activity is set aside",
            )
    return None


def _added(old: _Seen, new: _Seen, _measure: str) -> Title | None:
    if old.rule is None and new.rule is not None:
        return Title("新增的规则", "a new rule")
    return None


def _removed(old: _Seen, new: _Seen, _measure: str) -> Title | None:
    if new.rule is None and old.rule is not None:
        return Title("规则已取消", "the rule is gone")
    return None


def _refused(_old: _Seen, new: _Seen, _measure: str) -> Title | None:
    if new.points or new.reason in {None, "cap"}:
        return None
    said = _refusal(new)
    return Title(f"现在不得分：{said.zh}", f"nothing now: {said.en}")


def _no_longer(old: _Seen, _new: _Seen, _measure: str) -> Title | None:
    if old.points or old.reason in {None, "cap"}:
        return None
    said = _refusal(old)
    return Title(f"原先不得分：{said.zh}", f"nothing before: {said.en}")


def _refusal(seen: _Seen) -> Title:
    text = REASON_TEXTS[str(seen.reason)]
    rule, ruleset = seen.rule, seen.ruleset  # it refused, so both are there
    said = failed_condition(seen.step, rule, ruleset.types) if rule and ruleset else None
    return text if said is None else Title(f"{text.zh}（{said.zh}）", f"{text.en} ({said.en})")


def _worth(old: _Seen, new: _Seen, measure: str) -> Title | None:
    if old.line is None or new.line is None or old.worth == new.worth:
        return None
    was, now = _said_worth(old, measure), _said_worth(new, measure)
    return Title(f"计分由 {was.zh} 改为 {now.zh}", f"worth {now.en} instead of {was.en}")


def _said_worth(seen: _Seen, measure: str) -> Title:
    points = Title(f"{seen.worth} 分", f"{seen.worth} points")
    said = _formula(seen, measure)
    if said is None or said.en == str(seen.worth):
        return points
    return Title(f"{said.zh} = {points.zh}", f"{said.en} = {points.en}")


def _formula(seen: _Seen, measure: str) -> Title | None:
    if rows := seen.step.get("rows"):
        numbers = ", ".join(str(number) for number in rows)
        return Title(f"表中第 {numbers} 行", f"row {numbers}")
    return seen.rule.formulas.get(measure) if seen.rule else None


def _cap_max(old: _Seen, new: _Seen, _measure: str) -> Title | None:
    for cap in dict.fromkeys((*new.caps, *old.caps)):
        was, now = _cap(old, cap), _cap(new, cap)
        if was is None and now is not None:
            return Title(
                f"新的封顶“{now.title.zh}”（{_most(now).zh}）",
                f"a new cap “{now.title.en}” ({_most(now).en})",
            )
        if was is not None and now is None:
            return Title(
                f"不再受“{was.title.zh}”（{_most(was).zh}）限制",
                f"no longer under “{was.title.en}” ({_most(was).en})",
            )
        if was and now and (was.maximum, was.unit) != (now.maximum, now.unit):
            return Title(
                f"“{now.title.zh}”由 {_most(was).zh}改为 {_most(now).zh}",
                f"“{now.title.en}” is {_most(now).en} instead of {_most(was).en}",
            )
    return None


def _cap_used(old: _Seen, new: _Seen, _measure: str) -> Title | None:
    for cap in dict.fromkeys((*new.caps, *old.caps)):
        known = _cap(new, cap)
        if known is not None and _cap(old, cap) is not None:
            return Title(
                f"“{known.title.zh}”此前已用的额度不同",
                f"“{known.title.en}” had been used up otherwise",
            )
    return None


def _cap_other(old: _Seen, new: _Seen, _measure: str) -> Title | None:
    names = dict.fromkeys((*new.caps, *old.caps))
    if not names:
        return None
    said = "、".join(names)
    return Title(f"封顶不同（{said}）", f"other caps ({', '.join(names)})")


def _cap(seen: _Seen, name: str) -> Cap | None:
    if seen.rule is None:
        return None
    return next((cap for cap in seen.rule.caps if cap.id == name), None)


def _most(cap: Cap) -> Title:
    if cap.unit == "times":
        return Title(f"{cap.maximum} 次", f"{cap.maximum} times")
    return Title(f"{cap.maximum} 分", f"{cap.maximum} points")


_ASKED = (
    ("failed", _failed),
    ("rule_added", _added),
    ("rule_removed", _removed),
    ("refused", _refused),
    ("no_longer_refused", _no_longer),
    ("worth", _worth),
    ("cap_max", _cap_max),
    ("cap_used", _cap_used),
    ("cap_other", _cap_other),
)


def by_member(found: Iterable[Reason]) -> list[dict[str, Any]]:
    """Return what reasons of one member's activities come to: by rule, measure and code."""
    sums: dict[tuple[str, str, str], list[Any]] = {}
    for reason in found:
        key = (reason.rule_id, reason.measure, reason.code)
        kept = sums.setdefault(key, [0, 0, 0, reason])
        kept[0] += 1
        kept[1] += reason.before
        kept[2] += reason.after
    largest = sorted(sums.items(), key=lambda item: (-abs(item[1][2] - item[1][1]), item[0]))
    return [
        {
            "rule": rule,
            "measure": measure,
            "code": code,
            "activities": count,
            "before": before,
            "after": after,
            "said": example.said.as_json(),
        }
        for (rule, measure, code), (count, before, after, example) in largest
    ]
