"""See whether a wish has come within reach, and tell its member; or that it no longer is.

A member is told once each time: the step is taken down, and only what is out of reach again, or
was renewed, can come within reach anew. Within reach means that a redemption would succeed now.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from points.catalogue.model import Reward
from points.catalogue.store import list_rewards
from points.engine import Decision, Engine, Flow
from points.flows import redeem
from points.flows.redeem import Redeem
from points.inbox.words import NoticeKind
from points.kernel.ids import (
    AccountId,
    Actor,
    AssociationId,
    MemberId,
    OperationId,
    OutletId,
    RewardId,
)
from points.ledger.errors import NothingToDo
from points.ledger.model import account_id
from points.ledger.reads import spendable
from points.unit_of_work import Keys, WorkingSet
from points.wishes.model import Step, Wish
from points.wishes.store import page_of_wishes

PAGE = 500
OUTLETS_MAX = 20
WORKER = Actor("system:worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighWish:
    """Weigh one wish.

    Attributes:
        version: Of the wish as it was read; a later one is another wish.
        programmes: Whose wallets may pay, as the catalogue was read.
        outlets: Of a reward that is had at chosen outlets only, some of those.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    reward_id: RewardId
    version: int
    programmes: tuple[str, ...]
    outlets: tuple[OutletId, ...] = ()


def needs(command: WeighWish, keys: Keys) -> None:
    """Load what a redemption from each wallet would, and what the member was told."""
    keys.members.members.add(command.member_id)
    keys.wishes.of.add(command.member_id)
    keys.inbox.once.add((command.member_id, _once(command)))
    keys.catalogue.rewards.add(command.reward_id)
    for each in _redemptions(command):
        redeem.needs(each, keys)


def decide(command: WeighWish, on: WorkingSet) -> Decision:
    """Take down that it came within reach, or out of it; nothing where nothing changed."""
    wish = on.wishes.of(command.member_id, command.reward_id)
    if wish is None or wish.version != command.version:
        return NothingToDo()
    reward, version = on.shelf.rewards.get(command.reward_id), on.shelf.version
    open_to = [
        each
        for each in _redemptions(command)
        if reward is not None
        and version is not None
        and next(redeem.against(each, reward, version, on), None) is None
    ]
    within = bool(open_to)
    if within is wish.affordable:
        return NothingToDo()
    on.wishes.take(
        command.member_id,
        command.reward_id,
        Step.AFFORDABLE if within else Step.UNAFFORDABLE,
        on.now,
    )
    if open_to and reward is not None:
        price = min(int(reward.price_in(redeem.tier_of(each, on))) for each in open_to)
        _tell(command, reward, price, on)
    return {"reward_id": command.reward_id, "affordable": within}


def _tell(command: WeighWish, reward: Reward, price: int, on: WorkingSet) -> None:
    detail: dict[str, str | int] = {
        "title_zh": reward.title_zh,
        "title_en": reward.title_en,
        "price": price,
    }
    kind = NoticeKind.WISH_AFFORDABLE
    on.inbox.tell(command.member_id, kind, command.reward_id, detail, _once(command))


def _once(command: WeighWish) -> str:
    return f"wish:{command.reward_id}:{command.version}"


def _redemptions(command: WeighWish) -> Iterator[Redeem]:
    for programme, outlet in product(command.programmes, command.outlets or (None,)):
        yield Redeem(
            association_id=command.association_id,
            operation_id=command.operation_id,
            actor=command.actor,
            member_id=command.member_id,
            reward_id=command.reward_id,
            programme=programme,
            outlet_id=outlet,
        )


def weigh_wishes(engine: Engine, association: AssociationId) -> int:
    """Weigh the wishes whose points say something else than before; return how many changed.

    A page of wishes and the wallets of its members are two reads; only what differs is a command.
    """
    with engine.reading(association) as connection:
        found = list_rewards(connection, association, engine.clock.now())
    rewards = {each.reward_id: each for each in found}
    changed, after = 0, ("", "")
    while page := _page(engine, association, after):
        after = (page[-1].member_id, page[-1].reward_id)
        asked = list(_differing(engine, association, page, rewards))
        outcomes = engine.submit_many(asked)
        changed += sum(outcome.refusal is None for outcome in outcomes)
    return changed


def _page(engine: Engine, association: AssociationId, after: tuple[str, str]) -> list[Wish]:
    with engine.reading(association) as connection:
        return page_of_wishes(connection, association, after, PAGE)


def _differing(
    engine: Engine,
    association: AssociationId,
    page: list[Wish],
    rewards: dict[RewardId, Reward],
) -> Iterator[WeighWish]:
    now = engine.clock.now()
    wallets = {
        wallet for wish in page for wallet in _wallets(wish.member_id, rewards.get(wish.reward_id))
    }
    with engine.reading(association) as connection:
        have = spendable(connection, association, wallets, now)
    for wish in page:
        reward = rewards.get(wish.reward_id)
        most = max((have.get(each, -1) for each in _wallets(wish.member_id, reward)), default=-1)
        within = reward is not None and most >= _least(reward)
        if within is not wish.affordable:
            # The day and what they have are in the name: what is refused for another reason, as
            # an empty shelf, is asked again when one of them is another, and not every round.
            name = f"{wish.member_id}:{wish.reward_id}:{wish.version}:{now.date()}:{most}"
            yield WeighWish(
                association_id=association,
                operation_id=OperationId(f"system:wish:{name}"),
                actor=WORKER,
                member_id=wish.member_id,
                reward_id=wish.reward_id,
                version=wish.version,
                programmes=reward.programmes if reward else (),
                outlets=tuple(map(OutletId, reward.outlets))[:OUTLETS_MAX] if reward else (),
            )


def _least(reward: Reward) -> int:
    """Return the least that anybody pays for a reward, in any star band."""
    return min((int(reward.price), *reward.tier_prices.values()))


def _wallets(member: MemberId, reward: Reward | None) -> Iterator[AccountId]:
    for programme in reward.programmes if reward else ():
        yield account_id(member, f"{programme}.wallet")


FLOW = Flow("weigh_wish", needs, decide)
