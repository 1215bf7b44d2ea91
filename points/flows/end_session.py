"""Log out, here or on another device of one's own."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.identity.roles import Kind
from points.identity.sessions import Ended, Session
from points.kernel.errors import NotFound
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet

NO_SESSION = NotFound(noun="session", noun_zh="会话")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSession:
    """End one session of somebody; ending it twice changes nothing.

    Attributes:
        kind: What kind of caller asks.
        subject: Whose session it has to be.
        outlet: Where an operator works.
        operator: Which one; a partner's operators have the partner as their subject.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    session_id: str
    kind: Kind
    subject: str
    outlet: str | None = None
    operator: str | None = None


def needs(command: EndSession, keys: Keys) -> None:
    """Lock the session."""
    keys.sessions.sessions.add(command.session_id)


def decide(command: EndSession, on: WorkingSet) -> Decision:
    """End it, if it is the caller's."""
    session = on.sessions.sessions.get(command.session_id)
    if session is None or _whose(session) != _whose(command):
        return NO_SESSION
    on.sessions.end(session, Ended.LOGGED_OUT, on.now)
    on.trail.note("log_out", command.session_id)
    return {"session_id": command.session_id}


def _whose(each: Session | EndSession) -> tuple[Kind, str, str | None, str | None]:
    return each.kind, each.subject, each.outlet, each.operator


FLOW = Flow("end_session", needs, decide)
