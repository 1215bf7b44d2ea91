"""Looking up what scoring again would change, before any lock is taken; doing what is marked."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from points.activities.model import Award, latest
from points.activities.reads import marked
from points.activities.scored import scored_of
from points.activities.store import awards_of
from points.engine import Engine
from points.flows.context import Context
from points.flows.recalculating import standing_of
from points.flows.replaying import pasts
from points.flows.rescore import Rescore
from points.kernel.canonical import digest
from points.kernel.ids import ActivityId, Actor, AssociationId, MemberId, OperationId, TransactionId
from points.members.enrolments import first_enrolled
from points.rules import Choose
from points.rules.recalculation import Recalculated, Recalculation, Scored, recalculate

WORKER = Actor("system:worker")
MEMBERS_A_PAGE = 20
"""Each of them is scored again twice: to see what has to be loaded, and under the locks."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What scoring a member again would change, as it was seen without a lock."""

    member_id: MemberId
    recalculation: Recalculation
    awards: dict[ActivityId, list[Award]]

    @property
    def grants(self) -> tuple[TransactionId, ...]:
        """Transactions of the awards of which points would be taken back."""
        found = {
            award.transaction_id
            for each in self.recalculation.changed
            if any(delta.change < 0 for delta in each.deltas)
            for award in self.awards.get(_activity(each), ())
            if award.transaction_id is not None
        }
        return tuple(sorted(found))


def foresee(
    engine: Engine, association: AssociationId, members: Collection[MemberId], choose: Choose
) -> list[Foreseen]:
    """Return what scoring some members again would change, each on their own.

    Held in memory: ask for a page of members.
    """
    known: Context = engine.context
    with engine.reading(association) as connection:
        stored = [
            each for each in scored_of(connection, association, members) if each.reversed_at is None
        ]
        ids = [each.activity.activity_id for each in stored]
        awards = awards_of(connection, association, ids)
        enrolled = first_enrolled(connection, association, members)
    scored: dict[MemberId, list[Scored]] = {member: [] for member in members}
    for past, each in zip(pasts(stored, enrolled, known), stored, strict=True):
        standing = standing_of(latest(awards.get(each.activity.activity_id, ())))
        scored[each.activity.member_id].append(Scored(past.entry, standing))
    return [
        Foreseen(member, recalculate(found, choose), awards) for member, found in scored.items()
    ]


def rescore_marked(engine: Engine, association: AssociationId) -> int:
    """Score the members again of whom an activity has ceased to count; return how many were."""
    done, after = 0, ""
    while page := _marked(engine, association, after):
        causes = dict(page)
        known: Context = engine.context
        seen = foresee(engine, association, list(causes), known.rules.in_force)
        outcomes = engine.submit_many(
            [_rescore(association, each, causes[each.member_id]) for each in seen]
        )
        done += sum(outcome.refusal is None for outcome in outcomes)
        after = page[-1][0]
    return done


def _marked(engine: Engine, association: AssociationId, after: str) -> list[tuple[MemberId, str]]:
    with engine.reading(association) as connection:
        return marked(connection, association, after=after, limit=MEMBERS_A_PAGE)


def _rescore(association: AssociationId, seen: Foreseen, cause: str) -> Rescore:
    # What was seen is in the name: seen otherwise the next time, it is another thing to do.
    name = digest([cause, seen.grants])[:24]
    return Rescore(
        association_id=association,
        operation_id=OperationId(f"system:rescore:{seen.member_id}:{name}"),
        actor=WORKER,
        member_id=seen.member_id,
        cause=cause,
        grants=seen.grants,
    )


def _activity(each: Recalculated) -> Any:  # noqa: ANN401 - an id
    return each.entry.facts.activity_id
