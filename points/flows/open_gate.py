"""Staff record that they saw what a reward's gate asks for, and the member redeems by themself.

What is kept is who saw what kind of paper for whom and until when it counts. What stands in it is
kept nowhere: there is no field for it.
"""

from dataclasses import dataclass
from datetime import timedelta

from points.catalogue.errors import (
    GateDays,
    GateGrantGone,
    GateMissing,
    GateOpen,
    RewardUnavailable,
)
from points.catalogue.model import GateEnd, GateGrant, Reward
from points.engine import Decision, Flow
from points.flows.casework import NO_MEMBER, need_relations, refuse_involved
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId, RewardId
from points.unit_of_work import Keys, WorkingSet

DAYS_MAX = 90
DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGate:
    """Let a member draw a reward once whose gate asks staff to see something first.

    Attributes:
        days: It counts to the end of the local day that is so many days after today.
        person: The member that the one who acts also is, if any.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    reward_id: RewardId
    days: int = DAYS
    person: MemberId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseGate:
    """Take back a grant that was not used."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    grant_id: str


def needs_opening(command: OpenGate, keys: Keys) -> None:
    """Lock the member, read the reward and what is open, and know whose relative acts."""
    keys.members.members.add(command.member_id)
    keys.catalogue.rewards.add(command.reward_id)
    keys.catalogue.gates.add((command.member_id, command.reward_id))
    need_relations(keys, command.actor)


def open_gate(command: OpenGate, on: WorkingSet) -> Decision:
    """Open the gate, once at a time."""
    member, version = on.register.member(command.member_id), on.shelf.version
    reward = on.shelf.rewards.get(command.reward_id)
    if member is None or member.erased_at is not None:
        return NO_MEMBER
    if refusal := refuse_involved(on, command.actor, command.person, command.member_id):
        return refusal
    if reward is None or version is None:
        return RewardUnavailable()
    if refusal := _why_not(command, reward, on):
        return refusal
    ends = version.midnight(version.day(on.now) + timedelta(days=command.days + 1))
    grant = GateGrant(
        grant_id=on.ids.next(),
        member_id=command.member_id,
        reward_id=command.reward_id,
        gate=reward.gate,
        seen_by=command.actor,
        granted_at=on.now,
        valid_until=ends,
        operation_id=command.operation_id,
    )
    on.shelf.grant(grant)
    done = {
        "grant_id": grant.grant_id,
        "reward_id": grant.reward_id,
        "gate": grant.gate,
        "valid_until": ends.isoformat(),
    }
    on.trail.note("open_gate", command.member_id, after=done)
    return done


def _why_not(command: OpenGate, reward: Reward, on: WorkingSet) -> Refusal | None:
    if not reward.gate:
        return GateMissing()
    if not 1 <= command.days <= DAYS_MAX:
        return GateDays(most=DAYS_MAX)
    if on.shelf.open_gate(command.member_id, reward, on.now) is not None:
        return GateOpen()
    return None


def needs_closing(command: CloseGate, keys: Keys) -> None:
    """Lock the member, so that nobody draws by the grant meanwhile."""
    keys.members.members.add(command.member_id)
    keys.catalogue.grants.add(command.grant_id)


def close_gate(command: CloseGate, on: WorkingSet) -> Decision:
    """Take the grant back, unless it has ended."""
    grant = on.shelf.granted.get(command.grant_id)
    if grant is None or grant.member_id != command.member_id or grant.valid_until <= on.now:
        return GateGrantGone()
    end = GateEnd(grant_id=grant.grant_id, voucher_id=None, ended_by=command.actor, ended_at=on.now)
    on.shelf.end(grant, end)
    done = {"grant_id": grant.grant_id, "reward_id": grant.reward_id}
    on.trail.note("close_gate", command.member_id, before={"gate": grant.gate}, after=done)
    return done


OPEN = Flow("open_gate", needs_opening, open_gate)
CLOSE = Flow("close_gate", needs_closing, close_gate)
