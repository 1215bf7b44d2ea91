"""A member's claims, and the published list to which anybody may object."""

from starlette.responses import Response

from points.activities import reads
from points.activities.errors import ClaimStateWrong
from points.activities.model import State
from points.flows.object import ObjectTo
from points.flows.publicity import public_types, publicity
from points.flows.tell_why import sentence, tell_why
from points.flows.withdraw import Withdraw
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import ActivityId
from points.web.doors import PHONE
from points.web.m.points import me
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _entrance = pages(PHONE)
PAGE = 20
LISTED = (State.PUBLICITY, State.OBJECTED)
"""In which states a claim stands on the published list."""


def claims_page(visit: Visit) -> Response:
    """List one's own claims, newest first."""
    with visit.engine.reading(visit.association) as connection:
        rows = reads.of_member(
            connection,
            visit.association,
            me(visit),
            before=visit.query("before", 26),
            limit=PAGE + 1,
        )
    more = rows[PAGE - 1].claim.activity_id if len(rows) > PAGE else ""
    return visit.show("m/claims.html", rows=rows[:PAGE], more=more, types=visit.context.types.types)


def claim_page(visit: Visit, activity_id: str) -> Response:
    """Show one of one's own claims with everything that happened to it."""
    return _show(visit, activity_id)


def _show(visit: Visit, activity_id: str) -> Response:
    filed = _own(visit, activity_id)
    with visit.engine.reading(visit.association) as connection:
        steps = reads.history(connection, visit.association, filed.claim.activity_id)
        after = reads.successor(connection, visit.association, filed.claim.activity_id)
    return visit.show(
        "m/claim.html",
        filed=filed,
        after=after,
        steps=steps,
        kind=visit.context.types.types.get(filed.claim.type),
    )


def _own(visit: Visit, activity_id: str) -> reads.Filed:
    with visit.engine.reading(visit.association) as connection:
        filed = reads.one(connection, visit.association, ActivityId(activity_id))
    if filed is None or filed.claim.member_id != me(visit):
        raise Missing
    return filed


def claim_why_page(visit: Visit, activity_id: str) -> Response:
    """Say in plain words why one of one's own activities brought points or none."""
    member = me(visit)
    found = tell_why(visit.engine, visit.association, member, ActivityId(activity_id))
    if isinstance(found, Refusal):
        raise Missing
    told = [
        (each.outcome, each.title.of(visit.language), sentence(each).of(visit.language))
        for programme in found.programmes
        for each in programme.rules
    ]
    return visit.show("m/claim_why.html", found=found, told=told)


def withdrawal_sent(visit: Visit, activity_id: str) -> Response:
    """Take a claim back before it is decided."""
    filed = _own(visit, activity_id)
    visit.submit(Withdraw(**visit.acting(), activity_id=filed.claim.activity_id))
    if not visit.form.sound:
        return _show(visit, activity_id)
    return visit.go(f"/m/claims/{activity_id}", "claim_withdrawn")


def publicity_page(visit: Visit) -> Response:
    """Show the published list: masked names, nothing of health."""
    lines, after = publicity(
        visit.engine,
        visit.association,
        visit.context.types,
        after=visit.query("after", 26),
        limit=PAGE,
    )
    return visit.show("m/publicity.html", lines=lines, more=after)


def objection_page(visit: Visit, activity_id: str) -> Response:
    """Ask for the reason of an objection."""
    return _objection_form(visit, activity_id)


def _objection_form(visit: Visit, activity_id: str) -> Response:
    if _public(visit, activity_id).claim.state not in LISTED:
        raise Missing
    return visit.show("m/object.html", activity_id=activity_id)


def objection_sent(visit: Visit, activity_id: str) -> Response:
    """Object to a claim on the published list."""
    _public(visit, activity_id)
    reason = visit.form.text("reason")
    if visit.form.sound:
        outcome = visit.submit(
            ObjectTo(**visit.acting(), activity_id=ActivityId(activity_id), reason=reason)
        )
        # A member learns nothing about claims that are not public, not even that they exist.
        if outcome.refusal is not None and outcome.refusal.code == ClaimStateWrong.code:
            raise Missing
    if not visit.form.sound:
        return _objection_form(visit, activity_id)
    return visit.go("/m/publicity", "objected")


def _public(visit: Visit, activity_id: str) -> reads.Filed:
    """Return a claim of a type that the list can show; its type never changes.

    Raises:
        Missing: There is no such claim, or none that anybody may see.
    """
    with visit.engine.reading(visit.association) as connection:
        filed = reads.one(connection, visit.association, ActivityId(activity_id))
    if filed is None or filed.claim.type not in public_types(visit.context.types):
        raise Missing
    return filed


PAGES = (
    get("/m/claims", claims_page, allows=Action.READ_MEMBER),
    get("/m/claims/{activity_id}", claim_page, allows=Action.READ_MEMBER),
    get("/m/claims/{activity_id}/why", claim_why_page, allows=Action.ASK_WHY),
    post("/m/claims/{activity_id}/withdraw", withdrawal_sent, allows=Action.FILE_CLAIM),
    get("/m/publicity", publicity_page, allows=Action.READ_PUBLICITY),
    get("/m/publicity/{activity_id}", objection_page, allows=Action.OBJECT),
    post("/m/publicity/{activity_id}", objection_sent, allows=Action.OBJECT),
)
