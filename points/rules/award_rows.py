"""Awards as rows: the one shape in which every engine says what rules would grant.

The exact engine and the fast preview are compared row by row; what reads one reads the other.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from points.rules.outcome import Award, Cut, Evaluation, EvaluationError, NotAwarded
from points.rules.replay import Replayed


class AwardRow(NamedTuple):
    """What one rule grants in one measure for one activity, or would have but for its caps.

    Attributes:
        member_id: Who gets it.
        points: Zero where the caps took all.
        forgone: What the caps took for good.
        capped: Ids of the caps that cut this rule's award, in any of its measures, in order.
        cuts: Which caps took how much of this measure for good.
    """

    member_id: str
    activity_id: str
    programme: str
    rule_id: str
    measure: str
    points: int
    forgone: int = 0
    capped: tuple[str, ...] = ()
    cuts: tuple[tuple[str, int], ...] = ()


class Failure(NamedTuple):
    """An activity that a rule set aside, and why; it gets nothing in any programme."""

    activity_id: str
    programme: str
    rule_id: str
    code: str


def award_rows(replayed: Iterable[Replayed]) -> Iterator[AwardRow | Failure]:
    """Yield the rows of what was scored again; of an activity that was set aside only that."""
    waiting: list[AwardRow] = []
    failed, current = False, None
    for each in replayed:
        if each.entry is not current:
            yield from () if failed else waiting
            waiting, failed, current = [], False, each.entry
        if isinstance(each.result, EvaluationError):
            failed = True
            yield Failure(
                each.entry.facts.activity_id,
                each.ruleset.programme,
                each.result.rule_id,
                each.result.code,
            )
        else:
            waiting.extend(_rows(each, each.result))
    yield from () if failed else waiting


def _rows(each: Replayed, evaluation: Evaluation) -> Iterator[AwardRow]:
    for award in evaluation.awards:
        yield from _measures(each, award, award.points, evaluation.cuts)
    for refusal in evaluation.refused:
        yield from _measures(each, refusal, {}, evaluation.cuts)


def _measures(
    each: Replayed, found: Award | NotAwarded, points: Mapping[str, int], cuts: Iterable[Cut]
) -> Iterator[AwardRow]:
    for measure in dict.fromkeys((*points, *found.forgone)):
        yield AwardRow(
            member_id=found.to or each.entry.member_id,
            activity_id=each.entry.facts.activity_id,
            programme=each.ruleset.programme,
            rule_id=found.rule_id,
            measure=measure,
            points=points.get(measure, 0),
            forgone=found.forgone.get(measure, 0),
            capped=found.capped,
            cuts=tuple(
                (cut.cap, cut.points)
                for cut in cuts
                if cut.rule_id == found.rule_id and cut.measure == measure
            ),
        )
