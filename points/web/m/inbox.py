"""A member's messages: what the association told them."""

from starlette.responses import Response

from points.flows.read_inbox import ReadInbox
from points.identity.policy import Action
from points.inbox.reads import notices_of
from points.web.doors import PHONE
from points.web.m.points import me
from points.web.route import pages
from points.web.visit import Visit

get, post, _entrance = pages(PHONE)
PAGE = 20


def inbox_page(visit: Visit) -> Response:
    """List what a member was told, newest first."""
    before = visit.query("before", 26)
    with visit.engine.reading(visit.association) as connection:
        found = notices_of(connection, visit.association, me(visit), before=before, limit=PAGE + 1)
    more = found[PAGE - 1].notice_id if len(found) > PAGE else ""
    shown = found[:PAGE]
    unread = [each.notice_id for each in shown if each.read_at is None]
    return visit.show("m/inbox.html", notices=shown, unread=unread, more=more)


def inbox_read(visit: Visit) -> Response:
    """Take down that the messages shown were read."""
    notices = tuple(each for each in visit.form.get("notices").split(",") if each)[:PAGE]
    if notices:
        visit.submit(ReadInbox(**visit.acting(), member_id=me(visit), notices=notices))
    return visit.go("/m/inbox", "inbox_read") if visit.form.sound else inbox_page(visit)


PAGES = (
    get("/m/inbox", inbox_page, allows=Action.OWN_INBOX),
    post("/m/inbox", inbox_read, allows=Action.OWN_INBOX),
)
