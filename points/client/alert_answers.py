"""What is answered of alerts. Fields that a newer server adds are left alone."""

from datetime import datetime

from points.client.answers import Read


class Alert(Read):
    """One thing that looks odd at a counter."""

    alert_id: str
    kind: str
    state: str
    subject: str
    window: str
    figures: dict[str, int]
    threshold: dict[str, int]
    outlet_id: str | None = None
    member_id: str | None = None
    day: str
    policy_sha256: str
    raised_at: datetime


class Evidence(Read):
    """A capture or a void that shows it."""

    event_id: str
    kind: str
    at: datetime
    outlet_id: str
    operator_id: str
    last4: str
    cost_fen: int
    member: str | None = None


class AlertStep(Read):
    """Who looked at it, or what was found out."""

    step: str
    actor: str
    note: str
    recorded_at: datetime


class AlertDetail(Alert):
    """An alert with its evidence and its steps."""

    events: list[str]
    evidence: list[Evidence]
    answers: list[AlertStep]


class AlertEnded(Read):
    """Where the alert stands now."""

    alert_id: str
    state: str
