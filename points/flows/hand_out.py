"""Give one member their voucher of an approved handout, once; end it; print it once.

A member who cannot have it is refused and counted by reason. What nobody can have for the moment,
because there is no more stock, is left: nothing is written, and the member's part stays open.
"""

from dataclasses import dataclass, replace

from points.catalogue.errors import (
    OutletNeeded,
    OutletNotOffered,
    OutOfStock,
    PoolExhausted,
    RewardUnavailable,
)
from points.catalogue.model import CatalogueVersion, Moved, PoolKind, Reward
from points.catalogue.shelf import Booking
from points.engine import Decision, Flow
from points.flows import redeem
from points.flows.passing import titled
from points.flows.propose_handout import NO_HANDOUT
from points.flows.redeem import Redeem
from points.handouts.errors import HandoutStateWrong, NotOnPaper, PrintedBefore
from points.handouts.model import Given, Handout, Mode, Printing, Result, State, Step
from points.inbox.words import NoticeKind
from points.kernel.amounts import Fen, Points
from points.kernel.errors import Refusal
from points.kernel.ids import (
    Actor,
    AssociationId,
    HandoutId,
    MemberId,
    OperationId,
    OutletId,
    RewardId,
    VoucherId,
)
from points.partners.errors import OutletUnknown
from points.unit_of_work import Keys, WorkingSet

SCARCE = (OutOfStock, OutletNeeded, OutletNotOffered, OutletUnknown, RewardUnavailable)
"""What is nobody's own reason: none is left, none is to be had today, or not there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOut:
    """Give one member their voucher."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    handout_id: HandoutId
    member_id: MemberId
    reward_id: RewardId
    programme: str
    outlet_id: OutletId | None = None

    @property
    def drawing(self) -> Redeem:
        """The same as a member would ask for."""
        return Redeem(
            association_id=self.association_id,
            operation_id=self.operation_id,
            actor=self.actor,
            member_id=self.member_id,
            reward_id=self.reward_id,
            programme=self.programme,
            outlet_id=self.outlet_id,
        )

    @property
    def once(self) -> str:
        """The name under which the member is told."""
        return f"handout:{self.handout_id}"


def needs(command: HandOut, keys: Keys) -> None:
    """Lock what drawing the reward locks, and the handout."""
    redeem.needs(command.drawing, keys)
    keys.handouts.handouts.add(command.handout_id)
    keys.handouts.parts.add((command.handout_id, command.member_id))
    keys.inbox.once.add((command.member_id, command.once))


def decide(command: HandOut, on: WorkingSet) -> Decision:
    """Issue the voucher out of the handout's own money, or write down why not."""
    standing = on.handouts.standings.get(command.handout_id)
    part = (command.handout_id, command.member_id)
    if standing is None or part not in on.handouts.parts:
        return NO_HANDOUT
    if part in on.handouts.given:
        return {"member_id": command.member_id, "result": "nothing"}
    if standing.kept is not State.APPROVED:
        return HandoutStateWrong(state=standing.kept.value)
    handout, version = standing.handout, on.shelf.version
    reward = on.shelf.rewards.get(handout.reward_id)
    # Money was set aside for what a voucher cost then; it must not cost more now.
    if reward is None or version is None or reward.cost_max_fen > handout.cost_fen:
        return RewardUnavailable()
    free = replace(reward, price=Points(0), tier_prices={})
    refusal = _refusal(command, free, version, on)
    if isinstance(refusal, SCARCE):
        return refusal
    if refusal is not None:
        return _give(command, on, Result.REFUSED, code=refusal.code)
    voucher_id = _issue(command, handout, free, version, on)
    return _give(command, on, Result.ISSUED, voucher_id=voucher_id)


def _refusal(
    command: HandOut, free: Reward, version: CatalogueVersion, on: WorkingSet
) -> Refusal | None:
    """Return the first reason against it; that the rest of the pool is empty is none."""
    for refusal in redeem.against(command.drawing, free, version, on):
        if not isinstance(refusal, PoolExhausted):
            return refusal
    return None


def _issue(
    command: HandOut, handout: Handout, free: Reward, version: CatalogueVersion, on: WorkingSet
) -> VoucherId:
    _free(command, handout.cost_fen, on)
    voucher = redeem.give(command.drawing, free, version, on)
    on.inbox.tell(
        command.member_id,
        NoticeKind.VOUCHER_ISSUED,
        voucher.voucher_id,
        titled(voucher, on),
        command.once,
    )
    return voucher.voucher_id


def _free(command: "HandOut | FinishHandout", amount_fen: Fen, on: WorkingSet) -> None:
    """Give back to the pool what the handout holds, for a voucher or for good."""
    booking = Booking(on.shelf, on.ids, command.operation_id, command.actor)
    moved = Moved(reserved=-amount_fen)
    booking.pool(PoolKind.RELEASE, command.programme, moved, about=command.handout_id)


def _give(
    command: HandOut,
    on: WorkingSet,
    result: Result,
    *,
    code: str = "",
    voucher_id: VoucherId | None = None,
) -> dict[str, object]:
    on.handouts.give(
        Given(
            handout_id=command.handout_id,
            member_id=command.member_id,
            result=result,
            code=code,
            voucher_id=voucher_id,
            operation_id=command.operation_id,
            recorded_at=on.now,
        )
    )
    return {
        "member_id": command.member_id,
        "result": result.value,
        "code": code,
        "voucher_id": voucher_id,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishHandout:
    """End a handout: nobody is left, or nothing is.

    Attributes:
        reason: Why it ends before its last member, as a stable code; empty where nobody is left.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    handout_id: HandoutId
    programme: str
    reason: str = ""


def needs_finish(command: FinishHandout, keys: Keys) -> None:
    """Lock the handout and its pool."""
    keys.handouts.handouts.add(command.handout_id)
    keys.catalogue.pools.add(command.programme)


def decide_finish(command: FinishHandout, on: WorkingSet) -> Decision:
    """Give back what was set aside and not needed."""
    standing = on.handouts.standings.get(command.handout_id)
    if standing is None or standing.handout.programme != command.programme:
        return NO_HANDOUT
    if standing.kept is not State.APPROVED or (standing.left and not command.reason):
        return HandoutStateWrong(state=standing.kept.value)
    freed, left = Fen(standing.reserved_fen), standing.left
    _free(command, freed, on)
    on.handouts.take(
        Step(
            handout=standing.handout,
            step=State.DONE,
            actor=command.actor,
            reason=command.reason,
            freed_fen=freed,
            operation_id=command.operation_id,
            recorded_at=on.now,
        )
    )
    after = {"state": State.DONE.value, "issued": standing.issued, "refused": standing.refused}
    on.trail.note(
        "handout_done",
        command.handout_id,
        before={"state": State.APPROVED.value},
        after={**after, "left": left, "freed_fen": freed},
        reason=command.reason,
    )
    return {"handout_id": command.handout_id, "left": left, "freed_fen": int(freed), **after}


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintHandout:
    """Take the codes of a paper handout, once."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    handout_id: HandoutId


def needs_printing(command: PrintHandout, keys: Keys) -> None:
    """Lock the handout."""
    keys.handouts.handouts.add(command.handout_id)


def decide_printing(command: PrintHandout, on: WorkingSet) -> Decision:
    """Note who printed; what is answered holds no code."""
    standing = on.handouts.standings.get(command.handout_id)
    if standing is None:
        return NO_HANDOUT
    if standing.handout.mode is not Mode.PAPER or standing.kept is not State.DONE:
        return NotOnPaper()
    if standing.printed:
        return PrintedBefore()
    on.handouts.print(
        Printing(
            handout_id=command.handout_id,
            actor=command.actor,
            operation_id=command.operation_id,
            recorded_at=on.now,
        )
    )
    on.trail.note("handout_printed", command.handout_id, after={"vouchers": standing.issued})
    return {"handout_id": command.handout_id, "vouchers": standing.issued}


FLOW = Flow("hand_out", needs, decide)
FINISH = Flow("finish_handout", needs_finish, decide_finish, audited=True)
PRINT = Flow("print_handout", needs_printing, decide_printing, audited=True)
