"""A member's wish-list: hearts on rewards, and how far it still is to each."""

from starlette.responses import Response

from points.flows.wish import AddWish, RemoveWish
from points.flows.wish_list import wish_list
from points.identity.policy import Action
from points.kernel.ids import RewardId
from points.web.doors import PHONE
from points.web.m.points import me
from points.web.route import pages
from points.web.visit import Visit
from points.wishes.model import WISHES_MAX

get, post, _entrance = pages(PHONE)


def wishes_page(visit: Visit) -> Response:
    """List what a member wishes for, and what is missing for each."""
    found = wish_list(visit.engine, visit.association, me(visit))
    return visit.show("m/wishes.html", wishes=found, most=WISHES_MAX)


def wish_added(visit: Visit, reward_id: str) -> Response:
    """Put a reward on the list."""
    visit.submit(AddWish(**visit.acting(), member_id=me(visit), reward_id=RewardId(reward_id)))
    return visit.go("/m/wishes", "wish_added") if visit.form.sound else wishes_page(visit)


def wish_removed(visit: Visit, reward_id: str) -> Response:
    """Take a reward off the list."""
    visit.submit(RemoveWish(**visit.acting(), member_id=me(visit), reward_id=RewardId(reward_id)))
    return visit.go("/m/wishes", "wish_removed") if visit.form.sound else wishes_page(visit)


PAGES = (
    get("/m/wishes", wishes_page, allows=Action.WISH),
    post("/m/wishes/{reward_id}", wish_added, allows=Action.WISH),
    post("/m/wishes/{reward_id}/remove", wish_removed, allows=Action.WISH),
)
