"""Publicity: the published list, objections to it and their answers."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from starlette.concurrency import run_in_threadpool

from points.activities import reads
from points.activities.errors import ClaimStateWrong
from points.api.caller import NO_CLAIM, Asking, Caller
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import IN_QUERY, Answer, Body, Id, Name, Page, PageQuery, Text, write_cursor
from points.flows.answer import Answer as AnswerObjection
from points.flows.object import ObjectTo
from points.flows.publicity import PublicLine, public_types, publicity
from points.flows.publish import Publish
from points.identity.policy import Action
from points.kernel.ids import ActivityId

LIST_MAX = 500


class PublicOut(Answer):
    """One line of the published list; names are masked and nothing of health is shown."""

    activity_id: str
    name: str
    branch: str | None = None
    title: str
    occurred_at: datetime
    points: dict[str, int]
    until: datetime | None = None
    batch: str | None = None


class NewList(Body):
    """Claims to put on a published list."""

    activity_ids: list[Id] = Field(min_length=1, max_length=LIST_MAX)
    batch: Name = Field(max_length=60, description="the list's name, as 2026-03")
    working_days: int = Field(ge=1, le=60)


class Published(Answer):
    """A list that was published."""

    batch: str
    claims: int
    until: datetime


class NewObjection(Body):
    """An objection to a claim while it is public."""

    activity_id: Id
    reason: Text


class Objected(Answer):
    """Where a claim stands after an objection."""

    activity_id: str
    state: str


class NewAnswer(Body):
    """What is answered to an objection."""

    upheld: bool
    reason: Text


class Answered(Answer):
    """Where a claim stands after its objection was answered."""

    activity_id: str
    state: str
    publicity_until: datetime | None = None


def list_publicity(caller: Asking, query: Annotated[PageQuery, IN_QUERY]) -> Page[PublicOut]:
    """Return the published list; pages can be short, go on while there is a cursor."""
    lines, after = publicity(
        caller.engine,
        caller.association,
        caller.installation.context.types,
        after=query.key,
        limit=query.limit,
    )
    shown = [_shown(line, caller.language) for line in lines]
    return Page(items=shown, next=write_cursor(after) if after else None)


def _shown(line: PublicLine, language: str) -> PublicOut:
    return PublicOut(
        activity_id=line.activity_id,
        name=line.name,
        branch=line.branch,
        title=line.title_en if language == "en" else line.title_zh,
        occurred_at=line.occurred_at,
        points=line.points,
        until=line.until,
        batch=line.batch,
    )


async def publish_list(caller: Asking, body: NewList) -> Published:
    """Publish a list; the time for objections runs from it."""
    done = await caller.carry_out(
        Publish(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            activity_ids=tuple(ActivityId(each) for each in body.activity_ids),
            batch=body.batch,
            working_days=body.working_days,
        )
    )
    return Published.model_validate(done)


async def object_to(caller: Asking, body: NewObjection) -> Objected:
    """Object to a claim on the published list."""
    if caller.member is not None:
        await run_in_threadpool(_refuse_private, caller, ActivityId(body.activity_id))
    command = ObjectTo(
        association_id=caller.association,
        operation_id=caller.operation,
        actor=caller.actor,
        activity_id=ActivityId(body.activity_id),
        reason=body.reason,
    )
    try:
        return Objected.model_validate(await caller.carry_out(command))
    except Problem as problem:
        # A member learns nothing about claims that are not public, not even that they exist.
        if caller.member is not None and problem.code == ClaimStateWrong.code:
            raise Problem.of(NO_CLAIM) from None
        raise


def _refuse_private(caller: Caller, activity_id: ActivityId) -> None:
    """Refuse what the list never shows; a claim's type never changes, so replays stay the same."""
    with caller.engine.reading(caller.association) as connection:
        filed = reads.one(connection, caller.association, activity_id)
    public = public_types(caller.installation.context.types)
    if filed is None or filed.claim.type not in public:
        raise Problem.of(NO_CLAIM)


async def answer_objection(caller: Asking, activity_id: str, body: NewAnswer) -> Answered:
    """Answer the open objection to a claim; the answer is kept for ever."""
    done = await caller.carry_out(
        AnswerObjection(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            activity_id=ActivityId(activity_id),
            upheld=body.upheld,
            reason=body.reason,
            person=caller.principal.person,
        )
    )
    return Answered.model_validate(done)


ROUTES = (
    get("/v1/publicity", list_publicity, allows=Action.READ_PUBLICITY, zh="公示名单"),
    post("/v1/publicity", publish_list, allows=Action.PUBLISH, zh="发布公示名单", status=201),
    post("/v1/objections", object_to, allows=Action.OBJECT, zh="提出异议", status=201),
    post(
        "/v1/objections/{activity_id}/answer",
        answer_objection,
        allows=Action.ANSWER_OBJECTION,
        zh="答复异议",
    ),
)
