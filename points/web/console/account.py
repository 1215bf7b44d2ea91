"""One's own account: sessions, notices, password, second factor, recovery codes."""

from starlette.responses import Response

from points.flows.end_session import EndSession
from points.flows.list_staff import notices_of, sessions_of
from points.flows.own_credentials import (
    begin_factor_change,
    change_password,
    finish_factor_change,
    renew_recovery_codes,
)
from points.flows.read_notice import ReadNotice
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.web.console.entry import qr_image
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
HERE = "/console/account"


def account_page(visit: Visit) -> Response:
    """Show who one is, where one is logged in, and what one should know."""
    return visit.show(
        "console/account.html",
        sessions=sessions_of(visit.engine, visit.principal),
        notices=notices_of(visit.engine, visit.principal)[:20],
        grants=visit.principal.grants,
    )


def end_session(visit: Visit, session_id: str) -> Response:
    """End one of one's own sessions."""
    who = visit.principal
    visit.submit(
        EndSession(**visit.acting(), session_id=session_id, kind=who.kind, subject=who.subject)
    )
    return visit.go(HERE, "session_ended") if visit.form.sound else account_page(visit)


def read_notice(visit: Visit, notice_id: str) -> Response:
    """Say that one has read a notice."""
    visit.submit(
        ReadNotice(**visit.acting(), staff_id=visit.principal.subject, notice_id=notice_id)
    )
    return visit.go(visit.next_page(HERE)) if visit.form.sound else account_page(visit)


def secrets_page(visit: Visit) -> Response:
    """Show the forms that change what one logs in with."""
    return visit.show("console/secrets.html")


def password_sent(visit: Visit) -> Response:
    """Change one's password; all other sessions end."""
    form = visit.form
    present, chosen, again = form.secret("present"), form.secret("chosen"), form.secret("again")
    if form.sound and chosen != again:
        form.faults["again"] = ("两次输入的密码不一致", "the two passwords differ")
    if form.sound:
        refusal = change_password(visit.engine, visit.principal, present, chosen, visit.origin)
        if refusal is None:
            return visit.go(HERE, "password_changed")
        form.refuse(refusal)
    return secrets_page(visit)


def factor_sent(visit: Visit) -> Response:
    """Draw another second factor, in force once it is proved."""
    begun = begin_factor_change(visit.engine, visit.principal, visit.origin)
    if isinstance(begun, Refusal):
        visit.form.refuse(begun)
        return secrets_page(visit)
    return visit.show("console/new_factor.html", qr=qr_image(begun.uri), secret=begun.secret)


def factor_confirmed(visit: Visit) -> Response:
    """Prove the new second factor; show fresh recovery codes once."""
    code = visit.form.secret("code", most=20)
    if visit.form.sound:
        codes = finish_factor_change(visit.engine, visit.principal, code, visit.origin)
        if not isinstance(codes, Refusal):
            return visit.show("console/recovery.html", codes=codes, go_on=HERE)
        visit.form.refuse(codes)
    return visit.show("console/new_factor.html", qr="", secret="")


def codes_sent(visit: Visit) -> Response:
    """Replace one's recovery codes; show the new ones once."""
    codes = renew_recovery_codes(visit.engine, visit.principal, visit.origin)
    if isinstance(codes, Refusal):
        visit.form.refuse(codes)
        return secrets_page(visit)
    return visit.show("console/recovery.html", codes=codes, go_on=HERE)


_OWN, _SECRETS = Action.OWN_SESSIONS, Action.CHANGE_CREDENTIALS
PAGES = (
    get(HERE, account_page, allows=_OWN),
    post(f"{HERE}/sessions/{{session_id}}/end", end_session, allows=_OWN),
    post(f"{HERE}/notices/{{notice_id}}/read", read_notice, allows=_OWN),
    get(f"{HERE}/secrets", secrets_page, allows=_SECRETS),
    post(f"{HERE}/password", password_sent, allows=_SECRETS),
    post(f"{HERE}/factor", factor_sent, allows=_SECRETS),
    post(f"{HERE}/factor/confirm", factor_confirmed, allows=_SECRETS),
    post(f"{HERE}/recovery-codes", codes_sent, allows=_SECRETS),
)
