"""What would stand if a member's activities were scored again, and how it differs from what does.

Pure. Whoever asks gives a member's activities that still count, in the order in which they were
scored, each with what stands of it now; what was reversed is left out, so that the room which it
took is free. Nothing differs where scoring again leads to what stands.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from points.rules.model import Rule, RuleSet
from points.rules.outcome import (
    ERROR_TEXTS,
    REASON_TEXTS,
    Award,
    CapUse,
    Evaluation,
    EvaluationError,
    UsageKey,
)
from points.rules.replay import Choose, Entry, Replayed, Tallies, replay
from points.rules.texts import Title

Uses = Mapping[UsageKey, tuple[int, int]]
"""Points and times by key."""


class Stood(NamedTuple):
    """What stands of one rule in one measure.

    Attributes:
        points: What the member was granted.
        uses: What it counts for under each key.
        version: Of which version of the rules.
        sha256: And what stood in it.
    """

    points: int
    uses: Uses
    version: int
    sha256: str


Standing = Mapping[str, Mapping[tuple[str, str], Stood]]
"""By programme, then by rule and measure."""


class Scored(NamedTuple):
    """An activity that still counts, and what stands of it."""

    entry: Entry
    standing: Standing


@dataclass(slots=True, kw_only=True)
class Anew:
    """What one rule grants in one measure when it is scored again."""

    points: int = 0
    forgone: int = 0
    expires_at: datetime | None = None
    capped: tuple[str, ...] = ()
    uses: list[CapUse] = field(default_factory=list)
    trace: Any = None

    def add(self, award: Award, measure: str, trace: Any) -> None:  # noqa: ANN401 - plain JSON
        """Add what an evaluation grants; points that were put off come in one of their own."""
        self.points += award.points[measure]
        self.forgone += award.forgone.get(measure, 0)
        self.expires_at = award.expires.get(measure)
        self.capped = tuple(dict.fromkeys((*self.capped, *award.capped)))
        self.uses.extend(use for use in award.uses if use.measure == measure)
        self.trace = trace if self.trace is None else self.trace

    def counted(self) -> dict[UsageKey, tuple[int, int]]:
        """Return what it counts for under each key."""
        counted: dict[UsageKey, tuple[int, int]] = {}
        for use in self.uses:
            points, times = counted.get(use.key, (0, 0))
            counted[use.key] = (points + use.amount, times + use.times)
        return counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """What one rule grants differently in one measure.

    Attributes:
        old: The points that stand; they may stay, where only what they count for is another.
        anew: What would stand.
        reason: Why, as plain values: ``code`` and what goes with it; see :func:`words`.
    """

    rule_id: str
    measure: str
    old: int
    anew: Anew
    reason: Mapping[str, Any] = field(default_factory=dict)

    @property
    def change(self) -> int:
        """Points to give, or below zero, to take back."""
        return self.anew.points - self.old


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalculated:
    """An activity that comes to something else in one programme: every rule's change, in order."""

    entry: Entry
    ruleset: RuleSet
    deltas: tuple[Delta, ...]


class Failed(NamedTuple):
    """An activity that can no longer be scored; nothing of its member's is to be changed."""

    activity_id: str
    programme: str
    rule_id: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalculation:
    """What scoring again comes to: what would change, or why nothing may."""

    changed: tuple[Recalculated, ...] = ()
    failed: tuple[Failed, ...] = ()


def left_alone(ruleset: RuleSet) -> frozenset[str]:
    """Return the rules whose awards cannot be worked out from one member's activities alone.

    What members share, what peers get and what was put off hangs on others and on the clock. So
    does what stands beside it in a group, or refers to it. Their awards stay as they stand; what
    they used of the member's own caps stays used.
    """
    alone = {rule.id for rule in ruleset.rules if _hangs_on_others(rule)}
    groups = {rule.group.id for rule in ruleset.rules if rule.id in alone and rule.group}
    alone |= {rule.id for rule in ruleset.rules if rule.group and rule.group.id in groups}
    while more := {
        rule.id
        for rule in ruleset.rules
        if rule.id not in alone and any(named in alone for named, _ in rule.references)
    }:
        alone |= more
    return frozenset(alone)


def _hangs_on_others(rule: Rule) -> bool:
    limits = any(cap.mode == "defer" or cap.scope != "member" for cap in rule.caps)
    return limits or rule.to is not None or rule.effect is not None


def _without(ruleset: RuleSet, rules: frozenset[str]) -> RuleSet:
    """Return a version without some of its rules; it is still called by its name and hash."""
    kept = {
        kind: tuple(rule for rule in found if rule.id not in rules)
        for kind, found in ruleset.by_type.items()
    }
    return replace(ruleset, by_type=kept)


def recalculate(
    scored: Iterable[Scored],
    choose: Choose,
    tallies: Tallies | None = None,
    *,
    programmes: AbstractSet[str] | None = None,
    alone: frozenset[str] = frozenset(),
    trace: bool = False,
) -> Recalculation:
    """Return what would come to something else, and what could no longer be scored.

    Args:
        scored: In the order in which they were scored.
        choose: Chooses the version by when the activity happened.
        tallies: What is used besides by what stays as it stands; nothing when not said.
        programmes: In which programmes to look; all when not said.
        alone: Rules whose awards stay as they stand (:func:`left_alone`).
        trace: Whether what is granted anew carries its trace.
    """
    standing: dict[str, Standing] = {}

    def entries() -> Iterator[Entry]:
        for each in scored:
            standing[each.entry.facts.activity_id] = each.standing
            yield _narrowed(each.entry, programmes)

    narrowed: dict[str, RuleSet] = {}

    def choose_without(programme: str, at: datetime) -> RuleSet | None:
        ruleset = choose(programme, at)
        if ruleset is None or not alone:
            return ruleset
        if ruleset.sha256 not in narrowed:
            narrowed[ruleset.sha256] = _without(ruleset, alone)
        return narrowed[ruleset.sha256]

    made: dict[tuple[str, str], list[Replayed]] = {}
    for each in replay(entries(), choose_without, tallies, trace=trace):
        made.setdefault((each.entry.facts.activity_id, each.ruleset.programme), []).append(each)
    failed = [_failed(each) for results in made.values() for each in results if _fails(each)]
    if failed:
        return Recalculation(failed=tuple(failed))
    found = (
        _recalculated(results, _but(standing[activity].get(programme, {}), alone))
        for (activity, programme), results in made.items()
    )
    return Recalculation(changed=tuple(each for each in found if each.deltas))


def _but(
    stood: Mapping[tuple[str, str], Stood], alone: AbstractSet[str]
) -> Mapping[tuple[str, str], Stood]:
    return {key: found for key, found in stood.items() if key[0] not in alone}


def _narrowed(entry: Entry, programmes: AbstractSet[str] | None) -> Entry:
    if programmes is None:
        return entry
    return entry._replace(programmes=tuple(p for p in entry.programmes if p in programmes))


def _fails(made: Replayed) -> bool:
    return isinstance(made.result, EvaluationError)


def _failed(made: Replayed) -> Failed:
    error = made.result
    rule_id, code = (error.rule_id, error.code) if isinstance(error, EvaluationError) else ("", "")
    return Failed(made.entry.facts.activity_id, made.ruleset.programme, rule_id, code)


def _recalculated(results: list[Replayed], stood: Mapping[tuple[str, str], Stood]) -> Recalculated:
    first = results[0]
    evaluations = [each.result for each in results if isinstance(each.result, Evaluation)]
    granted = _granted(evaluations)
    deltas = []
    for key in sorted({*stood, *granted}):
        old, anew = stood.get(key), granted.get(key) or Anew(trace=_step(key[0], evaluations))
        before, counted = (old.points, dict(old.uses)) if old else (0, {})
        if (before, counted) != (anew.points, anew.counted()):
            reason = _reason(key[0], old, anew, first.ruleset, evaluations)
            deltas.append(
                Delta(rule_id=key[0], measure=key[1], old=before, anew=anew, reason=reason)
            )
    return Recalculated(entry=first.entry, ruleset=first.ruleset, deltas=tuple(deltas))


def _step(rule_id: str, evaluations: list[Evaluation]) -> Any:  # noqa: ANN401 - plain JSON
    """Return how a rule came to nothing, where the evaluations carry their trace."""
    steps = (step for made in evaluations for step in (made.trace or {}).get("steps", ()))
    return next((step for step in steps if step["rule"] == rule_id), None)


def _granted(evaluations: list[Evaluation]) -> dict[tuple[str, str], Anew]:
    granted: dict[tuple[str, str], Anew] = {}
    for evaluation in evaluations:
        steps = {each["rule"]: each for each in (evaluation.trace or {}).get("steps", ())}
        for award in evaluation.awards:
            for measure in award.points:
                anew = granted.setdefault((award.rule_id, measure), Anew())
                anew.add(award, measure, steps.get(award.rule_id))
    return granted


def _reason(
    rule_id: str,
    old: Stood | None,
    anew: Anew,
    ruleset: RuleSet,
    evaluations: list[Evaluation],
) -> dict[str, Any]:
    """Return why an award is another, as plain values."""
    reason: dict[str, Any] = {"code": "facts", "version": ruleset.version}
    if old is not None and old.sha256 != ruleset.sha256:
        reason |= {"code": "version", "version_before": old.version}
    if not anew.points:
        refused = [each for made in evaluations for each in made.refused]
        found = next((each for each in refused if each.rule_id == rule_id), None)
        if found is None:
            return reason | {"because": "gone"}
        return reason | {"because": found.reason, "caps": list(found.capped)}
    if anew.capped:
        return reason | {"because": "cap", "caps": list(anew.capped)}
    if reason["code"] == "facts" and old is not None and anew.points > old.points:
        return reason | {"because": "room", "caps": sorted({use.cap for use in anew.uses})}
    return reason


_WHY: Mapping[str, Title] = {
    **REASON_TEXTS,
    "gone": Title("这一版规则不再有这条", "this version no longer has the rule"),
    "room": Title("封顶腾出了余量", "room under a cap has become free"),
}


def words(reason: Mapping[str, Any]) -> Title:
    """Return a delta's reason in words."""
    version, before = reason.get("version"), reason.get("version_before")
    if reason.get("code") == "version":
        zh = f"规则由第 {before} 版改为第 {version} 版"
        en = f"version {version} of the rules takes the place of version {before}"
    else:
        zh, en = "按仍然有效的活动重新计分", "scored again with the activities that still count"
    why = _WHY.get(reason.get("because", ""))
    if why is not None:
        zh, en = f"{zh}；{why.zh}", f"{en}; {why.en}"
    if caps := reason.get("caps"):
        zh, en = f"{zh}（{'、'.join(caps)}）", f"{en} ({', '.join(caps)})"
    return Title(zh, en)


def correction_words(corrected: Mapping[str, Any]) -> Title:
    """Return what a correction says to its member: how many points it was, is, and why."""
    why = words(corrected["reason"])
    old, new = corrected["old"], corrected["new"]
    return Title(
        f"更正：原 {old} 分，现 {new} 分；{why.zh}",
        f"Corrected: it was {old} points and is {new}; {why.en}",
    )


def failure_words(failed: Failed) -> Title:
    """Return in words why an activity can no longer be scored."""
    text = ERROR_TEXTS[failed.code]
    return Title(f"{failed.rule_id}：{text.zh}", f"{failed.rule_id}: {text.en}")
