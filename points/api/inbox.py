"""A member's inbox: what the association told them, and what they have read."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from points.api.caller import NO_MEMBER, Asking, Caller
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import IN_QUERY, Answer, Body, Id, PageQuery, page_of
from points.flows.read_inbox import ReadInbox
from points.identity.policy import Action
from points.inbox.model import Notice
from points.inbox.reads import UNREAD_MAX, notices_of, unread_of
from points.kernel.ids import MemberId

READ_MAX = 200


class MessageOut(Answer):
    """Something that a member was told."""

    notice_id: str
    kind: str
    about: str = Field(description="the id of the voucher, reward or card that it is about")
    title: str
    text: str
    recorded_at: datetime
    read_at: datetime | None = None


class InboxOut(Answer):
    """A page of a member's inbox, the newest first."""

    unread: int = Field(description=f"of the newest {UNREAD_MAX}")
    items: list[MessageOut]
    next: str | None = None


class WasRead(Body):
    """Which notices were read."""

    notices: list[Id] = Field(min_length=1, max_length=READ_MAX)


class ReadOut(Answer):
    """How many were not read before."""

    read: int


def get_my_inbox(caller: Asking, query: Annotated[PageQuery, IN_QUERY]) -> InboxOut:
    """Return what the member who asks was told, and how much of it they have not read."""
    member = _member(caller)
    with caller.engine.reading(caller.association) as connection:
        rows = notices_of(
            connection, caller.association, member, before=query.key, limit=query.limit + 1
        )
        unread = unread_of(connection, caller.association, member)
    page = page_of(
        rows, query.limit, lambda each: each.notice_id, lambda each: _shown(each, caller.language)
    )
    return InboxOut(unread=unread, items=page.items, next=page.next)


async def read_my_inbox(caller: Asking, body: WasRead) -> ReadOut:
    """Say that one has read some of them."""
    done = await caller.carry_out(
        ReadInbox(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            member_id=_member(caller),
            notices=tuple(body.notices),
        )
    )
    return ReadOut.model_validate(done)


def _member(caller: Caller) -> MemberId:
    if caller.member is None:
        raise Problem.of(NO_MEMBER)
    return caller.member


def _shown(notice: Notice, language: str) -> MessageOut:
    return MessageOut(
        notice_id=notice.notice_id,
        kind=notice.kind.value,
        about=notice.about,
        title=notice.title(language),
        text=notice.text(language),
        recorded_at=notice.recorded_at,
        read_at=notice.read_at,
    )


ROUTES = (
    get("/v1/me/inbox", get_my_inbox, allows=Action.OWN_INBOX, zh="本人的消息"),
    post("/v1/me/inbox:read", read_my_inbox, allows=Action.OWN_INBOX, zh="消息已读"),
)
