"""Redeem points for a reward: check, hold the points, promise stock and money, issue the voucher.

One transaction; a refusal says which of a fixed set of reasons it is, and touches nothing.
"""

from dataclasses import dataclass

from points.catalogue.errors import (
    GateClosed,
    LimitReached,
    NotEligible,
    RewardUnavailable,
)
from points.catalogue.model import CatalogueVersion, Reward
from points.catalogue.shelf import Booking
from points.engine import Decision, Flow
from points.flows.catalogue_file import eligible
from points.flows.context import context
from points.kernel.ensure import ensure
from points.kernel.errors import Refusal
from points.kernel.ids import (
    AccountId,
    Actor,
    AssociationId,
    HoldId,
    MemberId,
    OperationId,
    RewardId,
    VoucherId,
)
from points.ledger.books import Draft
from points.ledger.errors import InsufficientPoints, NoAccount
from points.ledger.model import Kind, account_id
from points.members.errors import Frozen
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.model import Kind as VoucherKind
from points.vouchers.model import Terms, Voucher

STAFF = "staff:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeem:
    """Draw a voucher for a reward.

    Attributes:
        programme: Whose wallet pays, ``party`` or ``health``.
        gates: What staff have seen, as ``doctor_referral``; only counts when staff act.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    reward_id: RewardId
    programme: str
    gates: tuple[str, ...] = ()

    @property
    def wallet(self) -> AccountId:
        """The account that pays."""
        return account_id(self.member_id, f"{self.programme}.wallet")


def needs(command: Redeem, keys: Keys) -> None:
    """Lock the member, so that limits hold across both wallets, then wallet, stock and pool."""
    keys.members.members.add(command.member_id)
    keys.vouchers.drawn.add((command.member_id, command.reward_id))
    keys.ledger.accounts.add(command.wallet)
    keys.ledger.lots_of.add(command.wallet)
    keys.catalogue.rewards.add(command.reward_id)
    keys.catalogue.stock.add(command.reward_id)
    keys.catalogue.pools.add(command.programme)


def decide(command: Redeem, on: WorkingSet) -> Decision:
    """Issue the voucher, or say why not."""
    reward, version = on.shelf.rewards.get(command.reward_id), on.shelf.version
    if reward is None or version is None:
        return RewardUnavailable()
    if refusal := why_not(command, reward, version, on):
        return refusal
    voucher_id = VoucherId(on.ids.next())
    transaction_id, hold_id = _hold(command, reward, voucher_id, on)
    voucher = _issue(command, reward, version, (voucher_id, hold_id), on)
    Booking(on.shelf, on.ids, command.operation_id, command.actor).reserve(
        reward, command.programme, voucher_id
    )
    return {
        "voucher_id": voucher_id,
        "transaction_id": transaction_id,
        "hold_id": hold_id,
        "reward_id": reward.reward_id,
        "points": int(reward.price),
        "valid_until": voucher.valid_until.isoformat(),
    }


def why_not(
    command: Redeem, reward: Reward, version: CatalogueVersion, on: WorkingSet
) -> Refusal | None:
    """Return the first reason against a redemption: reward, member, limits, supply, points."""
    if not reward.visible(version.day(on.now)) or command.programme not in reward.programmes:
        return RewardUnavailable()
    return (
        _against_member(command, reward, on)
        or _over_limit(command, reward, version, on)
        or on.shelf.refuses(
            reward,
            command.programme,
            keep_fen=context(on).budget.of(command.programme).reserve_fen,
        )
        or _too_few_points(command, reward, on)
    )


def _against_member(command: Redeem, reward: Reward, on: WorkingSet) -> Refusal | None:
    member = on.register.member(command.member_id)
    if member is None or not member.enrolled(command.programme):
        return NoAccount()
    if member.frozen(command.programme):
        return Frozen()
    if not eligible(reward, member.profile.facts()):
        return NotEligible()
    seen = command.gates if command.actor.startswith(STAFF) else ()
    if reward.gate and reward.gate not in seen:
        return GateClosed(gate=reward.gate)
    return None


def _over_limit(
    command: Redeem, reward: Reward, version: CatalogueVersion, on: WorkingSet
) -> Refusal | None:
    limit = reward.limit
    if limit is None:
        return None
    since = version.window_begins(limit.window, on.now)
    drawn = on.drawer.drawn_since(command.member_id, reward.reward_id, since)
    if drawn < limit.per_member:
        return None
    return LimitReached(per_member=limit.per_member, window=limit.window.value)


def _too_few_points(command: Redeem, reward: Reward, on: WorkingSet) -> Refusal | None:
    account = on.books.account(command.wallet)
    if account is None:
        return NoAccount()
    available = account.spendable_points(on.now)
    if available < reward.price:
        return InsufficientPoints(asked=reward.price, available=available)
    return None


def _hold(
    command: Redeem, reward: Reward, voucher: VoucherId, on: WorkingSet
) -> tuple[str | None, HoldId | None]:
    """Set the price aside; what is free holds nothing."""
    if reward.price == 0:
        return None, None
    draft = Draft(
        books=on.books,
        ids=on.ids,
        kind=Kind.HOLD,
        operation_id=command.operation_id,
        actor=command.actor,
        reason=reward.reward_id,
        now=on.now,
        origin={"voucher_id": voucher, "reward": reward.reward_id, "catalogue": reward.version},
    )
    hold_id = draft.hold(command.wallet, reward.price)
    return draft.post().transaction_id, hold_id


def _issue(
    command: Redeem,
    reward: Reward,
    version: CatalogueVersion,
    drawn: tuple[VoucherId, HoldId | None],
    on: WorkingSet,
) -> Voucher:
    book, (voucher_id, hold_id) = context(on).codes, drawn
    codes = book.codes(command.association_id, voucher_id)
    voucher = Voucher(
        voucher_id=voucher_id,
        member_id=command.member_id,
        reward_id=reward.reward_id,
        reward_version=reward.version,
        programme=command.programme,
        hold_id=hold_id,
        terms=terms(reward),
        last4=codes.last4,
        valid_from=on.now,
        valid_until=version.valid_until(on.now, reward.valid_days),
        operation_id=command.operation_id,
        actor=command.actor,
    )
    ensure(command.association_id == on.association_id, "a batch belongs to one association")
    on.drawer.issue(voucher, book.hashes(command.association_id, codes))
    return voucher


def terms(reward: Reward) -> Terms:
    """Return what a reward promises, as it stands on the voucher from now on."""
    return Terms(
        kind=VoucherKind(reward.kind.value),
        price=reward.price,
        amount_fen=reward.amount_fen,
        uses=reward.uses,
        tariff_fen=reward.tariff_fen,
        tariff_is_face=reward.tariff_is_face,
        reserved_fen=reward.cost_max_fen,
        partners=reward.partners,
        stocked=reward.stock is not None,
        title_zh=reward.title_zh,
        title_en=reward.title_en,
    )


FLOW = Flow("redeem", needs, decide)
