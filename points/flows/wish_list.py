"""A member's wish-list as it is shown: what each wish costs, and how much is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from points.catalogue.model import Reward
from points.catalogue.store import find_version, list_rewards
from points.engine import Engine
from points.flows.context import Context
from points.flows.redeem import rating_of
from points.kernel.ids import AssociationId, MemberId
from points.ledger.model import account_id
from points.ledger.reads import spendable
from points.wishes.model import Wish
from points.wishes.store import wishes_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A reward on a member's list.

    Attributes:
        programme: Of the wallet that comes nearest to paying.
        price: What it costs this member.
        available: What is in it to be spent.
    """

    reward: Reward
    programme: str
    price: int
    available: int
    since: datetime
    affordable: bool

    @property
    def missing(self) -> int:
        """How many points are missing."""
        return max(self.price - self.available, 0)

    @property
    def percent(self) -> int:
        """How far one has come, in whole hundredths."""
        return 100 if not self.missing else 100 * self.available // self.price


def wish_list(engine: Engine, association: AssociationId, member: MemberId) -> list[Wanted]:
    """Return what a member wishes for and is still shown, the newest wish first."""
    now = engine.clock.now()
    with engine.reading(association) as connection:
        wishes = wishes_of(connection, association, member)
        version = find_version(connection, association, now)
        if not wishes or version is None:
            return []
        rewards = {each.reward_id: each for each in list_rewards(connection, association, now)}
    purse = _purse(engine, association, member, now)
    today = version.day(now)
    return [
        _wanted(rewards[wish.reward_id], wish, purse)
        for wish in wishes
        if wish.reward_id in rewards and rewards[wish.reward_id].visible(today)
    ]


Purse = Mapping[str, tuple[int, int]]
"""What a member can spend in each programme, and the star band in which they are there."""


def _purse(engine: Engine, association: AssociationId, member: MemberId, now: datetime) -> Purse:
    known: Context = engine.context_of(association)
    programmes = list(known.rules.programmes())
    wallets = {each: account_id(member, f"{each}.wallet") for each in programmes}
    ratings = {each: rating_of(member, each) for each in programmes}
    asked = [*wallets.values(), *ratings.values()]
    with engine.reading(association) as connection:
        have = spendable(connection, association, asked, now)
    found = {}
    for each in programmes:
        if wallets[each] in have:
            ruleset = known.rules.in_force(each, now)
            tier = ruleset.stars_of(have.get(ratings[each], 0)) if ruleset else 0
            found[each] = (have[wallets[each]], tier)
    return found


def _wanted(reward: Reward, wish: Wish, purse: Purse) -> Wanted:
    """Show a wish by the wallet that lacks the least."""
    ways = [
        (max(int(reward.price_in(tier)) - have, 0), int(reward.price_in(tier)), have, each)
        for each in reward.programmes
        for have, tier in [purse.get(each, (0, 0))]
    ]
    missing, price, available, programme = min(ways)
    return Wanted(
        reward=reward,
        programme=programme,
        price=price,
        available=available,
        since=wish.since,
        affordable=not missing,
    )
