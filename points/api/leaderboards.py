"""Leaderboards: of those who asked for it, masked."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from starlette.concurrency import run_in_threadpool

from points.api.caller import NO_MEMBER, Asking, Caller
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import IN_QUERY, Answer, Asked, Body
from points.flows.leaderboard import ListMember, board_name, leaderboard
from points.identity.policy import Action
from points.kernel.errors import NotFound

NO_MEASURE = NotFound(noun="measure", noun_zh="积分类别")


class PlaceOut(Answer):
    """One line; equal points share a rank."""

    rank: int
    name: str
    points: int


class LeaderboardOut(Answer):
    """The top of a measure among those who asked to be listed, as of an instant."""

    measure: str
    as_of: datetime
    places: list[PlaceOut]


class TopQuery(Asked):
    """How many."""

    limit: int = Field(default=20, ge=1, le=100)


class NewListing(Body):
    """Whether one wants to be on leaderboards."""

    listed: bool


class Listing(Answer):
    """Whether a member is on leaderboards."""

    member_id: str
    listed: bool


def get_leaderboard(
    caller: Asking, measure: str, query: Annotated[TopQuery, IN_QUERY]
) -> LeaderboardOut:
    """Return the top of a measure."""
    known = caller.context.rules.programmes()
    programme, _, name = measure.partition(".")
    if name not in known.get(programme, ()):
        raise Problem.of(NO_MEASURE)
    found = leaderboard(caller.engine, caller.association, measure, caller.swift, most=query.limit)
    return LeaderboardOut(
        measure=measure,
        as_of=datetime.fromisoformat(found.as_of),
        places=[PlaceOut.model_validate(place) for place in found.places],
    )


async def list_oneself(caller: Asking, body: NewListing) -> Listing:
    """Put oneself on the leaderboards, or take oneself off; nobody is on them unasked."""
    if caller.member is None:
        raise Problem.of(NO_MEMBER)
    done = await caller.carry_out(
        ListMember(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            member_id=caller.member,
            listed=body.listed,
        )
    )
    await run_in_threadpool(_forget, caller)
    return Listing.model_validate(done)


def _forget(caller: Caller) -> None:
    """Drop the kept lists, so that the member's word holds at once."""
    for programme, names in caller.context.rules.programmes().items():
        for name in names:
            caller.swift.forget(board_name(caller.association, f"{programme}.{name}"))


ROUTES = (
    get(
        "/v1/leaderboards/{measure}",
        get_leaderboard,
        allows=Action.READ_LEADERBOARD,
        zh="排行榜（自愿上榜，姓名脱敏）",
    ),
    post("/v1/me/listing", list_oneself, allows=Action.LIST_ONESELF, zh="是否愿意上榜"),
)
