"""Change what a partner is owed, outside of a dispute: one person proposes, another decides.

What is approved becomes a correction of the partner's open period, as an accepted dispute does; it
has the adjustment's own id, so the statement's line names what two people decided. Points of
members are not touched.
"""

from dataclasses import dataclass
from datetime import timedelta

from points.adjustments.errors import (
    AdjustmentDecided,
    AdjustmentTooLarge,
    CaptureSaysSo,
    NotAdjustmentsProposer,
    OwnAdjustment,
)
from points.adjustments.model import Adjustment, Reason
from points.engine import Decision, Engine, Flow
from points.flows.context import context
from points.flows.correct_statement import book, comes_to, refuse_money
from points.flows.two_people import (
    Refusals,
    need_decider,
    refuse_deciding,
    refuse_withdrawing,
    settle,
)
from points.flows.wording import refuse_document, refuse_wording
from points.kernel.amounts import Fen
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import (
    Actor,
    AdjustmentId,
    AssociationId,
    MemberId,
    OperationId,
    OutletId,
    PartnerId,
)
from points.kernel.two_people import State, Verdict
from points.partners.errors import CorrectionEmpty, OutletUnknown, PartnerUnknown
from points.partners.model import Correction
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.counter_reads import find_event
from points.vouchers.errors import CaptureUnknown
from points.vouchers.reads import find_captured

NO_ADJUSTMENT = NotFound(noun="adjustment", noun_zh="结算调整")
REFUSALS = Refusals(
    absent=NO_ADJUSTMENT,
    own=OwnAdjustment(),
    not_proposer=NotAdjustmentsProposer(),
    ended=lambda state: AdjustmentDecided(state=state.value),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What an adjustment is about; of a capture all of it is the capture's own.

    Attributes:
        programme: Whose pool pays or gets back.
        outlet_id: At which outlet, if one.
        capture_id: Which capture, if one.
        request_no: The partner's number of that capture; empty without one.
    """

    programme: str
    outlet_id: OutletId | None = None
    capture_id: str | None = None
    request_no: str = ""


def look_up(
    engine: Engine,
    association: AssociationId,
    partner_id: PartnerId,
    *,
    programme: str = "",
    outlet_id: OutletId | None = None,
    capture: str = "",
) -> About | Refusal:
    """Return what an adjustment is about, or why it cannot be.

    Args:
        engine: Whose database is read.
        association: Whose.
        partner_id: Whose capture or outlet it has to be.
        programme: Whose pool, where no capture says so.
        outlet_id: At which outlet, where no capture says so.
        capture: The partner's request number of a capture, or the capture's id; empty for none.
    """
    if not capture:
        return About(programme=programme, outlet_id=outlet_id)
    if programme or outlet_id is not None:
        return CaptureSaysSo()
    with engine.reading(association) as connection:
        found = find_captured(connection, association, partner_id, capture)
        if found is None and (event := find_event(connection, association, partner_id, capture)):
            found = find_captured(connection, association, partner_id, event.request_no or "")
    if found is None:
        return CaptureUnknown()
    return About(
        programme=found.links.programme,
        outlet_id=found.event.outlet_id,
        capture_id=found.event.event_id,
        request_no=found.event.request_no or "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeAdjustment:
    """Ask another person to change what a partner is owed.

    Attributes:
        about: As :func:`look_up` returned it.
        amount_fen: Above zero pays the partner more, below takes back.
        reason: A stable code, which the statement shows.
        note: Why, in words; the partner reads them, and they are kept for ever.
        document: The number of the resolution.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    about: About
    amount_fen: Fen
    reason: Reason
    note: str
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideAdjustment:
    """Approve or reject an adjustment that somebody else proposed.

    Attributes:
        fact: The adjustment itself.
        reason: Needed for a rejection; kept for ever.
        person: The member that the one who decides also is, if any.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    fact: Adjustment
    verdict: Verdict
    reason: str = ""
    person: MemberId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawAdjustment:
    """Take one's own adjustment back before somebody decides."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    fact: Adjustment


def needs_proposing(command: ProposeAdjustment, keys: Keys) -> None:
    """Lock pool and account, and read what the capture comes to."""
    about = command.about
    _needs_money(command.partner_id, about.programme, about.request_no, keys)
    keys.adjustments.numbered.add(command.partner_id)
    if about.outlet_id is not None:
        keys.partners.outlets.add(about.outlet_id)


def needs_ending(command: DecideAdjustment | WithdrawAdjustment, keys: Keys) -> None:
    """Lock pool and account, then read the adjustment."""
    fact = command.fact
    _needs_money(fact.partner_id, fact.programme, fact.request_no, keys)
    keys.adjustments.adjustments.add(fact.adjustment_id)
    if isinstance(command, DecideAdjustment):
        need_decider(command, keys)


def _needs_money(partner_id: PartnerId, programme: str, request_no: str, keys: Keys) -> None:
    keys.catalogue.pools.add(programme)
    keys.partners.partners.add(partner_id)
    if request_no:
        keys.vouchers.requests.add((partner_id, request_no))
        keys.partners.corrected.add((partner_id, request_no))


def propose(command: ProposeAdjustment, on: WorkingSet) -> Decision:
    """Put the adjustment before another person; nothing moves yet."""
    if refusal := _refuse_proposing(command, on):
        return refusal
    about = command.about
    fact = Adjustment(
        adjustment_id=AdjustmentId(on.ids.next()),
        partner_id=command.partner_id,
        number=on.adjustments.next_number(command.partner_id),
        programme=about.programme,
        outlet_id=about.outlet_id,
        amount_fen=command.amount_fen,
        capture_id=about.capture_id,
        request_no=about.request_no,
        reason=command.reason,
        note=command.note.strip(),
        document=command.document.strip(),
        proposed_by=command.actor,
        proposed_at=on.now,
        until=on.now + timedelta(days=context(on).duties.proposal_days),
    )
    on.adjustments.open(fact)
    said = {
        "partner_id": fact.partner_id,
        "number": fact.number,
        "programme": fact.programme,
        "outlet_id": fact.outlet_id,
        "amount_fen": int(fact.amount_fen),
        "capture_id": fact.capture_id,
        "reason": fact.reason.value,
    }
    on.trail.note(
        "adjustment_proposed",
        fact.adjustment_id,
        after=said | {"document": fact.document},
        reason=fact.note,
    )
    return {
        "adjustment_id": fact.adjustment_id,
        **said,
        "state": State.PROPOSED.value,
        "until": fact.until.isoformat(),
    }


def decide(command: DecideAdjustment, on: WorkingSet) -> Decision:
    """Book the correction and end the adjustment, or end it alone."""
    fact, approves = command.fact, command.verdict is Verdict.APPROVE
    refusal = refuse_deciding(command, on.adjustments, REFUSALS, on)
    if refusal is None and approves:
        refusal = _refuse_amount(
            fact.partner_id, fact.request_no, fact.programme, fact.amount_fen, on
        )
    if refusal is not None:
        return refusal
    step = State.APPROVED if approves else State.REJECTED
    if approves:
        book(_correction(fact, on), command.operation_id, command.actor, on)
    settle(command, step, command.reason, on.adjustments, on.now)
    done = {
        "adjustment_id": fact.adjustment_id,
        "state": step.value,
        "correction_id": fact.adjustment_id if approves else None,
    }
    on.trail.note(
        f"adjustment_{step.value}",
        fact.adjustment_id,
        after=done,
        reason=command.reason.strip(),
        detail={
            "partner_id": fact.partner_id,
            "number": fact.number,
            "amount_fen": int(fact.amount_fen),
        },
    )
    return done


def _correction(fact: Adjustment, on: WorkingSet) -> Correction:
    return Correction(
        correction_id=fact.adjustment_id,
        partner_id=fact.partner_id,
        programme=fact.programme,
        outlet_id=fact.outlet_id,
        amount_fen=fact.amount_fen,
        reason=fact.reference,
        corrects=fact.capture_id,
        booked_at=on.contracts.accounts[fact.partner_id].books_at(on.now),
    )


def withdraw(command: WithdrawAdjustment, on: WorkingSet) -> Decision:
    """End the adjustment; nothing moves."""
    if refusal := refuse_withdrawing(command, on.adjustments, REFUSALS, on.now):
        return refusal
    settle(command, State.WITHDRAWN, "", on.adjustments, on.now)
    on.trail.note("adjustment_withdrawn", command.fact.adjustment_id)
    return {"adjustment_id": command.fact.adjustment_id, "state": State.WITHDRAWN.value}


def _refuse_proposing(command: ProposeAdjustment, on: WorkingSet) -> Refusal | None:
    about, partner_id = command.about, command.partner_id
    if partner_id not in on.contracts.partners:
        return PartnerUnknown()
    if command.amount_fen == 0:
        return CorrectionEmpty()
    if refusal := refuse_wording(command.note) or refuse_document(command.document):
        return refusal
    outlet = on.contracts.outlets.get(about.outlet_id) if about.outlet_id is not None else None
    if about.outlet_id is not None and (outlet is None or outlet.partner_id != partner_id):
        return OutletUnknown()
    return _refuse_amount(partner_id, about.request_no, about.programme, command.amount_fen, on)


def _refuse_amount(
    partner_id: PartnerId, request_no: str, programme: str, amount_fen: int, on: WorkingSet
) -> Refusal | None:
    """Return why so much cannot be paid or taken back: the capture's bounds, then the pool's."""
    if request_no:
        capture = on.drawer.captures.get((partner_id, request_no))
        if capture is None:
            return CaptureUnknown()
        left_fen = comes_to(capture, on)
        if -amount_fen > left_fen:
            return AdjustmentTooLarge(left_fen=left_fen)
    return refuse_money(programme, amount_fen, on)


PROPOSE = Flow("propose_adjustment", needs_proposing, propose)
DECIDE = Flow("decide_adjustment", needs_ending, decide)
WITHDRAW = Flow("withdraw_adjustment", needs_ending, withdraw)
