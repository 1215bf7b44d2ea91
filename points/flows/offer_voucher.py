"""Offer a voucher to another member; it changes hands once they accept."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from points.engine import Decision, Flow
from points.flows.context import context
from points.flows.passing import carry_out, needs_passing, owned, refuse_passing, tell
from points.inbox.words import NoticeKind
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import (
    Actor,
    AssociationId,
    MemberId,
    OperationId,
    RewardId,
    VoucherId,
)
from points.rules.vouchers import MEMBER
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.errors import OfferEnded, OfferOpen
from points.vouchers.passing import Offer, OfferEnd, OfferStep

NO_OFFER = NotFound(noun="offer", noun_zh="转让")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferVoucher:
    """Offer one's voucher to somebody."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    voucher_id: VoucherId
    reward_id: RewardId
    owner: MemberId
    receiver: MemberId


def decide_offer(command: OfferVoucher, on: WorkingSet) -> Decision:
    """Open the offer; the voucher stays its owner's, and usable, until it is accepted."""
    standing = owned(command, on)
    if isinstance(standing, Refusal):
        return standing
    if on.drawer.open_offer(command.voucher_id, on.now) is not None:
        return OfferOpen()
    if refusal := refuse_passing(command, standing, MEMBER, on):
        return refusal
    until = on.now + timedelta(days=context(on).vouchers.offer_days)
    offer = Offer(
        offer_id=on.ids.next(),
        voucher_id=command.voucher_id,
        member_id=command.receiver,
        from_member=command.owner,
        made_at=on.now,
        until=min(until, standing.voucher.valid_until),
        operation_id=command.operation_id,
        actor=command.actor,
    )
    on.drawer.offer(offer)
    tell(command, standing, on, {command.receiver: NoticeKind.VOUCHER_OFFERED})
    return {
        "offer_id": offer.offer_id,
        "voucher_id": offer.voucher_id,
        "member_id": offer.member_id,
        "until": offer.until.isoformat(),
    }


class Answer(StrEnum):
    """What becomes of an offer: the receiver accepts or declines, the owner withdraws."""

    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


_STEP = {
    Answer.ACCEPT: OfferStep.ACCEPTED,
    Answer.DECLINE: OfferStep.DECLINED,
    Answer.WITHDRAW: OfferStep.WITHDRAWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerOffer:
    """Answer an offer, or take it back.

    Attributes:
        member_id: Who asks.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    offer_id: str
    voucher_id: VoucherId
    reward_id: RewardId
    owner: MemberId
    receiver: MemberId
    member_id: MemberId
    answer: Answer


def decide_answer(command: AnswerOffer, on: WorkingSet) -> Decision:
    """End the offer; accepting passes the voucher on, under all that held when it was offered."""
    asked = command.owner if command.answer is Answer.WITHDRAW else command.receiver
    if command.member_id != asked:
        return NO_OFFER
    offer = on.drawer.open_offer(command.voucher_id, on.now)
    if offer is None or offer.offer_id != command.offer_id:
        return OfferEnded()
    if (offer.from_member, offer.member_id) != (command.owner, command.receiver):
        return NO_OFFER
    done: dict[str, object] = {}
    if command.answer is Answer.ACCEPT:
        standing = owned(command, on)
        if isinstance(standing, Refusal):
            return OfferEnded()
        if refusal := refuse_passing(command, standing, MEMBER, on):
            return refusal
        done = carry_out(command, standing, on, offer_id=offer.offer_id, reason="")
    step = _STEP[command.answer]
    on.drawer.end_offer(
        OfferEnd(
            offer=offer,
            step=step,
            operation_id=command.operation_id,
            actor=command.actor,
            recorded_at=on.now,
        )
    )
    return {"offer_id": offer.offer_id, "voucher_id": offer.voucher_id, "step": step.value, **done}


def _needs(command: OfferVoucher | AnswerOffer, keys: Keys) -> None:
    """Lock both members and the voucher."""
    needs_passing(command, keys)


OFFER = Flow("offer_voucher", _needs, decide_offer)
ANSWER = Flow("answer_offer", _needs, decide_answer)
