"""Points: what a member has, what goes next, every line, and why it came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from points.flows import look
from points.identity.policy import Action
from points.inbox.reads import unread_of
from points.kernel.ids import MemberId, TransactionId
from points.ledger.model import Balance, Kind
from points.ledger.model import State as PointState
from points.ledger.reads import Expiring
from points.members.model import Member
from points.members.reads import members
from points.vouchers.model import State
from points.vouchers.reads import vouchers_of
from points.web.doors import PHONE
from points.web.lines import Told, reward_titles, told
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, _post, _entrance = pages(PHONE)
PAGE = 30
STARS_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """One programme as its member sees it.

    Attributes:
        spend: What can be spent and what waits; None where the programme has none.
        rating: The year's rating, with its stars.
        stars: How many of five.
        next_stars: How many points are missing to the next star, or None.
        expires: What expires next.
    """

    programme: str
    frozen: bool
    spend: Balance | None
    rating: Balance | None
    stars: int
    next_stars: int | None
    expires: Expiring | None


def me(visit: Visit) -> MemberId:
    """Return the member who asks.

    Raises:
        Missing: It is no member.
    """
    found = visit.here.member
    if found is None:
        raise Missing
    return found


def home_page(visit: Visit) -> Response:
    """Show both wallets, the stars, what expires next, and vouchers that can be used."""
    member_id = me(visit)
    with visit.engine.reading(visit.association) as connection:
        member = members(connection, visit.association, [member_id], visit.context).get(member_id)
        held = vouchers_of(connection, visit.association, member_id, most=20)
        unread = unread_of(connection, visit.association, member_id)
    if member is None:
        raise Missing
    now = visit.house.installation.clock.now()
    usable = [each for each in held if each.shown_state(now) is State.ISSUED]
    return visit.show(
        "m/home.html", wallets=_wallets(visit, member), vouchers=usable, unread=unread
    )


def _wallets(visit: Visit, member: Member) -> list[Wallet]:
    balances = look.balances(visit.engine, visit.association, member.member_id)
    by_measure = {str(each.measure): each for each in balances}
    return [
        _wallet(visit, member, programme, by_measure)
        for programme in visit.context.rules.programmes()
        if member.enrolled(programme)
    ]


def _wallet(visit: Visit, member: Member, programme: str, by_measure: dict[str, Balance]) -> Wallet:
    spend, rating = by_measure.get(f"{programme}.wallet"), by_measure.get(f"{programme}.rating")
    now = visit.house.installation.clock.now()
    stars, missing = _stars(visit, programme, rating, now)
    expiring: Sequence[Expiring] = (
        look.expiring(visit.engine, visit.association, member.member_id, f"{programme}.wallet")
        if spend
        else ()
    )
    return Wallet(
        programme=programme,
        frozen=member.frozen(programme),
        spend=spend,
        rating=rating,
        stars=stars,
        next_stars=missing,
        expires=next(iter(expiring), None),
    )


def _stars(
    visit: Visit, programme: str, rating: Balance | None, now: datetime
) -> tuple[int, int | None]:
    """Return the stars of a rating, and how many points are missing to the next band."""
    ruleset = visit.context.rules.in_force(programme, now)
    if ruleset is None or rating is None or not ruleset.stars:
        return 0, None
    have = int(rating.available)
    reached = [band for band in ruleset.stars if have >= band.at_least]
    ahead = [band.at_least - have for band in ruleset.stars if have < band.at_least]
    return (reached[0].stars if reached else 0), min(ahead, default=None)


def lines_page(visit: Visit, measure: str) -> Response:
    """Show the lines of one account, newest first, each with why."""
    known = [f"{p}.{m}" for p, each in visit.context.rules.programmes().items() for m in each]
    if measure not in known:
        raise Missing
    typed = visit.query("before", 12)
    before = int(typed) if typed.isdecimal() else None
    rows = told(visit, me(visit), measure, before=before, limit=PAGE + 1)
    more = str(rows[PAGE - 1].line.version) if len(rows) > PAGE else ""
    expiring = look.expiring(visit.engine, visit.association, me(visit), measure)
    shown = [each for each in rows[:PAGE] if not _other_side(each)]
    return visit.show("m/lines.html", rows=shown, more=more, measure=measure, expiring=expiring[:6])


def _other_side(told: Told) -> bool:
    """Return whether a line only says where points were put that another line says are gone."""
    line = told.line
    return line.state is PointState.HELD and line.kind is not Kind.CAPTURE


def why_page(visit: Visit, transaction_id: str) -> Response:
    """Say why points came or went, rule by rule."""
    found = look.explanation(
        visit.engine,
        visit.association,
        me(visit),
        TransactionId(transaction_id),
        visit.language,
    )
    if found is None:
        raise Missing
    reason = found.transaction.reason
    title = reward_titles(visit).get(reason) or visit.t.word("line_reason", reason)
    return visit.show("m/why.html", found=found, title=title)


READ = Action.READ_BALANCE
PAGES = (
    get("/m", home_page, allows=READ),
    get("/m/points/{measure}", lines_page, allows=READ),
    get("/m/why/{transaction_id}", why_page, allows=READ),
)
