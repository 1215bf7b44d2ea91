"""Calls about what members do besides redeeming: messages, wishes, the hardship fund, cards."""

from collections.abc import Sequence

from points.client import benefit_answers as answers
from points.client.answers import Page
from points.client.calls import Call, get, path_of, post
from points.client.duty_answers import Proposed


def my_inbox(*, cursor: str | None = None, limit: int | None = None) -> Call[answers.Inbox]:
    """Ask what one was told, the newest first."""
    return get("/v1/me/inbox", answers.Inbox, cursor=cursor, limit=limit)


def read_my_inbox(notices: Sequence[str], *, key: str | None = None) -> Call[answers.MessagesRead]:
    """Say that one has read some of it."""
    return post("/v1/me/inbox:read", answers.MessagesRead, {"notices": list(notices)}, key)


def my_wishes() -> Call[answers.Wishes]:
    """Ask for one's wish-list, and what is missing for each reward."""
    return get("/v1/me/wishes", answers.Wishes)


def add_wish(reward_id: str, *, key: str | None = None) -> Call[answers.Wished]:
    """Put a reward on one's list."""
    return post("/v1/me/wishes", answers.Wished, {"reward_id": reward_id}, key)


def remove_wish(reward_id: str, *, key: str | None = None) -> Call[answers.Wished]:
    """Take a reward off one's list."""
    return post(path_of("/v1/me/wishes/{}:remove", reward_id), answers.Wished, {}, key)


def my_donations() -> Call[answers.Donations]:
    """Ask what one gave to the hardship fund, and what one could give."""
    return get("/v1/me/donations", answers.Donations)


def donate(
    programme: str, points: int, *, named: bool = False, key: str | None = None
) -> Call[answers.Donated]:
    """Give some of one's points to a programme's hardship fund."""
    body = {"programme": programme, "points": points, "named": named}
    return post("/v1/me/donations", answers.Donated, body, key)


def hardship_funds() -> Call[answers.HardshipFunds]:
    """Ask what each programme's hardship fund holds."""
    return get("/v1/hardship-fund", answers.HardshipFunds)


def hardship_entries(
    programme: str, *, cursor: str | None = None, limit: int | None = None
) -> Call[Page[answers.HardshipEntry]]:
    """Ask what came into a fund and went out of it, the newest first."""
    reads = Page[answers.HardshipEntry]
    path = "/v1/hardship-fund/entries"
    return get(path, reads, programme=programme, cursor=cursor, limit=limit)


def propose_donation_return(
    donation_id: str, reason: str, note: str, *, key: str | None = None
) -> Call[Proposed]:
    """Propose to give a donation back; another person has to approve it."""
    path = path_of("/v1/hardship-fund/donations/{}:return", donation_id)
    return post(path, Proposed, {"reason": reason, "note": note}, key)


def my_stamp_cards() -> Call[answers.StampCards]:
    """Ask for one's stamp cards."""
    return get("/v1/me/stamp-cards", answers.StampCards)


def stamp_cards() -> Call[answers.StampCardFigures]:
    """Ask how each kind of stamp card fares."""
    return get("/v1/stamp-cards", answers.StampCardFigures)
