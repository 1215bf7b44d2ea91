"""Rewards: what points buy, and drawing one of them."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from points.api.caller import NO_MEMBER, Asking, Caller
from points.api.gate import Keyed
from points.api.members import Programme
from points.api.problems import Problem
from points.api.route import get, post
from points.api.vouchers import Codes, codes_of
from points.api.wire import IN_QUERY, Answer, Asked, Body, Id
from points.catalogue.errors import RewardUnavailable
from points.catalogue.model import Reward
from points.catalogue.store import find_version, list_rewards, stock_taken
from points.flows.add_partner import MILLION
from points.flows.mending import Reason
from points.flows.nearby import Offering, offerings
from points.flows.neutral import REWARD
from points.flows.quote import quote
from points.flows.redeem import Redeem
from points.identity.policy import Action
from points.identity.roles import Kind
from points.kernel.ids import MemberId, OperationId, OutletId, RewardId, VoucherId
from points.partners.errors import PlaceImplausible
from points.partners.model import Place, inside

NEAR = re.compile(r"^[0-9]{1,2}(?:\.[0-9]{1,8})?,[0-9]{1,3}(?:\.[0-9]{1,8})?$")
"""Latitude and longitude in decimal degrees."""


class LimitOut(Answer):
    """How many one member may draw in a window."""

    per_member: int
    window: str


class RewardOut(Answer):
    """One item of the catalogue in force.

    Attributes:
        tier_prices: Points in place of the price, by star band.
        tiers: Star bands that may draw it; empty for everybody.
        choose_outlet: Whether whoever draws it says at which outlet.
        photo: Its address.
    """

    reward_id: str
    title: str
    note: str
    kind: str
    programmes: list[str]
    price: int
    tier_prices: dict[str, int]
    tiers: list[int]
    amount_fen: int | None = None
    uses: int
    partners: list[str]
    valid_days: int
    limits: list[LimitOut]
    left: int | None = Field(default=None, description="missing where there is no end")
    gate: str | None = None
    choose_outlet: bool
    photo: str | None = None
    visible_from: date
    visible_until: date | None = None
    active_from: date | None = None
    active_until: date | None = None


class Rewards(Answer):
    """The catalogue in force; it is never longer than one page."""

    version: int | None = None
    items: list[RewardOut]


class RewardsQuery(Asked):
    """Which rewards."""

    programme: Programme | None = None


class NewRedemption(Body):
    """Which reward, and whose points pay for it."""

    reward_id: Id
    programme: Programme
    member_id: Id | None = Field(default=None, description="oneself, where it is missing")
    outlet_id: Id | None = Field(default=None, description="of rewards that have chosen outlets")


class Why(Answer):
    """Why a redemption would be refused.

    Attributes:
        mend: What would mend it.
        mends_at: When it mends by itself, where that is known.
    """

    code: str
    detail: str
    mend: str
    mends_at: datetime | None = None


class QuoteOut(Answer):
    """What a redemption would come to; nothing is set aside."""

    allowed: bool
    points: int | None = None
    available: int | None = None
    missing: int
    valid_until: datetime | None = None
    refused: Why | None = None
    reasons: list[Why] = Field(description="all of them, the first one first")


class Redeemed(Answer):
    """A voucher that was drawn, with both spellings of its code."""

    voucher_id: str
    reward_id: str
    points: int
    valid_until: datetime
    transaction_id: str | None = None
    codes: Codes


def list_catalogue(caller: Asking, query: Annotated[RewardsQuery, IN_QUERY]) -> Rewards:
    """Return what can be drawn today; staff also see what is not shown yet."""
    now = caller.installation.clock.now()
    with caller.engine.reading(caller.association) as connection:
        version = find_version(connection, caller.association, now)
        rewards = list_rewards(connection, caller.association, now)
        taken = stock_taken(connection, caller.association)
    if version is None:
        return Rewards(items=[])
    today = version.day(now)
    everything = caller.principal.kind is Kind.STAFF
    # Asking programme by programme would tell a partner whose points pay for what.
    neutral = caller.principal.kind is Kind.PARTNER
    wanted = None if neutral else query.programme
    items = [
        reward_out(each, taken.get(each.reward_id, 0), caller.language)
        for each in rewards
        if (everything or each.visible(today)) and (wanted is None or wanted in each.programmes)
    ]
    if neutral:
        items = [each.model_copy(update=REWARD) for each in items]
    return Rewards(version=version.version, items=items)


def reward_out(reward: Reward, taken: int, language: str) -> RewardOut:
    """Return a reward as it is shown, with what is left of it."""
    total = reward.stock.total if reward.stock else None
    english = language == "en"
    return RewardOut(
        reward_id=reward.reward_id,
        title=reward.title_en if english else reward.title_zh,
        note=reward.note_en if english else reward.note_zh,
        kind=reward.kind.value,
        programmes=list(reward.programmes),
        price=reward.price,
        tier_prices=dict(reward.tier_prices),
        tiers=list(reward.tiers),
        amount_fen=reward.amount_fen or None,
        uses=reward.uses,
        partners=list(reward.partners),
        valid_days=reward.valid_days,
        limits=[
            LimitOut(per_member=each.per_member, window=each.window.value) for each in reward.limits
        ],
        left=None if total is None else max(total - taken, 0),
        gate=reward.gate or None,
        visible_from=reward.visible_from,
        visible_until=reward.visible_until,
        active_from=reward.active_from,
        active_until=reward.active_until,
        choose_outlet=bool(reward.outlets),
        photo=f"/v1/rewards/photos/{reward.photo}" if reward.photo else None,
    )


def quote_redemption(caller: Asking, body: NewRedemption) -> QuoteOut:
    """Say what a redemption would come to, or why it would be refused."""
    found = quote(
        caller.engine,
        _command(caller, body, OperationId("quote")),
        caller.installation.ids,
    )
    reasons = [_why(each, caller.language) for each in found.reasons]
    return QuoteOut(
        allowed=not reasons,
        points=found.points,
        available=found.available,
        missing=found.missing,
        valid_until=datetime.fromisoformat(found.valid_until) if found.valid_until else None,
        refused=reasons[0] if reasons else None,
        reasons=reasons,
    )


def _why(reason: Reason, language: str) -> Why:
    return Why(
        code=reason.refusal.code,
        detail=reason.refusal.text(language),
        mend=reason.mend.of(language),
        mends_at=reason.mends_at,
    )


async def redeem(caller: Asking, body: NewRedemption) -> Redeemed:
    """Draw a voucher for points."""
    done = await caller.carry_out(_command(caller, body, caller.operation))
    return Redeemed(
        voucher_id=done["voucher_id"],
        reward_id=done["reward_id"],
        points=done["points"],
        valid_until=datetime.fromisoformat(done["valid_until"]),
        transaction_id=done["transaction_id"],
        codes=codes_of(caller, VoucherId(done["voucher_id"])),
    )


def _command(caller: Caller, body: NewRedemption, operation: OperationId) -> Redeem:
    member = body.member_id or caller.member
    if member is None:
        raise Problem.of(NO_MEMBER)
    caller.owns(member, NO_MEMBER)
    return Redeem(
        association_id=caller.association,
        operation_id=operation,
        actor=caller.actor,
        member_id=MemberId(member),
        reward_id=RewardId(body.reward_id),
        programme=body.programme,
        outlet_id=None if body.outlet_id is None else OutletId(body.outlet_id),
    )


class NearQuery(Asked):
    """From where, in decimal degrees as ``41.12,122.07``; or in which district."""

    near: Annotated[str, StringConstraints(pattern=NEAR.pattern)] | None = None
    district: Annotated[str, StringConstraints(max_length=40)] | None = None


class OfferingOut(Answer):
    """An outlet where a reward is had; distances as the crow flies."""

    outlet_id: str
    name: str
    district: str
    address: str
    phone: str
    opening_hours: str
    left: int | None = None
    metres: int | None = None


class Offerings(Answer):
    """Where a reward is had, the nearest first."""

    items: list[OfferingOut]


def list_outlets(
    caller: Asking, reward_id: str, query: Annotated[NearQuery, IN_QUERY]
) -> Offerings:
    """Say where a reward is had. Where the caller is, is kept nowhere and not written down."""
    now = caller.clock.now()
    with caller.engine.reading(caller.association) as connection:
        version = find_version(connection, caller.association, now)
        rewards = list_rewards(connection, caller.association, now)
    reward = next((each for each in rewards if each.reward_id == reward_id), None)
    everything = caller.principal.kind is Kind.STAFF
    if version is None or reward is None or not (everything or reward.visible(version.day(now))):
        raise Problem.of(RewardUnavailable())
    found = offerings(
        caller.engine,
        caller.association,
        reward,
        near=_place(query.near),
        district=query.district or "",
    )
    return Offerings(items=[_offering(each) for each in found])


def _offering(each: Offering) -> OfferingOut:
    outlet = each.outlet
    return OfferingOut(
        outlet_id=outlet.outlet_id,
        name=outlet.name,
        district=outlet.district,
        address=outlet.address,
        phone=outlet.phone,
        opening_hours=outlet.opening_hours,
        left=each.left,
        metres=each.metres,
    )


def _place(near: str | None) -> Place | None:
    if near is None:
        return None
    north, east = (int(Decimal(part) * MILLION) for part in near.split(","))
    if not inside(north, east):
        raise Problem.of(PlaceImplausible())
    return Place(north, east)


ROUTES = (
    get("/v1/rewards", list_catalogue, allows=Action.READ_REWARDS, zh="积分商品"),
    get(
        "/v1/rewards/{reward_id}/outlets",
        list_outlets,
        allows=Action.READ_REWARDS,
        zh="可使用的门店",
    ),
    post(
        "/v1/redemptions:quote",
        quote_redemption,
        allows=Action.REDEEM,
        zh="兑换试算（不写入）",
        keyed=Keyed.NOT,
    ),
    post("/v1/redemptions", redeem, allows=Action.REDEEM, zh="兑换", status=201),
)
