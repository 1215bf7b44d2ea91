"""Looking at what is masked, taking out all data of a person, and erasing one."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from points.api.caller import NO_MEMBER, Asking, Caller
from points.api.gate import Keyed
from points.api.members import sees_member
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import IN_QUERY, Answer, Asked, Body, Text
from points.flows.erase import Erase, Ground
from points.flows.erasing import erase_person
from points.flows.person_export import PersonExport
from points.flows.request_erasure import EndRequest, RequestErasure
from points.flows.unmask import FIELDS, Reason, Unmask, today, unmasked
from points.identity.policy import Action
from points.kernel.ids import MemberId
from points.privacy.model import Look
from points.privacy.reads import assessments, open_requests

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Masked = Literal["name", "phone", "identity_number", "evidence"]


class Looking(Body):
    """What somebody wants to see, and why."""

    fields: list[Masked] = Field(min_length=1, max_length=len(FIELDS))
    reason: Reason
    words: Text


class EvidenceOut(Answer):
    """What went with a claim."""

    activity_id: str
    recorded_at: datetime
    note: str
    fields: dict[str, Any]


class UnmaskedOut(Answer):
    """What was asked for; who looked, when and why stands on the audit trail."""

    member_id: str
    name: str | None = None
    phone: str | None = None
    identity_number: str | None = None
    evidence: list[EvidenceOut] | None = None


class ExportQuery(Asked):
    """In which form."""

    format: Literal["json", "xlsx"] = "json"


class Erasing(Body):
    """Why somebody is erased; it cannot be undone."""

    ground: Literal["request", "retention", "court", "enrolled_by_mistake"]


class Erased(Answer):
    """A person who was erased."""

    member_id: str
    erased_at: datetime


class Requested(Answer):
    """A request for erasure, and by when it is answered."""

    member_id: str
    due_at: datetime


class Ending(Body):
    """Take a request back, or decline it with a reason."""

    reason: str = Field(default="", max_length=500)


class Ended(Answer):
    """What became of a request."""

    member_id: str
    step: str


class RequestOut(Answer):
    """A request that waits for an answer."""

    member_id: str
    reason: str
    recorded_at: datetime
    due_at: datetime | None = None


class RequestsOut(Answer):
    """Requests that wait, the most urgent first."""

    items: list[RequestOut]


class AssessmentOut(Answer):
    """The record of an impact assessment."""

    version: int
    title: str
    made_on: str
    author: str
    body: dict[str, Any]
    document_sha256: str
    recorded_at: datetime


class AssessmentsOut(Answer):
    """The records, newest first."""

    items: list[AssessmentOut]


async def unmask_member(caller: Asking, member_id: str, body: Looking) -> UnmaskedOut:
    """Show what is masked, once the reason is written down; each look counts."""
    await run_in_threadpool(sees_member, caller, member_id)
    fields = list(dict.fromkeys(body.fields))
    await caller.carry_out(
        _look(caller, MemberId(member_id), Look.UNMASK, fields, body.reason, body.words)
    )
    found = await run_in_threadpool(
        unmasked,
        caller.engine,
        caller.installation.context,
        caller.association,
        MemberId(member_id),
        fields,
    )
    return UnmaskedOut.model_validate(found)


def _look(
    caller: Caller,
    member: MemberId,
    kind: Look,
    fields: Iterable[str],
    reason: Reason,
    words: str,
) -> Unmask:
    return Unmask(
        association_id=caller.association,
        operation_id=caller.fresh_operation,
        actor=caller.actor,
        member_id=member,
        fields=tuple(fields),
        reason=reason,
        words=words,
        kind=kind,
        day=today(caller.engine),
    )


async def export_me(caller: Asking, query: Annotated[ExportQuery, IN_QUERY]) -> Response:
    """Return everything that is kept about the member who asks."""
    if caller.member is None:
        raise Problem.of(NO_MEMBER)
    return await _export(caller, caller.member, query)


async def export_member(
    caller: Asking, member_id: str, query: Annotated[ExportQuery, IN_QUERY]
) -> Response:
    """Return everything that is kept about a member."""
    await run_in_threadpool(sees_member, caller, member_id)
    return await _export(caller, MemberId(member_id), query)


async def _export(caller: Caller, member: MemberId, query: ExportQuery) -> Response:
    words = "right of access"
    await caller.carry_out(_look(caller, member, Look.EXPORT, FIELDS, Reason.ACCESS, words))
    now = caller.installation.clock.now()
    export = PersonExport(caller.engine, caller.association, member, now)
    name = f"points-{member}-{now:%Y%m%d}.{query.format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if query.format == "xlsx":
        return Response(await run_in_threadpool(export.as_xlsx), 200, headers, XLSX)
    return StreamingResponse(export.as_json(), 200, headers, "application/json")


async def erase_member(caller: Asking, member_id: str, body: Erasing) -> Erased:
    """Erase a person for ever; answered once the journal outside the database knows it too."""
    caller.owns(member_id, NO_MEMBER)
    command = Erase(
        association_id=caller.association,
        operation_id=caller.operation,
        actor=caller.actor,
        member_id=MemberId(member_id),
        ground=Ground(body.ground),
    )
    journal = caller.installation.journal
    outcome = await run_in_threadpool(erase_person, caller.engine, journal, command, caller.origin)
    return Erased.model_validate(caller.accept(outcome))


async def request_erasure(caller: Asking, member_id: str) -> Requested:
    """Ask to be erased; the association confirms it within fifteen days."""
    caller.owns(member_id, NO_MEMBER)
    done = await caller.carry_out(
        RequestErasure(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            member_id=MemberId(member_id),
        )
    )
    return Requested.model_validate(done)


async def end_erasure_request(caller: Asking, member_id: str, body: Ending) -> Ended:
    """Take a request for erasure back, or decline it."""
    caller.owns(member_id, NO_MEMBER)
    done = await caller.carry_out(
        EndRequest(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            member_id=MemberId(member_id),
            reason=body.reason,
        )
    )
    return Ended.model_validate(done)


def list_erasure_requests(caller: Asking) -> RequestsOut:
    """List the requests for erasure that wait for an answer."""
    caller.needs_all()
    with caller.engine.reading(caller.association) as connection:
        found = open_requests(connection, caller.association)
    return RequestsOut(items=[RequestOut.model_validate(each) for each in found])


def list_assessments(caller: Asking) -> AssessmentsOut:
    """List the records of impact assessments."""
    caller.needs_all()
    with caller.engine.reading(caller.association) as connection:
        found = assessments(connection, caller.association)
    return AssessmentsOut(items=[AssessmentOut.model_validate(each) for each in found])


_MEMBER = "/v1/members/{member_id}"
_REQUEST = f"{_MEMBER}/erasure-request"
ROUTES = (
    post(
        f"{_MEMBER}:unmask",
        unmask_member,
        allows=Action.UNMASK,
        zh="说明理由后查看完整信息",
        keyed=Keyed.NOT,
    ),
    get(
        "/v1/me/export",
        export_me,
        allows=Action.EXPORT_PERSON,
        zh="导出本人全部数据",
        beside=XLSX,
    ),
    get(
        f"{_MEMBER}/export",
        export_member,
        allows=Action.EXPORT_PERSON,
        zh="导出会员全部数据",
        beside=XLSX,
    ),
    post(f"{_MEMBER}:erase", erase_member, allows=Action.ERASE_PERSON, zh="删除个人信息"),
    post(_REQUEST, request_erasure, allows=Action.ERASE_PERSON, zh="申请删除", status=201),
    post(
        f"{_REQUEST}:end", end_erasure_request, allows=Action.ERASE_PERSON, zh="撤回或驳回删除申请"
    ),
    get(
        "/v1/erasure-requests",
        list_erasure_requests,
        allows=Action.ERASE_PERSON,
        zh="待处理的删除申请",
    ),
    get(
        "/v1/impact-assessments",
        list_assessments,
        allows=Action.KEEP_PRIVACY_RECORDS,
        zh="影响评估记录",
    ),
)
