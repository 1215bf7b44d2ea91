"""What would mend a reason why a reward cannot be drawn, and when it mends by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from points.catalogue.errors import (
    GateClosed,
    LimitReached,
    NotEligible,
    NotInTier,
    OutOfStock,
    RewardUnavailable,
)
from points.catalogue.model import CatalogueVersion, Reward, Window
from points.flows.context import context
from points.flows.redeem import Redeem, gate_words, rating_of
from points.kernel.errors import Refusal
from points.kernel.ids import TransactionId
from points.ledger.errors import InsufficientPoints
from points.rules import Title
from points.rules.parser import parse
from points.rules.phrases import expression
from points.unit_of_work import WorkingSet

_ALWAYS: Mapping[str, Title] = {
    "not_enrolled": Title("请联系协会登记参加该项目", "ask the association to enrol you"),
    "member_frozen": Title("可按冻结通知的说明申诉", "you may appeal as the notice says"),
    "outlet_needed": Title("请在下方选择门店", "choose one of the outlets"),
    "outlet_not_offered": Title("请改选提供此项目的门店", "choose an outlet that offers it"),
    "outlet_unknown": Title("请改选其他门店", "choose another outlet"),
    "pool_exhausted": Title("经费到位后恢复兑换", "it goes on when there is money again"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason why a reward cannot be drawn now.

    Attributes:
        mend: What would mend it.
        mends_at: When it mends by itself, if it does and that is known.
    """

    refusal: Refusal
    mend: Title
    mends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A redemption that is refused, and what was loaded for it.

    Attributes:
        matures: When which transaction's pending points become available.
    """

    command: Redeem
    reward: Reward | None
    version: CatalogueVersion | None
    on: WorkingSet
    matures: Mapping[TransactionId, datetime]

    def reason(self, refusal: Refusal) -> Reason:
        """Return the reason with what would mend it."""
        mended = _MENDED.get(refusal.code)
        if mended is not None and self.reward is not None and self.version is not None:
            return mended(self, refusal, self.reward, self.version)
        mend = _ALWAYS.get(refusal.code, Title("请看其他项目", "look at other rewards"))
        return Reason(refusal=refusal, mend=mend)


def _unavailable(case: Case, refusal: Refusal, reward: Reward, version: CatalogueVersion) -> Reason:
    begins, today = reward.active_from or reward.visible_from, version.day(case.on.now)
    if case.command.programme not in reward.programmes:
        names = "、".join(reward.programmes)
        mend = Title(f"请改用 {names} 积分", f"pay with points of: {', '.join(reward.programmes)}")
        return Reason(refusal=refusal, mend=mend)
    if today < begins:
        return Reason(
            refusal=refusal,
            mend=Title(f"{_day(begins)}起可兑换", f"from {begins} on"),
            mends_at=version.midnight(begins),
        )
    return Reason(refusal=refusal, mend=Title("兑换期已结束", "its time is over"))


def _not_eligible(_: Case, refusal: Refusal, reward: Reward, __: CatalogueVersion) -> Reason:
    said = expression(None, parse(reward.eligible), {})
    mend = Title(f"适用条件：{said.zh}", f"it is for: {said.en}")
    return Reason(refusal=refusal, mend=mend)


def _not_in_tier(case: Case, refusal: Refusal, reward: Reward, _: CatalogueVersion) -> Reason:
    programme, on = case.command.programme, case.on
    ruleset = context(on).rules.in_force(programme, on.now)
    account = on.books.account(rating_of(case.command.member_id, programme))
    have = int(account.spendable_points(on.now)) if account else 0
    bands = ruleset.stars if ruleset is not None else ()
    ahead = [
        (band.at_least, band.stars)
        for band in bands
        if band.stars in reward.tiers and band.at_least > have
    ]
    if not ahead:
        return Reason(refusal=refusal, mend=Title("请看其他项目", "look at other rewards"))
    least, stars = min(ahead)
    return Reason(
        refusal=refusal,
        mend=Title(
            f"本年度评定再得 {least - have} 分可达 {stars} 星",
            f"{least - have} more points of this year's rating bring {stars} stars",
        ),
    )


def _gate_closed(_: Case, refusal: Refusal, reward: Reward, __: CatalogueVersion) -> Reason:
    paper = gate_words(reward.gate)
    return Reason(
        refusal=refusal,
        mend=Title(
            f"请到协会出示{paper.zh}，登记后即可自行兑换；只登记已看过，不留内容",
            f"show staff {paper.en}; they record that they saw it, not what it says",
        ),
    )


def _limit_reached(case: Case, refusal: Refusal, _: Reward, version: CatalogueVersion) -> Reason:
    window = Window(refusal.window) if isinstance(refusal, LimitReached) else Window.LIFETIME
    again = window.ends(version.day(case.on.now))
    if again is None:
        return Reason(refusal=refusal, mend=Title("终身限兑，已用完", "once in a lifetime: used"))
    return Reason(
        refusal=refusal,
        mend=Title(f"{_day(again)}起重新计次", f"counted anew from {again}"),
        mends_at=version.midnight(again),
    )


def _out_of_stock(
    case: Case, refusal: Refusal, reward: Reward, version: CatalogueVersion
) -> Reason:
    of = refusal.of if isinstance(refusal, OutOfStock) else ""
    if of in {Window.DAY, Window.WEEK, Window.MONTH}:
        again = Window(of).ends(version.day(case.on.now))
        if again is not None:
            return Reason(
                refusal=refusal,
                mend=Title(f"{_day(again)}起又有名额", f"there are more from {again} on"),
                mends_at=version.midnight(again),
            )
    if of == "outlet" and any(case.on.shelf.left_at(reward, each) for each in reward.outlets):  # type: ignore[arg-type]
        return Reason(refusal=refusal, mend=Title("其他门店还有", "other outlets have some left"))
    return Reason(
        refusal=refusal,
        mend=Title("有人的券到期未用时会空出名额", "some come free when vouchers lapse unused"),
    )


def _insufficient(case: Case, refusal: Refusal, _: Reward, version: CatalogueVersion) -> Reason:
    if not isinstance(refusal, InsufficientPoints):
        return Reason(refusal=refusal, mend=Title("", ""))
    missing = refusal.asked - refusal.available
    at = _matures(case, missing)
    zh, en = f"还差 {missing} 分", f"{missing} points are missing"
    account = case.on.books.account(case.command.wallet)
    pending = account.pending if account is not None else 0
    if at is not None:
        # The first day on which it is over, wherever in the day that falls.
        day = version.day(at)
        zh += f"；公示中的 {pending} 分到账后即可兑换，预计 {_day(day)}"
        en += f"; the {pending} on public display will do, from {day} on"
    elif pending:
        zh += f"；另有 {pending} 分公示中"
        en += f"; {pending} more are on public display"
    return Reason(refusal=refusal, mend=Title(zh, en), mends_at=at)


def _matures(case: Case, missing: int) -> datetime | None:
    """Return when enough pending points are available; None where they will not do."""
    account = case.on.books.account(case.command.wallet)
    if account is None or account.debt:
        return None
    waiting = sorted(
        (case.matures[lot.transaction_id], lot.pending)
        for lot in account.open_lots().values()
        if lot.pending and lot.transaction_id in case.matures
    )
    for at, points in waiting:
        missing -= points
        if missing <= 0:
            return at
    return None


def _day(day: date) -> str:
    return f"{day.month} 月 {day.day} 日"


_MENDED: Mapping[str, Callable[[Case, Refusal, Reward, CatalogueVersion], Reason]] = {
    RewardUnavailable.code: _unavailable,
    NotEligible.code: _not_eligible,
    NotInTier.code: _not_in_tier,
    GateClosed.code: _gate_closed,
    LimitReached.code: _limit_reached,
    OutOfStock.code: _out_of_stock,
    InsufficientPoints.code: _insufficient,
}
