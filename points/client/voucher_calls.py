"""Calls about vouchers after their issue: new codes, new owners, one reward for many."""

from collections.abc import Sequence

from points.client import voucher_answers as answers
from points.client.answers import Page
from points.client.calls import Call, get, path_of, post

_HANDOUT = "/v1/handouts/{}"


def voucher_events(
    voucher_id: str, *, cursor: str | None = None, limit: int | None = None
) -> Call[Page[answers.VoucherEvent]]:
    """Ask what happened to a voucher since its issue."""
    path, reads = path_of("/v1/vouchers/{}/events", voucher_id), Page[answers.VoucherEvent]
    return get(path, reads, cursor=cursor, limit=limit)


def reissue_voucher(
    voucher_id: str, *, reason: str = "", key: str | None = None
) -> Call[answers.Reissued]:
    """Replace a voucher's code; its owner is answered the new one, this once."""
    path = path_of("/v1/vouchers/{}:reissue", voucher_id)
    return post(path, answers.Reissued, {"reason": reason}, key)


def offer_voucher(
    voucher_id: str, member_id: str, *, key: str | None = None
) -> Call[answers.OfferMade]:
    """Offer one's voucher to another member."""
    path = path_of("/v1/vouchers/{}:offer", voucher_id)
    return post(path, answers.OfferMade, {"member_id": member_id}, key)


def voucher_offers() -> Call[answers.Offers]:
    """Ask what others offer."""
    return get("/v1/voucher-offers", answers.Offers)


def accept_voucher_offer(offer_id: str, *, key: str | None = None) -> Call[answers.OfferAnswered]:
    """Accept a voucher that somebody offers."""
    path = path_of("/v1/voucher-offers/{}:accept", offer_id)
    return post(path, answers.OfferAnswered, {}, key)


def decline_voucher_offer(offer_id: str, *, key: str | None = None) -> Call[answers.OfferAnswered]:
    """Decline a voucher that somebody offers."""
    path = path_of("/v1/voucher-offers/{}:decline", offer_id)
    return post(path, answers.OfferAnswered, {}, key)


def withdraw_voucher_offer(offer_id: str, *, key: str | None = None) -> Call[answers.OfferAnswered]:
    """Take one's own offer back."""
    path = path_of("/v1/voucher-offers/{}:withdraw", offer_id)
    return post(path, answers.OfferAnswered, {}, key)


def reassign_voucher(
    voucher_id: str, member_id: str, reason: str, *, key: str | None = None
) -> Call[answers.Reassigned]:
    """Give a voucher another owner, by staff."""
    path = path_of("/v1/vouchers/{}:reassign", voucher_id)
    return post(path, answers.Reassigned, {"member_id": member_id, "reason": reason}, key)


def propose_handout(
    reward_id: str,
    programme: str,
    note: str,
    *,
    members: Sequence[str] | None = None,
    where: str | None = None,
    mode: str = "phone",
    key: str | None = None,
) -> Call[answers.HandoutProposed]:
    """Propose to give a reward to a list of members, or to all of whom a condition holds."""
    body = {
        "reward_id": reward_id,
        "programme": programme,
        "note": note,
        "members": None if members is None else list(members),
        "where": where,
        "mode": mode,
    }
    return post("/v1/handouts", answers.HandoutProposed, body, key)


def handouts(
    *, state: str | None = None, cursor: str | None = None, limit: int | None = None
) -> Call[Page[answers.HandoutSummary]]:
    """Ask for handouts, the newest first."""
    reads = Page[answers.HandoutSummary]
    return get("/v1/handouts", reads, state=state, cursor=cursor, limit=limit)


def handout(handout_id: str) -> Call[answers.Handout]:
    """Ask how far a handout is, and what adds up to what."""
    return get(path_of(_HANDOUT, handout_id), answers.Handout)


def handout_results(
    handout_id: str,
    *,
    result: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[Page[answers.Given]]:
    """Ask what members' parts came to."""
    path, reads = path_of(f"{_HANDOUT}/results", handout_id), Page[answers.Given]
    return get(path, reads, result=result, cursor=cursor, limit=limit)


def approve_handout(
    handout_id: str, *, reason: str = "", key: str | None = None
) -> Call[answers.HandoutEnded]:
    """Approve somebody else's handout."""
    path = path_of(f"{_HANDOUT}:approve", handout_id)
    return post(path, answers.HandoutEnded, {"reason": reason}, key)


def reject_handout(
    handout_id: str, reason: str, *, key: str | None = None
) -> Call[answers.HandoutEnded]:
    """Reject somebody else's handout."""
    path = path_of(f"{_HANDOUT}:reject", handout_id)
    return post(path, answers.HandoutEnded, {"reason": reason}, key)


def withdraw_handout(handout_id: str, *, key: str | None = None) -> Call[answers.HandoutEnded]:
    """Withdraw one's own handout."""
    path = path_of(f"{_HANDOUT}:withdraw", handout_id)
    return post(path, answers.HandoutEnded, {}, key)
