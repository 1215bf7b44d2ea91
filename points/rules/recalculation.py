"""What would stand if a member's activities were scored again, and how it differs from what does.

Pure. Whoever asks gives a member's activities that still count, in the order in which they were
scored, each with what stands of it now; what was reversed is left out, so that the room which it
took is free. Nothing differs where scoring again leads to what stands.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from points.rules.model import RuleSet
from points.rules.outcome import (
    ERROR_TEXTS,
    REASON_TEXTS,
    Award,
    Evaluation,
    EvaluationError,
    UsageKey,
)
from points.rules.replay import Choose, Entry, Replayed, Tallies, replay
from points.rules.texts import Title


class Stood(NamedTuple):
    """What stands of one rule in one measure.

    Attributes:
        points: What the member was granted.
        uses: What it counts for under each key, as ``{key: (points, times)}``.
        version: Of which version of the rules.
        sha256: And what stood in it.
    """

    points: int
    uses: Mapping[UsageKey, tuple[int, int]]
    version: int
    sha256: str


Standing = Mapping[str, Mapping[tuple[str, str], Stood]]
"""By programme, then by rule and measure."""


class Scored(NamedTuple):
    """An activity that still counts, and what stands of it."""

    entry: Entry
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """What one rule grants differently in one measure.

    Attributes:
        old: The points that stand.
        new: The points that would.
        reason: Why, as plain values: ``code`` and what goes with it; see :func:`words`.
    """

    rule_id: str
    measure: str
    old: int
    new: int
    reason: Mapping[str, Any] = field(default_factory=dict)

    @property
    def change(self) -> int:
        """Points to give, or below zero, to take back."""
        return self.new - self.old


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalculated:
    """An activity that comes to something else in one programme.

    Attributes:
        evaluation: What the rules make of it now.
        deltas: Every rule and measure whose award changes, by rule and measure; its points may
            stay, where only what it counts for under the caps is another.
    """

    entry: Entry
    ruleset: RuleSet
    evaluation: Evaluation
    deltas: tuple[Delta, ...]


class Failed(NamedTuple):
    """An activity that can no longer be scored; nothing of its member's is to be changed."""

    activity_id: str
    programme: str
    rule_id: str
    code: str


def recalculate(
    scored: Iterable[Scored],
    choose: Choose,
    tallies: Tallies | None = None,
    *,
    programmes: AbstractSet[str] | None = None,
    trace: bool = False,
) -> Iterator[Recalculated | Failed]:
    """Yield what would come to something else, and what could no longer be scored.

    Args:
        scored: In the order in which they were scored.
        choose: Chooses the version by when the activity happened.
        tallies: What others used of shared caps; empty when not said.
        programmes: In which programmes to look; all when not said.
        trace: Whether evaluations carry their trace.
    """
    waiting: dict[str, Standing] = {}

    def entries() -> Iterator[Entry]:
        for each in scored:
            waiting[each.entry.facts.activity_id] = each.standing
            yield _narrowed(each.entry, programmes)

    found = replay(entries(), choose, tallies, trace=trace)
    for entry, made in groupby(found, key=attrgetter("entry")):
        standing = waiting.pop(entry.facts.activity_id)
        results = list(made)
        yield from _failures(entry, results) or _changes(entry, results, standing)


def _narrowed(entry: Entry, programmes: AbstractSet[str] | None) -> Entry:
    if programmes is None:
        return entry
    return entry._replace(programmes=tuple(p for p in entry.programmes if p in programmes))


def _failures(entry: Entry, results: list[Replayed]) -> list[Failed]:
    return [
        Failed(
            entry.facts.activity_id,
            each.ruleset.programme,
            each.result.rule_id,
            each.result.code,
        )
        for each in results
        if isinstance(each.result, EvaluationError)
    ]


def _changes(entry: Entry, results: list[Replayed], standing: Standing) -> Iterator[Recalculated]:
    for each in results:
        if isinstance(each.result, Evaluation):
            stood = standing.get(each.ruleset.programme, {})
            deltas = tuple(_deltas(stood, each.ruleset, each.result))
            if deltas:
                yield Recalculated(
                    entry=entry, ruleset=each.ruleset, evaluation=each.result, deltas=deltas
                )


def _deltas(
    stood: Mapping[tuple[str, str], Stood], ruleset: RuleSet, evaluation: Evaluation
) -> Iterator[Delta]:
    granted = {
        (award.rule_id, measure): award for award in evaluation.awards for measure in award.points
    }
    for key in sorted({*stood, *granted}):
        rule_id, measure = key
        old, award = stood.get(key), granted.get(key)
        before, after = (old.points if old else 0), (award.points[measure] if award else 0)
        uses = uses_of(award, measure) if award else {}
        if before == after and (old is None or dict(old.uses) == uses):
            continue
        yield Delta(
            rule_id=rule_id,
            measure=measure,
            old=before,
            new=after,
            reason=_reason(key, old, award, ruleset, evaluation),
        )


def uses_of(award: Award, measure: str) -> dict[UsageKey, tuple[int, int]]:
    """Return what an award counts for under each key in one measure."""
    uses: dict[UsageKey, tuple[int, int]] = {}
    for use in award.uses:
        if use.measure == measure:
            points, times = uses.get(use.key, (0, 0))
            uses[use.key] = (points + use.amount, times + use.times)
    return uses


def _reason(
    key: tuple[str, str],
    old: Stood | None,
    award: Award | None,
    ruleset: RuleSet,
    evaluation: Evaluation,
) -> dict[str, Any]:
    """Return why an award is another, as plain values."""
    reason: dict[str, Any] = {"code": "facts", "version": ruleset.version}
    if old is not None and old.sha256 != ruleset.sha256:
        reason |= {"code": "version", "version_before": old.version}
    if award is None:
        refused = next((each for each in evaluation.refused if each.rule_id == key[0]), None)
        if refused is None:
            return reason | {"because": "gone"}
        return reason | {"because": refused.reason, "caps": list(refused.capped)}
    if award.capped:
        return reason | {"because": "cap", "caps": list(award.capped)}
    if reason["code"] == "facts" and old is not None and award.points[key[1]] > old.points:
        return reason | {"because": "room", "caps": sorted({use.cap for use in award.uses})}
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


def failure_words(failed: Failed) -> Title:
    """Return in words why an activity can no longer be scored."""
    text = ERROR_TEXTS[failed.code]
    return Title(f"{failed.rule_id}：{text.zh}", f"{failed.rule_id}: {text.en}")
