"""Runs case files: history, an event, and the complete set of awards that it must lead to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from points.rules.cases.activities import ACTIVITY_KEYS, HISTORY_KEYS, Activities
from points.rules.cases.comparison import EXPECT_KEYS, Comparison
from points.rules.cases.report import CaseReport, CaseResult, Difference
from points.rules.covering.branches import Branch
from points.rules.covering.observing import observe
from points.rules.evaluate import evaluate
from points.rules.explain import explain
from points.rules.facts import Facts
from points.rules.model import RuleSet
from points.rules.outcome import Evaluation, EvaluationError
from points.rules.reading import Reader
from points.rules.replay import Entry, Tallies, replay
from points.rules.tally import Tally
from points.rules.yaml_positions import Node, Scalar, read_yaml

FILE_KEYS = ("ruleset", "member", "tests", "note")
TEST_KEYS = ("name", "member", "history", "event", "expect", "then", "note")
STEP_KEYS = ("event", "expect", "note")
REPEAT_MAX = 400

WORK_MAX = 200_000
"""So many rules are asked while somebody waits: a dozen seconds on a slow machine."""


@dataclass(slots=True)
class Work:
    """How many times rules may still be asked, over all the files that share it.

    A file of some kilobytes can ask for hours: activities repeat, and each looks back at those
    before it.
    """

    left: int = WORK_MAX

    def take(self, rules: int, earlier: int) -> None:
        """Count an activity that some rules are asked of, and that comes after some others."""
        self.left -= max(1, rules) * (1 + earlier // 100)


Load = Callable[[str], RuleSet | None]
"""Returns the rule set of a file name, or nothing when it is unknown or wrong."""


def run_cases(
    text: str,
    *,
    file: str,
    load: Load,
    chosen: Callable[[str], bool] = lambda _: True,
    work: Work | None = None,
) -> CaseReport:
    """Return what the tests of a case file show.

    Args:
        text: The file's text.
        file: Its name, for the findings.
        load: Returns the rule set of a file name, or nothing when it is unknown or wrong.
        chosen: Whether the test of a name is to be run.
        work: How much may still be done; whatever there is, when not said.
    """
    root, findings = read_yaml(text, file=file)
    reader = Reader(file)
    reader.findings.extend(findings)
    if root is None:
        return CaseReport(failures=tuple(reader.findings))
    fields = reader.fields(root, FILE_KEYS, ("ruleset", "tests"))
    rulesets = _rulesets(reader, fields.get("ruleset"), load)
    if not rulesets:
        where = fields.get("ruleset", root)
        reader.error("case.ruleset", where, "规则文件无法载入", "the rule set cannot be loaded")
        return CaseReport(failures=tuple(reader.findings))
    # What a case shows does not hang on the day from which a version is published: cases go on
    # from version to version. Several of them hold by when each activity happened.
    tried = [rulesets[0].at_any_time()] if len(rulesets) == 1 else rulesets
    run = _Run(reader, tried, fields.get("member"), work)
    for node in reader.items(fields.get("tests")):
        if not run.spent:
            run.test(node, chosen)
    if run.spent:
        # What was under way was cut short: nothing that it showed is believed.
        zh, en = "用例太多，在线无法全部检查", "too many cases to be tried while somebody waits"
        reader.error("case.too_much", root, zh, en)
    return CaseReport(
        passed=sum(result.passed for result in run.results),
        failures=tuple(reader.findings),
        hit=frozenset(run.hit),
        refused=frozenset(run.refused),
        ruleset=max(rulesets, key=lambda each: each.version),
        results=tuple(run.results),
        seen=frozenset(run.seen),
    )


def _rulesets(reader: Reader, node: Node | None, load: Load) -> list[RuleSet]:
    """Return the versions of one programme that a file names, or nothing when one is wrong."""
    names = reader.items(node) if node is not None and not isinstance(node, Scalar) else [node]
    read = [reader.text(name) for name in names]
    found = [load(name) if name is not None else None for name in read]
    loaded = [each for each in found if each is not None]
    same = len({each.programme for each in loaded}) == 1
    return loaded if len(loaded) == len(found) and same else []


class _Run:
    """Runs the tests of one file, one after another."""

    def __init__(
        self, reader: Reader, rulesets: list[RuleSet], member: Node | None, work: Work | None
    ) -> None:
        self.reader, self.rulesets, self.file_member = reader, rulesets, member
        self.newest = max(rulesets, key=lambda each: each.version)
        self.activities = Activities(reader, self.newest.types, self.newest.zone)
        self.results: list[CaseResult] = []
        self.hit: set[str] = set()
        self.refused: set[str] = set()
        self.seen: set[Branch] = set()
        self.work = work
        self.earlier = 0

    @property
    def spent(self) -> bool:
        """Whether nothing more may be done."""
        return self.work is not None and self.work.left <= 0

    def test(self, node: Node, chosen: Callable[[str], bool]) -> None:
        """Run one test."""
        before = len(self.reader.findings)
        fields = self.reader.fields(node, TEST_KEYS, ("name", "event", "expect"))
        name = self.reader.text(fields.get("name")) or ""
        if not chosen(name):
            del self.reader.findings[before:]
            return
        differences: list[Difference] = []
        told: dict[str, list[str]] = {"zh": [], "en": []}
        if "event" in fields and "expect" in fields:
            members = (self.file_member, fields.get("member"))
            tallies, self.earlier = Tallies(), 0
            for number, earlier in enumerate(self.reader.items(fields.get("history"))):
                self._replay(earlier, members, f"h{number}", tallies)
            steps = [fields, *(self._step(each) for each in self.reader.items(fields.get("then")))]
            for number, step in enumerate(steps):
                found = self._event(step, members, f"event{number or ''}", tallies, told)
                differences.extend(found)
        self.results.append(
            CaseResult(
                name=name,
                line=node.line,
                findings=tuple(self.reader.findings[before:]),
                differences=tuple(differences),
                told={language: tuple(lines) for language, lines in told.items()},
            )
        )

    def _step(self, node: Node) -> dict[str, Node]:
        return self.reader.fields(node, STEP_KEYS, ("event", "expect"))

    def _event(
        self,
        step: Mapping[str, Node],
        members: tuple[Node | None, ...],
        name: str,
        tallies: Tallies,
        told: dict[str, list[str]],
    ) -> list[Difference]:
        if "event" not in step or "expect" not in step:
            return []
        facts = self.activities.facts(step["event"], members, name, ACTIVITY_KEYS)
        expected = self.reader.fields(step["expect"], EXPECT_KEYS)
        if facts is None:
            return []
        actual, resumed = self._outcome(facts, tallies)
        comparison = Comparison(self.reader, self._in_force(facts), step["expect"])
        comparison.run(expected, actual.result, resumed)
        if comparison.differences:
            for language, lines in told.items():
                lines.extend(actual.told(language))
        return comparison.differences

    def _replay(
        self, node: Node, members: tuple[Node | None, ...], name: str, tallies: Tallies
    ) -> None:
        fields = self.reader.mapping(node)
        repeat = fields.values.get("repeat") if fields else None
        times = self.reader.integer(repeat, at_least=1, at_most=REPEAT_MAX) or 1
        for number in range(times):
            if self.spent:
                return
            facts = self.activities.facts(node, members, f"{name}.{number}", HISTORY_KEYS)
            if facts is None:
                return
            error = self._outcome(facts, tallies)[0].result
            if isinstance(error, EvaluationError):
                zh, en = f"历史活动：{error.zh}", f"history: {error.rule_id}: {error.en}"
                self.reader.error("case.history", node, zh, en)
                return

    def _outcome(self, facts: Facts, tallies: Tallies) -> tuple["_Scored", list[Evaluation]]:
        """Score an activity after what was put off until then; say what both came to."""
        now = replay([], self._choose, tallies, until=facts.received_at)
        resumed = [each.result for each in now if isinstance(each.result, Evaluation)]
        ruleset, tally = self._in_force(facts), tallies.of(self.newest.programme, facts.member_id)
        if self.work is not None:
            self.work.take(len(ruleset.by_type.get(facts.type, ())), self.earlier)
            self.earlier += 1
        try:
            found = evaluate(facts, ruleset, tally)
        except EvaluationError as error:
            return _Scored(error), resumed
        if ruleset is self.newest:
            self._note(facts, tally, found)
        tally.record(facts, found)
        programme = ruleset.programme
        tallies.put_off(Entry(facts.member_id, facts, (programme,)), programme, found)
        return _Scored(found), resumed

    def _note(self, facts: Facts, tally: Tally, found: Evaluation) -> None:
        """Note what of the rules was seen; the tally is as it was before."""
        self.hit |= {award.rule_id for award in found.awards}
        self.hit |= {effect.rule_id for effect in found.effects}
        self.refused |= {award.rule_id for award in found.awards if award.capped}
        self.refused |= {refusal.rule_id for refusal in found.refused}
        self.seen |= observe(facts, self.newest, tally, found)

    def _choose(self, _programme: str, at: datetime) -> RuleSet | None:
        holding = [each for each in self.rulesets if each.in_force(at)]
        return max(holding, key=lambda each: each.version, default=None)

    def _in_force(self, facts: Facts) -> RuleSet:
        """Return the version by when it happened; the newest where none holds, to say so."""
        return self._choose(self.newest.programme, facts.occurred_at) or self.newest


class _Scored(NamedTuple):
    """What an activity came to."""

    result: Evaluation | EvaluationError

    def told(self, language: str) -> list[str]:
        """Return what the rules made of it, in sentences."""
        if isinstance(self.result, EvaluationError):
            error = self.result
            return [f"{error.rule_id}: {error.en if language == 'en' else error.zh}"]
        return explain(self.result.trace, language) if self.result.trace else []
