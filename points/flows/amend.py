"""Change what rules may ask about a member: kind, branch, grid, party status, roles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from points.engine import Decision, Flow
from points.flows.casework import NO_MEMBER
from points.flows.wording import refuse_wording
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.members.errors import NothingChanges, StatusInconsistent
from points.members.model import Profile
from points.privacy.errors import MemberErased
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Amend:
    """Give a member a new profile, from now on; what was recorded keeps the old one.

    Attributes:
        profile: The whole profile, not only what changes.
        reason: In words, or nothing; kept for ever.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    profile: Profile
    reason: str = ""


def needs(command: Amend, keys: Keys) -> None:
    """Lock the member."""
    keys.members.members.add(command.member_id)


def decide(command: Amend, on: WorkingSet) -> Decision:
    """Change the profile."""
    member = on.register.member(command.member_id)
    if member is None:
        return NO_MEMBER
    if member.erased_at is not None:
        return MemberErased()
    if not command.profile.consistent:
        return StatusInconsistent()
    if command.profile == member.profile:
        return NothingChanges()
    if refusal := refuse_wording(command.reason, needed=False):
        return refusal
    before, after = member.profile.facts(), command.profile.facts()
    on.register.amend(member, command.profile, command.actor, on.now, command.reason.strip())
    on.trail.note(
        "amend",
        member.member_id,
        before=_unlike(before, after),
        after=_unlike(after, before),
        reason=command.reason.strip(),
    )
    return {"member_id": member.member_id, "version": member.version}


def _unlike(these: Mapping[str, Any], those: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts that others do not agree with; what became unknown is None."""
    names = sorted(these.keys() | those.keys())
    return {name: these.get(name) for name in names if these.get(name) != those.get(name)}


FLOW = Flow("amend", needs, decide)
