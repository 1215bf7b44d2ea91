"""Calls about operators: their till logs them in, their office takes them up and shuts them out."""

from datetime import datetime

from points.client.answers import Read
from points.client.calls import Call, get, path_of, post


class TillOpened(Read):
    """A session of an operator; keep the token for the shift, as one keeps a password."""

    token: str
    session_id: str
    outlet_id: str
    operator_id: str
    expires_at: datetime
    idle_seconds: int


class OperatorCode(Read):
    """A one-time code with which an operator chooses a PIN."""

    outlet_id: str
    operator_id: str
    set_up_code: str
    set_up_until: datetime


class Operator(Read):
    """An operator of an outlet."""

    outlet_id: str
    operator_id: str
    active: bool
    ready: bool


class Operators(Read):
    """Operators by outlet and number."""

    items: list[Operator]


class OperatorChanged(Read):
    """An operator that was changed."""

    outlet_id: str
    operator_id: str


class TillSession(Read):
    """An operator who is logged in."""

    session_id: str
    outlet_id: str
    operator_id: str
    key_id: str
    seen_at: datetime
    expires_at: datetime


class TillSessions(Read):
    """Sessions of operators that count."""

    items: list[TillSession]


class TillEnded(Read):
    """A session that opens nothing any more."""

    session_id: str


def open_till_session(operator: str, pin: str) -> Call[TillOpened]:
    """Log an operator in at the till whose key the client has."""
    body = {"operator": operator, "pin": pin}
    return post("/v1/counter/sessions", TillOpened, body, None, keyed=False)


def set_up_operator(operator: str, code: str, pin: str) -> Call[TillOpened]:
    """Choose a PIN with the office's code, which is good once, and be logged in."""
    body = {"operator": operator, "code": code, "pin": pin}
    return post("/v1/counter/operators:set-up", TillOpened, body, None, keyed=False)


def add_operator(outlet_id: str, operator_id: str, *, key: str | None = None) -> Call[OperatorCode]:
    """Register an operator; from the first one on the outlet's counter asks for a log-in."""
    body = {"outlet_id": outlet_id, "operator_id": operator_id}
    return post("/v1/counter/operators", OperatorCode, body, key)


def operators(*, partner_id: str | None = None, outlet_id: str | None = None) -> Call[Operators]:
    """Ask which operators there are."""
    return get("/v1/counter/operators", Operators, partner_id=partner_id, outlet_id=outlet_id)


def reset_operator(
    outlet_id: str, operator_id: str, *, key: str | None = None
) -> Call[OperatorCode]:
    """Take an operator's PIN away; they choose another with the code."""
    path = path_of("/v1/counter/operators/{}/{}:reset", outlet_id, operator_id)
    return post(path, OperatorCode, {}, key)


def disable_operator(
    outlet_id: str, operator_id: str, *, key: str | None = None
) -> Call[OperatorChanged]:
    """Let an operator in no more."""
    path = path_of("/v1/counter/operators/{}/{}:disable", outlet_id, operator_id)
    return post(path, OperatorChanged, {}, key)


def enable_operator(
    outlet_id: str, operator_id: str, *, key: str | None = None
) -> Call[OperatorChanged]:
    """Let an operator in again."""
    path = path_of("/v1/counter/operators/{}/{}:enable", outlet_id, operator_id)
    return post(path, OperatorChanged, {}, key)


def till_sessions(
    *, partner_id: str | None = None, outlet_id: str | None = None
) -> Call[TillSessions]:
    """Ask who is logged in at a partner's tills."""
    return get("/v1/counter/sessions", TillSessions, partner_id=partner_id, outlet_id=outlet_id)


def end_till_session(session_id: str) -> Call[TillEnded]:
    """Log an operator out."""
    path = path_of("/v1/counter/sessions/{}", session_id)
    return Call(method="DELETE", path=path, reads=TillEnded)
