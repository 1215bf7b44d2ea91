"""Give a card's stamp for an activity that was posted, or take it back when that was reversed.

The worker finds both from the facts, a page at a time, and not on the way of scoring. A card looks
at an activity once, whatever comes of it; so a stamp is given once, however many workers run.
"""

from dataclasses import dataclass, replace

from points.activities.model import Activity, State
from points.benefits.cards import CardStep, Stamp, StampCard, Why
from points.engine import Decision, Flow
from points.flows.context import Context, context
from points.flows.score import facts_of
from points.inbox.words import NoticeKind
from points.kernel.errors import NotFound
from points.kernel.ids import ActivityId, Actor, AssociationId, MemberId, OperationId
from points.ledger.errors import NothingToDo
from points.rules import CardRule, EvaluationError
from points.unit_of_work import Keys, WorkingSet

NO_CARD = NotFound(noun="card", noun_zh="集章卡")


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveStamp:
    """Have a card look at an activity.

    Attributes:
        card: The card's code.
        activity: The fact itself, which never changes.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    card: str
    activity: Activity


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeStampBack:
    """Take a reversed activity's stamp back."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    card: str
    activity_id: ActivityId
    member_id: MemberId


def needs_giving(command: GiveStamp, keys: Keys) -> None:
    """Lock the claim and the member, whose cards these are; count the day's stamps."""
    activity, known = command.activity, keys.context
    keys.activities.claims.add(activity.activity_id)
    keys.members.members.add(activity.member_id)
    keys.cards.members.add(activity.member_id)
    keys.cards.activities.add(activity.activity_id)
    keys.cards.days.add((activity.member_id, _day(activity, known)))


def needs_taking(command: TakeStampBack, keys: Keys) -> None:
    """Lock the claim and the member."""
    keys.activities.claims.add(command.activity_id)
    keys.members.members.add(command.member_id)
    keys.cards.members.add(command.member_id)
    keys.cards.activities.add(command.activity_id)


def give(command: GiveStamp, on: WorkingSet) -> Decision:
    """Take down what the card makes of it, and stamp the card where it gives one."""
    activity, rule = command.activity, context(on).benefits.cards.get(command.card)
    claim = on.docket.claim(activity.activity_id)
    if rule is None:
        return NO_CARD
    posted = claim is not None and claim.state is State.POSTED
    if not posted or (command.card, activity.activity_id) in on.cards.looked:
        return NothingToDo()
    why = _why_not(rule, activity, on)
    on.cards.look(
        Stamp(
            card=command.card,
            activity_id=activity.activity_id,
            member_id=activity.member_id,
            day=_day(activity, context(on)),
            why=why,
            recorded_at=on.now,
        )
    )
    if why is Why.GIVEN:
        _stamp(command, rule, on)
    return {"card": command.card, "given": why is Why.GIVEN, "why": why.value}


def _why_not(rule: CardRule, activity: Activity, on: WorkingSet) -> Why:
    known, member = context(on), on.register.member(activity.member_id)
    day = _day(activity, known)
    if member is None or not member.enrolled(rule.programme) or day < rule.since.isoformat():
        return Why.NOT_COUNTED
    try:
        if not rule.counts(facts_of(activity, known)):
            return Why.NOT_COUNTED
    except EvaluationError:
        return Why.FAILED
    got = on.cards.days.get((activity.member_id, rule.code, day), 0)
    return Why.SAME_DAY if got >= rule.per_day else Why.GIVEN


def _stamp(command: GiveStamp, rule: CardRule, on: WorkingSet) -> None:
    activity = command.activity
    card = on.cards.card(activity.member_id, rule.code)
    if card.owed:
        owed = replace(card, owed=card.owed - 1)
        _step(command, CardStep.SETTLED, owed, on, card.round)
        return
    if card.over(on.now, rule.stamps):
        fresh = replace(card, round=card.round + 1, stamps=0, valid_until=None)
        card = on.cards.step(
            CardStep.LAPSED,
            fresh,
            operation=command.operation_id,
            now=on.now,
            round_=card.round,
        )
    until = card.valid_until
    if not card.stamps or until is None:
        until = context(on).benefits.after_days(on.now, rule.valid_days)
    card = replace(card, stamps=card.stamps + 1, valid_until=until)
    card = _step(command, CardStep.STAMPED, card, on, card.round)
    if card.stamps == rule.stamps:
        title: dict[str, str | int] = {
            "title_zh": rule.title.zh,
            "title_en": rule.title.en,
            "stamps": rule.stamps,
        }
        once = f"card:{rule.code}:{card.round}:{card.version}"
        on.inbox.tell(card.member_id, NoticeKind.STAMP_CARD_FULL, rule.code, title, once)


def _step(
    command: GiveStamp, step: CardStep, card: StampCard, on: WorkingSet, round_: int
) -> StampCard:
    return on.cards.step(
        step,
        card,
        operation=command.operation_id,
        now=on.now,
        round_=round_,
        activity=command.activity.activity_id,
    )


def take_back(command: TakeStampBack, on: WorkingSet) -> Decision:
    """Take the stamp off the card, or write down that it is owed where the card has given."""
    key = (command.card, command.activity_id)
    stamp, claim = on.cards.looked.get(key), on.docket.claim(command.activity_id)
    gone = claim is not None and claim.state is State.REVERSED
    if stamp is None or not stamp.given or not gone or key in on.cards.taken:
        return NothingToDo()
    card, round_ = on.cards.card(stamp.member_id, command.card), on.cards.rounds.get(key)
    if round_ == card.round and card.stamps:
        left = card.stamps - 1
        after = replace(card, stamps=left, valid_until=card.valid_until if left else None)
        step = CardStep.WITHDRAWN
    else:
        # A stamp of a card that lapsed is gone already; one that settled a debt is owed again.
        gave = (card.member_id, card.card, round_ or 0) in on.cards.gave
        lapsed = round_ is not None and not gave
        after = card if lapsed else replace(card, owed=card.owed + 1)
        step = CardStep.WITHDRAWN if lapsed else CardStep.OWED
    on.cards.step(
        step,
        after,
        operation=command.operation_id,
        now=on.now,
        round_=card.round,
        activity=command.activity_id,
    )
    return {"card": command.card, "step": step.value}


def _day(activity: Activity, known: Context) -> str:
    return known.benefits.day(activity.occurred_at).isoformat()


GIVE = Flow("give_stamp", needs_giving, give)
TAKE_BACK = Flow("take_stamp_back", needs_taking, take_back)
