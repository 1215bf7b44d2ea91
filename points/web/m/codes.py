"""A voucher's code, shown once, and passing a voucher on."""

from starlette.responses import Response

from points.flows.offer_voucher import Answer, AnswerOffer, OfferVoucher
from points.flows.reissue import Reissue
from points.identity.policy import Action
from points.kernel.ids import MemberId, VoucherId
from points.vouchers.model import State
from points.vouchers.reads import Held, find_offer, find_voucher, offers_to
from points.web.doors import PHONE
from points.web.m.points import me
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _entrance = pages(PHONE)
DONE = {
    Answer.ACCEPT: "accepted",
    Answer.DECLINE: "offer_declined",
    Answer.WITHDRAW: "offer_withdrawn",
}


def _mine(visit: Visit, voucher_id: str) -> Held:
    """Return one's own voucher, while it can be used.

    Raises:
        Missing: It is nobody's, somebody else's, or over.
    """
    with visit.engine.reading(visit.association) as connection:
        held = find_voucher(connection, visit.association, VoucherId(voucher_id))
    now = visit.house.installation.clock.now()
    if held is None or held.owner_id != me(visit) or held.shown_state(now) is not State.ISSUED:
        raise Missing
    return held


def code_page(visit: Visit, voucher_id: str) -> Response:
    """Say what showing the code does, before it is done."""
    return visit.show("m/voucher_code.html", held=_mine(visit, voucher_id), codes=None)


def code_asked(visit: Visit, voucher_id: str) -> Response:
    """Draw a new code and show it, in this answer alone; the same form again shows the same."""
    held = _mine(visit, voucher_id)
    command = Reissue(**visit.acting(), voucher_id=held.voucher.voucher_id, member_id=me(visit))
    outcome, codes = visit.submit(command), None
    if outcome.refusal is None:
        book, issue_no = visit.context.codes, outcome.result["issue_no"]
        codes = book.codes(visit.association, held.voucher.voucher_id, issue_no).shown()
    return visit.show("m/voucher_code.html", held=held, codes=codes)


def offer_page(visit: Visit, voucher_id: str) -> Response:
    """Ask to whom a voucher is to go."""
    return visit.show("m/voucher_offer.html", held=_mine(visit, voucher_id))


def offer_sent(visit: Visit, voucher_id: str) -> Response:
    """Offer one's voucher; it changes hands once the other accepts."""
    held, receiver = _mine(visit, voucher_id), visit.form.text("receiver", most=26)
    if visit.form.sound:
        visit.submit(
            OfferVoucher(
                **visit.acting(),
                voucher_id=held.voucher.voucher_id,
                reward_id=held.voucher.reward_id,
                owner=held.owner_id,
                receiver=MemberId(receiver.upper()),
            ),
            receiver_unsuitable="receiver",
        )
    if visit.form.sound:
        return visit.go(f"/m/vouchers/{voucher_id}", "offered")
    return visit.show("m/voucher_offer.html", held=held)


def offers_page(visit: Visit) -> Response:
    """List what others offer, with the number by which one is found oneself."""
    now = visit.house.installation.clock.now()
    with visit.engine.reading(visit.association) as connection:
        found = offers_to(connection, visit.association, me(visit), now)
    return visit.show("m/offers.html", offers=found, number=me(visit))


def offer_answered(visit: Visit, offer_id: str) -> Response:
    """Accept or decline what somebody offers, or take one's own offer back."""
    answer = visit.form.choice("answer", [each.value for each in Answer])
    with visit.engine.reading(visit.association) as connection:
        found = find_offer(connection, visit.association, offer_id)
    if found is None or me(visit) not in (found.offer.member_id, found.offer.from_member):
        raise Missing
    if not visit.form.sound:
        return offers_page(visit)
    outcome = visit.submit(
        AnswerOffer(
            **visit.acting(),
            offer_id=offer_id,
            voucher_id=found.offer.voucher_id,
            reward_id=found.reward_id,
            owner=found.offer.from_member,
            receiver=found.offer.member_id,
            member_id=me(visit),
            answer=Answer(answer),
        )
    )
    if outcome.refusal is not None:
        return offers_page(visit)
    path = "/m/offers" if answer == Answer.DECLINE else f"/m/vouchers/{found.offer.voucher_id}"
    return visit.go(path, DONE[Answer(answer)])


_CODE, _OFFER = "/m/vouchers/{voucher_id}/code", "/m/vouchers/{voucher_id}/offer"
PAGES = (
    get(_CODE, code_page, allows=Action.REISSUE_VOUCHER),
    post(_CODE, code_asked, allows=Action.REISSUE_VOUCHER),
    get(_OFFER, offer_page, allows=Action.OFFER_VOUCHER),
    post(_OFFER, offer_sent, allows=Action.OFFER_VOUCHER),
    get("/m/offers", offers_page, allows=Action.OFFER_VOUCHER),
    post("/m/offers/{offer_id}", offer_answered, allows=Action.OFFER_VOUCHER),
)
