"""Rewards: what points buy, and drawing one of them."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from points.api.caller import NO_MEMBER, Asking, Caller
from points.api.gate import Keyed
from points.api.members import Programme
from points.api.problems import Problem
from points.api.route import get, post
from points.api.vouchers import Codes, codes_of
from points.api.wire import IN_QUERY, Answer, Asked, Body, Id
from points.catalogue.model import Reward
from points.catalogue.store import find_version, list_rewards, stock_taken
from points.flows.neutral import REWARD
from points.flows.quote import quote
from points.flows.redeem import Redeem
from points.identity.policy import Action
from points.identity.roles import Kind
from points.kernel.ids import MemberId, OperationId, RewardId, VoucherId


class LimitOut(Answer):
    """How many one member may draw in a window."""

    per_member: int
    window: str


class RewardOut(Answer):
    """One item of the catalogue in force."""

    reward_id: str
    title: str
    note: str
    kind: str
    programmes: list[str]
    price: int
    amount_fen: int | None = None
    uses: int
    partners: list[str]
    valid_days: int
    limits: list[LimitOut]
    left: int | None = Field(default=None, description="missing where there is no end")
    gate: str | None = None
    visible_from: date
    visible_until: date | None = None


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


class Why(Answer):
    """Why a redemption would be refused."""

    code: str
    detail: str


class QuoteOut(Answer):
    """What a redemption would come to; nothing is set aside."""

    allowed: bool
    points: int | None = None
    available: int | None = None
    missing: int
    valid_until: datetime | None = None
    refused: Why | None = None


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
        _shown(each, taken.get(each.reward_id, 0), caller.language)
        for each in rewards
        if (everything or each.visible(today)) and (wanted is None or wanted in each.programmes)
    ]
    if neutral:
        items = [each.model_copy(update=REWARD) for each in items]
    return Rewards(version=version.version, items=items)


def _shown(reward: Reward, taken: int, language: str) -> RewardOut:
    total = reward.stock.total if reward.stock else None
    english = language == "en"
    return RewardOut(
        reward_id=reward.reward_id,
        title=reward.title_en if english else reward.title_zh,
        note=reward.note_en if english else reward.note_zh,
        kind=reward.kind.value,
        programmes=list(reward.programmes),
        price=reward.price,
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
    )


def quote_redemption(caller: Asking, body: NewRedemption) -> QuoteOut:
    """Say what a redemption would come to, or why it would be refused."""
    found = quote(
        caller.engine,
        _command(caller, body, OperationId("quote")),
        caller.installation.ids,
    )
    why = found.refusal
    return QuoteOut(
        allowed=why is None,
        points=found.points,
        available=found.available,
        missing=found.missing,
        valid_until=datetime.fromisoformat(found.valid_until) if found.valid_until else None,
        refused=Why(code=why.code, detail=why.text(caller.language)) if why else None,
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
    )


ROUTES = (
    get("/v1/rewards", list_catalogue, allows=Action.READ_REWARDS, zh="积分商品"),
    post(
        "/v1/redemptions:quote",
        quote_redemption,
        allows=Action.REDEEM,
        zh="兑换试算（不写入）",
        keyed=Keyed.NOT,
    ),
    post("/v1/redemptions", redeem, allows=Action.REDEEM, zh="兑换", status=201),
)
