"""Vouchers: who owns which, a new code for one, and passing one on.

A code is in the answer of the redemption, and of the request that replaces it: shown once, to its
owner. Lists and details say how it ends.
"""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from starlette.concurrency import run_in_threadpool

from points.api.caller import NO_MEMBER, NO_VOUCHER, Asking, Caller
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import IN_QUERY, Answer, Body, Id, Page, PageQuery, Text, page_of, read_number
from points.flows.offer_voucher import NO_OFFER, AnswerOffer, OfferVoucher
from points.flows.offer_voucher import Answer as Answered
from points.flows.reassign import Reassign
from points.flows.reissue import Reissue
from points.identity.policy import Action
from points.kernel.ids import MemberId, VoucherId
from points.vouchers.model import Kind
from points.vouchers.reads import (
    Chapter,
    Held,
    Offered,
    Sought,
    find_offer,
    find_voucher,
    history_of,
    offers_to,
    search_vouchers,
    vouchers_of,
)

VOUCHERS_MAX = 99


class Codes(Answer):
    """A voucher's code as letters and digits, and as digits alone."""

    code: str
    digits: str


class VoucherOut(Answer):
    """A voucher; of its code there is only the end."""

    voucher_id: str
    member_id: str = Field(description="who owns it now")
    reward_id: str
    programme: str
    title: str
    kind: str
    state: str
    points: int
    remaining_fen: int | None = None
    remaining_uses: int | None = None
    last4: str
    issue_no: int = Field(description="1 for the first code; each new one counts up")
    passed_on: bool = Field(description="whether somebody else drew it")
    only_at: str | None = Field(default=None, description="the one outlet that honours it")
    valid_from: datetime
    valid_until: datetime


class VouchersQuery(PageQuery):
    """Whose vouchers; a member's own where nobody is named."""

    member_id: Id | None = None
    last4: str | None = Field(
        default=None, pattern=r"^[0-9A-Za-z]{4}$", description="how the code ends; staff only"
    )


class EventsQuery(PageQuery):
    """Which events."""


class VoucherEventOut(Answer):
    """Something that happened to a voucher after its issue."""

    version: int
    kind: str
    recorded_at: datetime
    outlet_id: str | None = None
    parts: int
    points: int
    last4: str
    actor: str | None = Field(default=None, description="for staff alone")
    to_member: str | None = Field(default=None, description="who got it; for staff alone")
    reason: str = ""


class NewCode(Body):
    """Why the code is replaced; staff have to say, members need not."""

    reason: str = Field(default="", max_length=500)


class Reissued(Answer):
    """A voucher with another code; the ones before open nothing."""

    voucher_id: str
    issue_no: int
    last4: str
    codes: Codes | None = Field(default=None, description="for its owner alone, this once")


class NewOffer(Body):
    """To whom a voucher is offered."""

    member_id: Id


class OfferMade(Answer):
    """An offer that waits for an answer."""

    offer_id: str
    voucher_id: str
    member_id: str
    until: datetime


class OfferOut(Answer):
    """A voucher that somebody offers to the caller."""

    offer_id: str
    voucher_id: str
    reward_id: str
    title: str
    made_at: datetime
    until: datetime
    valid_until: datetime


class Offers(Answer):
    """What others offer; never longer than one page."""

    items: list[OfferOut]


class OfferAnswered(Answer):
    """How an offer ended."""

    offer_id: str
    voucher_id: str
    step: str


class NewOwner(Body):
    """Who gets a voucher, and why."""

    member_id: Id
    reason: Text


class Reassigned(Answer):
    """A voucher with another owner; its code is theirs to ask for."""

    voucher_id: str
    member_id: str
    issue_no: int
    last4: str


class NoMore(Body):
    """Nothing is to be said."""


def list_vouchers(caller: Asking, query: Annotated[VouchersQuery, IN_QUERY]) -> Page[VoucherOut]:
    """List what a member owns, newest first; staff also search by how a code ends."""
    member = query.member_id or caller.member
    before = VoucherId(query.key) if query.key else None
    limit = min(query.limit, VOUCHERS_MAX)
    if query.last4 is not None:
        caller.needs_all()
    elif member is None:
        raise Problem.of(NO_MEMBER)
    else:
        caller.owns(member, NO_MEMBER)
    with caller.engine.reading(caller.association) as connection:
        if query.last4 is not None:
            sought = Sought(last4=query.last4.upper(), member=MemberId(member) if member else None)
            rows = search_vouchers(
                connection, caller.association, sought, before=before, most=limit + 1
            )
        else:
            rows = vouchers_of(
                connection,
                caller.association,
                MemberId(member or ""),
                before=before,
                most=limit + 1,
            )
    return page_of(rows, limit, lambda row: row.voucher.voucher_id, lambda row: _shown(caller, row))


def get_voucher(caller: Asking, voucher_id: str) -> VoucherOut:
    """Return a voucher."""
    return _shown(caller, _owned(caller, voucher_id))


def list_voucher_events(
    caller: Asking, voucher_id: str, query: Annotated[EventsQuery, IN_QUERY]
) -> Page[VoucherEventOut]:
    """Return what happened to a voucher since its issue, in order."""
    _owned(caller, voucher_id)
    limit = min(query.limit, VOUCHERS_MAX)
    with caller.engine.reading(caller.association) as connection:
        rows = history_of(
            connection,
            caller.association,
            VoucherId(voucher_id),
            after=read_number(query.key) or 0,
            most=limit + 1,
        )
    return page_of(rows, limit, lambda row: str(row.event.version), lambda row: _event(caller, row))


def codes_of(caller: Caller, voucher_id: VoucherId, issue_no: int = 1) -> Codes:
    """Return both spellings of a voucher's code; they are computed, never stored."""
    book = caller.installation.context.codes
    return Codes(**book.codes(caller.association, voucher_id, issue_no).shown())


async def reissue_voucher(caller: Asking, voucher_id: str, body: NewCode) -> Reissued:
    """Replace a voucher's code: the ones before open nothing from now on.

    Its owner gets the new code in this answer and nowhere else. Staff get none.
    """
    await run_in_threadpool(_owned, caller, voucher_id)
    done = await caller.carry_out(
        Reissue(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            voucher_id=VoucherId(voucher_id),
            member_id=None if caller.member is None else MemberId(caller.member),
            reason=body.reason,
        )
    )
    codes = None
    if caller.member is not None:
        codes = codes_of(caller, VoucherId(voucher_id), done["issue_no"])
    return Reissued(**done, codes=codes)


async def offer_voucher(caller: Asking, voucher_id: str, body: NewOffer) -> OfferMade:
    """Offer one's voucher to another member; it changes hands once they accept."""
    held = await run_in_threadpool(_owned, caller, voucher_id)
    done = await caller.carry_out(
        OfferVoucher(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            voucher_id=VoucherId(voucher_id),
            reward_id=held.voucher.reward_id,
            owner=held.owner_id,
            receiver=MemberId(body.member_id),
        )
    )
    return OfferMade.model_validate(done)


def list_voucher_offers(caller: Asking) -> Offers:
    """Return what others offer to the caller, the newest first."""
    if caller.member is None:
        raise Problem.of(NO_MEMBER)
    now = caller.installation.clock.now()
    with caller.engine.reading(caller.association) as connection:
        rows = offers_to(connection, caller.association, MemberId(caller.member), now)
    return Offers(items=[_offer(caller, each) for each in rows])


async def accept_voucher_offer(caller: Asking, offer_id: str, body: NoMore) -> OfferAnswered:  # noqa: ARG001 - the route takes one
    """Accept a voucher that somebody offers; it is the caller's from then on."""
    return await _answer(caller, offer_id, Answered.ACCEPT)


async def decline_voucher_offer(caller: Asking, offer_id: str, body: NoMore) -> OfferAnswered:  # noqa: ARG001 - the route takes one
    """Decline a voucher that somebody offers."""
    return await _answer(caller, offer_id, Answered.DECLINE)


async def withdraw_voucher_offer(caller: Asking, offer_id: str, body: NoMore) -> OfferAnswered:  # noqa: ARG001 - the route takes one
    """Take one's own offer back before it is accepted."""
    return await _answer(caller, offer_id, Answered.WITHDRAW)


async def reassign_voucher(caller: Asking, voucher_id: str, body: NewOwner) -> Reassigned:
    """Give a voucher another owner, by staff, with a reason."""
    held = await run_in_threadpool(_owned, caller, voucher_id)
    done = await caller.carry_out(
        Reassign(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            voucher_id=VoucherId(voucher_id),
            reward_id=held.voucher.reward_id,
            owner=held.owner_id,
            receiver=MemberId(body.member_id),
            reason=body.reason,
            person=caller.principal.person,
        )
    )
    return Reassigned.model_validate(done)


def _owned(caller: Caller, voucher_id: str) -> Held:
    with caller.engine.reading(caller.association) as connection:
        held = find_voucher(connection, caller.association, VoucherId(voucher_id))
    if held is None:
        raise Problem.of(NO_VOUCHER)
    caller.owns(held.owner_id, NO_VOUCHER)
    return held


async def _answer(caller: Caller, offer_id: str, answer: Answered) -> OfferAnswered:
    offered = await run_in_threadpool(_offered, caller, offer_id)
    offer = offered.offer
    done = await caller.carry_out(
        AnswerOffer(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            offer_id=offer_id,
            voucher_id=offer.voucher_id,
            reward_id=offered.reward_id,
            owner=offer.from_member,
            receiver=offer.member_id,
            member_id=MemberId(caller.member or ""),
            answer=answer,
        )
    )
    return OfferAnswered(
        offer_id=done["offer_id"], voucher_id=done["voucher_id"], step=done["step"]
    )


def _offered(caller: Caller, offer_id: str) -> Offered:
    with caller.engine.reading(caller.association) as connection:
        found = find_offer(connection, caller.association, offer_id)
    if found is None or caller.member not in (found.offer.member_id, found.offer.from_member):
        raise Problem.of(NO_OFFER)
    return found


def _offer(caller: Caller, each: Offered) -> OfferOut:
    return OfferOut(
        offer_id=each.offer.offer_id,
        voucher_id=each.offer.voucher_id,
        reward_id=each.reward_id,
        title=each.title_en if caller.language == "en" else each.title_zh,
        made_at=each.offer.made_at,
        until=each.offer.until,
        valid_until=each.valid_until,
    )


def _event(caller: Caller, each: Chapter) -> VoucherEventOut:
    event, staff = each.event, caller.member is None
    return VoucherEventOut(
        version=event.version,
        kind=event.kind.value,
        recorded_at=event.recorded_at,
        outlet_id=event.outlet_id,
        parts=event.parts,
        points=event.points,
        last4=event.last4,
        actor=event.actor if staff else None,
        to_member=each.to_member if staff else None,
        reason=each.reason if staff else "",
    )


def _shown(caller: Caller, held: Held) -> VoucherOut:
    voucher, terms = held.voucher, held.voucher.terms
    state = held.shown_state(caller.installation.clock.now())
    amount = terms.kind is Kind.AMOUNT
    return VoucherOut(
        voucher_id=voucher.voucher_id,
        member_id=held.owner_id,
        reward_id=voucher.reward_id,
        programme=voucher.programme,
        title=terms.title_en if caller.language == "en" else terms.title_zh,
        kind=terms.kind.value,
        state=state.value,
        points=terms.price,
        remaining_fen=held.remaining_parts if amount else None,
        remaining_uses=None if amount else held.remaining_parts,
        last4=held.last4,
        issue_no=held.issue_no,
        passed_on=held.owner_id != voucher.member_id,
        only_at=terms.outlet_id,
        valid_from=voucher.valid_from,
        valid_until=voucher.valid_until,
    )


_ONE, _OFFER, _PASS = (
    "/v1/vouchers/{voucher_id}",
    "/v1/voucher-offers/{offer_id}",
    Action.OFFER_VOUCHER,
)
ROUTES = (
    get("/v1/vouchers", list_vouchers, allows=Action.READ_VOUCHER, zh="我的券；工作人员查券"),
    get(_ONE, get_voucher, allows=Action.READ_VOUCHER, zh="券详情"),
    get(f"{_ONE}/events", list_voucher_events, allows=Action.READ_VOUCHER, zh="券的经过"),
    post(f"{_ONE}:reissue", reissue_voucher, allows=Action.REISSUE_VOUCHER, zh="换发券码"),
    post(f"{_ONE}:offer", offer_voucher, allows=_PASS, zh="转让本人的券", status=201),
    post(f"{_ONE}:reassign", reassign_voucher, allows=Action.REASSIGN_VOUCHER, zh="改换持有人"),
    get("/v1/voucher-offers", list_voucher_offers, allows=_PASS, zh="他人转给本人的券"),
    post(f"{_OFFER}:accept", accept_voucher_offer, allows=_PASS, zh="接收转让的券"),
    post(f"{_OFFER}:decline", decline_voucher_offer, allows=_PASS, zh="不接收转让的券"),
    post(f"{_OFFER}:withdraw", withdraw_voucher_offer, allows=_PASS, zh="撤回转让"),
)
