"""What a member decides about their own data: consents, devices, the export, being erased."""

from starlette.responses import Response

from points.flows.end_devices import EndDevices
from points.flows.end_session import EndSession
from points.flows.give_consent import GiveConsent
from points.flows.list_staff import sessions_of
from points.flows.request_erasure import EndRequest, RequestErasure
from points.flows.withdraw_consent import WithdrawConsent
from points.identity.policy import Action
from points.members.reads import persons
from points.privacy.model import Notice, Purpose
from points.privacy.reads import consents_of, open_requests
from points.web.doors import PHONE
from points.web.m.points import me
from points.web.person_file import FORMATS, person_file
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _entrance = pages(PHONE)
PURPOSES = tuple(each.value for each in Purpose)


def consents_page(visit: Visit) -> Response:
    """Show each notice in force, and what the member said to it."""
    member, now = me(visit), visit.house.installation.clock.now()
    with visit.engine.reading(visit.association) as connection:
        said = {each.purpose: each for each in consents_of(connection, visit.association, [member])}
    notices = [found for each in Purpose if (found := _notice(visit, each)) is not None]
    renew = {
        each.purpose
        for each in said.values()
        if each.given and each.notice < visit.context.notices.needed(each.purpose, now)
    }
    return visit.show("m/consents.html", notices=notices, said=said, renew=renew)


def _notice(visit: Visit, purpose: Purpose) -> Notice | None:
    return visit.context.notices.in_force(purpose, visit.house.installation.clock.now())


def consent_given(visit: Visit, purpose: str) -> Response:
    """Agree to the notice that was shown."""
    if purpose not in PURPOSES:
        raise Missing
    version = visit.form.whole("notice", least=1, most=10_000)
    if visit.form.sound:
        visit.submit(
            GiveConsent(
                **visit.acting(), member_id=me(visit), purpose=Purpose(purpose), notice=version
            )
        )
    return visit.go("/m/consents", "consent_given") if visit.form.sound else consents_page(visit)


def consent_withdrawn(visit: Visit, purpose: str) -> Response:
    """Take a consent back; what does not depend on it goes on."""
    if purpose not in PURPOSES:
        raise Missing
    visit.submit(WithdrawConsent(**visit.acting(), member_id=me(visit), purpose=Purpose(purpose)))
    if not visit.form.sound:
        return consents_page(visit)
    return visit.go("/m/consents", "consent_withdrawn")


def me_page(visit: Visit) -> Response:
    """Show who one is here, where one is logged in, and what one may ask for."""
    member = me(visit)
    with visit.engine.reading(visit.association) as connection:
        person = persons(connection, visit.association, [member], visit.context).get(member)
        asked = open_requests(connection, visit.association, [member])
    return visit.show(
        "m/me.html",
        person=person,
        sessions=sessions_of(visit.engine, visit.principal),
        asked=asked[0] if asked else None,
    )


def session_ended(visit: Visit, session_id: str) -> Response:
    """Log out one of one's own devices."""
    who = visit.principal
    visit.submit(
        EndSession(**visit.acting(), session_id=session_id, kind=who.kind, subject=who.subject)
    )
    return visit.go("/m/me", "session_ended") if visit.form.sound else me_page(visit)


def everywhere_ended(visit: Visit) -> Response:
    """Log out everywhere, here as well."""
    visit.submit(EndDevices(**visit.acting(), member_id=me(visit)))
    visit.ended = visit.form.sound
    return visit.go(PHONE.entrance, "logged_out") if visit.form.sound else me_page(visit)


def export_page(visit: Visit) -> Response:
    """Offer the export; asked for here, so that a fresh proof is there before the file is."""
    return visit.show("m/export.html")


def export_sent(visit: Visit) -> Response:
    """Return everything that is kept about the member who asks, as a file."""
    form = visit.form.choice("format", FORMATS)
    if not visit.form.sound:
        return visit.show("m/export.html")
    return person_file(visit, me(visit), form)


def erasure_page(visit: Visit) -> Response:
    """Say what erasing does, before it is asked for."""
    with visit.engine.reading(visit.association) as connection:
        asked = open_requests(connection, visit.association, [me(visit)])
    return visit.show("m/erasure.html", asked=asked[0] if asked else None)


def erasure_asked(visit: Visit) -> Response:
    """Ask to be erased; the association confirms it within fifteen days."""
    if not visit.form.checked("understood"):
        visit.form.faults["understood"] = ("请勾选确认", "please confirm this")
    if visit.form.sound:
        visit.submit(RequestErasure(**visit.acting(), member_id=me(visit)))
    return visit.go("/m/me", "erasure_asked") if visit.form.sound else erasure_page(visit)


def erasure_taken_back(visit: Visit) -> Response:
    """Take the request back."""
    visit.submit(EndRequest(**visit.acting(), member_id=me(visit)))
    return visit.go("/m/me", "erasure_taken_back") if visit.form.sound else erasure_page(visit)


_CONSENT, _OWN = Action.CONSENT, Action.OWN_SESSIONS
_EXPORT, _ERASE = Action.EXPORT_PERSON, Action.ERASE_PERSON
PAGES = (
    get("/m/consents", consents_page, allows=_CONSENT),
    post("/m/consents/{purpose}/give", consent_given, allows=_CONSENT),
    post("/m/consents/{purpose}/withdraw", consent_withdrawn, allows=_CONSENT),
    get("/m/me", me_page, allows=_OWN),
    post("/m/me/sessions/{session_id}/end", session_ended, allows=_OWN),
    post("/m/me/log-out-everywhere", everywhere_ended, allows=_OWN),
    get("/m/me/export", export_page, allows=_EXPORT),
    post("/m/me/export", export_sent, allows=_EXPORT),
    get("/m/me/erasure", erasure_page, allows=_ERASE),
    post("/m/me/erasure", erasure_asked, allows=_ERASE),
    post("/m/me/erasure/take-back", erasure_taken_back, allows=_ERASE),
)
