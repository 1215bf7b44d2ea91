"""Members: enrol one, look at oneself or at one."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from points.api.caller import NO_MEMBER, Asking, Caller
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import IN_QUERY, Answer, Body, Day, Name, Page, PageQuery, page_of
from points.flows.enrol import Enrol
from points.identity.policy import Action
from points.identity.roles import Kind
from points.kernel.ids import MemberId
from points.members import reads
from points.members.identifiers import mask_name, mask_phone
from points.members.model import Member, MemberKind, Personal, Profile
from points.members.model import Role as Duty

Programme = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,20}$")]


class NewMember(Body):
    """A person to take into the register."""

    name: str = Field(min_length=1, max_length=40)
    phone: str = Field(min_length=1, max_length=20, description="eleven digits")
    identity_number: str | None = Field(default=None, max_length=20)
    kind: MemberKind
    branch: Name | None = None
    grid: Name | None = None
    party_member: bool = False
    mobile_party_member: bool = False
    probationary: bool = False
    roles: list[Duty] = Field(default_factory=list, max_length=10)
    programmes: list[Programme] = Field(default_factory=list, max_length=5)
    joined_on: Day | None = None


class Enrolled(Answer):
    """A member who was enrolled."""

    member_id: str
    programmes: list[str]


class EnrolmentOut(Answer):
    """A member's part in a programme."""

    programme: str
    active: bool
    frozen: bool


class MemberOut(Answer):
    """A member; name and telephone number are masked for everybody but themselves.

    Attributes:
        erased_at: Since when nothing says who they were.
    """

    member_id: str
    name: str
    phone: str
    kind: str
    branch: str | None = None
    grid: str | None = None
    party_member: bool
    mobile_party_member: bool
    probationary: bool
    roles: list[str]
    joined_on: date | None = None
    erased_at: datetime | None = None
    enrolments: list[EnrolmentOut]


class Me(Answer):
    """Who the key stands for."""

    association: str
    kind: str
    roles: list[str]
    subject: str
    outlet: str | None = None
    till: str | None = Field(default=None, description="whose own key it is")
    member: MemberOut | None = None


class ListedMember(Answer):
    """A member as a list shows them."""

    member_id: str
    name: str
    phone: str
    kind: str
    branch: str | None = None
    grid: str | None = None
    party_member: bool
    mobile_party_member: bool


class MembersQuery(PageQuery):
    """Which members."""

    branch: Name | None = None


async def enrol_member(caller: Asking, body: NewMember) -> Enrolled:
    """Enrol a member."""
    done = await caller.carry_out(
        Enrol(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            name=body.name,
            phone=body.phone,
            identity_number=body.identity_number,
            profile=Profile(
                kind=body.kind,
                branch=body.branch,
                grid=body.grid,
                party_member=body.party_member,
                mobile_party_member=body.mobile_party_member,
                probationary=body.probationary,
                roles=frozenset(body.roles),
            ),
            programmes=tuple(body.programmes),
            joined_on=body.joined_on,
        )
    )
    return Enrolled.model_validate(done)


def list_members(caller: Asking, query: Annotated[MembersQuery, IN_QUERY]) -> Page[ListedMember]:
    """List members, masked."""
    caller.needs_all()
    seen = caller.areas
    with caller.engine.reading(caller.association) as connection:
        rows = reads.page(
            connection,
            caller.association,
            caller.installation.context,
            branch=query.branch,
            places=None if seen.everything else (seen.branches, seen.grids),
            after=query.key,
            limit=query.limit + 1,
        )
    return page_of(rows, query.limit, lambda row: row.member_id, ListedMember.model_validate)


def get_member(caller: Asking, member_id: str) -> MemberOut:
    """Return one member."""
    return sees_member(caller, member_id)


def sees_member(caller: Caller, member_id: str) -> MemberOut:
    """Return a member whom the caller may look at.

    Raises:
        Problem: There is nobody of this id, or nobody that the caller may see.
    """
    caller.owns(member_id, NO_MEMBER)
    found = find_member(caller, MemberId(member_id))
    if found is None or not caller.sees(found.branch, found.grid):
        raise Problem.of(NO_MEMBER)
    return found


def get_me(caller: Asking) -> Me:
    """Return who the key stands for."""
    principal = caller.principal
    return Me(
        association=caller.association,
        kind=principal.kind.value,
        roles=[each.spelled for each in principal.grants],
        subject=principal.subject,
        outlet=principal.outlet,
        till=principal.till,
        member=find_member(caller, caller.member) if caller.member else None,
    )


def find_member(caller: Caller, member_id: MemberId) -> MemberOut | None:
    """Return a member as the caller may see them, or None."""
    with caller.engine.reading(caller.association) as connection:
        wanted = (connection, caller.association, [member_id])
        member = reads.members(*wanted, caller.installation.context).get(member_id)
        person = reads.persons(*wanted, caller.installation.context).get(member_id)
    if member is None:
        return None
    return _shown(member, person, masked=caller.principal.kind is not Kind.MEMBER)


def _shown(member: Member, person: Personal | None, *, masked: bool) -> MemberOut:
    name, phone = (person.name, person.phone) if person else ("", "")
    profile = member.profile
    return MemberOut(
        member_id=member.member_id,
        name=mask_name(name) if masked else name,
        phone=mask_phone(phone) if masked else phone,
        kind=profile.kind.value,
        branch=profile.branch,
        grid=profile.grid,
        party_member=profile.party_member,
        mobile_party_member=profile.mobile_party_member,
        probationary=profile.probationary,
        roles=sorted(role.value for role in profile.roles),
        joined_on=member.joined_on,
        erased_at=member.erased_at,
        enrolments=[
            EnrolmentOut(
                programme=each.programme,
                active=each.active,
                frozen=each.frozen_because is not None,
            )
            for _, each in sorted(member.enrolments.items())
        ],
    )


ROUTES = (
    get("/v1/me", get_me, allows=Action.OWN_ACCOUNT, zh="密钥所代表的身份"),
    post("/v1/members", enrol_member, allows=Action.ENROL_MEMBER, zh="登记会员", status=201),
    get("/v1/members", list_members, allows=Action.READ_MEMBER, zh="会员列表（脱敏）"),
    get("/v1/members/{member_id}", get_member, allows=Action.READ_MEMBER, zh="会员信息"),
)
