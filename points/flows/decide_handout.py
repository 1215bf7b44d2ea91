"""Decide a handout: another person approves it, or rejects it.

Approving sets aside what all its vouchers can cost at most, or is refused: while the vouchers are
issued nobody else can promise that money, and no voucher is issued without it.
"""

from dataclasses import dataclass
from enum import StrEnum

from points.catalogue.errors import PoolExhausted
from points.catalogue.model import Moved, PoolKind
from points.catalogue.shelf import Booking
from points.engine import Decision, Flow
from points.flows.casework import refuse_involved
from points.flows.context import context
from points.flows.drafting import need_people, refuse_own
from points.flows.propose_handout import NO_HANDOUT, refuse_ended
from points.flows.wording import refuse_wording
from points.handouts.errors import OwnHandout
from points.handouts.model import Handout, Standing, State, Step
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, HandoutId, MemberId, OperationId
from points.unit_of_work import Keys, WorkingSet


class Verdict(StrEnum):
    """What the second person says."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideHandout:
    """Approve or reject a handout of somebody else.

    Attributes:
        programme: Whose pool pays, as the handout says.
        proposed_by: Who proposed it.
        reason: Needed for a rejection; kept for ever.
        person: The member that the one who decides also is, if any.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    handout_id: HandoutId
    programme: str
    proposed_by: Actor
    verdict: Verdict
    reason: str = ""
    person: MemberId | None = None


def needs(command: DecideHandout, keys: Keys) -> None:
    """Lock the handout and the pool that pays, and look for the two people among its members."""
    keys.handouts.handouts.add(command.handout_id)
    among = keys.handouts.among.setdefault(command.handout_id, set())
    if command.person is not None:
        among.add(command.person)
    keys.catalogue.pools.add(command.programme)
    need_people(keys, (command.actor, command.proposed_by))


def decide(command: DecideHandout, on: WorkingSet) -> Decision:
    """Carry the verdict out."""
    standing = on.handouts.standings.get(command.handout_id)
    if standing is None:
        return NO_HANDOUT
    if refusal := _refuse(command, standing, on):
        return refusal
    handout, step = standing.handout, State.REJECTED
    if command.verdict is Verdict.APPROVE:
        step = State.APPROVED
        keep_fen = context(on).budget.of(handout.programme).reserve_fen
        if 0 < handout.reserved_fen > on.shelf.pool(handout.programme).free - keep_fen:
            return PoolExhausted()
        moved = Moved(reserved=handout.reserved_fen)
        booking = Booking(on.shelf, on.ids, command.operation_id, command.actor)
        booking.pool(PoolKind.RESERVE, handout.programme, moved, about=handout.handout_id)
    on.handouts.take(
        Step(
            handout=handout,
            step=step,
            actor=command.actor,
            reason=command.reason.strip(),
            operation_id=command.operation_id,
            recorded_at=on.now,
        )
    )
    on.trail.note(
        f"handout_{step.value}",
        handout.handout_id,
        before={"state": State.PROPOSED.value},
        after={
            "state": step.value,
            "members": handout.members,
            "members_sha256": handout.members_sha256,
            "reserved_fen": handout.reserved_fen,
        },
        reason=command.reason.strip(),
    )
    return {"handout_id": handout.handout_id, "state": step.value}


def _refuse(command: DecideHandout, standing: Standing, on: WorkingSet) -> Refusal | None:
    handout: Handout = standing.handout
    if (command.programme, command.proposed_by) != (handout.programme, handout.proposed_by):
        return NO_HANDOUT
    if refuse_own(on, command.actor, command.person, (handout.proposed_by,)) is not None:
        return OwnHandout()
    # Of its members only those whom somebody of the batch is, or is related to, were read.
    for member in on.handouts.among.get(handout.handout_id, ()):
        if refusal := refuse_involved(on, command.actor, command.person, member):
            return refusal
    if refusal := refuse_ended(standing, on):
        return refusal
    return refuse_wording(command.reason, needed=command.verdict is Verdict.REJECT)


FLOW = Flow("decide_handout", needs, decide)
