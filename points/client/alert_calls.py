"""Calls about what looks odd at counters."""

from points.client import alert_answers
from points.client.answers import Page
from points.client.calls import Call, get, path_of, post


def alerts(*, state: str = "open", cursor: str | None = None) -> Call[Page[alert_answers.Alert]]:
    """List alerts in a state, the newest day first."""
    return get("/v1/alerts", Page[alert_answers.Alert], state=state, cursor=cursor)


def alert(alert_id: str) -> Call[alert_answers.AlertDetail]:
    """Return an alert with its evidence."""
    return get(path_of("/v1/alerts/{}", alert_id), alert_answers.AlertDetail)


def look_at_alert(alert_id: str, *, key: str | None = None) -> Call[alert_answers.AlertEnded]:
    """Say that one is looking at an alert."""
    return post(path_of("/v1/alerts/{}:look", alert_id), alert_answers.AlertEnded, {}, key)


def answer_alert(
    alert_id: str, verdict: str, note: str, *, key: str | None = None
) -> Call[alert_answers.AlertEnded]:
    """Say whether it was ``explained`` or ``confirmed``; it ends the alert and nothing else."""
    body = {"verdict": verdict, "note": note}
    return post(path_of("/v1/alerts/{}:answer", alert_id), alert_answers.AlertEnded, body, key)
