"""Count every try at a secret before anybody looks whether it is right.

The counters stand in the database under locks of their own: no second process, restart or lost
cache forgets them, and where the database does not answer nobody gets in.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from points.engine import Decision, Engine, Flow
from points.identity.errors import LogInsClosed
from points.identity.guards import KEPT, SILENT, Guard, Watch, guard_name
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId
from points.kernel.networks import neighbourhood
from points.unit_of_work import Keys, WorkingSet

_SWEEPERS = frozenset({Watch.ALL, Watch.OUTLET})
COUNTER = Actor("system:guard")
"""Counts; what is told on the audit trail is told by the flow that finds out how the try ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountTry:
    """Count a try on all its guards.

    Attributes:
        guards: Their names; see :func:`guards_of`.
    """

    association_id: AssociationId
    operation_id: OperationId
    guards: tuple[str, ...]
    actor: Actor = COUNTER


def needs(command: CountTry, keys: Keys) -> None:
    """Lock the guards."""
    keys.staff.guards.update(command.guards)


def decide(command: CountTry, on: WorkingSet) -> Decision:
    """Count the try, unless a guard is closed."""
    if any(on.staff.guard(name).closed(on.now) for name in command.guards):
        return {"open": False}
    for name in command.guards:
        before, after = on.staff.guard(name), on.staff.guard(name).counted(on.now)
        on.staff.keep(after)
        if after.watch in _SWEEPERS and before.failures >= after.failures:
            # Once in a while, so that names that were made up do not pile up.
            on.staff.forgotten = on.now - KEPT
    return {"open": True}


FLOW = Flow("count_try", needs, decide)


def counted(engine: Engine, association: AssociationId, guards: tuple[str, ...]) -> bool:
    """Count a try; return whether it may be made.

    Raises:
        Unavailable: The database does not answer: then nobody may.
    """
    command = CountTry(
        association_id=association,
        operation_id=OperationId(f"{COUNTER}:{engine.ids.next()}"),
        guards=guards,
    )
    return bool(engine.submit(command).result["open"])


def closed_now(guards: Iterable[str], on: WorkingSet) -> list[str]:
    """Return what the guards watch that are closed now, for the audit trail."""
    return sorted(name.partition(":")[0] for name in guards if on.staff.guard(name).closed(on.now))


def guards_of(
    engine: Engine, association: AssociationId, name: str, address: str
) -> tuple[str, ...]:
    """Return the guards of a log-in: of the account, if one was named, address and association."""
    watched = [guard_name(Watch.ALL)]
    if name:
        watched.append(guard_name(Watch.ACCOUNT, blinded(engine, association, name)))
    if address:
        watched.append(guard_name(Watch.ADDRESS, neighbourhood(address)))
    return tuple(sorted(watched))


def till_guards(
    engine: Engine, association: AssociationId, seat: tuple[str, str], key_id: str
) -> tuple[str, ...]:
    """Return the guards of an operator's log-in: of the operator, the till, and the outlet."""
    outlet, operator = seat
    whom = blinded(engine, association, operator_name(outlet, operator))
    named = ((Watch.OPERATOR, whom), (Watch.TILL, key_id), (Watch.OUTLET, outlet))
    return tuple(sorted(guard_name(*each) for each in named))


def operator_name(outlet: str, operator: str) -> str:
    """Return how keyed hashes name an operator; no account of staff can be called so."""
    return f"operator|{outlet}|{operator}"


def blinded(engine: Engine, association: AssociationId, name: str) -> str:
    """Return the keyed hash of an account's name: what somebody typed may be anything."""
    hashed: str = engine.context.factors.blind(name, "guard", association)
    return hashed


def refuse_closed(guards: dict[str, Guard], engine: Engine) -> Refusal | None:
    """Return the refusal where an address, a till, an outlet or a whole association has to wait.

    That an account is closed is never said: the answer is that of a wrong password.
    """
    now = engine.clock.now()
    for _, guard in sorted(guards.items()):
        if guard.closed(now) and guard.watch not in SILENT:
            until = guard.closed_until
            return LogInsClosed(until=until.isoformat(timespec="seconds") if until else "")
    return None
