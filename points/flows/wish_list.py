"""A member's wish-list as it is shown: what each wish costs, and how much is missing."""

from dataclasses import dataclass
from datetime import datetime

from points.catalogue.model import Reward
from points.catalogue.store import find_version, list_rewards
from points.engine import Engine
from points.kernel.ids import AssociationId, MemberId
from points.ledger.model import account_id
from points.ledger.reads import spendable
from points.wishes.store import wishes_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A reward on a member's list.

    Attributes:
        programme: Of the wallet that comes nearest to paying.
        available: What is in it to be spent.
    """

    reward: Reward
    programme: str
    available: int
    since: datetime
    affordable: bool

    @property
    def missing(self) -> int:
        """How many points are missing."""
        return max(int(self.reward.price) - self.available, 0)

    @property
    def percent(self) -> int:
        """How far one has come, in whole hundredths."""
        price = int(self.reward.price)
        return 100 if price <= self.available else 100 * self.available // price


def wish_list(engine: Engine, association: AssociationId, member: MemberId) -> list[Wanted]:
    """Return what a member wishes for and can still be had, the newest wish first."""
    now = engine.clock.now()
    with engine.reading(association) as connection:
        wishes = wishes_of(connection, association, member)
        version = find_version(connection, association)
        if not wishes or version is None:
            return []
        rewards = {each.reward_id: each for each in list_rewards(connection, association)}
        found = [rewards[each.reward_id] for each in wishes if each.reward_id in rewards]
        programmes = {programme for each in found for programme in each.programmes}
        wallets = {each: account_id(member, f"{each}.wallet") for each in programmes}
        have = spendable(connection, association, wallets.values(), now)
    today, shown = version.day(now), []
    for wish in wishes:
        reward = rewards.get(wish.reward_id)
        if reward is None or not reward.visible(today):
            continue
        best = max(reward.programmes, key=lambda each: have.get(wallets[each], -1))
        available = have.get(wallets[best], 0)
        shown.append(
            Wanted(
                reward=reward,
                programme=best,
                available=available,
                since=wish.since,
                affordable=available >= reward.price,
            )
        )
    return shown
