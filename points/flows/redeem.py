"""Redeem points for a reward: check, hold the points, promise stock and money, issue the voucher.

One transaction; a refusal says which of a fixed set of reasons it is, and touches nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from points.catalogue.errors import (
    GateClosed,
    LimitReached,
    NotEligible,
    NotInTier,
    RewardUnavailable,
)
from points.catalogue.model import CatalogueVersion, GateEnd, Reward
from points.catalogue.shelf import Booking
from points.engine import Decision, Flow
from points.flows.catalogue_file import eligible
from points.flows.context import context
from points.kernel.amounts import Points
from points.kernel.ensure import ensure
from points.kernel.errors import Refusal
from points.kernel.ids import (
    AccountId,
    Actor,
    AssociationId,
    HoldId,
    MemberId,
    OperationId,
    OutletId,
    RewardId,
    VoucherId,
)
from points.ledger.books import Draft
from points.ledger.errors import InsufficientPoints, NoAccount
from points.ledger.model import Kind, account_id
from points.members.errors import Frozen
from points.partners.errors import OutletUnknown
from points.rules import Title
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.model import Kind as VoucherKind
from points.vouchers.model import Terms, Voucher

GATES: Mapping[str, Title] = {
    "doctor_referral": Title("医嘱转诊", "a doctor's referral"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeem:
    """Draw a voucher for a reward.

    Attributes:
        programme: Whose wallet pays, ``party`` or ``health``.
        outlet_id: Where it is to be had, of rewards that are had at chosen outlets only.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    reward_id: RewardId
    programme: str
    outlet_id: OutletId | None = None

    @property
    def wallet(self) -> AccountId:
        """The account that pays."""
        return account_id(self.member_id, f"{self.programme}.wallet")


def needs(command: Redeem, keys: Keys) -> None:
    """Lock the member, so that limits hold across both wallets, then wallet, stock and pool."""
    keys.members.members.add(command.member_id)
    keys.vouchers.drawn.add((command.member_id, command.reward_id))
    for account in (command.wallet, rating_of(command.member_id, command.programme)):
        keys.ledger.accounts.add(account)
        keys.ledger.lots_of.add(account)
    keys.catalogue.rewards.add(command.reward_id)
    keys.catalogue.stock.add(command.reward_id)
    keys.catalogue.pools.add(command.programme)
    keys.catalogue.gates.add((command.member_id, command.reward_id))
    if command.outlet_id is not None:
        keys.partners.outlets.add(command.outlet_id)


def decide(command: Redeem, on: WorkingSet) -> Decision:
    """Issue the voucher, or say why not."""
    reward, version = on.shelf.rewards.get(command.reward_id), on.shelf.version
    if reward is None or version is None:
        return RewardUnavailable()
    if refusal := next(against(command, reward, version, on), None):
        return refusal
    voucher_id = VoucherId(on.ids.next())
    price = reward.price_in(tier_of(command, on))
    transaction_id, hold_id = _hold(command, reward, price, voucher_id, on)
    voucher = _issue(command, reward, version, (voucher_id, hold_id), on)
    Booking(on.shelf, on.ids, command.operation_id, command.actor).reserve(
        reward, command.programme, voucher_id, command.outlet_id
    )
    _pass_gate(command, reward, voucher_id, on)
    return {
        "voucher_id": voucher_id,
        "transaction_id": transaction_id,
        "hold_id": hold_id,
        "reward_id": reward.reward_id,
        "points": int(price),
        "valid_until": voucher.valid_until.isoformat(),
    }


def give(command: Redeem, free: Reward, version: CatalogueVersion, on: WorkingSet) -> Voucher:
    """Issue a voucher that costs no points: the association gives it, and its pool pays."""
    voucher = _issue(command, free, version, (VoucherId(on.ids.next()), None), on)
    Booking(on.shelf, on.ids, command.operation_id, command.actor).reserve(
        free, command.programme, voucher.voucher_id, command.outlet_id
    )
    _pass_gate(command, free, voucher.voucher_id, on)
    return voucher


def against(
    command: Redeem, reward: Reward, version: CatalogueVersion, on: WorkingSet
) -> Iterator[Refusal]:
    """Yield every reason against a redemption: reward, member, limits, supply, points."""
    if not reward.active(version.day(on.now)) or command.programme not in reward.programmes:
        yield RewardUnavailable()
        return
    yield from _against_member(command, reward, on)
    yield from _over_limits(command, reward, version, on)
    yield from on.shelf.against(
        reward,
        command.programme,
        command.outlet_id,
        keep_fen=context(on).budget.of(command.programme).reserve_fen,
    )
    if command.outlet_id in reward.outlets and command.outlet_id not in on.contracts.outlets:
        yield OutletUnknown()
    yield from _too_few_points(command, reward, on)


def _against_member(command: Redeem, reward: Reward, on: WorkingSet) -> Iterator[Refusal]:
    member = on.register.member(command.member_id)
    if member is None or not member.enrolled(command.programme):
        yield NoAccount()
        return
    if member.frozen(command.programme):
        yield Frozen()
    if not eligible(reward, member.profile.facts()):
        yield NotEligible()
    tier = tier_of(command, on)
    if reward.tiers and tier not in reward.tiers:
        yield NotInTier(tiers="/".join(map(str, reward.tiers)), tier=tier)
    if reward.gate and on.shelf.open_gate(command.member_id, reward, on.now) is None:
        paper = gate_words(reward.gate)
        yield GateClosed(gate=reward.gate, gate_zh=paper.zh, gate_en=paper.en)


def gate_words(gate: str) -> Title:
    """Return what staff are shown, in words; as the catalogue spells it where it has none."""
    return GATES.get(gate, Title(gate, gate))


def tier_of(command: Redeem, on: WorkingSet) -> int:
    """Return the member's star band in the paying programme; zero for none."""
    return tier_in(command.member_id, command.programme, on)


def tier_in(member: MemberId, programme: str, on: WorkingSet) -> int:
    """Return a member's star band in a programme; zero for none."""
    account = on.books.account(rating_of(member, programme))
    ruleset = context(on).rules.in_force(programme, on.now)
    if account is None or ruleset is None:
        return 0
    return ruleset.stars_of(account.spendable_points(on.now))


def rating_of(member: MemberId, programme: str) -> AccountId:
    """Return the account of a member's rating of the year."""
    return account_id(member, f"{programme}.rating")


def _over_limits(
    command: Redeem, reward: Reward, version: CatalogueVersion, on: WorkingSet
) -> Iterator[Refusal]:
    for limit in reward.limits:
        since = version.window_begins(limit.window, on.now)
        drawn = on.drawer.drawn_since(command.member_id, reward.reward_id, since)
        if drawn >= limit.per_member:
            yield LimitReached(per_member=limit.per_member, window=limit.window.value)


def _too_few_points(command: Redeem, reward: Reward, on: WorkingSet) -> Iterator[Refusal]:
    account, price = on.books.account(command.wallet), reward.price_in(tier_of(command, on))
    if account is None:
        yield NoAccount()
        return
    available = account.spendable_points(on.now)
    if available < price:
        yield InsufficientPoints(asked=price, available=available)


def _pass_gate(command: Redeem, reward: Reward, voucher: VoucherId, on: WorkingSet) -> None:
    """Use up what opened the gate: one grant, one voucher."""
    grant = on.shelf.open_gate(command.member_id, reward, on.now)
    if reward.gate and grant is not None:
        on.shelf.end(
            grant,
            GateEnd(
                grant_id=grant.grant_id,
                voucher_id=voucher,
                ended_by=command.actor,
                ended_at=on.now,
            ),
        )


def _hold(
    command: Redeem, reward: Reward, price: Points, voucher: VoucherId, on: WorkingSet
) -> tuple[str | None, HoldId | None]:
    """Set the price aside; what is free holds nothing."""
    if price == 0:
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
    hold_id = draft.hold(command.wallet, price)
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
        terms=_promised(command, reward, on),
        last4=codes.last4,
        valid_from=on.now,
        valid_until=version.valid_until(on.now, reward.valid_days),
        operation_id=command.operation_id,
        actor=command.actor,
    )
    ensure(command.association_id == on.association_id, "a batch belongs to one association")
    on.drawer.issue(voucher, book.hashes(command.association_id, codes))
    return voucher


def _promised(command: Redeem, reward: Reward, on: WorkingSet) -> Terms:
    """Return the terms of a voucher as they are for this member, at the outlet they chose."""
    promised = replace(terms(reward), price=reward.price_in(tier_of(command, on)))
    if command.outlet_id is None:
        return promised
    outlet = on.contracts.outlets[command.outlet_id]
    return replace(promised, outlet_id=outlet.outlet_id, outlet_name=outlet.name)


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
