"""Activities: a source feeds them, one at a time or up to 500 together."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field, model_validator
from starlette.concurrency import run_in_threadpool

from points.activities import reads as claims
from points.api.caller import NO_ACTIVITY, NO_MEMBER, Asking, Caller
from points.api.feeds import delivery
from points.api.gate import Keyed
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import Answer, Body, Code, Id, Instant, Plain
from points.engine import Outcome
from points.flows.record import Record
from points.identity.policy import Action
from points.identity.roles import Kind
from points.kernel.ids import ActivityId, MemberId, OperationId
from points.members import reads as members

BATCH_MAX = 500


class NewActivity(Body):
    """One activity, as its source knows it; whose it is says the member's id or phone."""

    external_id: str = Field(min_length=1, max_length=120, description="the source's own number")
    type: Code
    member_id: Id | None = None
    phone: str | None = Field(default=None, min_length=1, max_length=20)
    occurred_at: Instant
    ended_at: Instant | None = None
    received_at: Instant | None = None
    fields: dict[Code, Plain] = Field(max_length=60)

    @model_validator(mode="after")
    def _names_one_member(self) -> "NewActivity":
        if (self.member_id is None) == (self.phone is None):
            raise ValueError("member_id or phone")
        return self


class Batch(Body):
    """Up to 500 activities."""

    items: list[NewActivity] = Field(min_length=1, max_length=BATCH_MAX)


class Recorded(Answer):
    """An activity that was taken down, now or before."""

    activity_id: str
    duplicate: bool
    state: str | None = None
    second_needed: bool | None = None
    flags: list[str] | None = None
    ready_to_score: bool | None = None


class Refused(Answer):
    """Why one item of a batch was not taken."""

    code: str
    detail: str
    details: dict[str, Any]


class BatchItem(Answer):
    """What became of one item, in the order in which they were sent."""

    index: int
    status: Literal["recorded", "duplicate", "refused"]
    activity_id: str | None = None
    refused: Refused | None = None


class BatchDone(Answer):
    """What became of a batch."""

    recorded: int
    duplicates: int
    refused: int
    items: list[BatchItem]


class ActivityOut(Answer):
    """An activity and where its claim stands."""

    activity_id: str
    source: str
    external_id: str
    type: str
    member_id: str
    occurred_at: datetime
    ends_at: datetime | None = None
    received_at: datetime
    recorded_at: datetime
    fields: dict[str, Any]
    state: str
    transactions: list[str]


async def record_activity(caller: Asking, body: NewActivity) -> Recorded:
    """Take one activity down; its source is the one that the key stands for."""
    found = await _members(caller, [body])
    member = _member(body, found)
    if member is None:
        raise Problem.of(NO_MEMBER)
    command = _command(caller, body, member, caller.operation)
    return Recorded.model_validate(await caller.carry_out(command))


async def record_activities(caller: Asking, body: Batch) -> BatchDone:
    """Take up to 500 activities down; each is taken or refused by itself."""
    found = await _members(caller, body.items)
    await caller.carry_out(delivery(caller))
    known = [(n, _member(item, found)) for n, item in enumerate(body.items)]
    commands = {
        n: _command(caller, body.items[n], member, OperationId(f"{caller.operation}:{n}"))
        for n, member in known
        if member is not None
    }
    outcomes = dict(zip(commands, await caller.answers(commands.values()), strict=True))
    if outcomes and all(outcome.replayed for outcome in outcomes.values()):
        caller.headers["Idempotent-Replayed"] = "true"
    items = [_item(n, outcomes.get(n), caller.language) for n, _ in known]
    count = {status: sum(item.status == status for item in items) for status in STATUSES}
    return BatchDone(
        recorded=count["recorded"],
        duplicates=count["duplicate"],
        refused=count["refused"],
        items=items,
    )


STATUSES = ("recorded", "duplicate", "refused")


def _item(index: int, outcome: Outcome | None, language: str) -> BatchItem:
    refusal = NO_MEMBER if outcome is None else outcome.refusal
    if outcome is None or refusal is not None:
        why = refusal or NO_MEMBER
        said = Refused(code=why.code, detail=why.text(language), details=why.details())
        return BatchItem(index=index, status="refused", refused=said)
    return BatchItem(
        index=index,
        status="duplicate" if outcome.result["duplicate"] else "recorded",
        activity_id=outcome.result["activity_id"],
    )


async def _members(caller: Caller, items: list[NewActivity]) -> dict[str, MemberId]:
    """Return whose the phones are; asks nothing where every item names its member."""
    phones = {item.phone for item in items if item.phone is not None}
    if not phones:
        return {}
    return await run_in_threadpool(_by_phone, caller, phones)


def _by_phone(caller: Caller, phones: set[str]) -> dict[str, MemberId]:
    with caller.engine.reading(caller.association) as connection:
        found = members.by_phones(
            connection, caller.association, phones, caller.installation.context
        )
    return {phone: person.member_id for phone, person in found.items()}


def _member(item: NewActivity, found: dict[str, MemberId]) -> MemberId | None:
    return MemberId(item.member_id) if item.member_id else found.get(item.phone or "")


def _command(caller: Caller, item: NewActivity, member: MemberId, operation: OperationId) -> Record:
    return Record(
        association_id=caller.association,
        operation_id=operation,
        actor=caller.actor,
        source=caller.principal.subject,
        external_id=item.external_id,
        type=item.type,
        member_id=member,
        occurred_at=item.occurred_at,
        ended_at=item.ended_at,
        received_at=item.received_at,
        fields=item.fields,
        # The signature proved that the source is the source.
        trusted=bool(caller.signed),
    )


def get_activity(caller: Asking, activity_id: str) -> ActivityOut:
    """Return an activity: a source its own, a member their own, staff any."""
    filed = find_filed(caller, ActivityId(activity_id))
    if filed is None:
        raise Problem.of(NO_ACTIVITY)
    activity, claim = filed.activity, filed.claim
    return ActivityOut(
        activity_id=activity.activity_id,
        source=activity.source,
        external_id=activity.external_id,
        type=activity.type,
        member_id=activity.member_id,
        occurred_at=activity.occurred_at,
        ends_at=activity.ends_at,
        received_at=activity.received_at,
        recorded_at=activity.recorded_at,
        fields=dict(activity.fields),
        state=str(claim.state),
        transactions=list(claim.transactions),
    )


def find_filed(caller: Caller, activity_id: ActivityId) -> claims.Filed | None:
    """Return an activity with its claim, where there is one that the caller may see."""
    with caller.engine.reading(caller.association) as connection:
        filed = claims.one(connection, caller.association, activity_id)
    if filed is None:
        return None
    source = caller.principal.kind is Kind.SOURCE
    owner = filed.activity.source if source else filed.activity.member_id
    seen = caller.sees(filed.claim.branch, filed.claim.grid)
    return filed if seen and caller.may(owner) else None


ROUTES = (
    post(
        "/v1/activities",
        record_activity,
        allows=Action.FEED_ACTIVITY,
        zh="上报一条活动",
        keyed=Keyed.SIGNED,
    ),
    post(
        "/v1/activities:batch",
        record_activities,
        allows=Action.FEED_ACTIVITY,
        zh="上报一批活动，逐条答复",
        keyed=Keyed.SIGNED,
    ),
    get("/v1/activities/{activity_id}", get_activity, allows=Action.READ_ACTIVITY, zh="活动详情"),
)
