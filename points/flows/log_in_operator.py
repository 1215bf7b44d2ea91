"""Log an operator in at a till: the till's key, the operator's number and a PIN, or nothing.

Every try is counted before it is looked at (``guessing``). Then the same work is done whoever
knocks, and an unknown operator, a wrong PIN, a disabled and a closed one are answered alike.
"""

from dataclasses import dataclass, field, replace

from points.audit.model import Origin, Result
from points.engine import Decision, Engine, Flow
from points.flows.context import Context
from points.flows.guessing import closed_now, counted, refuse_closed, till_guards
from points.flows.operator_sessions import AtTill, TillKey, at_till
from points.identity.keys import fresh_secret
from points.identity.sessions import Session
from points.identity.staff_reads import find_guards
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId
from points.partners.errors import OperatorRefused
from points.partners.operator_store import find_operator
from points.partners.operators import OperatorCredential, Seat
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class TillKnock:
    """What somebody types at a till.

    Attributes:
        till: The till, which presented its key.
        operator: As it was typed.
    """

    till: TillKey
    operator: str
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInOperator:
    """Open a session for an operator, or note that they were not let in.

    Attributes:
        outlet_id: The till's.
        operator_id: The number that was typed.
        right: Whether the PIN was that of ``pin_hash``.
        pin_hash: The one that was verified; another one means that it was changed meanwhile.
        renewed_hash: The same PIN at today's cost, where its hash is outdated.
        session: To be opened.
        guards: Of the try that was counted.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    outlet_id: OutletId
    operator_id: str
    right: bool
    pin_hash: str = field(default="", repr=False)
    renewed_hash: str | None = field(default=None, repr=False)
    session: Session
    guards: tuple[str, ...]

    @property
    def seat(self) -> Seat:
        """Which operator."""
        return self.outlet_id, self.operator_id


def needs(command: LogInOperator, keys: Keys) -> None:
    """Lock the operator and the guards."""
    keys.operators.operators.add(command.seat)
    keys.staff.guards.update(command.guards)


def decide(command: LogInOperator, on: WorkingSet) -> Decision:
    """Open the session if everything still holds; a failure is no refusal, for it is noted."""
    account = on.operators.accounts.get(command.seat)
    credential = _left(command, on.operators.credentials.get(command.seat))
    if account is None or credential is None or not account.active:
        known = {} if account is None else {"operator_id": account.operator_id}
        on.trail.note(
            "log_in_operator",
            command.outlet_id,
            outcome=Result.REFUSED,
            code=OperatorRefused.code,
            detail={**known, "closed": closed_now(command.guards, on)},
        )
        return {"open": False}
    if command.renewed_hash is not None:
        on.operators.secure(replace(credential, pin_hash=command.renewed_hash))
    on.staff.forgive(command.guards)
    on.sessions.open(command.session)
    detail = {"operator_id": account.operator_id, "session": command.session.session_id}
    on.trail.note("log_in_operator", account.outlet_id, detail=detail)
    return {"open": True}


def _left(
    command: LogInOperator, credential: OperatorCredential | None
) -> OperatorCredential | None:
    if not command.right or credential is None or not credential.ready:
        return None
    return credential if credential.pin_hash == command.pin_hash else None


FLOW = Flow("log_in_operator", needs, decide, audited=True)


def log_in_operator(engine: Engine, knock: TillKnock, origin: Origin) -> AtTill | Refusal:
    """Try to log an operator in. Waits for a hash: call it outside an event loop.

    Raises:
        Unavailable: The database does not answer, or too many are knocking.
    """
    till, seat = knock.till, knock.till.seat(knock.operator)
    guards = till_guards(engine, till.association_id, seat, till.key_id)
    with engine.reading(till.association_id) as connection:
        account, credential = find_operator(connection, till.association_id, seat)
        before = find_guards(connection, till.association_id, guards)
    if refusal := refuse_closed(before, engine):
        return refusal
    open_ = counted(engine, till.association_id, guards)
    context: Context = engine.context
    kept = credential.pin_hash if credential else None
    right = context.passwords.verify(kept, knock.pin)
    if not open_:
        return OperatorRefused()
    secret, session_id = fresh_secret(), engine.ids.next()
    session = till.session(
        session_id, secret, seat[1], origin.device, origin.address, engine.clock.now()
    )
    outdated = right and kept is not None and context.passwords.outdated(kept)
    command = LogInOperator(
        association_id=till.association_id,
        operation_id=OperationId(f"{till.actor}:log-in-{session_id}"),
        actor=account.actor if account and right else till.actor,
        outlet_id=seat[0],
        operator_id=seat[1],
        right=right,
        pin_hash=kept or "",
        renewed_hash=context.passwords.hash(knock.pin) if outdated else None,
        session=session,
        guards=guards,
    )
    if not engine.submit(command, origin).result["open"]:
        return OperatorRefused()
    return at_till(till, session, secret)
