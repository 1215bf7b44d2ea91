"""The audit trail: search it, and look at one event with what it replaced."""

from urllib.parse import urlencode

from starlette.responses import Response

from points.audit.model import Channel, Result
from points.audit.reads import Search
from points.flows import audit
from points.identity.policy import Action
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, _post, _entrance = pages(CONSOLE)
HERE = "/console/audit"
PAGE = 50
FILTERS = ("actor", "action", "subject", "outcome", "channel")
SEQUENCE_DIGITS_MAX = 15


def trail_page(visit: Visit) -> Response:
    """List the events that are wanted, the newest first."""
    asked = {name: visit.query(name) for name in FILTERS}
    typed = visit.query("before", SEQUENCE_DIGITS_MAX)
    events = audit.search(
        visit.engine,
        visit.association,
        _search(asked),
        before=int(typed) if typed.isdecimal() else None,
        limit=PAGE + 1,
    )
    more = str(events[PAGE - 1].sequence) if len(events) > PAGE else ""
    said = urlencode({name: value for name, value in asked.items() if value})
    return visit.show(
        "console/trail.html",
        events=events[:PAGE],
        more=more,
        asked=asked,
        address=f"{HERE}?{said}" if said else HERE,
    )


def _search(asked: dict[str, str]) -> Search:
    """Return the search; a choice that is none is not made."""
    outcome, channel = asked["outcome"], asked["channel"]
    return Search(
        actor=asked["actor"] or None,
        action=asked["action"] or None,
        subject=asked["subject"] or None,
        outcome=Result(outcome) if outcome in {each.value for each in Result} else None,
        channel=Channel(channel) if channel in {each.value for each in Channel} else None,
    )


def event_page(visit: Visit, sequence: str) -> Response:
    """Show one event: who, from where, what stood before and what after."""
    if not sequence.isdecimal() or len(sequence) > SEQUENCE_DIGITS_MAX:
        raise Missing
    event = audit.find(visit.engine, visit.association, int(sequence))
    if event is None:
        raise Missing
    return visit.show("console/event.html", event=event)


PAGES = (
    get(HERE, trail_page, allows=Action.READ_AUDIT),
    get(f"{HERE}/{{sequence}}", event_page, allows=Action.READ_AUDIT),
)
