"""Log in and out, prove the second factor again, and see one's sessions."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from points.api.caller import Asking, Caller, Visiting
from points.api.gate import Keyed
from points.api.problems import Problem, refused
from points.api.route import Route, entrance, get, post
from points.api.wire import Answer, Body
from points.flows.end_session import NO_SESSION, EndSession
from points.flows.list_staff import sessions_of
from points.flows.log_in import Knock, LoggedIn, log_in
from points.flows.prove import prove
from points.identity.policy import Action
from points.identity.roles import Kind
from points.identity.sessions import Session
from points.kernel.errors import Refusal
from points.kernel.ids import AssociationId, OperationId

AssociationName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,38}$")]
AccountName = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,40}$")]
Password = Annotated[str, StringConstraints(min_length=1, max_length=256)]
FactorCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z -]{6,20}$")]


class LogInBody(Body):
    """Who wants to log in, and what proves it."""

    association: AssociationName
    account: AccountName
    password: Password = Field(repr=False)
    code: FactorCode = Field(
        repr=False, description="of the second factor, or one of the recovery codes"
    )


class OpenedSession(Answer):
    """A session that was opened; the token is shown once."""

    token: str = Field(repr=False, description="goes into `Authorization: Bearer`")
    session_id: str
    expires_at: datetime
    idle_seconds: int = Field(description="without a request for so long, it is over")
    verified_at: datetime | None
    recovery_left: int = Field(description="how many recovery codes are left")


class FactorBody(Body):
    """A code of the second factor."""

    code: FactorCode = Field(repr=False)


class Verified(Answer):
    """That the second factor was proved."""

    verified_at: datetime


class OwnSession(Answer):
    """One of the caller's own sessions."""

    session_id: str
    device: str
    address: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool


class OwnSessions(Answer):
    """The caller's sessions that count, the newest first."""

    items: list[OwnSession]


class EndedSession(Answer):
    """A session that opens nothing any more."""

    session_id: str
    ended: Literal[True] = True


def open_session(visitor: Visiting, body: LogInBody) -> OpenedSession:
    """Log in as a person of staff."""
    knock = Knock(
        association_id=AssociationId(body.association),
        account=body.account,
        password=body.password,
        code=body.code,
    )
    opened = log_in(visitor.engine, knock, visitor.origin)
    if isinstance(opened, Refusal):
        raise refused(opened, visitor.installation.clock)
    return opened_out(opened)


def opened_out(opened: LoggedIn) -> OpenedSession:
    """Return what is answered of a session that was opened."""
    session = opened.session
    return OpenedSession(
        token=opened.token,
        session_id=session.session_id,
        expires_at=session.expires_at,
        idle_seconds=session.idle_seconds,
        verified_at=session.verified_at,
        recovery_left=opened.recovery_left,
    )


async def close_session(caller: Asking) -> EndedSession:
    """Log out."""
    return await _end(caller, caller.principal.session or "")


async def end_session(caller: Asking, session_id: str) -> EndedSession:
    """End one of one's own sessions, as of a device that was lost."""
    return await _end(caller, session_id)


async def _end(caller: Caller, session_id: str) -> EndedSession:
    await caller.carry_out(
        EndSession(
            association_id=caller.association,
            operation_id=OperationId(f"{caller.actor}:end-session:{session_id}"),
            actor=caller.actor,
            session_id=session_id,
            kind=caller.principal.kind,
            subject=caller.principal.subject,
            outlet=caller.principal.outlet,
            operator=caller.principal.operator,
        )
    )
    caller.forget_keys()
    return EndedSession(session_id=session_id)


def verify_session(caller: Asking, body: FactorBody) -> Verified:
    """Prove the second factor again, for what asks for a proof of just now."""
    if caller.principal.kind is not Kind.STAFF:
        raise Problem.of(NO_SESSION)
    verified = prove(caller.engine, caller.principal, body.code, caller.origin)
    if isinstance(verified, Refusal):
        raise refused(verified, caller.installation.clock)
    caller.forget_keys()
    return Verified(verified_at=verified)


def list_own_sessions(caller: Asking) -> OwnSessions:
    """List one's own sessions."""
    present = caller.principal.session
    found = sessions_of(caller.engine, caller.principal)
    return OwnSessions(items=[_own(each, present) for each in found])


def _own(session: Session, present: str | None) -> OwnSession:
    return OwnSession(
        session_id=session.session_id,
        device=session.device,
        address=session.address,
        created_at=session.created_at,
        seen_at=session.seen_at,
        expires_at=session.expires_at,
        current=session.session_id == present,
    )


_OWN = Action.OWN_SESSIONS
ENTRANCES = (entrance("/v1/sessions", open_session, zh="工作人员登录", status=201),)
ROUTES = (
    get("/v1/sessions", list_own_sessions, allows=_OWN, zh="本人的会话"),
    Route("DELETE", "/v1/session", close_session, allows=_OWN, zh="退出登录"),
    Route("DELETE", "/v1/sessions/{session_id}", end_session, allows=_OWN, zh="结束本人的会话"),
    post(
        "/v1/session:verify",
        verify_session,
        allows=_OWN,
        zh="重新验证第二因素",
        keyed=Keyed.NOT,
    ),
)
