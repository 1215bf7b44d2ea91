"""Prove the second factor again, for what asks for a proof of just now (step-up, RFC 9470)."""

from dataclasses import dataclass
from datetime import datetime

from points.audit.model import Origin, Result
from points.engine import Decision, Engine, Flow
from points.flows.guessing import blinded, closed_now, counted
from points.flows.log_in import Proof, proof_of
from points.identity.errors import FactorRefused
from points.identity.guards import Watch, guard_name
from points.identity.model import Principal
from points.identity.second_factor import about
from points.identity.staff_reads import find_credential
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Prove:
    """Note that a person proved the second factor in a session, or did not.

    Attributes:
        proof: Which code was right; None where none was.
        guard: Of the try that was counted.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff_id: str
    session_id: str
    proof: Proof | None
    guard: str


def needs(command: Prove, keys: Keys) -> None:
    """Lock the account, the session and the guard."""
    keys.staff.accounts.add(command.staff_id)
    keys.staff.guards.add(command.guard)
    keys.sessions.sessions.add(command.session_id)


def decide(command: Prove, on: WorkingSet) -> Decision:
    """Renew the session's proof; a failure is no refusal, for it is noted."""
    session = on.sessions.sessions.get(command.session_id)
    credential = on.staff.credentials.get(command.staff_id)
    known = session is not None and credential is not None and session.counts(on.now)
    left = command.proof.taken_from(credential) if known and command.proof and credential else None
    if left is None or session is None:
        on.trail.note(
            "prove_factor",
            command.session_id,
            outcome=Result.REFUSED,
            code=FactorRefused.code,
            detail={"closed": closed_now((command.guard,), on)},
        )
        return {"verified_at": None}
    on.staff.secure(left)
    on.staff.forgive((command.guard,))
    on.sessions.prove(session, on.now)
    on.trail.note("prove_factor", command.session_id)
    return {"verified_at": on.now.isoformat()}


FLOW = Flow("prove_factor", needs, decide)


def prove(engine: Engine, who: Principal, code: str, origin: Origin) -> datetime | Refusal:
    """Check a code of the second factor; return when it was proved.

    Raises:
        Unavailable: The database does not answer.
    """
    association, staff_id = who.association_id, who.subject
    guard = guard_name(Watch.FACTOR, blinded(engine, association, staff_id))
    if not counted(engine, association, (guard,)):
        return FactorRefused()
    with engine.reading(association) as connection:
        credential = find_credential(connection, association, staff_id)
    proof = proof_of(engine.context, credential, about(association, staff_id), code, engine)
    command = Prove(
        association_id=association,
        operation_id=OperationId(f"{who.actor}:prove-{engine.ids.next()}"),
        actor=who.actor,
        staff_id=staff_id,
        session_id=who.session or "",
        proof=proof,
        guard=guard,
    )
    verified_at = engine.submit(command, origin).result["verified_at"]
    return FactorRefused() if verified_at is None else datetime.fromisoformat(verified_at)
