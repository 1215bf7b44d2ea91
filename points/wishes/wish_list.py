"""The wishes' part of a batch: members' lists, and the steps that the batch appends."""

from dataclasses import dataclass, field
from datetime import datetime

from points.kernel.ids import MemberId, RewardId
from points.wishes.model import Step, Wish, WishEvent, after


@dataclass(slots=True)
class WishLists:
    """What members wish for. Nothing here touches a database.

    Attributes:
        wishes: Of the members that were asked for, listed or not.
        events: The steps of this batch.
    """

    wishes: dict[tuple[MemberId, RewardId], Wish] = field(default_factory=dict)
    events: list[WishEvent] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        return len(self.events)

    def of(self, member: MemberId, reward: RewardId) -> Wish | None:
        """Return a wish that is on its member's list, or None."""
        found = self.wishes.get((member, reward))
        return found if found is not None and found.listed else None

    def listed(self, member: MemberId) -> list[Wish]:
        """Return what a member has on the list, the oldest wish first."""
        own = (wish for (who, _), wish in self.wishes.items() if who == member and wish.listed)
        return sorted(own, key=lambda wish: (wish.since, wish.reward_id))

    def take(self, member: MemberId, reward: RewardId, step: Step, now: datetime) -> Wish:
        """Append a step of a wish and return the wish as it leaves it."""
        before = self.wishes.get((member, reward))
        event = WishEvent(
            member_id=member,
            reward_id=reward,
            version=(before.version if before else 0) + 1,
            step=step,
            recorded_at=now,
        )
        self.events.append(event)
        self.wishes[member, reward] = after(before, event)
        return self.wishes[member, reward]
