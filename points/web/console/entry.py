"""Log in and out, set an account up, prove the second factor again."""

import segno
from starlette.responses import Response

from points.flows.end_session import EndSession
from points.flows.log_in import Knock, log_in
from points.flows.set_up_staff import Enrolment, begin_set_up, finish_set_up
from points.identity.policy import Action
from points.identity.sessions import Binding
from points.kernel.errors import Refusal
from points.web.doors import CONSOLE
from points.web.gate import renew_proof, whoever
from points.web.route import pages
from points.web.stops import ProofWanted
from points.web.visit import Visit

get, post, entrance = pages(CONSOLE)
UNAUTHENTICATED = 401


def log_in_page(visit: Visit) -> Response:
    """Show the form; whoever is logged in already goes on."""
    if whoever(visit) is not None:
        return visit.go(visit.next_page(CONSOLE.home))
    return visit.show("console/log_in.html", next_page=visit.next_page(""))


def log_in_sent(visit: Visit) -> Response:
    """Let somebody in who has password and second factor; a fresh token each time."""
    form = visit.form
    account, password = form.text("account", most=40), form.secret("password")
    code = form.secret("code", most=40)
    if form.sound:
        knock = Knock(
            association_id=visit.association,
            account=account,
            password=password,
            code=code,
            binding=Binding.COOKIE,
        )
        opened = log_in(visit.engine, knock, visit.origin)
        if not isinstance(opened, Refusal):
            visit.renewed = opened.token
            return visit.go(visit.next_page(CONSOLE.home))
        form.refuse(opened)
        return visit.show("console/log_in.html", UNAUTHENTICATED, next_page=visit.next_page(""))
    return visit.show("console/log_in.html", next_page=visit.next_page(""))


def log_out(visit: Visit) -> Response:
    """End the session, here and in the database."""
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
    visit.ended = True
    return visit.go(visit.door.entrance, "logged_out")


def set_up_page(visit: Visit) -> Response:
    """Show the first step: account, set-up code, and the password that is chosen."""
    return visit.show("console/set_up.html")


def set_up_sent(visit: Visit) -> Response:
    """Take the password and show the second factor to be enrolled."""
    form = visit.form
    account, code = form.text("account", most=40), form.text("set_up_code", most=60)
    chosen, again = form.secret("chosen"), form.secret("again")
    if form.sound and chosen != again:
        form.faults["again"] = ("两次输入的密码不一致", "the two passwords differ")
    if not form.sound:
        return visit.show("console/set_up.html")
    begun = begin_set_up(visit.engine, visit.association, account, code, chosen, visit.origin)
    if isinstance(begun, Refusal):
        form.refuse(begun)
        return visit.show("console/set_up.html")
    return _factor(visit, begun, account, code)


def _factor(visit: Visit, begun: Enrolment, account: str, set_up_code: str) -> Response:
    return visit.show(
        "console/activate.html",
        qr=qr_image(begun.uri),
        secret=begun.secret,
        account=account,
        set_up_code=set_up_code,
    )


def qr_image(content: str) -> str:
    """Return a QR code as an image that stands in the page itself."""
    return segno.make_qr(content, error="m").svg_data_uri(
        scale=5, border=3, dark="#000", light="#fff"
    )


def activate_sent(visit: Visit) -> Response:
    """Prove the second factor; show the recovery codes once."""
    form = visit.form
    account, set_up_code = form.text("account", most=40), form.text("set_up_code", most=60)
    factor = form.secret("factor", most=20)
    if form.sound:
        codes = finish_set_up(
            visit.engine, visit.association, account, set_up_code, factor, visit.origin
        )
        if not isinstance(codes, Refusal):
            return visit.show("console/recovery.html", codes=codes, go_on=CONSOLE.entrance)
        form.refuse(codes)
    return visit.show(
        "console/activate.html", qr="", secret="", account=account, set_up_code=set_up_code
    )


def prove_page(visit: Visit) -> Response:
    """Ask for the second factor before it is needed."""
    return visit.show("console/prove.html", next_page=visit.next_page(CONSOLE.home), refused="")


def prove_sent(visit: Visit) -> Response:
    """Renew the proof, and go on to what was asked for."""
    code = visit.form.secret("_factor", most=40)
    refused = ""
    if visit.form.sound:
        try:
            renew_proof(visit, visit.principal, code)
            return visit.go(visit.next_page(CONSOLE.home))
        except ProofWanted as wanted:
            refused = wanted.refusal.text(visit.language) if wanted.refusal else ""
    return visit.show(
        "console/prove.html",
        UNAUTHENTICATED,
        next_page=visit.next_page(CONSOLE.home),
        refused=refused,
    )


PAGES = (
    entrance("GET", "/console/log-in", log_in_page),
    entrance("POST", "/console/log-in", log_in_sent),
    entrance("GET", "/console/set-up", set_up_page),
    entrance("POST", "/console/set-up", set_up_sent),
    entrance("POST", "/console/set-up/activate", activate_sent),
    post("/console/log-out", log_out, allows=Action.OWN_SESSIONS),
    get("/console/prove", prove_page, allows=Action.OWN_SESSIONS),
    post("/console/prove", prove_sent, allows=Action.OWN_SESSIONS),
)
