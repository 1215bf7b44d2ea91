"""Propose to give one reward to many members, free of points; another person decides."""

from dataclasses import dataclass
from datetime import timedelta

from points.catalogue.errors import RewardUnavailable
from points.catalogue.shelf import outlet_misnamed
from points.engine import Decision, Flow
from points.flows.context import context
from points.flows.wording import refuse_wording
from points.handouts.errors import (
    HandoutEmpty,
    HandoutExpired,
    HandoutStateWrong,
    HandoutTooLarge,
    NotProposer,
)
from points.handouts.model import Handout, Mode, Standing, State, Step, members_hash
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import (
    Actor,
    AssociationId,
    HandoutId,
    MemberId,
    OperationId,
    OutletId,
    RewardId,
)
from points.unit_of_work import Keys, WorkingSet

NO_HANDOUT = NotFound(noun="handout", noun_zh="批量发券")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeHandout:
    """Put a handout before another person.

    Attributes:
        members: To whom; each once, and known to be members.
        source: Whence the list came: a sheet's name is not kept, an expression is.
        note: Why, in words; kept for ever.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    reward_id: RewardId
    programme: str
    outlet_id: OutletId | None = None
    mode: Mode = Mode.PHONE
    members: tuple[MemberId, ...]
    source: str = ""
    note: str


def needs(command: ProposeHandout, keys: Keys) -> None:
    """Read the reward."""
    keys.catalogue.rewards.add(command.reward_id)


def decide(command: ProposeHandout, on: WorkingSet) -> Decision:
    """Open the handout with its members; no money is set aside yet."""
    members = tuple(sorted(set(command.members)))
    reward = on.shelf.rewards.get(command.reward_id)
    if reward is None or command.programme not in reward.programmes:
        return RewardUnavailable()
    if refusal := outlet_misnamed(reward, command.outlet_id) or _refuse(command, members, on):
        return refusal
    handout = Handout(
        handout_id=HandoutId(on.ids.next()),
        reward_id=reward.reward_id,
        reward_version=reward.version,
        programme=command.programme,
        outlet_id=command.outlet_id,
        mode=command.mode,
        note=command.note.strip(),
        source=command.source,
        members=len(members),
        members_sha256=members_hash(members),
        cost_fen=reward.cost_max_fen,
        proposed_by=command.actor,
        proposed_at=on.now,
        until=on.now + timedelta(days=context(on).duties.proposal_days),
    )
    on.handouts.open(handout, members)
    on.trail.note(
        "handout_proposed",
        handout.handout_id,
        after={
            "reward_id": handout.reward_id,
            "programme": handout.programme,
            "mode": handout.mode.value,
            "members": handout.members,
            "members_sha256": handout.members_sha256,
            "reserved_fen": handout.reserved_fen,
            "source": handout.source,
        },
        reason=handout.note,
    )
    return {
        "handout_id": handout.handout_id,
        "state": State.PROPOSED.value,
        "until": handout.until.isoformat(),
        "members": handout.members,
        "members_sha256": handout.members_sha256,
        "reserved_fen": int(handout.reserved_fen),
    }


def _refuse(
    command: ProposeHandout, members: tuple[MemberId, ...], on: WorkingSet
) -> Refusal | None:
    most = context(on).vouchers.bulk_members
    if not members:
        return HandoutEmpty()
    if len(members) > most:
        return HandoutTooLarge(members_max=most)
    return refuse_wording(command.note)


def refuse_ended(standing: Standing | None, on: WorkingSet) -> Refusal | None:
    """Return why nobody can decide on a handout any more, or None."""
    if standing is None:
        return NO_HANDOUT
    state = standing.state(on.now)
    if state is State.EXPIRED:
        return HandoutExpired()
    return None if state is State.PROPOSED else HandoutStateWrong(state=state.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawHandout:
    """Take a handout back that nobody has decided yet."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    handout_id: HandoutId


def needs_withdrawal(command: WithdrawHandout, keys: Keys) -> None:
    """Lock the handout."""
    keys.handouts.handouts.add(command.handout_id)


def decide_withdrawal(command: WithdrawHandout, on: WorkingSet) -> Decision:
    """End the handout; nothing is given."""
    standing = on.handouts.standings.get(command.handout_id)
    if standing is None:
        return NO_HANDOUT
    if standing.handout.proposed_by != command.actor:
        return NotProposer()
    if refusal := refuse_ended(standing, on):
        return refusal
    on.handouts.take(
        Step(
            handout=standing.handout,
            step=State.WITHDRAWN,
            actor=command.actor,
            reason="",
            operation_id=command.operation_id,
            recorded_at=on.now,
        )
    )
    on.trail.note(
        "handout_withdrawn",
        command.handout_id,
        before={"state": State.PROPOSED.value},
        after={"state": State.WITHDRAWN.value},
    )
    return {"handout_id": command.handout_id, "state": State.WITHDRAWN.value}


FLOW = Flow("propose_handout", needs, decide)
WITHDRAWAL = Flow("withdraw_handout", needs_withdrawal, decide_withdrawal)
