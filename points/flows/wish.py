"""Put a reward on a member's wish-list, or take it off again."""

from dataclasses import dataclass

from points.catalogue.errors import RewardUnavailable
from points.engine import Decision, Flow
from points.flows.casework import NO_MEMBER
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId, RewardId
from points.unit_of_work import Keys, WorkingSet
from points.wishes.errors import WishListFull, WishUnknown
from points.wishes.model import WISHES_MAX, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class AddWish:
    """Put a reward on the list; one that is there already is renewed, and told of anew."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    reward_id: RewardId


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveWish:
    """Take a reward off the list."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    reward_id: RewardId


def needs_add(command: AddWish, keys: Keys) -> None:
    """Lock the member, and know what is shown."""
    needs(command, keys)
    keys.catalogue.shown = True


def needs(command: AddWish | RemoveWish, keys: Keys) -> None:
    """Lock the member, whose list it is."""
    keys.members.members.add(command.member_id)
    keys.wishes.of.add(command.member_id)
    keys.catalogue.rewards.add(command.reward_id)


def decide_add(command: AddWish, on: WorkingSet) -> Decision:
    """Take the wish down, if there is such a reward for such a member."""
    member = on.register.member(command.member_id)
    if member is None or member.erased_at is not None:
        return NO_MEMBER
    reward, version = on.shelf.rewards.get(command.reward_id), on.shelf.version
    if reward is None or version is None or not reward.visible(version.day(on.now)):
        return RewardUnavailable()
    if not any(member.enrolled(programme) for programme in reward.programmes):
        return RewardUnavailable()
    if on.wishes.of(command.member_id, command.reward_id) is None:
        listed = on.wishes.listed(command.member_id)
        # What is shown no more cannot be taken off by whoever does not see it: it gives way.
        gone = (wish for wish in listed if wish.reward_id not in on.shelf.shown)
        if len(listed) >= WISHES_MAX:
            if (first := next(gone, None)) is None:
                return WishListFull(most=WISHES_MAX)
            on.wishes.take(command.member_id, first.reward_id, Step.REMOVED, on.now)
    on.wishes.take(command.member_id, command.reward_id, Step.ADDED, on.now)
    return {"reward_id": command.reward_id, "listed": True}


def decide_remove(command: RemoveWish, on: WorkingSet) -> Decision:
    """Take the wish off the list."""
    if on.wishes.of(command.member_id, command.reward_id) is None:
        return WishUnknown()
    on.wishes.take(command.member_id, command.reward_id, Step.REMOVED, on.now)
    return {"reward_id": command.reward_id, "listed": False}


ADD = Flow("add_wish", needs_add, decide_add)
REMOVE = Flow("remove_wish", needs, decide_remove)
