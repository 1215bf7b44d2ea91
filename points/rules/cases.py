"""Runs case files: history, an event, and the complete set of awards that it must lead to."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from points.kernel.findings import Finding
from points.rules.evaluate import evaluate
from points.rules.facts import Facts, member_snapshot
from points.rules.model import RuleSet
from points.rules.outcome import ERROR_TEXTS, REASONS, Evaluation, EvaluationError
from points.rules.reading import Reader
from points.rules.review import LEVELS
from points.rules.scope import MEMBER_FIELDS
from points.rules.tally import Tally
from points.rules.texts import did_you_mean
from points.rules.yaml_positions import Mapping as MappingNode
from points.rules.yaml_positions import Node, Scalar, plain, read_yaml

FILE_KEYS = ("ruleset", "member", "tests", "note")
TEST_KEYS = ("name", "member", "history", "event", "expect", "note")
ACTIVITY_KEYS = ("at", "type", "received", "source", "fields", "repeat")
EXPECT_KEYS = ("awards", "capped", "refused", "review", "late", "error", "expires")
REPEAT_MAX = 400
_MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReport:
    """What running one case file showed.

    Attributes:
        passed: How many tests passed.
        failures: What is wrong with the file, and each difference, with its place.
        hit: Ids of the rules that some event was awarded by.
        refused: Ids of the rules that gave some event nothing, or had an award cut by a cap.
        ruleset: The rule set that was tested, if it could be loaded.
    """

    passed: int = 0
    failures: tuple[Finding, ...] = ()
    hit: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    ruleset: RuleSet | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Rules that no test hit, and rules that no test saw refused or cut."""

    never_hit: tuple[str, ...]
    never_refused: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Return whether every rule was seen both ways."""
        return not (self.never_hit or self.never_refused)


def coverage(ruleset: RuleSet, reports: Iterable[CaseReport]) -> Coverage:
    """Return which rules of a rule set the case files leave untested."""
    hit: set[str] = set()
    refused: set[str] = set()
    for report in reports:
        hit |= report.hit
        refused |= report.refused
    ids = [rule.id for rule in ruleset.rules]
    return Coverage(
        never_hit=tuple(rule_id for rule_id in ids if rule_id not in hit),
        never_refused=tuple(rule_id for rule_id in ids if rule_id not in refused),
    )


def run_cases(text: str, *, file: str, load: Callable[[str], RuleSet | None]) -> CaseReport:
    """Return what the tests of a case file show.

    Args:
        text: The file's text.
        file: Its name, for the findings.
        load: Returns the rule set of a file name, or nothing when it is unknown or wrong.
    """
    root, findings = read_yaml(text, file=file)
    reader = Reader(file)
    reader.findings.extend(findings)
    if root is None:
        return CaseReport(failures=tuple(reader.findings))
    fields = reader.fields(root, FILE_KEYS, ("ruleset", "tests"))
    name = reader.text(fields.get("ruleset"))
    ruleset = load(name) if name is not None else None
    if ruleset is None:
        where = fields.get("ruleset", root)
        reader.error("case.ruleset", where, "规则文件无法载入", "the rule set cannot be loaded")
        return CaseReport(failures=tuple(reader.findings))
    run = _Run(reader, ruleset, fields.get("member"))
    for node in reader.items(fields.get("tests")):
        run.test(node)
    return CaseReport(
        passed=run.passed,
        failures=tuple(reader.findings),
        hit=frozenset(run.hit),
        refused=frozenset(run.refused),
        ruleset=ruleset,
    )


class _Run:
    """Runs the tests of one file, one after another."""

    def __init__(self, reader: Reader, ruleset: RuleSet, member: Node | None) -> None:
        self.reader, self.ruleset, self.member = reader, ruleset, member
        self.passed = 0
        self.hit: set[str] = set()
        self.refused: set[str] = set()

    def test(self, node: Node) -> None:
        """Run one test."""
        before = len(self.reader.findings)
        fields = self.reader.fields(node, TEST_KEYS, ("name", "event", "expect"))
        if "event" not in fields or "expect" not in fields:
            return
        member = self._member(self.member, fields.get("member"))
        tally = Tally()
        for number, earlier in enumerate(self.reader.items(fields.get("history"))):
            self._replay(earlier, member, f"h{number}", tally)
        facts = self._facts(fields["event"], member, "event")
        if facts is not None:
            expected = self.reader.fields(fields["expect"], EXPECT_KEYS)
            actual = self._outcome(facts, tally)
            _Comparison(self.reader, self.ruleset, fields["expect"]).run(expected, actual)
        self.passed += len(self.reader.findings) == before

    def _member(self, *nodes: Node | None) -> dict[str, Any]:
        said: dict[str, Any] = {"kind": "rider"}
        for node in nodes:
            if node is not None:
                fields = self.reader.fields(node, tuple(MEMBER_FIELDS))
                said.update({name: plain(value) for name, value in fields.items()})
        try:
            return member_snapshot(said)
        except ValueError as error:
            where = next(node for node in reversed(nodes) if node is not None)
            self.reader.error("case.member", where, "成员字段不正确", f"bad member field: {error}")
            return member_snapshot({"kind": "rider"})

    def _replay(self, node: Node, member: dict[str, Any], name: str, tally: Tally) -> None:
        fields = self.reader.mapping(node)
        repeat = fields.values.get("repeat") if fields else None
        times = self.reader.integer(repeat, at_least=1, at_most=REPEAT_MAX) or 1
        for number in range(times):
            facts = self._facts(node, member, f"{name}.{number}")
            if facts is None:
                return
            actual = self._outcome(facts, tally)
            if isinstance(actual, EvaluationError):
                zh, en = f"历史活动：{actual.zh}", f"history: {actual.rule_id}: {actual.en}"
                self.reader.error("case.history", node, zh, en)
                return
            tally.record(facts, actual)

    def _outcome(self, facts: Facts, tally: Tally) -> Evaluation | EvaluationError:
        try:
            outcome = evaluate(facts, self.ruleset, tally, trace=False)
        except EvaluationError as error:
            return error
        self.hit |= {award.rule_id for award in outcome.awards}
        self.refused |= {award.rule_id for award in outcome.awards if award.capped}
        self.refused |= {refusal.rule_id for refusal in outcome.refused}
        return outcome

    def _facts(self, node: Node, member: Mapping[str, Any], name: str) -> Facts | None:
        reader = self.reader
        fields = reader.fields(node, ACTIVITY_KEYS, ("at", "type"))
        at = self._moment(fields.get("at"))
        type_name = reader.choice(fields.get("type"), tuple(self.ruleset.types.types))
        if at is None or type_name is None:
            return None
        received = self._moment(fields.get("received")) or at
        kind = self.ruleset.types.types[type_name]
        said = plain(fields["fields"]) if isinstance(fields.get("fields"), MappingNode) else {}
        faults = kind.validate(said)
        for fault in faults:
            zh = f"{fault.pointer}：{fault.zh}"
            reader.error("case.activity", node, zh, f"{fault.pointer}: {fault.en}")
        if faults:
            return None
        return Facts(
            activity_id=name,
            type=type_name,
            occurred_at=at,
            received_at=received,
            source=reader.text(fields.get("source")) or _MANUAL,
            fields=kind.normalise(said),
            member=member,
        )

    def _moment(self, node: Node | None) -> datetime | None:
        text = self.reader.text(node)
        if text is None or node is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            zh, en = "时间应写作 2026-03-01T09:00", "write a time as 2026-03-01T09:00"
            self.reader.error("file.bad_value", node, zh, en)
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.ruleset.zone)).astimezone(
            UTC
        )


class _Comparison:
    """Compares what came out with what was expected; every difference is a finding."""

    def __init__(self, reader: Reader, ruleset: RuleSet, node: Node) -> None:
        self.reader, self.ruleset, self.node = reader, ruleset, node

    def run(self, fields: dict[str, Node], actual: Evaluation | EvaluationError) -> None:
        """Compare one outcome."""
        if isinstance(actual, EvaluationError):
            self._error(fields.get("error"), actual)
            return
        if error := fields.get("error"):
            code = self.reader.choice(error, tuple(ERROR_TEXTS))
            self._differ(error, "error", code, None)
        self._awards(fields, actual)
        capped = sorted(self.reader.texts(fields.get("capped")))
        self._differ(fields.get("capped"), "capped", capped, sorted(actual.capped))
        self._refused(fields.get("refused"), actual)
        if level := self.reader.choice(fields.get("review"), LEVELS):
            self._differ(fields["review"], "review", level, actual.review.level)
        late = self.reader.boolean(fields.get("late"))
        if late is not None:
            self._differ(fields["late"], "late", late, actual.review.late)
        self._expires(fields.get("expires"), actual)

    def _differ(self, node: Node | None, what: str, expected: object, actual: object) -> None:
        if expected != actual:
            zh = f"{what}：期望 {_shown(expected)}，实际 {_shown(actual)}"
            en = f"{what}: expected {_shown(expected)}, got {_shown(actual)}"
            self.reader.error("case.difference", node or self.node, zh, en)

    def _error(self, node: Node | None, error: EvaluationError) -> None:
        expected = self.reader.choice(node, tuple(ERROR_TEXTS))
        self._differ(node, f"error ({error.rule_id})", expected, error.code)

    def _awards(self, fields: dict[str, Node], actual: Evaluation) -> None:
        granted = {award.rule_id: dict(award.points) for award in actual.awards}
        expected = {}
        for key, node in self.reader.entries(fields.get("awards")):
            self._known_rule(key)
            if isinstance(node, Scalar):
                points = self.reader.integer(node, at_least=1) or 0
                expected[key.text] = {"wallet": points}
            else:
                each = self.reader.fields(node, self.ruleset.measures)
                read = {measure: self.reader.integer(value) for measure, value in each.items()}
                expected[key.text] = {measure: value for measure, value in read.items() if value}
        self._differ(fields.get("awards"), "awards", expected, granted)

    def _refused(self, node: Node | None, actual: Evaluation) -> None:
        reasons = {refusal.rule_id: refusal.reason for refusal in actual.refused}
        for key, value in self.reader.entries(node):
            self._known_rule(key)
            reason = self.reader.choice(value, REASONS)
            self._differ(value, f"refused.{key.text}", reason, reasons.get(key.text))

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
            hint = did_you_mean(key.text, [rule.id for rule in self.ruleset.rules])
            zh, en = f"没有规则“{key.text}”{hint.zh}", f"no rule '{key.text}'{hint.en}"
            self.reader.error("case.unknown_rule", key, zh, en)


def _shown(value: object) -> str:
    if isinstance(value, set):
        return ", ".join(sorted(str(item) for item in value))
    return "-" if value is None else str(value)
