"""What looks odd at counters, with its evidence; somebody looks, and says what it was."""

from starlette.responses import Response

from points.flows.alert_desk import about, cursor_of, names_in, read_cursor_of, sharing, shown
from points.flows.answer_alert import AnswerAlert, LookAtAlert, Verdict
from points.identity.policy import Action
from points.kernel.ids import AlertId
from points.watch.model import State
from points.watch.store import list_alerts
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
HOME, PAGE = "/console/alerts", 30


def alerts_page(visit: Visit) -> Response:
    """List alerts in a state, the newest day first."""
    asked = visit.query("state")
    state = State(asked) if asked in {each.value for each in State} else State.OPEN
    with visit.engine.reading(visit.association) as connection:
        found = list_alerts(
            connection,
            visit.association,
            state,
            before=read_cursor_of(visit.query("before")),
            limit=PAGE + 1,
        )
    findings = [each.alert.finding for each in found]
    known = names_in(visit.engine, visit.association, findings, visit.context)
    return visit.show(
        "console/alerts/list.html",
        rows=[(each, about(each.alert.finding, known)) for each in found[:PAGE]],
        more=cursor_of(found[PAGE - 1]) if len(found) > PAGE else "",
        state=state.value,
        states=[each.value for each in State],
    )


def alert_page(visit: Visit, alert_id: str) -> Response:
    """Show an alert with the captures that show it."""
    return _shown(visit, alert_id)


def _shown(visit: Visit, alert_id: str) -> Response:
    found = shown(visit.engine, visit.association, AlertId(alert_id), visit.context)
    if found is None:
        raise Missing
    return visit.show(
        "console/alerts/alert.html",
        one=found.filed,
        about=about(found.filed.alert.finding, found.known),
        evidence=found.evidence,
        known=found.known,
        sharing=sharing(found.filed.alert.finding),
    )


def look_sent(visit: Visit, alert_id: str) -> Response:
    """Say that one is looking at it."""
    visit.submit(LookAtAlert(**visit.acting(), alert_id=AlertId(alert_id)))
    if visit.form.sound:
        return visit.go(f"{HOME}/{alert_id}", "alert_looked")
    return _shown(visit, alert_id)


def answer_sent(visit: Visit, alert_id: str) -> Response:
    """Say what it was."""
    form = visit.form
    verdict = form.choice("verdict", [each.value for each in Verdict])
    note = form.text("note")
    if form.sound:
        visit.submit(
            AnswerAlert(
                **visit.acting(),
                alert_id=AlertId(alert_id),
                verdict=Verdict(verdict),
                note=note,
            ),
            reason_needed="note",
            personal_in_text="note",
        )
    if form.sound:
        return visit.go(f"{HOME}/{alert_id}", "alert_answered")
    return _shown(visit, alert_id)


_READ, _ANSWER = Action.READ_ALERTS, Action.ANSWER_ALERT
PAGES = (
    get(HOME, alerts_page, allows=_READ),
    get(f"{HOME}/{{alert_id}}", alert_page, allows=_READ),
    post(f"{HOME}/{{alert_id}}/look", look_sent, allows=_ANSWER),
    post(f"{HOME}/{{alert_id}}/answer", answer_sent, allows=_ANSWER),
)
