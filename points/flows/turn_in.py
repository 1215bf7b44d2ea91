"""Give what a full card gives, once: a voucher for nothing, or points.

What nobody can have for the moment, as where the shelf is empty, is refused: the card stays full
and is asked again.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from points.benefits.cards import CardStep
from points.catalogue.errors import RewardUnavailable
from points.engine import Decision, Flow
from points.flows import redeem
from points.flows.casework import refuse_gone
from points.flows.context import context
from points.flows.redeem import Redeem
from points.flows.stamp import NO_CARD
from points.inbox.words import NoticeKind
from points.kernel.amounts import Points
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId, RewardId
from points.ledger.books import Draft
from points.ledger.errors import NoAccount, NothingToDo
from points.ledger.model import Kind, account_id
from points.rules import CardRule
from points.unit_of_work import Keys, WorkingSet

REASON = "stamp_card"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnIn:
    """Turn a full card in.

    Attributes:
        round: Of the card as it was read; a later one is another card.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    card: str
    round: int


def needs(command: TurnIn, keys: Keys) -> None:
    """Lock the member, and what the gift takes."""
    rule = keys.context.benefits.cards.get(command.card)
    keys.members.members.add(command.member_id)
    keys.cards.members.add(command.member_id)
    if rule is None:
        return
    if rule.gives.reward:
        redeem.needs(_drawing(command, rule), keys)
    else:
        keys.ledger.accounts.add(account_id(command.member_id, f"{rule.programme}.wallet"))


def decide(command: TurnIn, on: WorkingSet) -> Decision:
    """Give the gift and begin the next card."""
    rule = context(on).benefits.cards.get(command.card)
    if rule is None:
        return NO_CARD
    card = on.cards.card(command.member_id, command.card)
    if card.round != command.round or card.stamps < rule.stamps:
        return NothingToDo()
    gift = _voucher(command, rule, on) if rule.gives.reward else _points(command, rule, on)
    if isinstance(gift, Refusal):
        return gift
    # What came in above a full card, while its gift was not to be had, begins the next one.
    more = card.stamps - rule.stamps
    until = context(on).benefits.after_days(on.now, rule.valid_days) if more else None
    on.cards.step(
        CardStep.TURNED_IN,
        replace(card, round=card.round + 1, stamps=more, valid_until=until),
        operation=command.operation_id,
        now=on.now,
        round_=card.round,
        gift=gift,
    )
    title: dict[str, str | int] = {"title_zh": rule.title.zh, "title_en": rule.title.en}
    once = f"card:{rule.code}:{card.round}:given"
    on.inbox.tell(command.member_id, NoticeKind.STAMP_CARD_TURNED_IN, rule.code, title, once)
    return {"card": command.card, "round": command.round, "gift": gift}


def _voucher(command: TurnIn, rule: CardRule, on: WorkingSet) -> str | Refusal:
    drawing = _drawing(command, rule)
    reward, version = on.shelf.rewards.get(drawing.reward_id), on.shelf.version
    if reward is None or version is None:
        return RewardUnavailable()
    free = replace(reward, price=Points(0), tier_prices={})
    if refusal := next(redeem.against(drawing, free, version, on), None):
        return refusal
    return f"voucher:{redeem.give(drawing, free, version, on).voucher_id}"


def _points(command: TurnIn, rule: CardRule, on: WorkingSet) -> str | Refusal:
    account = account_id(command.member_id, f"{rule.programme}.wallet")
    if on.books.account(account) is None:
        return NoAccount()
    if refusal := refuse_gone(on, command.member_id, rule.programme):
        return refusal
    draft = Draft(
        books=on.books,
        ids=on.ids,
        kind=Kind.GRANT,
        operation_id=command.operation_id,
        actor=command.actor,
        reason=REASON,
        now=on.now,
        origin={"card": rule.code, "round": command.round},
    )
    draft.grant(account, rule.gives.points, expires_at=_expiry(rule, on))
    return f"points:{draft.post().transaction_id}"


def _expiry(rule: CardRule, on: WorkingSet) -> datetime | None:
    days = rule.gives.days
    return None if days is None else context(on).benefits.after_days(on.now, days)


def _drawing(command: TurnIn, rule: CardRule) -> Redeem:
    return Redeem(
        association_id=command.association_id,
        operation_id=command.operation_id,
        actor=command.actor,
        member_id=command.member_id,
        reward_id=RewardId(rule.gives.reward),
        programme=rule.programme,
    )


FLOW = Flow("turn_in", needs, decide)
