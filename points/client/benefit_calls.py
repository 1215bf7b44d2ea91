"""Calls about what members do besides redeeming: messages, wishes, the hardship fund, cards."""

from collections.abc import Sequence

from points.client import benefit_answers as answers
from points.client.calls import Call, get, post


def my_inbox(*, cursor: str | None = None, limit: int | None = None) -> Call[answers.Inbox]:
    """Ask what one was told, the newest first."""
    return get("/v1/me/inbox", answers.Inbox, cursor=cursor, limit=limit)


def read_my_inbox(notices: Sequence[str], *, key: str | None = None) -> Call[answers.MessagesRead]:
    """Say that one has read some of it."""
    return post("/v1/me/inbox:read", answers.MessagesRead, {"notices": list(notices)}, key)
