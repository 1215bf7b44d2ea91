"""Calls about what members do besides redeeming: messages, wishes, the hardship fund, cards."""

from collections.abc import Sequence

from points.client import benefit_answers as answers
from points.client.calls import Call, get, path_of, post


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
