"""Calls of people of staff about their own sessions."""

from datetime import datetime

from points.client.answers import Read
from points.client.calls import Call, get, post


class Opened(Read):
    """A session that was opened; keep the token as one keeps a password."""

    token: str
    session_id: str
    expires_at: datetime
    idle_seconds: int
    verified_at: datetime | None = None
    recovery_left: int


class Verified(Read):
    """That the second factor was proved."""

    verified_at: datetime


class Ended(Read):
    """A session that opens nothing any more."""

    session_id: str


class OwnSession(Read):
    """One of one's own sessions."""

    session_id: str
    device: str
    address: str
    seen_at: datetime
    expires_at: datetime
    current: bool


class OwnSessions(Read):
    """One's own sessions that count."""

    items: list[OwnSession]


def open_session(association: str, account: str, password: str, code: str) -> Call[Opened]:
    """Log in; a code is taken once, so the same call sent again is refused."""
    body = {"association": association, "account": account, "password": password, "code": code}
    return post("/v1/sessions", Opened, body, None, keyed=False)


def verify_session(code: str) -> Call[Verified]:
    """Prove the second factor again, for what asks for a proof of just now."""
    return post("/v1/session:verify", Verified, {"code": code}, None, keyed=False)


def sessions() -> Call[OwnSessions]:
    """Ask for one's own sessions."""
    return get("/v1/sessions", OwnSessions)


def log_out() -> Call[Ended]:
    """Log out."""
    return Call(method="DELETE", path="/v1/session", reads=Ended)
