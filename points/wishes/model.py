"""Wishes as facts: put on the list, taken off it, within reach and out of it again."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from points.kernel.ensure import ensure
from points.kernel.ids import MemberId, RewardId

WISHES_MAX = 20
"""A list that holds everything says nothing; and the worker looks at every wish."""


class Step(StrEnum):
    """What happens to a wish. Putting a reward on the list again renews the wish."""

    ADDED = "added"
    REMOVED = "removed"
    AFFORDABLE = "affordable"
    UNAFFORDABLE = "unaffordable"


@dataclass(frozen=True, slots=True, kw_only=True)
class WishEvent:
    """One step of a wish.

    Attributes:
        version: Gapless per member and reward, from one.
    """

    member_id: MemberId
    reward_id: RewardId
    version: int
    step: Step
    recorded_at: datetime

    def __post_init__(self) -> None:
        ensure(self.version > 0, "versions start at one")
        ensure(self.version > 1 or self.step is Step.ADDED, "a wish begins on the list")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A wish as it stands: the projection of its events.

    Attributes:
        listed: Whether it is on the list.
        affordable: Whether its member was told that they can afford it, and still can.
        since: When it was put on the list, or renewed.
    """

    member_id: MemberId
    reward_id: RewardId
    version: int
    listed: bool
    affordable: bool
    since: datetime

    def __post_init__(self) -> None:
        ensure(self.listed or not self.affordable, "only what is on the list is within reach")


def after(wish: Wish | None, event: WishEvent) -> Wish:
    """Return the wish as an event leaves it."""
    ensure(event.version == (wish.version if wish else 0) + 1, "versions are gapless")
    begins = event.step is Step.ADDED
    return Wish(
        member_id=event.member_id,
        reward_id=event.reward_id,
        version=event.version,
        listed=event.step is not Step.REMOVED,
        affordable=event.step is Step.AFFORDABLE,
        since=event.recorded_at if begins or wish is None else wish.since,
    )
