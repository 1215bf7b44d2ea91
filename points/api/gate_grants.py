"""Gates of rewards: staff record that they saw a referral, and the member redeems by themself."""

from datetime import datetime

from pydantic import Field

from points.api.caller import NO_MEMBER, Asking
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import Answer, Body, Id
from points.catalogue.gates import Granted, grants_of
from points.flows.open_gate import DAYS, DAYS_MAX, CloseGate, OpenGate
from points.identity.policy import Action
from points.kernel.ids import MemberId, RewardId
from points.members.reads import members


class NewGrant(Body):
    """For which reward, and for how many days it counts."""

    reward_id: Id
    days: int = Field(default=DAYS, ge=1, le=DAYS_MAX)


class GrantDone(Answer):
    """A gate that is open for a member, once."""

    grant_id: str
    reward_id: str
    gate: str
    valid_until: datetime


class GrantOut(GrantDone):
    """A grant with what became of it; what was seen stands nowhere."""

    seen_by: str
    granted_at: datetime
    voucher_id: str | None = None
    ended_at: datetime | None = None


class Grants(Answer):
    """A member's grants, the newest first; never more than one page."""

    items: list[GrantOut]


class GrantClosed(Answer):
    """A grant that was taken back."""

    grant_id: str
    reward_id: str


async def open_gate(caller: Asking, member_id: str, body: NewGrant) -> GrantDone:
    """Record that staff saw what the reward's gate asks for."""
    done = await caller.carry_out(
        OpenGate(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            member_id=MemberId(member_id),
            reward_id=RewardId(body.reward_id),
            days=body.days,
            person=caller.principal.person,
        )
    )
    return GrantDone.model_validate(done)


def list_gates(caller: Asking, member_id: str) -> Grants:
    """List a member's grants with their ends."""
    member = MemberId(member_id)
    with caller.engine.reading(caller.association) as connection:
        known = members(connection, caller.association, [member], caller.context)
        found = grants_of(connection, caller.association, member)
    if member not in known:
        raise Problem.of(NO_MEMBER)
    return Grants(items=[_shown(each) for each in found])


def _shown(granted: Granted) -> GrantOut:
    grant, end = granted.grant, granted.end
    return GrantOut(
        grant_id=grant.grant_id,
        reward_id=grant.reward_id,
        gate=grant.gate,
        valid_until=grant.valid_until,
        seen_by=grant.seen_by,
        granted_at=grant.granted_at,
        voucher_id=end.voucher_id if end else None,
        ended_at=end.ended_at if end else None,
    )


async def close_gate(caller: Asking, member_id: str, grant_id: str) -> GrantClosed:
    """Take a grant back that was not used."""
    done = await caller.carry_out(
        CloseGate(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            member_id=MemberId(member_id),
            grant_id=grant_id,
        )
    )
    return GrantClosed.model_validate(done)


ROUTES = (
    get("/v1/members/{member_id}/gates", list_gates, allows=Action.OPEN_GATE, zh="核验登记一览"),
    post(
        "/v1/members/{member_id}/gates",
        open_gate,
        allows=Action.OPEN_GATE,
        zh="登记已核验（如医嘱转诊）",
        status=201,
    ),
    post(
        "/v1/members/{member_id}/gates/{grant_id}:close",
        close_gate,
        allows=Action.OPEN_GATE,
        zh="撤回核验登记",
    ),
)
