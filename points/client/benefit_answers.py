"""What is answered of messages, wishes, the hardship fund and cards. New fields are left alone."""

from datetime import datetime

from points.client.answers import Read


class Message(Read):
    """Something that a member was told."""

    notice_id: str
    kind: str
    about: str
    title: str
    text: str
    recorded_at: datetime
    read_at: datetime | None = None


class Inbox(Read):
    """A page of a member's inbox, the newest first."""

    unread: int
    items: list[Message]
    next: str | None = None


class MessagesRead(Read):
    """How many were not read before."""

    read: int


class Wish(Read):
    """A reward on the list, and what is missing for it."""

    reward_id: str
    title: str
    price: int
    programme: str
    available: int
    missing: int
    affordable: bool
    since: datetime


class Wishes(Read):
    """A member's list, the newest first."""

    most: int
    items: list[Wish]


class Wished(Read):
    """Whether a reward is on the list now."""

    reward_id: str
    listed: bool
