"""Give a session another token; the one before opens nothing any more."""

from dataclasses import dataclass

from points.audit.model import Origin
from points.engine import Decision, Engine, Flow
from points.flows.end_session import NO_SESSION
from points.identity.keys import fresh_secret, secret_hash
from points.identity.model import Principal
from points.identity.roles import Kind
from points.identity.sessions import spell_token
from points.kernel.ensure import ensure
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateSession:
    """Replace the secret part of a session's token.

    Attributes:
        kind: What kind of caller asks.
        subject: Whose session it has to be.
        token_hash: Of the new secret.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    session_id: str
    kind: Kind
    subject: str
    token_hash: str


def needs(command: RotateSession, keys: Keys) -> None:
    """Lock the session."""
    keys.sessions.sessions.add(command.session_id)


def decide(command: RotateSession, on: WorkingSet) -> Decision:
    """Replace it, if the session is the caller's and still counts."""
    session = on.sessions.sessions.get(command.session_id)
    if session is None or (session.kind, session.subject) != (command.kind, command.subject):
        return NO_SESSION
    if not session.counts(on.now):
        return NO_SESSION
    on.sessions.renew(session, command.token_hash, session.expires_at, on.now)
    on.trail.note("rotate_session", command.session_id)
    return {"session_id": command.session_id}


FLOW = Flow("rotate_session", needs, decide)


def rotate_session(engine: Engine, who: Principal, origin: Origin) -> str:
    """Return the token that somebody's session goes on with, after more was proved in it.

    Whoever saw the token before can do nothing with what was proved since.
    """
    session_id, secret = who.session or "", fresh_secret()
    outcome = engine.submit(
        RotateSession(
            association_id=who.association_id,
            operation_id=OperationId(f"{who.actor}:rotate-{engine.ids.next()}"),
            actor=who.actor,
            session_id=session_id,
            kind=who.kind,
            subject=who.subject,
            token_hash=secret_hash(secret),
        ),
        origin,
    )
    ensure(outcome.refusal is None, "a session that was proved just now can be rotated")
    return spell_token(who.association_id, session_id, secret)
