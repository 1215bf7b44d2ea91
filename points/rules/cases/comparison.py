"""Compares what came out with what was expected; every difference is a finding at its place."""

from collections.abc import Iterable, Mapping
from typing import Any

from points.rules.cases.report import Difference
from points.rules.model import EFFECTS, RuleSet
from points.rules.outcome import (
    ERROR_TEXTS,
    REASONS,
    Award,
    Evaluation,
    EvaluationError,
    NotAwarded,
)
from points.rules.reading import Reader
from points.rules.review import LEVELS
from points.rules.texts import did_you_mean, short
from points.rules.yaml_positions import Node, Scalar

EXPECT_KEYS = (
    *("awards", "capped", "refused", "forgone", "deferred", "review", "late", "error", "expires"),
    *("effects", "resumed", "programme", "version"),
)
DEFERRED_KEYS = ("points", "until")
_Points = dict[str, dict[str, int]]


class Comparison:
    """The comparison of one outcome."""

    def __init__(self, reader: Reader, ruleset: RuleSet, node: Node) -> None:
        """Compare what a rule set made of an event with what a mapping expects."""
        self.reader, self.ruleset, self.node = reader, ruleset, node
        self.differences: list[Difference] = []

    def run(
        self,
        fields: Mapping[str, Node],
        actual: Evaluation | EvaluationError,
        resumed: Iterable[Evaluation],
    ) -> None:
        """Compare everything that is expected.

        Args:
            fields: What is expected.
            actual: What came out.
            resumed: What came of points that had been put off until then.
        """
        self._version(fields)
        self._resumed(fields.get("resumed"), resumed)
        if isinstance(actual, EvaluationError):
            self._error(fields.get("error"), actual)
            return
        if error := fields.get("error"):
            code = self.reader.choice(error, tuple(ERROR_TEXTS))
            self._differ(error, "error", code, None)
        self._awards(fields.get("awards"), actual)
        self._capped(fields.get("capped"), actual)
        self._refused(fields.get("refused"), actual)
        self._forgone(fields.get("forgone"), actual)
        self._deferred(fields.get("deferred"), actual)
        self._effects(fields.get("effects"), actual)
        self._review(fields, actual)
        self._expires(fields.get("expires"), actual)

    def _differ(self, node: Node | None, what: str, expected: object, actual: object) -> None:
        if expected != actual:
            wanted, got = shown(expected), shown(actual)
            self.differences.append(Difference(what, wanted, got))
            zh, en = f"{what}：期望 {wanted}，实际 {got}", f"{what}: expected {wanted}, got {got}"
            self.reader.error("case.difference", node or self.node, zh, en)

    def _version(self, fields: Mapping[str, Node]) -> None:
        if (version := self.reader.integer(fields.get("version"), at_least=1)) is not None:
            self._differ(fields["version"], "version", version, self.ruleset.version)
        if (programme := self.reader.text(fields.get("programme"))) is not None:
            self._differ(fields["programme"], "programme", programme, self.ruleset.programme)

    def _error(self, node: Node | None, error: EvaluationError) -> None:
        expected = self.reader.choice(node, tuple(ERROR_TEXTS))
        self._differ(node, f"error ({error.rule_id})", expected, error.code)

    def _awards(self, node: Node | None, actual: Evaluation) -> None:
        self._differ(node, "awards", self._points(node), points_of([actual]))

    def _capped(self, node: Node | None, actual: Evaluation) -> None:
        for item in self.reader.items(node):
            name = self.reader.text(item)
            if name is not None and name not in self.ruleset.caps:
                hint = did_you_mean(name, self.ruleset.caps)
                zh, en = f"没有封顶“{short(name)}”{hint.zh}", f"no cap '{short(name)}'{hint.en}"
                self.reader.error("case.unknown_cap", item, zh, en)
        expected = sorted(self.reader.texts(node)) if node is not None else []
        self._differ(node, "capped", expected, sorted(actual.capped))

    def _refused(self, node: Node | None, actual: Evaluation) -> None:
        reasons = {refusal.rule_id: refusal.reason for refusal in actual.refused}
        for key, value in self.reader.entries(node):
            self._known_rule(key)
            reason = self.reader.choice(value, REASONS)
            self._differ(value, f"refused.{key.text}", reason, reasons.get(key.text))

    def _forgone(self, node: Node | None, actual: Evaluation) -> None:
        if node is not None:
            self._differ(node, "forgone", self._points(node), forgone_of(actual))

    def _points(self, node: Node | None) -> _Points:
        """Return points per rule and measure; a bare number is in the first measure, the wallet."""
        expected: _Points = {}
        for key, value in self.reader.entries(node):
            self._known_rule(key)
            if isinstance(value, Scalar):
                expected[key.text] = {"wallet": self.reader.integer(value, at_least=1) or 0}
            else:
                each = self.reader.fields(value, self.ruleset.measures)
                read = {measure: self.reader.integer(number) for measure, number in each.items()}
                expected[key.text] = {measure: number for measure, number in read.items() if number}
        return expected

    def _deferred(self, node: Node | None, actual: Evaluation) -> None:
        if node is None:
            return
        zone = self.ruleset.zone
        expected: dict[str, dict[str, Any]] = {}
        for key, value in self.reader.entries(node):
            self._known_rule(key)
            for measure, each in self.reader.fields(value, self.ruleset.measures).items():
                said = self.reader.fields(each, DEFERRED_KEYS, DEFERRED_KEYS)
                until = self.reader.day(said.get("until"))
                read = {"points": self.reader.integer(said.get("points")), "until": until}
                expected.setdefault(key.text, {})[measure] = read
        found: dict[str, dict[str, Any]] = {}
        for put_off in actual.deferred:
            until = put_off.until.astimezone(zone).date()
            kept = found.setdefault(put_off.rule_id, {})
            kept[put_off.measure] = {"points": put_off.points, "until": until}
        self._differ(node, "deferred", expected, found)

    def _resumed(self, node: Node | None, resumed: Iterable[Evaluation]) -> None:
        if node is not None:
            self._differ(node, "resumed", self._points(node), points_of(resumed))

    def _effects(self, node: Node | None, actual: Evaluation) -> None:
        expected: dict[str, str | None] = {}
        for key, value in self.reader.entries(node):
            self._known_rule(key)
            expected[key.text] = self.reader.choice(value, EFFECTS)
        # Complete, said or not: nobody is to be surprised by a veto.
        found = {effect.rule_id: effect.kind for effect in actual.effects}
        self._differ(node, "effects", expected, found)

    def _review(self, fields: Mapping[str, Node], actual: Evaluation) -> None:
        if level := self.reader.choice(fields.get("review"), LEVELS):
            self._differ(fields["review"], "review", level, actual.review.level)
        late = self.reader.boolean(fields.get("late"))
        if late is not None:
            self._differ(fields["late"], "late", late, actual.review.late)

    def _expires(self, node: Node | None, actual: Evaluation) -> None:
        instants: dict[str, set[object]] = {}
        for award in actual.awards:
            for measure, at in award.expires.items():
                day = at.astimezone(self.ruleset.zone).date() if at else None
                instants.setdefault(measure, set()).add(day)
        for measure, value in self.reader.fields(node, self.ruleset.measures).items():
            expected = {self.reader.day(value)}
            self._differ(value, f"expires.{measure}", expected, instants.get(measure))

    def _known_rule(self, key: Scalar) -> None:
        if self.ruleset.rule(key.text) is None:
            hint, name = did_you_mean(key.text, [r.id for r in self.ruleset.rules]), short(key.text)
            zh, en = f"没有规则“{name}”{hint.zh}", f"no rule '{name}'{hint.en}"
            self.reader.error("case.unknown_rule", key, zh, en)


def points_of(evaluations: Iterable[Evaluation]) -> _Points:
    """Return what was granted, per rule and measure."""
    return _summed(award for each in evaluations for award in each.awards)


def forgone_of(evaluation: Evaluation) -> _Points:
    """Return what caps took for good, per rule and measure, where they left nothing as well."""
    given_up: list[Award | NotAwarded] = [*evaluation.awards, *evaluation.refused]
    return {each.rule_id: dict(each.forgone) for each in given_up if each.forgone}


def _summed(awards: Iterable[Award]) -> _Points:
    found: _Points = {}
    for award in awards:
        kept = found.setdefault(award.rule_id, {})
        for measure, points in award.points.items():
            kept[measure] = kept.get(measure, 0) + points
    return found


def shown(value: object) -> str:
    """Return a value as a case file would write it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {shown(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(shown(each) for each in value) + "]"
    if isinstance(value, set):
        return ", ".join(sorted(str(item) for item in value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "-" if value is None else str(value)
