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
