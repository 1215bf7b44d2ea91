"""A member's wish-list: rewards they save up for."""

from datetime import datetime

from pydantic import Field

from points.api.caller import NO_MEMBER, Asking, Caller
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import Answer, Body, Id
from points.flows.wish import AddWish, RemoveWish
from points.flows.wish_list import Wanted, wish_list
from points.identity.policy import Action
from points.kernel.ids import MemberId, RewardId
from points.wishes.model import WISHES_MAX


class WishOut(Answer):
    """A reward on the list."""

    reward_id: str
    title: str
    price: int
    programme: str = Field(description="whose wallet comes nearest to paying")
    available: int
    missing: int
    affordable: bool = Field(description="whether there are points enough for it")
    since: datetime


class WishesOut(Answer):
    """A member's list, the newest first."""

    most: int
    items: list[WishOut]


class NewWish(Body):
    """Which reward."""

    reward_id: Id


class NoMoreWish(Body):
    """Nothing is to be said."""


class Wished(Answer):
    """Whether a reward is on the list now."""

    reward_id: str
    listed: bool


def list_my_wishes(caller: Asking) -> WishesOut:
    """Return the wish-list of the member who asks, and what is missing for each reward."""
    found = wish_list(caller.engine, caller.association, _member(caller))
    return WishesOut(most=WISHES_MAX, items=[_shown(each, caller.language) for each in found])


async def add_wish(caller: Asking, body: NewWish) -> Wished:
    """Put a reward on one's list; a wish that is there already is renewed."""
    done = await caller.carry_out(
        AddWish(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            member_id=_member(caller),
            reward_id=RewardId(body.reward_id),
        )
    )
    return Wished.model_validate(done)


async def remove_wish(caller: Asking, reward_id: str, body: NoMoreWish) -> Wished:  # noqa: ARG001 - the route takes one
    """Take a reward off one's list."""
    done = await caller.carry_out(
        RemoveWish(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            member_id=_member(caller),
            reward_id=RewardId(reward_id),
        )
    )
    return Wished.model_validate(done)


def _member(caller: Caller) -> MemberId:
    if caller.member is None:
        raise Problem.of(NO_MEMBER)
    return caller.member


def _shown(wanted: Wanted, language: str) -> WishOut:
    reward = wanted.reward
    return WishOut(
        reward_id=reward.reward_id,
        title=reward.title_en if language == "en" else reward.title_zh,
        price=wanted.price,
        programme=wanted.programme,
        available=wanted.available,
        missing=wanted.missing,
        affordable=wanted.affordable,
        since=wanted.since,
    )


ROUTES = (
    get("/v1/me/wishes", list_my_wishes, allows=Action.WISH, zh="本人的心愿单"),
    post("/v1/me/wishes", add_wish, allows=Action.WISH, zh="加入心愿单", status=201),
    post("/v1/me/wishes/{reward_id}:remove", remove_wish, allows=Action.WISH, zh="移出心愿单"),
)
