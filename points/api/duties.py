"""Separation of duties: relations that staff declare, and who sees them."""

from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import model_validator

from points.activities.reviewers import reviewers
from points.api.caller import Asking, Caller
from points.api.route import get, post
from points.api.wire import IN_QUERY, Answer, Asked, Body, Id, Instant
from points.duties.model import RelationKind
from points.duties.store import relation_history, relations_of
from points.flows.declare_relation import DeclareRelation, WithdrawRelation
from points.identity.policy import Action
from points.identity.roles import Kind
from points.kernel.ids import Actor, MemberId

PERIOD_MAX = timedelta(days=366)


class NewRelation(Body):
    """What a member is to oneself; ``self`` where one is that member."""

    member_id: Id
    kind: RelationKind


class EndedRelation(Body):
    """Which relation no longer holds."""

    member_id: Id


class RelationOut(Answer):
    """A relation as it stands."""

    staff: str
    member_id: str
    kind: str
    active: bool


class RelationStepOut(Answer):
    """One step of a relation."""

    member_id: str
    step: str
    kind: str
    actor: str
    recorded_at: datetime


class RelationList(Answer):
    """What a person of staff has declared."""

    items: list[RelationOut]


class RelationHistory(RelationList):
    """The same, with every step."""

    steps: list[RelationStepOut]


class ReportQuery(Asked):
    """Which period; at most a year."""

    since: Instant
    until: Instant

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if not timedelta(0) < self.until - self.since <= PERIOD_MAX:
            raise ValueError("until")
        return self


class PairOut(Answer):
    """Whose claims a reviewer approved most."""

    name: str
    approved: int


class ReviewerOut(Answer):
    """What one reviewer did."""

    reviewer: str
    reviewed: int
    approved: int
    approval_share: float
    points: int
    backfills: int
    outside_hours: int
    gap_seconds_median: float | None = None
    member: PairOut | None = None
    branch: PairOut | None = None


class DutyReport(Answer):
    """Every reviewer of a period, the most points first; figures, no verdicts."""

    items: list[ReviewerOut]


def report_duties(caller: Asking, query: Annotated[ReportQuery, IN_QUERY]) -> DutyReport:
    """Return what each reviewer did in a period."""
    with caller.engine.reading(caller.association) as connection:
        found = reviewers(connection, caller.association, query.since, query.until)
    return DutyReport(items=[ReviewerOut.model_validate(each) for each in found])


def list_own_relations(caller: Asking) -> RelationList:
    """Return whom one has declared; nobody else's."""
    return RelationList(items=_items(caller, caller.actor))


async def declare_relation(caller: Asking, body: NewRelation) -> RelationOut:
    """Declare a relative among the members, or that one is a member; it binds at once."""
    done = await caller.carry_out(
        DeclareRelation(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            staff=caller.actor,
            member_id=MemberId(body.member_id),
            kind=body.kind,
        )
    )
    return RelationOut.model_validate(done)


def list_staff_relations(caller: Asking, staff: str) -> RelationHistory:
    """Return whom a person of staff has declared, and every step of it."""
    actor = Actor(f"{Kind.STAFF.value}:{staff}")
    with caller.engine.reading(caller.association) as connection:
        steps = relation_history(connection, caller.association, actor)
    shown = [
        RelationStepOut(
            member_id=each.member_id,
            step=each.step.value,
            kind=each.kind.value,
            actor=each.actor,
            recorded_at=each.recorded_at,
        )
        for each in steps
    ]
    return RelationHistory(items=_items(caller, actor), steps=shown)


async def withdraw_relation(caller: Asking, staff: str, body: EndedRelation) -> RelationOut:
    """Withdraw somebody else's relation, after it was looked into."""
    done = await caller.carry_out(
        WithdrawRelation(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            staff=Actor(f"{Kind.STAFF.value}:{staff}"),
            member_id=MemberId(body.member_id),
        )
    )
    return RelationOut.model_validate(done)


def _items(caller: Caller, staff: Actor) -> list[RelationOut]:
    with caller.engine.reading(caller.association) as connection:
        found = relations_of(connection, caller.association, staff)
    return [
        RelationOut(
            staff=each.staff, member_id=each.member_id, kind=each.kind.value, active=each.active
        )
        for each in found
    ]


ROUTES = (
    get(
        "/v1/duties/report",
        report_duties,
        allows=Action.READ_DUTIES,
        zh="审核员情况（只列数字）",
    ),
    get(
        "/v1/me/relations",
        list_own_relations,
        allows=Action.DECLARE_RELATION,
        zh="本人申报的亲属关系",
    ),
    post(
        "/v1/me/relations",
        declare_relation,
        allows=Action.DECLARE_RELATION,
        zh="申报亲属关系",
        status=201,
    ),
    get(
        "/v1/staff/{staff}/relations",
        list_staff_relations,
        allows=Action.READ_DUTIES,
        zh="工作人员的亲属申报",
    ),
    post(
        "/v1/staff/{staff}/relations:withdraw",
        withdraw_relation,
        allows=Action.MANAGE_STAFF,
        zh="核实后撤销他人的亲属申报",
    ),
)
