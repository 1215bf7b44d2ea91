"""Propose what an activity should have said: its fields and when it began, from its claim's page.

What kind of activity it was is set right at the command line or over HTTP.
"""

from datetime import datetime, timedelta

from starlette.responses import Response

from points.activities import reads
from points.activities.model import Activity
from points.flows.set_right import ProposeCorrection, read_field, said_right
from points.identity.policy import Action
from points.kernel.ids import ActivityId
from points.privacy.model import ZONE
from points.proposals.model import REASONS, Kind
from points.web.console.proposals import MINE, shown
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
FIELD = "field."
MINUTE = timedelta(minutes=1)


def correction_page(visit: Visit, activity_id: str) -> Response:
    """Show the form with what was reported."""
    return _form(visit, _found(visit, activity_id))


def _found(visit: Visit, activity_id: str) -> Activity:
    with visit.engine.reading(visit.association) as connection:
        filed = reads.one(connection, visit.association, ActivityId(activity_id))
    if filed is None or not visit.here.sees(filed.claim.branch, filed.claim.grid):
        raise Missing
    return filed.activity


def _form(visit: Visit, activity: Activity) -> Response:
    kind = visit.context.types.types.get(activity.type)
    local = activity.occurred_at.astimezone(ZONE)
    return visit.show(
        "console/propose_correction.html",
        activity_id=activity.activity_id,
        began=local.strftime("%Y-%m-%dT%H:%M"),
        reasons=REASONS[Kind.CORRECT],
        fields=[
            (
                name,
                spec.title.of(visit.language),
                shown(activity.fields[name], visit) if name in activity.fields else "",
                spec.required,
            )
            for name, spec in (kind.scored if kind else {}).items()
        ],
    )


def correction_sent(visit: Visit, activity_id: str) -> Response:
    """Put the correction before another person."""
    activity, form = _found(visit, activity_id), visit.form
    kind = visit.context.types.types.get(activity.type)
    names = kind.scored if kind else {}
    began = _began(visit, activity)
    right = {
        name: read_field(kind, name, form.text(FIELD + name, needed=spec.required))
        for name, spec in names.items()
    }
    reason, note = form.choice("code_of_reason", REASONS[Kind.CORRECT]), form.text("reason")
    if form.sound:
        visit.submit(
            ProposeCorrection(
                **visit.acting(),
                activity=activity,
                replacement=said_right(activity, right, occurred_at=began),
                reason=reason,
                note=note,
                person=visit.principal.person,
            )
        )
    return visit.go(MINE, "proposed") if form.sound else _form(visit, activity)


def _began(visit: Visit, activity: Activity) -> datetime | None:
    """Return when it began, as typed in local time; None where that is left as it was."""
    typed = visit.form.text("began", most=16)
    try:
        began = datetime.strptime(typed, "%Y-%m-%dT%H:%M").replace(tzinfo=ZONE)
    except ValueError:
        visit.form.faults["began"] = ("请填写日期和时间", "please enter a day and a time")
        return None
    # The form knows no seconds: the minute that it showed is left as it was reported.
    return None if began <= activity.occurred_at < began + MINUTE else began


PAGES = (
    get("/console/claims/{activity_id}/correction", correction_page, allows=Action.PROPOSE),
    post("/console/claims/{activity_id}/correction", correction_sent, allows=Action.PROPOSE),
)
