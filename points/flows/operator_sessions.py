"""Sessions of operators: at which till each stands, and how their office ends one."""

from dataclasses import dataclass, field
from datetime import datetime

from points.engine import Decision, Engine, Flow
from points.flows.end_session import NO_SESSION
from points.identity.keys import secret_hash
from points.identity.model import Principal
from points.identity.roles import Kind
from points.identity.session_store import list_sessions
from points.identity.sessions import (
    TILL_IDLE,
    TILL_LONGEST,
    Binding,
    Ended,
    Session,
    spell_token,
)
from points.kernel.ensure import ensure
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, PartnerId
from points.partners.operator_store import Registered, list_operators
from points.partners.operators import Seat, typed_number
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class TillKey:
    """A till that presented its key: where an operator may log in.

    Attributes:
        key_id: Public part of the key; sessions end with it.
        binding: Whether tokens will travel in a cookie.
    """

    association_id: AssociationId
    partner_id: PartnerId
    outlet_id: OutletId
    key_id: str
    binding: Binding = Binding.NONE

    @classmethod
    def of(cls, principal: Principal, key_id: str, binding: Binding = Binding.NONE) -> "TillKey":
        """Return the till of whoever presented a key that is bound to an outlet, and no session."""
        ensure(principal.session is None, "a till presents its key")
        ensure(principal.outlet is not None, "a till is bound to an outlet")
        return cls(
            association_id=principal.association_id,
            partner_id=PartnerId(principal.subject),
            outlet_id=OutletId(principal.outlet or ""),
            key_id=key_id,
            binding=binding,
        )

    @property
    def actor(self) -> Actor:
        """Who acts while nobody has proved to be an operator."""
        return Actor(f"outlet:{self.outlet_id}")

    def seat(self, typed: str) -> Seat:
        """Return the operator that somebody typed; a number that none can have is nobody's."""
        return self.outlet_id, typed_number(typed)

    def session(
        self, session_id: str, secret: str, operator: str, device: str, address: str, now: datetime
    ) -> Session:
        """Return a session of an operator at this till."""
        return Session(
            session_id=session_id,
            token_hash=secret_hash(secret),
            kind=Kind.PARTNER,
            subject=self.partner_id,
            outlet=self.outlet_id,
            operator=operator,
            till_key=self.key_id,
            device=device,
            address=address,
            binding=self.binding,
            created_at=now,
            seen_at=now,
            idle_seconds=int(TILL_IDLE.total_seconds()),
            expires_at=now + TILL_LONGEST,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AtTill:
    """A session of an operator that was opened.

    Attributes:
        token: Shown once; only its hash is kept.
    """

    token: str = field(repr=False)
    session: Session


def at_till(till: TillKey, session: Session, secret: str) -> AtTill:
    """Return an opened session with its token."""
    token = spell_token(till.association_id, session.session_id, secret)
    return AtTill(token=token, session=session)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOperatorSession:
    """End the session of an operator; ending it twice changes nothing.

    Attributes:
        firm: The partner whose office asks; None for the association, which may anywhere.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    session_id: str
    firm: PartnerId | None = None


def needs(command: EndOperatorSession, keys: Keys) -> None:
    """Lock the session."""
    keys.sessions.sessions.add(command.session_id)


def decide(command: EndOperatorSession, on: WorkingSet) -> Decision:
    """End it; one of somebody else is as good as none."""
    session = on.sessions.sessions.get(command.session_id)
    if session is None or session.kind is not Kind.PARTNER:
        return NO_SESSION
    if command.firm not in {None, session.subject}:
        return NO_SESSION
    on.sessions.end(session, Ended.BY_ADMIN, on.now)
    detail = {"outlet_id": session.outlet, "operator_id": session.operator}
    on.trail.note("end_operator_session", command.session_id, detail=detail)
    return {"session_id": command.session_id}


FLOW = Flow("end_operator_session", needs, decide, audited=True)


def operators_of(
    engine: Engine,
    association: AssociationId,
    partner: PartnerId | None,
    outlet: OutletId | None = None,
) -> list[Registered]:
    """Return the operators of a partner, of one outlet, or of all; a bounded number."""
    with engine.reading(association) as connection:
        return list_operators(connection, association, partner_id=partner, outlet_id=outlet)


def till_sessions(
    engine: Engine, association: AssociationId, partner: PartnerId, outlet: str | None = None
) -> list[Session]:
    """Return the sessions of a partner's operators that count, the newest first."""
    now = engine.clock.now()
    with engine.reading(association) as connection:
        return list_sessions(connection, association, Kind.PARTNER, partner, now, outlet=outlet)
