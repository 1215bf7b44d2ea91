"""Change one's own password, second factor and recovery codes."""

from dataclasses import dataclass, replace

from points.audit.model import Origin
from points.engine import Decision, Engine, Flow
from points.flows.context import Context
from points.flows.guessing import blinded, counted
from points.flows.set_up_staff import Enrolment, refuse_password
from points.identity.errors import FactorRefused, PasswordRefused
from points.identity.guards import Watch, guard_name
from points.identity.model import Principal
from points.identity.roles import Kind
from points.identity.second_factor import about, recovery_codes, uri
from points.identity.sessions import Ended
from points.identity.staff import Credential
from points.identity.staff_reads import find_credential
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCredential:
    """Replace a part of what a person logs in with.

    Attributes:
        before_hash: The password's hash that was verified, where the password changes.
        password_hash: The new one's.
        pending_factor: A sealed second factor that waits for its first code.
        step: The time step of that first code.
        recovery: Hashes of fresh recovery codes.
        guard: Of the try that was counted and was right, if one was.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff_id: str
    session_id: str
    before_hash: str | None = None
    password_hash: str | None = None
    pending_factor: str | None = None
    step: int = 0
    recovery: tuple[str, ...] = ()
    guard: str = ""


def needs(command: ChangeCredential, keys: Keys) -> None:
    """Lock the account and the guard."""
    keys.staff.accounts.add(command.staff_id)
    if command.guard:
        keys.staff.guards.add(command.guard)


def decide(command: ChangeCredential, on: WorkingSet) -> Decision:
    """Put the change in force; a new password or second factor ends all other sessions."""
    kept = on.staff.credentials.get(command.staff_id)
    if kept is None:
        return FactorRefused()
    after, ended = _after(command, kept)
    if after is None:
        return PasswordRefused() if command.password_hash else FactorRefused()
    on.staff.secure(after)
    if command.guard:
        on.staff.forgive((command.guard,))
    if ended is not None:
        on.sessions.end_all(Kind.STAFF, command.staff_id, ended, besides=command.session_id)
        on.staff.tell((command.staff_id,), ended.value, command.staff_id, ids=on.ids, now=on.now)
    on.trail.note("change_credential", command.staff_id, detail={"changed": _changed(command)})
    return {"changed": _changed(command)}


def _after(command: ChangeCredential, kept: Credential) -> tuple[Credential | None, Ended | None]:
    if command.password_hash is not None:
        if kept.password_hash != command.before_hash:
            return None, None
        return replace(kept, password_hash=command.password_hash), Ended.PASSWORD
    if command.pending_factor is not None:
        return replace(kept, pending_factor=command.pending_factor), None
    if command.step:
        if kept.pending_factor is None:
            return None, None
        return (
            replace(
                kept,
                factor=kept.pending_factor,
                pending_factor=None,
                factor_step=command.step,
                recovery=command.recovery,
            ),
            Ended.SECOND_FACTOR,
        )
    return replace(kept, recovery=command.recovery), None


def _changed(command: ChangeCredential) -> str:
    if command.password_hash is not None:
        return "password"
    if command.pending_factor is not None:
        return "second_factor_begun"
    return "second_factor" if command.step else "recovery_codes"


FLOW = Flow("change_credential", needs, decide)


def change_password(
    engine: Engine, who: Principal, present: str, chosen: str, origin: Origin
) -> Refusal | None:
    """Replace one's password. Waits for hashes: call it outside an event loop.

    Raises:
        Unavailable: The database does not answer, or too many are waiting.
    """
    if refusal := refuse_password(chosen, who.association_id, who.subject):
        return refusal
    guard = _guard(engine, who)
    if not counted(engine, who.association_id, (guard,)):
        return PasswordRefused()
    context: Context = engine.context
    kept = _kept(engine, who)
    before = kept.password_hash if kept else None
    if not context.passwords.verify(before, present):
        return PasswordRefused()
    command = replace(
        _command(engine, who),
        before_hash=before,
        password_hash=context.passwords.hash(chosen),
        guard=guard,
    )
    return engine.submit(command, origin).refusal


def begin_factor_change(engine: Engine, who: Principal, origin: Origin) -> Enrolment | Refusal:
    """Draw another second factor; the present one is in force until the new one is proved."""
    context: Context = engine.context
    secret = context.factors.fresh()
    sealed = context.factors.seal(secret, _whose(who))
    outcome = engine.submit(replace(_command(engine, who), pending_factor=sealed), origin)
    if outcome.refusal is not None:
        return outcome.refusal
    return Enrolment(secret=secret, uri=uri(secret, who.association_id, who.subject))


def finish_factor_change(
    engine: Engine, who: Principal, code: str, origin: Origin
) -> tuple[str, ...] | Refusal:
    """Put the new second factor in force; return fresh recovery codes, shown once."""
    guard = _guard(engine, who)
    if not counted(engine, who.association_id, (guard,)):
        return FactorRefused()
    context: Context = engine.context
    kept = _kept(engine, who)
    if kept is None or kept.pending_factor is None:
        return FactorRefused()
    secret = context.factors.unseal(kept.pending_factor, _whose(who))
    step = context.factors.step_of(secret, code, engine.clock.now())
    if step is None:
        return FactorRefused()
    command = replace(_command(engine, who), step=step, guard=guard)
    return _with_codes(engine, who, command, origin)


def renew_recovery_codes(
    engine: Engine, who: Principal, origin: Origin
) -> tuple[str, ...] | Refusal:
    """Replace all recovery codes; return the new ones, shown once."""
    return _with_codes(engine, who, _command(engine, who), origin)


def _with_codes(
    engine: Engine, who: Principal, command: ChangeCredential, origin: Origin
) -> tuple[str, ...] | Refusal:
    context: Context = engine.context
    codes = recovery_codes()
    hashes = tuple(context.factors.recovery_hash(each, _whose(who)) for each in codes)
    outcome = engine.submit(replace(command, recovery=hashes), origin)
    return codes if outcome.refusal is None else outcome.refusal


def _kept(engine: Engine, who: Principal) -> Credential | None:
    with engine.reading(who.association_id) as connection:
        return find_credential(connection, who.association_id, who.subject)


def _guard(engine: Engine, who: Principal) -> str:
    return guard_name(Watch.FACTOR, blinded(engine, who.association_id, who.subject))


def _whose(who: Principal) -> str:
    return about(who.association_id, who.subject)


def _command(engine: Engine, who: Principal) -> ChangeCredential:
    return ChangeCredential(
        association_id=who.association_id,
        operation_id=OperationId(f"{who.actor}:change-{engine.ids.next()}"),
        actor=who.actor,
        staff_id=who.subject,
        session_id=who.session or "",
    )
