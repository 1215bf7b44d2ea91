"""A till's way in: its key once, then a clerk's number and PIN at each change of hands."""

from starlette.responses import Response

from points.flows.end_session import EndSession
from points.flows.log_in_operator import TillKnock, log_in_operator
from points.flows.set_up_operator import TillSetUp, set_up_operator
from points.identity.keys import is_sandbox, read_key
from points.identity.policy import Action
from points.identity.sessions import TILL_LONGEST
from points.kernel.errors import Refusal
from points.web.counter.device import device_cookie, present_key, till_here
from points.web.doors import COUNTER
from points.web.forms import Words
from points.web.gate import whoever
from points.web.route import pages
from points.web.visit import Visit

_get, post, entrance = pages(COUNTER)
KEY_MAX, NUMBER_MAX, PIN_MAX, CODE_MAX = 200, 40, 128, 60
UNAUTHENTICATED = 401
DEVICE_SECONDS = 90 * 86_400
"""A till shows its key again each quarter."""


def log_in_page(visit: Visit) -> Response:
    """Ask for the till's key where it was not shown yet, else for the clerk's number and PIN."""
    if whoever(visit) is not None:
        return visit.go(COUNTER.home)
    return _form(visit)


def _form(visit: Visit, status: int | None = None) -> Response:
    till = till_here(visit)
    if till is None:
        return visit.show("counter/key.html", status)
    return visit.show("counter/log_in.html", status, outlet=till.outlet_id)


def key_sent(visit: Visit) -> Response:
    """Remember that this browser is a till."""
    spelled = visit.form.secret("key", most=KEY_MAX).strip()
    cookie = present_key(visit, spelled) if visit.form.sound else None
    if visit.form.sound and cookie is None:
        visit.form.faults["key"] = _why_not(visit, spelled)
        return visit.show("counter/key.html", UNAUTHENTICATED)
    answer = visit.go(COUNTER.entrance) if cookie else visit.show("counter/key.html")
    if cookie is not None:
        answer.set_cookie(
            device_cookie(visit),
            cookie,
            max_age=DEVICE_SECONDS,
            path="/",
            secure=visit.house.secure,
            httponly=True,
            samesite="strict",
        )
    return answer


def _why_not(visit: Visit, spelled: str) -> Words:
    shown = read_key(spelled)
    if shown is None or is_sandbox(shown.association_id) == is_sandbox(visit.association):
        return "门店密钥不正确或已失效", "the key is not right, or has ended"
    if is_sandbox(visit.association):
        return (
            "这里是测试环境，请用 pk_test_ 开头的密钥",
            "a sandbox takes keys with pk_test_",
        )
    return "这是测试密钥，请到测试环境的网址使用", "a test key works at the sandbox's own address"


def log_in_sent(visit: Visit) -> Response:
    """Let a clerk in who has number and PIN."""
    till, form = till_here(visit), visit.form
    if till is None:
        return _form(visit)
    operator, pin = form.text("operator", most=NUMBER_MAX), form.secret("pin", most=PIN_MAX)
    if not form.sound:
        return _form(visit)
    opened = log_in_operator(
        visit.engine, TillKnock(till=till, operator=operator, pin=pin), visit.origin
    )
    if isinstance(opened, Refusal):
        form.refuse(opened)
        return _form(visit, UNAUTHENTICATED)
    return _in(visit, opened.token)


def _in(visit: Visit, token: str) -> Response:
    visit.renewed, visit.kept_seconds = token, int(TILL_LONGEST.total_seconds())
    return visit.go(COUNTER.home)


def set_up_page(visit: Visit) -> Response:
    """Show the form with which a clerk chooses a PIN."""
    return _form(visit) if till_here(visit) is None else visit.show("counter/set_up.html")


def set_up_sent(visit: Visit) -> Response:
    """Let a clerk choose a PIN, once, with the code of their office."""
    till, form = till_here(visit), visit.form
    if till is None:
        return _form(visit)
    operator, code = form.text("operator", most=NUMBER_MAX), form.text("set_up_code", most=CODE_MAX)
    pin, again = form.secret("pin", most=PIN_MAX), form.secret("again", most=PIN_MAX)
    if form.sound and pin != again:
        form.faults["again"] = ("两次输入的 PIN 不一致", "the two PINs differ")
    if not form.sound:
        return visit.show("counter/set_up.html")
    given = TillSetUp(till=till, operator=operator, code=code, pin=pin)
    opened = set_up_operator(visit.engine, given, visit.origin)
    if isinstance(opened, Refusal):
        form.refuse(opened, pin_weak="pin")
        return visit.show("counter/set_up.html", UNAUTHENTICATED)
    return _in(visit, opened.token)


def log_out(visit: Visit) -> Response:
    """End the clerk's session; the browser is still a till, for whoever comes next."""
    who = visit.principal
    visit.here.submit(
        EndSession(
            association_id=visit.association,
            operation_id=visit.here.fresh_operation,
            actor=visit.here.actor,
            session_id=who.session or "",
            kind=who.kind,
            subject=who.subject,
            outlet=who.outlet,
            operator=who.operator,
        )
    )
    visit.ended = True
    return visit.go(COUNTER.entrance, "logged_out")


PAGES = (
    entrance("GET", "/counter/log-in", log_in_page),
    entrance("POST", "/counter/log-in", log_in_sent),
    entrance("POST", "/counter/key", key_sent),
    entrance("GET", "/counter/set-up", set_up_page),
    entrance("POST", "/counter/set-up", set_up_sent),
    post("/counter/log-out", log_out, allows=Action.OWN_SESSIONS),
)
