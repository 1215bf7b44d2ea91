"""Give unspent money of a pool back to whoever gave it: one person proposes, another decides.

The return itself never changes, so it was looked up before and travels in the command; where it
stands is read under the pool's lock.
"""

from dataclasses import dataclass
from datetime import timedelta

from points.catalogue.errors import AmountNotPositive, PoolUnknown
from points.catalogue.model import PROGRAMMES, Source
from points.catalogue.shelf import Booking
from points.engine import Decision, Flow
from points.flows.context import context
from points.flows.two_people import (
    Refusals,
    need_decider,
    refuse_deciding,
    refuse_withdrawing,
    settle,
)
from points.flows.wording import refuse_document, refuse_wording
from points.funds.errors import NotReturnsProposer, OwnReturn, ReturnDecided, ReturnTooLarge
from points.funds.model import Return
from points.kernel.amounts import Fen
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId, ReturnId
from points.kernel.two_people import State, Verdict
from points.unit_of_work import Keys, WorkingSet

NO_RETURN = NotFound(noun="return", noun_zh="退款申请")


REFUSALS = Refusals(
    absent=NO_RETURN,
    own=OwnReturn(),
    not_proposer=NotReturnsProposer(),
    ended=lambda state: ReturnDecided(state=state.value),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeReturn:
    """Ask another person to give money back.

    Attributes:
        source: Who gave it.
        note: Why, in words; kept for ever.
        document: The number of the resolution.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    programme: str
    amount_fen: Fen
    source: Source
    note: str
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideReturn:
    """Approve or reject a return that somebody else proposed.

    Attributes:
        fact: The return itself.
        reason: Needed for a rejection; kept for ever.
        person: The member that the one who decides also is, if any.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    fact: Return
    verdict: Verdict
    reason: str = ""
    person: MemberId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawReturn:
    """Take one's own return back before somebody decides."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    fact: Return


def needs_proposing(command: ProposeReturn, keys: Keys) -> None:
    """Lock the pool, and sum what each source gave."""
    keys.catalogue.pools.add(command.programme)
    keys.catalogue.given.add(command.programme)


def needs_ending(command: DecideReturn | WithdrawReturn, keys: Keys) -> None:
    """Lock the pool, then read the return."""
    keys.catalogue.pools.add(command.fact.programme)
    keys.catalogue.given.add(command.fact.programme)
    keys.funds.returns.add(command.fact.return_id)
    if isinstance(command, DecideReturn):
        need_decider(command, keys)


def propose(command: ProposeReturn, on: WorkingSet) -> Decision:
    """Put the return before another person; nothing moves yet."""
    if command.programme not in PROGRAMMES:
        return PoolUnknown()
    if command.amount_fen <= 0:
        return AmountNotPositive()
    if refusal := refuse_wording(command.note) or refuse_document(command.document):
        return refusal
    if refusal := _too_large(command.programme, command.source, command.amount_fen, on):
        return refusal
    fact = Return(
        return_id=ReturnId(on.ids.next()),
        programme=command.programme,
        amount_fen=command.amount_fen,
        source=command.source.value,
        note=command.note.strip(),
        document=command.document.strip(),
        proposed_by=command.actor,
        proposed_at=on.now,
        until=on.now + timedelta(days=context(on).duties.proposal_days),
    )
    on.returns.open(fact)
    on.trail.note(
        "return_proposed",
        fact.return_id,
        after={
            "programme": fact.programme,
            "amount_fen": fact.amount_fen,
            "source": fact.source,
            "document": fact.document,
        },
        reason=fact.note,
    )
    return {
        "return_id": fact.return_id,
        "state": State.PROPOSED.value,
        "until": fact.until.isoformat(),
    }


def decide(command: DecideReturn, on: WorkingSet) -> Decision:
    """Take the money out of the pool and end the return, or end it alone."""
    if refusal := _refuse(command, on):
        return refusal
    fact, approves = command.fact, command.verdict is Verdict.APPROVE
    step = State.APPROVED if approves else State.REJECTED
    pool = on.shelf.pool(fact.programme)
    before = {"funded_fen": pool.funded, "free_fen": pool.free}
    if approves:
        Booking(on.shelf, on.ids, command.operation_id, command.actor).give_back(
            fact.programme, fact.amount_fen, Source(fact.source), fact.return_id, fact.document
        )
    settle(command, step, command.reason, on.returns, on.now)
    on.trail.note(
        f"return_{step.value}",
        fact.return_id,
        before=before,
        after={"funded_fen": pool.funded, "free_fen": pool.free},
        reason=command.reason.strip(),
        detail={"amount_fen": fact.amount_fen, "programme": fact.programme},
    )
    return {"return_id": fact.return_id, "state": step.value, "free_fen": pool.free}


def withdraw(command: WithdrawReturn, on: WorkingSet) -> Decision:
    """End the return; nothing moves."""
    if refusal := refuse_withdrawing(command, on.returns, REFUSALS, on.now):
        return refusal
    settle(command, State.WITHDRAWN, "", on.returns, on.now)
    on.trail.note("return_withdrawn", command.fact.return_id)
    return {"return_id": command.fact.return_id, "state": State.WITHDRAWN.value}


def _refuse(command: DecideReturn, on: WorkingSet) -> Refusal | None:
    fact = command.fact
    if refusal := refuse_deciding(command, on.returns, REFUSALS, on):
        return refusal
    if command.verdict is Verdict.REJECT:
        return None
    return _too_large(fact.programme, Source(fact.source), fact.amount_fen, on)


def _too_large(
    programme: str, source: Source, amount_fen: int, on: WorkingSet
) -> ReturnTooLarge | None:
    """Return why so much cannot go back: promised money stays, and nobody gets another's."""
    given = on.shelf.given.get((programme, source.value), 0)
    returnable = max(0, min(on.shelf.pool(programme).free, given))
    return ReturnTooLarge(returnable_fen=returnable) if amount_fen > returnable else None


PROPOSE = Flow("propose_return", needs_proposing, propose)
DECIDE = Flow("decide_return", needs_ending, decide)
WITHDRAW = Flow("withdraw_return", needs_ending, withdraw)
