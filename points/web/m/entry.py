"""A member's way in: a telephone number, then the code that came by message."""

import secrets
from functools import partial

from starlette.background import BackgroundTask
from starlette.responses import Response

from points.flows.end_session import EndSession
from points.flows.member_login import Code, MemberDoor, Telephone
from points.flows.open_browser import BROWSER_LONGEST
from points.identity.login_codes import DIGITS
from points.identity.model import Principal
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import OperationId
from points.members.errors import PhoneInvalid
from points.members.identifiers import phone_ok
from points.web.doors import PHONE
from points.web.gate import whoever
from points.web.route import pages
from points.web.visit import Visit

get, post, entrance = pages(PHONE)
UNAUTHENTICATED = 401
PHONE_MAX = 20


def log_in_page(visit: Visit) -> Response:
    """Ask for the number; whoever is logged in goes on, unless they are to prove it again."""
    if whoever(visit) is not None and not visit.query("again"):
        return visit.go(visit.next_page(PHONE.home))
    return visit.show("m/log_in.html", next_page=visit.next_page(""))


def code_asked(visit: Visit) -> Response:
    """Send a code; the page does not tell whose number it is."""
    phone = "".join(visit.form.text("phone", most=PHONE_MAX).split())
    if visit.form.sound and not phone_ok(phone):
        # A slip of the finger: no message could come, whoever waited for it.
        visit.form.refuse(PhoneInvalid())
    if not visit.form.sound:
        return visit.show("m/log_in.html", next_page=visit.next_page(""))
    code = Code(f"{secrets.randbelow(10**DIGITS):0{DIGITS}}")
    found = _door(visit).ask(_telephone(visit, phone), code)
    if isinstance(found, Refusal):
        visit.form.refuse(found)
        return visit.show("m/log_in.html", next_page=visit.next_page(""))
    answer = _code_page(visit, phone)
    # Behind the answer's back in both cases, so that its time does not tell either.
    send = partial(_door(visit).send, phone, code)
    answer.background = BackgroundTask(send if found is not None else _send_nothing)
    return answer


def _send_nothing() -> None:
    """Stand in for a message to a number that is nobody's."""


def _code_page(visit: Visit, phone: str, status: int | None = None) -> Response:
    return visit.show("m/code.html", status, phone=phone, next_page=visit.next_page(""))


def code_sent(visit: Visit) -> Response:
    """Let the member in; whoever was logged in here before is not any more."""
    phone = "".join(visit.form.text("phone", most=PHONE_MAX).split())
    code = "".join(visit.form.secret("code", most=PHONE_MAX).split())
    if not visit.form.sound:
        return _code_page(visit, phone)
    before = whoever(visit)
    token = _door(visit).open_browser(_telephone(visit, phone), code)
    if isinstance(token, Refusal):
        visit.form.refuse(token, code_wrong="code")
        return _code_page(visit, phone, UNAUTHENTICATED)
    if before is not None:
        _end(visit, before)
    visit.renewed, visit.kept_seconds = token, int(BROWSER_LONGEST.total_seconds())
    return visit.go(visit.next_page(PHONE.home))


def log_out(visit: Visit) -> Response:
    """End the session, here and in the database."""
    _end(visit, visit.principal)
    visit.ended = True
    return visit.go(PHONE.entrance, "logged_out")


def _end(visit: Visit, who: Principal) -> None:
    visit.engine.submit(
        EndSession(
            association_id=visit.association,
            operation_id=OperationId(f"{who.actor}:log-out-{visit.engine.ids.next()}"),
            actor=who.actor,
            session_id=who.session or "",
            kind=who.kind,
            subject=who.subject,
        ),
        visit.origin,
    )


def _door(visit: Visit) -> MemberDoor:
    here = visit.house.installation
    return MemberDoor(here.engine, here.context, here.ids, visit.house.messenger)


def _telephone(visit: Visit, phone: str) -> Telephone:
    return Telephone(association_id=visit.association, phone=phone, origin=visit.origin)


PAGES = (
    entrance("GET", "/m/log-in", log_in_page),
    entrance("POST", "/m/log-in", code_asked),
    entrance("POST", "/m/log-in/code", code_sent),
    post("/m/log-out", log_out, allows=Action.OWN_SESSIONS),
)
