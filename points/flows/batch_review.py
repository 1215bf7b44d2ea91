"""Approve a sheet page by page: many reviews, each of them decided, counted and answered alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from points.activities.batches import Totals, page_of_batch, totals
from points.activities.errors import BatchUnseen
from points.activities.model import Claim
from points.activities.reads import Scope
from points.engine import Engine
from points.flows.review import Review, Verdict
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId

PAGE_MAX = 200
NO_BATCH = NotFound(noun="batch", noun_zh="批次")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewing:
    """Somebody who approves a page of a sheet.

    Attributes:
        operation_id: The request's; each review is named after it and its claim, so a page that
            is sent again is answered as before.
        seen: What :meth:`Totals.seen` said when they looked at the batch.
        scope: What they see of it.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    batch: str
    seen: str
    level: str
    scope: Scope = field(default_factory=Scope)
    person: MemberId | None = None


def page_to_review(
    engine: Engine, who: Reviewing, *, after: str = "", limit: int = PAGE_MAX
) -> Sequence[Claim] | Refusal:
    """Return a page of a batch and one claim more, or why it may not be approved.

    All claims are in it, whatever became of them: the page is then the same when it is sent again.
    """
    with engine.reading(who.association_id) as connection:
        whole = totals(connection, who.association_id, who.batch, who.scope)
        refusal = _refuse(whole, who)
        if refusal is not None:
            return refusal
        return page_of_batch(
            connection, who.association_id, who.batch, who.scope, after=after, limit=limit + 1
        )


def _refuse(whole: Totals | None, who: Reviewing) -> Refusal | None:
    if whole is None:
        return NO_BATCH
    return BatchUnseen() if whole.seen(who.batch) != who.seen else None


def reviews(who: Reviewing, claims: Sequence[Claim]) -> list[Review]:
    """Return an approval for each claim; whether it may be approved is decided one by one."""
    return [
        Review(
            association_id=who.association_id,
            operation_id=OperationId(f"{who.operation_id}:{claim.activity_id}"),
            actor=who.actor,
            activity_id=claim.activity_id,
            verdict=Verdict.APPROVE,
            level=who.level,
            branches=who.scope.branches,
            grids=who.scope.grids,
            person=who.person,
        )
        for claim in claims
    ]
