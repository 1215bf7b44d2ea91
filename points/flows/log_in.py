"""Log a person of staff in: password and second factor, or nothing.

Every try is counted before it is looked at (``guessing``). Then the same work is done whoever
knocks: one hash, one code, one command. The answer to an unknown account, a wrong password, a wrong
code and a closed account is the same.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from points.audit.model import Origin, Result
from points.engine import Decision, Engine, Flow
from points.flows.context import Context
from points.flows.guessing import closed_now, counted, guards_of, refuse_closed
from points.identity.errors import LogInRefused
from points.identity.guards import Guard, Watch
from points.identity.keys import fresh_secret, secret_hash
from points.identity.roles import Kind
from points.identity.second_factor import about
from points.identity.sessions import STAFF_IDLE, STAFF_LONGEST, Binding, Session, spell_token
from points.identity.staff import UNKNOWN, Account, Credential, typed_name
from points.identity.staff_reads import Knocking, knocking
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet

RECOVERY_LENGTH = 10
NOBODYS = "A" * 32
"""A second factor to try codes on where there is none: it takes as long, and opens nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """What somebody presents at the door.

    Attributes:
        account: As it was typed.
        code: Of the second factor, or a recovery code.
        binding: Whether the token will travel in a cookie.
    """

    association_id: AssociationId
    account: str
    password: str = field(repr=False)
    code: str = field(repr=False)
    binding: Binding = Binding.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Which code was right, to be taken only once: a time step, or a recovery code's hash."""

    step: int = 0
    recovery: str = ""

    def taken_from(self, credential: Credential) -> Credential | None:
        """Return what is left to log in with, or None where the code was used meanwhile."""
        if self.recovery:
            left = tuple(each for each in credential.recovery if each != self.recovery)
            return None if left == credential.recovery else replace(credential, recovery=left)
        if self.step <= credential.factor_step:
            return None
        return replace(credential, factor_step=self.step)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    """Open a session for somebody, or note that they were not let in.

    Attributes:
        staff_id: The account, where there is one of that name.
        proof: Of the second factor, where password and code were right.
        password_hash: The one that was verified; another one means that it was changed meanwhile.
        renewed_hash: The same password at today's cost, where its hash is outdated.
        session: To be opened.
        guards: Of the try that was counted.
        known_device: Whether the account has been used from such a device.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff_id: str
    proof: Proof | None
    password_hash: str = ""
    renewed_hash: str | None = None
    session: Session
    guards: tuple[str, ...]
    known_device: bool


def needs(command: LogIn, keys: Keys) -> None:
    """Lock the account and the guards."""
    keys.staff.accounts.add(command.staff_id)
    keys.staff.guards.update(command.guards)


def decide(command: LogIn, on: WorkingSet) -> Decision:
    """Open the session if everything still holds; a failure is no refusal, for it is noted."""
    account = on.staff.accounts.get(command.staff_id)
    credential = on.staff.credentials.get(command.staff_id)
    left = _left(command, account, credential, on.now)
    if account is None or left is None:
        on.trail.note(
            "log_in",
            account.staff_id if account else "",
            outcome=Result.REFUSED,
            code=LogInRefused.code,
            detail={"closed": closed_now(command.guards, on)},
        )
        return {"open": False}
    if command.renewed_hash is not None:
        left = replace(left, password_hash=command.renewed_hash)
    on.staff.secure(left)
    on.staff.forgive(command.guards)
    on.sessions.open(command.session)
    on.trail.note("log_in", account.staff_id, detail=_detail(command, left))
    if not command.known_device:
        said = {"device": command.session.device, "address": command.session.address}
        on.staff.tell(
            (account.staff_id,),
            "new_device",
            command.session.session_id,
            ids=on.ids,
            now=on.now,
            said=said,
        )
    return {"open": True, "recovery_left": len(left.recovery)}


def _left(
    command: LogIn, account: Account | None, credential: Credential | None, now: datetime
) -> Credential | None:
    if command.proof is None or account is None or credential is None or not account.roles(now):
        return None
    if credential.password_hash != command.password_hash or not credential.ready:
        return None
    return command.proof.taken_from(credential)


def _detail(command: LogIn, left: Credential) -> dict[str, Any]:
    recovery = command.proof is not None and bool(command.proof.recovery)
    return {
        "session": command.session.session_id,
        "by": "recovery_code" if recovery else "second_factor",
        "recovery_left": len(left.recovery),
        "new_device": not command.known_device,
    }


FLOW = Flow("log_in", needs, decide)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """A session that was opened.

    Attributes:
        token: Shown once; only its hash is kept.
        recovery_left: How many recovery codes the person has left.
    """

    token: str = field(repr=False)
    session: Session
    recovery_left: int


def log_in(engine: Engine, knock: Knock, origin: Origin) -> LoggedIn | Refusal:
    """Try to log somebody in. Waits for a hash: call it outside an event loop.

    Raises:
        Unavailable: The database does not answer, or too many are knocking.
    """
    name = typed_name(knock.account)
    guards = guards_of(engine, knock.association_id, name, origin.address)
    with engine.reading(knock.association_id) as connection:
        found = knocking(connection, knock.association_id, name, guards, origin.device)
    if not found.anybody:
        return LogInRefused()
    if refusal := refuse_closed(found.guards, engine):
        return refusal
    shut = _shut(found.guards, engine) or not counted(engine, knock.association_id, guards)
    proof, renewed = _prove(engine, knock, found)
    if shut:
        return LogInRefused()
    secret = fresh_secret()
    command = _command(engine, knock, origin, found, secret)
    command = replace(command, proof=proof, renewed_hash=renewed, guards=guards)
    if proof is not None and found.account is not None:
        command = replace(command, actor=found.account.actor)
    done = engine.submit(command, origin).result
    if not done["open"]:
        return LogInRefused()
    token = spell_token(knock.association_id, command.session.session_id, secret)
    return LoggedIn(token=token, session=command.session, recovery_left=done["recovery_left"])


def _shut(guards: dict[str, Guard], engine: Engine) -> bool:
    now = engine.clock.now()
    return any(each.closed(now) for name, each in guards.items() if name.startswith(Watch.ACCOUNT))


def _prove(engine: Engine, knock: Knock, found: Knocking) -> tuple[Proof | None, str | None]:
    """Return the proof where password and code are right; the work is the same where they are not.

    With it comes the password's hash at today's cost, where the kept one is outdated.
    """
    context: Context = engine.context
    credential = found.credential if found.credential and found.credential.ready else None
    kept = credential.password_hash if credential else None
    right = context.passwords.verify(kept, knock.password)
    name = found.account.staff_id if found.account else "nobody"
    proof = proof_of(context, credential, about(knock.association_id, name), knock.code, engine)
    if not right or proof is None or kept is None:
        return None, None
    renewed = context.passwords.hash(knock.password) if context.passwords.outdated(kept) else None
    return proof, renewed


def proof_of(
    context: Context, credential: Credential | None, whose: str, code: str, engine: Engine
) -> Proof | None:
    """Return which code was given, if it is one of the person's; None for any that is not."""
    factors, now = context.factors, engine.clock.now()
    secret = (
        factors.unseal(credential.factor, whose) if credential and credential.factor else NOBODYS
    )
    step = factors.step_of(secret, code, now, credential.factor_step if credential else 0)
    recovery = factors.recovery_hash(code, whose)
    if credential is None:
        return None
    if step is not None:
        return Proof(step=step)
    return Proof(recovery=recovery) if recovery in credential.recovery else None


def fresh_session(
    engine: Engine, staff_id: str, secret: str, origin: Origin, binding: Binding
) -> Session:
    """Return a session of somebody who proved two factors just now."""
    now = engine.clock.now()
    return Session(
        session_id=engine.ids.next(),
        token_hash=secret_hash(secret),
        kind=Kind.STAFF,
        subject=staff_id,
        device=origin.device,
        address=origin.address,
        binding=binding,
        created_at=now,
        seen_at=now,
        idle_seconds=int(STAFF_IDLE.total_seconds()),
        expires_at=now + STAFF_LONGEST,
        verified_at=now,
    )


def _command(engine: Engine, knock: Knock, origin: Origin, found: Knocking, secret: str) -> LogIn:
    name = found.account.staff_id if found.account else ""
    session = fresh_session(engine, name, secret, origin, knock.binding)
    return LogIn(
        association_id=knock.association_id,
        operation_id=OperationId(f"{UNKNOWN}:log-in-{session.session_id}"),
        actor=UNKNOWN,
        staff_id=name,
        proof=None,
        password_hash=(found.credential.password_hash or "") if found.credential else "",
        session=session,
        guards=(),
        known_device=found.known_device,
    )
