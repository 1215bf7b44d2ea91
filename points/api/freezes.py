"""Freezes: stop a member's spending, with notice, and allow it again."""

from points.api.caller import Asking
from points.api.members import Programme
from points.api.route import post
from points.api.wire import Answer, Body, Id, Text
from points.flows.freeze import Freeze
from points.flows.thaw import Thaw
from points.identity.policy import Action
from points.kernel.ids import MemberId


class NewFreeze(Body):
    """Whose spending is stopped or allowed, why, and what the member is told."""

    member_id: Id
    programme: Programme
    reason: Text
    notice: Text


class FreezeOut(Answer):
    """Whether a member's points in a programme are frozen."""

    member_id: str
    programme: str
    frozen: bool


async def freeze_member(caller: Asking, body: NewFreeze) -> FreezeOut:
    """Stop a member's spending in a programme; nothing is taken away."""
    return await _carry_out(caller, body, Freeze)


async def thaw_member(caller: Asking, body: NewFreeze) -> FreezeOut:
    """Let a member spend again."""
    return await _carry_out(caller, body, Thaw)


async def _carry_out(caller: Asking, body: NewFreeze, verb: type[Freeze | Thaw]) -> FreezeOut:
    done = await caller.carry_out(
        verb(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            member_id=MemberId(body.member_id),
            programme=body.programme,
            reason=body.reason,
            notice=body.notice,
            person=caller.principal.person,
        )
    )
    return FreezeOut.model_validate(done)


ROUTES = (
    post("/v1/freezes", freeze_member, allows=Action.FREEZE, zh="冻结积分使用", status=201),
    post("/v1/freezes:thaw", thaw_member, allows=Action.FREEZE, zh="解除冻结"),
)
