"""A till's way in: its key once, then the clerk's number at each change of hands."""

from starlette.responses import Response

from points.flows.end_session import EndSession
from points.flows.open_till import TILL_LONGEST, change_operator, open_till
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.web.doors import COUNTER
from points.web.gate import whoever
from points.web.route import pages
from points.web.visit import Visit

get, post, entrance = pages(COUNTER)
KEY_MAX, OPERATOR_MAX = 200, 60
UNAUTHENTICATED = 401


def key_page(visit: Visit) -> Response:
    """Ask for the till's key, unless it was shown before."""
    if whoever(visit) is not None:
        return visit.go(COUNTER.home)
    return visit.show("counter/log_in.html")


def key_sent(visit: Visit) -> Response:
    """Let the till in."""
    form = visit.form
    key, operator = (
        form.secret("key", most=KEY_MAX),
        form.text("operator", most=OPERATOR_MAX, needed=False),
    )
    if not form.sound:
        return visit.show("counter/log_in.html")
    opened = open_till(visit.engine, visit.association, key.strip(), operator, visit.origin)
    if isinstance(opened, Refusal):
        form.refuse(opened, not_found="key")
        return visit.show("counter/log_in.html", UNAUTHENTICATED)
    _keep(visit, opened)
    return visit.go(COUNTER.home)


def _keep(visit: Visit, token: str) -> None:
    visit.renewed, visit.kept_seconds = token, int(TILL_LONGEST.total_seconds())


def operator_page(visit: Visit) -> Response:
    """Ask who works here now."""
    return visit.show("counter/operator.html")


def operator_sent(visit: Visit) -> Response:
    """Let another clerk go on at the same till; the session before ends."""
    operator = visit.form.text("operator", most=OPERATOR_MAX)
    if visit.form.sound:
        opened = change_operator(visit.engine, visit.principal, operator, visit.origin)
        if isinstance(opened, str):
            _end(visit)
            _keep(visit, opened)
            return visit.go(COUNTER.home, "operator_changed")
        visit.form.refuse(opened)
    return visit.show("counter/operator.html")


def log_out(visit: Visit) -> Response:
    """Take the till out of use in this browser."""
    _end(visit)
    visit.ended = True
    return visit.go(COUNTER.entrance, "logged_out")


def _end(visit: Visit) -> None:
    who = visit.principal
    visit.here.submit(
        EndSession(
            association_id=visit.association,
            operation_id=visit.here.fresh_operation,
            actor=visit.here.actor,
            session_id=who.session or "",
            kind=who.kind,
            subject=who.subject,
        )
    )


PAGES = (
    entrance("GET", "/counter/log-in", key_page),
    entrance("POST", "/counter/log-in", key_sent),
    post("/counter/log-out", log_out, allows=Action.OWN_SESSIONS),
    get("/counter/operator", operator_page, allows=Action.USE_COUNTER),
    post("/counter/operator", operator_sent, allows=Action.USE_COUNTER),
)
