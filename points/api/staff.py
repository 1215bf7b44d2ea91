"""Accounts of staff, for those who manage them; and the glass that is broken in an emergency."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from points.api.caller import Asking, Caller
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import Answer, Body, Id, Instant, Name, Text
from points.flows.add_staff import AddStaff
from points.flows.break_glass import MINUTES_MAX, BreakGlass
from points.flows.guessing import blinded
from points.flows.list_staff import Seat, history, list_staff
from points.flows.staff_roles import GrantRole, LinkPerson, RevokeRole
from points.flows.staff_standing import DisableStaff, EnableStaff, EndStaffSessions, ResetStaff
from points.flows.staffing import NO_ACCOUNT
from points.identity.policy import Action
from points.identity.roles import Grant, Role, read_grant
from points.identity.second_factor import about
from points.identity.staff import StaffEvent
from points.kernel.ids import MemberId

StaffName = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,40}$")]


class NewStaff(Body):
    """Who is to have an account."""

    account: StaffName
    roles: list[Name] = Field(min_length=1, max_length=8)
    person: Id | None = Field(default=None, description="the member that the person also is")


class Reason(Body):
    """Why, in words."""

    reason: Text | None = None


class RoleChange(Body):
    """Which role, and why."""

    role: Name = Field(description="`officer`, `reviewer:branch:第一支部`")
    until: Instant | None = Field(default=None, description="for good otherwise")
    reason: Text | None = None


class RoleTaken(Body):
    """Which role, and why."""

    role: Name
    reason: Text | None = None


class Person(Body):
    """Which member, if any."""

    person: Id | None


class Borrowing(Body):
    """Which role is borrowed, how long, and why."""

    role: Role
    minutes: int = Field(ge=1, le=MINUTES_MAX)
    reason: Text


class SetUpCode(Answer):
    """A one-time code with which the person sets the account up; kept as a hash only."""

    account: str
    set_up_code: str = Field(repr=False)
    set_up_until: datetime


class GrantOut(Answer):
    """A role of somebody."""

    role: str
    until: datetime | None = None


class StaffOut(Answer):
    """An account of staff."""

    account: str
    active: bool
    ready: bool = Field(description="whether its holder has set it up")
    roles: list[GrantOut]
    person: str | None = None


class StaffList(Answer):
    """All accounts of an association, by name."""

    items: list[StaffOut]


class StaffEventOut(Answer):
    """One thing that happened to an account."""

    version: int
    change: str
    actor: str
    reason: str
    recorded_at: datetime


class StaffHistory(Answer):
    """What happened to an account, the newest first."""

    items: list[StaffEventOut]


class StaffChanged(Answer):
    """An account that was changed."""

    account: str


class Borrowed(Answer):
    """A role that was borrowed, and until when."""

    role: str
    until: datetime


async def add_staff(caller: Asking, body: NewStaff) -> SetUpCode:
    """Add an account; its holder sets it up with the code."""
    code, hashed = _set_up_code(caller, body.account)
    done = await caller.carry_out(
        AddStaff(
            **_acting(caller),
            staff_id=body.account,
            grants=tuple(_grant(each, f"/roles/{at}") for at, each in enumerate(body.roles)),
            set_up_hash=hashed,
            person=None if body.person is None else MemberId(body.person),
        )
    )
    return SetUpCode(account=body.account, set_up_code=code, set_up_until=done["set_up_until"])


def get_staff(caller: Asking) -> StaffList:
    """List all accounts."""
    return StaffList(
        items=[_shown(each, caller) for each in list_staff(caller.engine, caller.association)]
    )


def get_staff_events(caller: Asking, account: str) -> StaffHistory:
    """Say what happened to an account."""
    found = history(caller.engine, caller.association, account)
    if not found:
        raise Problem.of(NO_ACCOUNT)
    return StaffHistory(items=[_event(each) for each in found])


async def disable_staff(caller: Asking, account: str, body: Reason) -> StaffChanged:
    """Let a person in no more."""
    await caller.carry_out(
        DisableStaff(**_acting(caller), staff_id=account, reason=body.reason or "")
    )
    return _changed(caller, account)


async def enable_staff(caller: Asking, account: str, body: Reason) -> StaffChanged:
    """Let a person in again."""
    await caller.carry_out(
        EnableStaff(**_acting(caller), staff_id=account, reason=body.reason or "")
    )
    return _changed(caller, account)


async def grant_role(caller: Asking, account: str, body: RoleChange) -> StaffChanged:
    """Let a person do more."""
    grant = _grant(body.role, "/role", body.until)
    await caller.carry_out(
        GrantRole(**_acting(caller), staff_id=account, grant=grant, reason=body.reason or "")
    )
    return _changed(caller, account)


async def revoke_role(caller: Asking, account: str, body: RoleTaken) -> StaffChanged:
    """Let a person do less."""
    spelled = _grant(body.role, "/role").spelled
    await caller.carry_out(
        RevokeRole(**_acting(caller), staff_id=account, grant=spelled, reason=body.reason or "")
    )
    return _changed(caller, account)


async def link_person(caller: Asking, account: str, body: Person) -> StaffChanged:
    """Say which member a person of staff also is."""
    person = None if body.person is None else MemberId(body.person)
    await caller.carry_out(LinkPerson(**_acting(caller), staff_id=account, person=person))
    return _changed(caller, account)


async def reset_staff(caller: Asking, account: str, body: Reason) -> SetUpCode:
    """Take password and second factor away; the person sets both up anew."""
    code, hashed = _set_up_code(caller, account)
    done = await caller.carry_out(
        ResetStaff(
            **_acting(caller),
            staff_id=account,
            set_up_hash=hashed,
            guard=blinded(caller.engine, caller.association, account),
            reason=body.reason or "",
        )
    )
    caller.forget_keys()
    return SetUpCode(account=account, set_up_code=code, set_up_until=done["set_up_until"])


async def end_staff_sessions(caller: Asking, account: str) -> StaffChanged:
    """Log a person out everywhere."""
    await caller.carry_out(EndStaffSessions(**_acting(caller), staff_id=account))
    return _changed(caller, account)


async def break_glass(caller: Asking, body: Borrowing) -> Borrowed:
    """Borrow a role in an emergency, seen by all who watch."""
    done = await caller.carry_out(
        BreakGlass(
            **_acting(caller),
            staff_id=caller.principal.subject,
            role=body.role,
            minutes=body.minutes,
            reason=body.reason,
        )
    )
    caller.forget_keys()
    return Borrowed(role=done["role"], until=done["until"])


def _acting(caller: Caller) -> dict[str, Any]:
    return {
        "association_id": caller.association,
        "operation_id": caller.operation,
        "actor": caller.actor,
    }


def _set_up_code(caller: Caller, account: str) -> tuple[str, str]:
    factors, whose = caller.installation.context.factors, about(caller.association, account)
    code = factors.set_up_code(f"{caller.association}|{caller.operation}")
    return code, factors.set_up_hash(code, whose)


def _grant(spelled: str, pointer: str, until: datetime | None = None) -> Grant:
    found = read_grant(spelled, until=until)
    if found is None:
        raise Problem(
            422,
            "content_invalid",
            "角色不符合要求",
            "there is no such role",
            faults=[(pointer, "role_unknown")],
        )
    return found


def _changed(caller: Caller, account: str) -> StaffChanged:
    # What the person may do is asked anew with their next request.
    caller.forget_keys()
    return StaffChanged(account=account)


def _shown(seat: Seat, caller: Caller) -> StaffOut:
    account, now = seat.account, caller.installation.clock.now()
    return StaffOut(
        account=account.staff_id,
        active=account.active,
        ready=seat.ready,
        roles=[
            GrantOut(role=each.spelled, until=each.until)
            for each in account.grants
            if each.counts(now)
        ],
        person=account.person,
    )


def _event(event: StaffEvent) -> StaffEventOut:
    return StaffEventOut(
        version=event.version,
        change=event.change,
        actor=event.actor,
        reason=event.reason,
        recorded_at=event.recorded_at,
    )


_STAFF = Action.MANAGE_STAFF
ROUTES = (
    post("/v1/staff", add_staff, allows=_STAFF, zh="新增工作人员账号", status=201),
    get("/v1/staff", get_staff, allows=_STAFF, zh="工作人员账号"),
    get("/v1/staff/{account}/events", get_staff_events, allows=_STAFF, zh="账号的变更记录"),
    post("/v1/staff/{account}:disable", disable_staff, allows=_STAFF, zh="停用账号"),
    post("/v1/staff/{account}:enable", enable_staff, allows=_STAFF, zh="启用账号"),
    post("/v1/staff/{account}:grant", grant_role, allows=_STAFF, zh="授予角色"),
    post("/v1/staff/{account}:revoke", revoke_role, allows=_STAFF, zh="撤销角色"),
    post("/v1/staff/{account}:link", link_person, allows=_STAFF, zh="关联会员身份"),
    post("/v1/staff/{account}:reset", reset_staff, allows=_STAFF, zh="重置账号"),
    post("/v1/staff/{account}:log-out", end_staff_sessions, allows=_STAFF, zh="结束其全部会话"),
    post("/v1/break-glass", break_glass, allows=Action.BREAK_GLASS, zh="紧急授权", status=201),
)
