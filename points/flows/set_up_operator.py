"""The first use of an operator at a till: with the code of the office they choose a PIN."""

from dataclasses import dataclass, field

from points.audit.model import Origin, Result
from points.engine import Decision, Engine, Flow
from points.flows.context import Context
from points.flows.guessing import (
    closed_now,
    counted,
    operator_name,
    refuse_closed,
    till_guards,
)
from points.flows.operator_sessions import AtTill, TillKey, at_till
from points.identity.keys import fresh_secret
from points.identity.pins import pin_weakness
from points.identity.roles import Kind
from points.identity.second_factor import about
from points.identity.sessions import Ended, Session
from points.identity.staff_reads import find_guards
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId
from points.partners.errors import OperatorSetUpRefused, PinWeak
from points.partners.operator_store import find_operator
from points.partners.operators import OperatorChange, OperatorCredential, Seat
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class TillSetUp:
    """What somebody types at a till who was given a set-up code.

    Attributes:
        till: The till, which presented its key.
        operator: As it was typed.
        code: The set-up code.
        pin: The chosen PIN or passphrase.
    """

    till: TillKey
    operator: str
    code: str = field(repr=False)
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpOperator:
    """Put a PIN in force and open a session, or note that it was tried in vain.

    Attributes:
        outlet_id: The till's.
        operator_id: The number that was typed.
        code_hash: Of the set-up code.
        pin_hash: argon2id of the chosen PIN.
        session: To be opened.
        guards: Of the try that was counted.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    outlet_id: OutletId
    operator_id: str
    code_hash: str = field(repr=False)
    pin_hash: str = field(repr=False)
    session: Session
    guards: tuple[str, ...]

    @property
    def seat(self) -> Seat:
        """Which operator."""
        return self.outlet_id, self.operator_id


def needs(command: SetUpOperator, keys: Keys) -> None:
    """Lock the operator and the guards."""
    keys.operators.operators.add(command.seat)
    keys.staff.guards.update(command.guards)


def decide(command: SetUpOperator, on: WorkingSet) -> Decision:
    """Keep the PIN; the code is good once. A failure is no refusal, for it is noted."""
    account = on.operators.accounts.get(command.seat)
    kept = on.operators.credentials.get(command.seat)
    right = kept is not None and kept.may_be_set_up(command.code_hash, on.now)
    if account is None or not right or not account.active:
        known = {} if account is None else {"operator_id": account.operator_id}
        on.trail.note(
            "set_up_operator",
            command.outlet_id,
            outcome=Result.REFUSED,
            code=OperatorSetUpRefused.code,
            detail={**known, "closed": closed_now(command.guards, on)},
        )
        return {"open": False}
    outlet, operator = command.outlet_id, command.operator_id
    on.operators.secure(
        OperatorCredential(outlet_id=outlet, operator_id=operator, pin_hash=command.pin_hash)
    )
    on.operators.happened(account, OperatorChange.SET_UP, account.actor, on.now)
    on.staff.forgive(command.guards)
    on.sessions.end_all(
        Kind.PARTNER,
        command.session.subject,
        Ended.PASSWORD,
        outlet=outlet,
        operator=operator,
        besides=command.session.session_id,
    )
    on.sessions.open(command.session)
    detail = {"operator_id": operator, "session": command.session.session_id}
    on.trail.note("set_up_operator", outlet, detail=detail)
    return {"open": True}


FLOW = Flow("set_up_operator", needs, decide, audited=True)


def set_up_operator(engine: Engine, given: TillSetUp, origin: Origin) -> AtTill | Refusal:
    """Let an operator choose their PIN. Waits for a hash: call it outside an event loop.

    Raises:
        Unavailable: The database does not answer, or too many are waiting.
    """
    till, seat = given.till, given.till.seat(given.operator)
    # First: it says nothing of the operator, and whoever chooses badly has not guessed.
    because = pin_weakness(given.pin, seat[1], seat[0], till.association_id)
    if because is not None:
        return PinWeak(because=because)
    guards = till_guards(engine, till.association_id, seat, till.key_id)
    with engine.reading(till.association_id) as connection:
        account, kept = find_operator(connection, till.association_id, seat)
        before = find_guards(connection, till.association_id, guards)
    if refusal := refuse_closed(before, engine):
        return refusal
    if not counted(engine, till.association_id, guards):
        return OperatorSetUpRefused()
    context: Context = engine.context
    code_hash = set_up_hash(context, till.association_id, seat, given.code)
    right = account is not None and kept is not None and kept.set_up_hash == code_hash
    secret, session_id = fresh_secret(), engine.ids.next()
    session = till.session(
        session_id, secret, seat[1], origin.device, origin.address, engine.clock.now()
    )
    command = SetUpOperator(
        association_id=till.association_id,
        operation_id=OperationId(f"{till.actor}:set-up-{session_id}"),
        actor=account.actor if account and right else till.actor,
        outlet_id=seat[0],
        operator_id=seat[1],
        code_hash=code_hash,
        pin_hash=context.passwords.hash(given.pin),
        session=session,
        guards=guards,
    )
    if not engine.submit(command, origin).result["open"]:
        return OperatorSetUpRefused()
    return at_till(till, session, secret)


def set_up_hash(context: Context, association: AssociationId, seat: Seat, code: str) -> str:
    """Return what is kept of an operator's set-up code, however it was typed."""
    return context.factors.set_up_hash(code, about(association, operator_name(*seat)))
