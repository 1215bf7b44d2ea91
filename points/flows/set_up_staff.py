"""Set an account up: with the code of the admin, its holder chooses password and second factor.

Two steps. The first takes the password and draws a second factor; the second proves that the
person's program has it, and only then is either in force. So no account ever opens by a password
alone.
"""

from dataclasses import dataclass, field, replace

from points.audit.model import Origin, Result
from points.engine import Decision, Engine, Flow
from points.flows.context import Context
from points.flows.guessing import closed_now, counted, guards_of, refuse_closed
from points.flows.log_in import NOBODYS
from points.identity.errors import PasswordWeak, SetUpRefused
from points.identity.passwords import LENGTH_MAX, LENGTH_MIN, weakness
from points.identity.roles import Kind
from points.identity.second_factor import about, recovery_codes, uri
from points.identity.sessions import Ended
from points.identity.staff import UNKNOWN, Credential, typed_name
from points.identity.staff_reads import Knocking, knocking
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """A step of setting up, or that it was tried in vain.

    Attributes:
        staff_id: The account, where there is one of that name.
        code_hash: Of the set-up code, where it was right.
        pending_password: The first step's: the hash of the chosen password.
        pending_factor: The first step's: the sealed second factor.
        step: The last step's: the time step of the code that was right.
        recovery: The last step's: hashes of fresh recovery codes.
        guards: Of the try that was counted.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff_id: str
    code_hash: str
    pending_password: str | None = None
    pending_factor: str | None = None
    step: int = 0
    recovery: tuple[str, ...] = ()
    guards: tuple[str, ...]


def needs(command: SetUp, keys: Keys) -> None:
    """Lock the account and the guards."""
    keys.staff.accounts.add(command.staff_id)
    keys.staff.guards.update(command.guards)


def decide(command: SetUp, on: WorkingSet) -> Decision:
    """Keep what was chosen, or put it in force; a failure is no refusal, for it is noted."""
    account = on.staff.accounts.get(command.staff_id)
    after = _after(command, on)
    if account is None or after is None or not account.active:
        on.trail.note(
            "set_up_staff",
            account.staff_id if account else "",
            outcome=Result.REFUSED,
            code=SetUpRefused.code,
            detail={"closed": closed_now(command.guards, on)},
        )
        return {"done": False}
    on.staff.secure(after)
    on.staff.forgive(command.guards)
    if after.ready:
        # Whoever was logged in under the old ones is not any more.
        on.sessions.end_all(Kind.STAFF, account.staff_id, Ended.PASSWORD)
    on.trail.note("set_up_staff", account.staff_id, detail={"ready": after.ready})
    return {"done": True}


def _after(command: SetUp, on: WorkingSet) -> Credential | None:
    kept = on.staff.credentials.get(command.staff_id)
    if kept is None or not kept.may_be_set_up(command.code_hash, on.now):
        return None
    if command.pending_factor is not None:
        return replace(
            kept,
            pending_password=command.pending_password,
            pending_factor=command.pending_factor,
        )
    if not command.step or kept.pending_factor is None:
        return None
    return Credential(
        staff_id=kept.staff_id,
        password_hash=kept.pending_password,
        factor=kept.pending_factor,
        factor_step=command.step,
        recovery=command.recovery,
    )


FLOW = Flow("set_up_staff", needs, decide)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A second factor that waits for its first code.

    Attributes:
        secret: To be typed into an authenticator program.
        uri: The same to be scanned.
    """

    secret: str = field(repr=False)
    uri: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Try:
    """A try at setting up that was counted."""

    name: str
    found: Knocking
    guards: tuple[str, ...]
    code_hash: str

    @property
    def right(self) -> bool:
        """Whether the set-up code may be the account's; the command looks again."""
        credential = self.found.credential
        return credential is not None and credential.set_up_hash == self.code_hash


def begin_set_up(
    engine: Engine,
    association: AssociationId,
    account: str,
    code: str,
    password: str,
    origin: Origin,
) -> Enrolment | Refusal:
    """Take the chosen password and return a second factor to be enrolled.

    Raises:
        Unavailable: The database does not answer, or too many are waiting.
    """
    # First: it says nothing of the account, and whoever chooses badly has not guessed.
    if refusal := refuse_password(password, association, account):
        return refusal
    tried = _try(engine, association, account, code, origin)
    if isinstance(tried, Refusal):
        return tried
    context: Context = engine.context
    secret = context.factors.fresh()
    command = replace(
        _command(engine, association, tried),
        pending_password=context.passwords.hash(password),
        pending_factor=context.factors.seal(secret, about(association, tried.name)),
    )
    if not engine.submit(command, origin).result["done"]:
        return SetUpRefused()
    return Enrolment(secret=secret, uri=uri(secret, association, tried.name))


def refuse_password(password: str, association: AssociationId, account: str) -> Refusal | None:
    """Return why somebody may not choose a password, or None."""
    because = weakness(password, association, account)
    if because is None:
        return None
    return PasswordWeak(because=because, length_min=LENGTH_MIN, length_max=LENGTH_MAX)


def finish_set_up(
    engine: Engine, association: AssociationId, account: str, code: str, factor: str, origin: Origin
) -> tuple[str, ...] | Refusal:
    """Put password and second factor in force; return the recovery codes, shown once.

    Raises:
        Unavailable: The database does not answer.
    """
    tried = _try(engine, association, account, code, origin)
    if isinstance(tried, Refusal):
        return tried
    context: Context = engine.context
    whose = about(association, tried.name)
    kept = tried.found.credential
    sealed = kept.pending_factor if kept and tried.right else None
    secret = context.factors.unseal(sealed, whose) if sealed else NOBODYS
    step = context.factors.step_of(secret, factor, engine.clock.now())
    codes = recovery_codes()
    command = replace(
        _command(engine, association, tried),
        step=step or 0,
        recovery=tuple(context.factors.recovery_hash(each, whose) for each in codes),
    )
    return codes if engine.submit(command, origin).result["done"] else SetUpRefused()


def _try(
    engine: Engine, association: AssociationId, account: str, code: str, origin: Origin
) -> _Try | Refusal:
    name = typed_name(account)
    guards = guards_of(engine, association, name, origin.address)
    with engine.reading(association) as connection:
        found = knocking(connection, association, name, guards, origin.device)
    if refusal := refuse_closed(found.guards, engine):
        return refusal
    if not found.anybody or not counted(engine, association, guards):
        return SetUpRefused()
    code_hash: str = engine.context.factors.set_up_hash(code, about(association, name))
    return _Try(name=name, found=found, guards=guards, code_hash=code_hash)


def _command(engine: Engine, association: AssociationId, tried: _Try) -> SetUp:
    account = tried.found.account
    return SetUp(
        association_id=association,
        operation_id=OperationId(f"{UNKNOWN}:set-up-{engine.ids.next()}"),
        actor=account.actor if account and tried.right else UNKNOWN,
        staff_id=account.staff_id if account else "",
        code_hash=tried.code_hash if tried.right else "",
        guards=tried.guards,
    )
