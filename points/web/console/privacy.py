"""Privacy: requests for erasure, the export of a person, erasing one for ever."""

from starlette.responses import Response

from points.flows.erase import Erase, Ground
from points.flows.erasing import erase_person
from points.flows.request_erasure import EndRequest
from points.identity.policy import Action
from points.kernel.ids import MemberId
from points.privacy.reads import open_requests
from points.web.console.people import reads_member
from points.web.doors import CONSOLE
from points.web.person_file import FORMATS, person_file
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
GROUNDS = tuple(each.value for each in Ground if each is not Ground.RESTORED)
CONFIRM = 6
"""So many last characters of a member's id are typed to erase the right one."""


def privacy_page(visit: Visit) -> Response:
    """List the requests for erasure that wait, the most urgent first."""
    with visit.engine.reading(visit.association) as connection:
        found = open_requests(connection, visit.association)
    return visit.show("console/privacy.html", requests=found)


def erase_page(visit: Visit, member_id: str) -> Response:
    """Show what erasing does, and ask for the confirmation."""
    return _erase_form(visit, member_id)


def _erase_form(visit: Visit, member_id: str) -> Response:
    member = reads_member(visit, MemberId(member_id))
    if member is None:
        raise Missing
    with visit.engine.reading(visit.association) as connection:
        asked = open_requests(connection, visit.association, [member.member_id])
    return visit.show(
        "console/erase.html",
        member=member,
        grounds=GROUNDS,
        typed=member_id[-CONFIRM:],
        asked=bool(asked),
    )


def erase_sent(visit: Visit, member_id: str) -> Response:
    """Erase a person for ever, once the end of the id was typed."""
    form = visit.form
    ground = form.choice("ground", GROUNDS)
    if form.text("confirm", most=26).upper() != member_id[-CONFIRM:]:
        form.faults["confirm"] = (
            f"请输入会员编号的最后 {CONFIRM} 位",
            f"type the last {CONFIRM} characters of the member's id",
        )
    if form.sound:
        command = Erase(**visit.acting(), member_id=MemberId(member_id), ground=Ground(ground))
        journal = visit.house.installation.journal
        outcome = erase_person(visit.engine, journal, command, visit.origin)
        if outcome.refusal is not None:
            form.refuse(outcome.refusal)
    return visit.go("/console/privacy", "erased") if form.sound else _erase_form(visit, member_id)


def decline_sent(visit: Visit, member_id: str) -> Response:
    """Decline a request for erasure, with the reason."""
    reason = visit.form.text("reason")
    if visit.form.sound:
        visit.submit(EndRequest(**visit.acting(), member_id=MemberId(member_id), reason=reason))
    return (
        visit.go("/console/privacy", "declined")
        if visit.form.sound
        else _erase_form(visit, member_id)
    )


def export_sent(visit: Visit, member_id: str) -> Response:
    """Return everything that is kept about a member, as a file."""
    form = visit.form.choice("format", FORMATS)
    member = reads_member(visit, MemberId(member_id))
    if member is None or not visit.form.sound:
        raise Missing
    return person_file(visit, member.member_id, form)


_ERASE, _EXPORT = Action.ERASE_PERSON, Action.EXPORT_PERSON
_ONE = "/console/members/{member_id}"
PAGES = (
    get("/console/privacy", privacy_page, allows=_ERASE),
    get(f"{_ONE}/erase", erase_page, allows=_ERASE),
    post(f"{_ONE}/erase", erase_sent, allows=_ERASE),
    post(f"{_ONE}/decline", decline_sent, allows=_ERASE),
    post(f"{_ONE}/export", export_sent, allows=_EXPORT),
)
