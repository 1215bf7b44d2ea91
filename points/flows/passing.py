"""What passing a voucher on has in common, whoever does it: who may, to whom, and how it is done.

The points that pay for it stay where they are set aside: in the wallet of who drew it.
"""

from datetime import timedelta
from typing import Protocol

from points.catalogue.model import PROGRAMMES, Reward, Window
from points.flows import desk
from points.flows.catalogue_file import eligible
from points.flows.context import context
from points.flows.redeem import rating_of, tier_in
from points.flows.reissue import NO_VOUCHER, next_codes, refuse_closed
from points.inbox.words import NoticeKind
from points.kernel.canonical import digest
from points.kernel.errors import Refusal
from points.kernel.ids import (
    Actor,
    AssociationId,
    MemberId,
    OperationId,
    RewardId,
    VoucherId,
)
from points.members.model import Member
from points.rules.vouchers import MEMBER, PassingRule, VoucherPolicy
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.errors import (
    InUse,
    NotTransferable,
    PassingTooLate,
    ReceivedEnough,
    ReceiverUnsuitable,
)
from points.vouchers.model import EventKind, Voucher
from points.vouchers.passing import Passing
from points.vouchers.standing import Standing

HEALTH = "health"


class Passes(Protocol):
    """A command about a voucher on its way from one owner to another."""

    @property
    def association_id(self) -> AssociationId:
        """Whose data."""
        ...

    @property
    def operation_id(self) -> OperationId:
        """The command's id."""
        ...

    @property
    def actor(self) -> Actor:
        """Who acts."""
        ...

    @property
    def voucher_id(self) -> VoucherId:
        """Which voucher."""
        ...

    @property
    def reward_id(self) -> RewardId:
        """What it is for, as it was seen before."""
        ...

    @property
    def owner(self) -> MemberId:
        """Who owns it, as it was seen before."""
        ...

    @property
    def receiver(self) -> MemberId:
        """To whom."""
        ...


def needs_passing(command: Passes, keys: Keys) -> None:
    """Lock both members and the voucher; read its offer and what the receiver was given."""
    keys.members.members |= {command.owner, command.receiver}
    keys.vouchers.vouchers.add(command.voucher_id)
    keys.vouchers.offers.add(command.voucher_id)
    keys.vouchers.received.add(command.receiver)
    keys.catalogue.rewards.add(command.reward_id)
    # By which of them the voucher was drawn is known once it is read.
    for rating in (rating_of(command.receiver, each) for each in PROGRAMMES):
        keys.ledger.accounts.add(rating)
        keys.ledger.lots_of.add(rating)
    keys.inbox.once |= {(command.receiver, _once(command)), (command.owner, _once(command))}


def _once(command: Passes) -> str:
    return f"voucher:{command.voucher_id}:{digest(command.operation_id)[:16]}"


def owned(command: Passes, on: WorkingSet) -> Standing | Refusal:
    """Return the voucher, if it is the owner's whom the command names."""
    standing = on.drawer.vouchers.get(command.voucher_id)
    if standing is None or standing.owner_id != command.owner:
        return NO_VOUCHER
    return NO_VOUCHER if standing.voucher.reward_id != command.reward_id else standing


def refuse_passing(command: Passes, standing: Standing, who: str, on: WorkingSet) -> Refusal | None:
    """Return why a voucher may not be passed on by somebody of this kind, or None."""
    if refusal := refuse_closed(standing, on):
        return refusal
    until = standing.busy_until(on.now)
    if until is not None:
        return InUse(until=until.isoformat(timespec="seconds"))
    reward = on.shelf.rewards.get(standing.voucher.reward_id)
    rule = passing_rule(context(on).vouchers, standing.voucher, reward, who)
    if rule is None or standing.passes >= rule.most:
        return NotTransferable()
    if standing.voucher.valid_until - on.now < timedelta(days=rule.days_left):
        return PassingTooLate(days=rule.days_left)
    return _refuse_receiver(command, standing, on)


def passing_rule(
    policy: VoucherPolicy, voucher: Voucher, reward: Reward | None, who: str
) -> PassingRule | None:
    """Return the rule by which it may be passed on.

    Members pass on nothing that has a gate, and of the health programme only what a rule names:
    that a doctor saw one person says nothing of another.
    """
    rule = policy.rule_for(voucher.reward_id, voucher.terms.kind.value, who)
    if rule is None or who != MEMBER:
        return rule
    unnamed = voucher.programme == HEALTH and voucher.reward_id not in rule.rewards
    return None if reward is None or reward.gate or unnamed else rule


def _refuse_receiver(command: Passes, standing: Standing, on: WorkingSet) -> Refusal | None:
    programme, reward = standing.voucher.programme, on.shelf.rewards.get(command.reward_id)
    giver, receiver = on.register.member(command.owner), on.register.member(command.receiver)
    if command.receiver == command.owner or receiver is None or receiver.erased_at is not None:
        return ReceiverUnsuitable()
    if not receiver.enrolled(programme) or receiver.frozen(programme):
        return ReceiverUnsuitable()
    if giver is None or giver.frozen(programme):
        return NotTransferable()
    if reward is not None and not _may_have(receiver, reward, programme, on):
        return ReceiverUnsuitable()
    most = context(on).vouchers.received_a_month
    return ReceivedEnough(most=most) if _received(command.receiver, on) >= most else None


def _may_have(receiver: Member, reward: Reward, programme: str, on: WorkingSet) -> bool:
    """Return whether a reward is meant for somebody, as when they draw it themselves."""
    if not eligible(reward, receiver.profile.facts()):
        return False
    return not reward.tiers or tier_in(receiver.member_id, programme, on) in reward.tiers


def _received(member: MemberId, on: WorkingSet) -> int:
    version = on.shelf.version
    since = on.now - timedelta(days=31)
    if version is not None:
        since = version.window_begins(Window.MONTH, on.now)
    return on.drawer.received_since(member, since)


def carry_out(
    command: Passes, standing: Standing, on: WorkingSet, *, offer_id: str | None, reason: str
) -> dict[str, object]:
    """Give the voucher its new owner and a code that the old one never saw; tell both."""
    codes = next_codes(standing, on)
    event = desk.event(EventKind.REASSIGNED, command, standing, on, last4=codes.last4)
    passing = Passing(
        voucher_id=command.voucher_id,
        version=event.version,
        member_id=command.receiver,
        from_member=command.owner,
        offer_id=offer_id,
        reason=reason,
        operation_id=command.operation_id,
        actor=command.actor,
        recorded_at=on.now,
    )
    hashes = context(on).codes.hashes(on.association_id, codes)
    on.drawer.pass_on(standing, event, passing, hashes)
    tell(command, standing, on, {command.receiver: NoticeKind.VOUCHER_REASSIGNED})
    tell(command, standing, on, {command.owner: NoticeKind.VOUCHER_PASSED_ON})
    on.trail.note(
        "voucher_reassigned",
        command.voucher_id,
        before={"member_id": command.owner},
        after={"member_id": command.receiver, "issue_no": standing.issue_no},
        reason=reason,
    )
    return {
        "voucher_id": command.voucher_id,
        "member_id": command.receiver,
        "issue_no": standing.issue_no,
        "last4": standing.last4,
    }


def tell(
    command: Passes, standing: Standing, on: WorkingSet, whom: dict[MemberId, NoticeKind]
) -> None:
    """Tell members of a voucher that is on its way; nobody's name stands in it."""
    for member, kind in whom.items():
        on.inbox.tell(member, kind, command.voucher_id, described(standing, on), _once(command))


def described(standing: Standing, on: WorkingSet) -> dict[str, str | int]:
    """Return what a notice says of a voucher that stands somewhere."""
    return titled(standing.voucher, on)


def titled(voucher: Voucher, on: WorkingSet) -> dict[str, str | int]:
    """Return a voucher's title and its last local day, for a notice."""
    version = on.shelf.version
    last = voucher.valid_until - timedelta(microseconds=1)
    until = version.day(last) if version is not None else last.date()
    return {
        "title_zh": voucher.terms.title_zh,
        "title_en": voucher.terms.title_en,
        "until": until.isoformat(),
    }
