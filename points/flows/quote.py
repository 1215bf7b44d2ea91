"""Ask beforehand: could this be redeemed now, and if not, why not? Writes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from points import unit_of_work
from points.activities.reads import maturing
from points.catalogue.errors import RewardUnavailable
from points.engine import Engine
from points.flows import redeem
from points.flows.mending import Case, Reason
from points.kernel.errors import Refusal
from points.kernel.ids import IdSource
from points.ledger.errors import InsufficientPoints
from points.unit_of_work import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a redemption would come to.

    Attributes:
        points: The price, for this member.
        available: What the member could spend; None where that was not asked for.
        valid_until: ISO 8601, of a voucher drawn now; None when refused.
        reasons: Everything that speaks against it, in the order in which it is asked; the first
            is what a redemption would be refused with.
    """

    points: int | None
    available: int | None
    valid_until: str | None
    reasons: tuple[Reason, ...] = ()

    @property
    def refusal(self) -> Refusal | None:
        """What a redemption would be refused with, or None."""
        return self.reasons[0].refusal if self.reasons else None

    @property
    def missing(self) -> int:
        """How many points are missing, where that is one of the reasons."""
        for each in self.reasons:
            lacking = each.refusal
            if isinstance(lacking, InsufficientPoints):
                return lacking.asked - lacking.available
        return 0


def quote(engine: Engine, command: redeem.Redeem, ids: IdSource) -> Quote:
    """Decide a redemption on what is loaded now, and throw the decision away.

    The same code decides as when it is redeemed, so the two answers cannot differ but by what
    happens in between.
    """
    known = engine.context_of(command.association_id)
    keys = Keys(context=known)
    redeem.needs(command, keys)
    with unit_of_work.reading(engine.database, command.association_id) as connection:
        on = unit_of_work.load(
            connection,
            command.association_id,
            keys,
            now=engine.clock.now(),
            ids=ids,
            context=known,
        )
        account = on.books.account(command.wallet)
        waiting = account is not None and account.pending > 0
        matures = maturing(connection, command.association_id, command.member_id) if waiting else {}
    reward, version = on.shelf.rewards.get(command.reward_id), on.shelf.version
    case = Case(command=command, reward=reward, version=version, on=on, matures=matures)
    price = reward.price_in(redeem.tier_of(command, on)) if reward else None
    available = int(account.spendable_points(on.now)) if account else None
    reasons = tuple(case.reason(each) for each in _against(case))
    decision = {} if reasons else redeem.decide(command, on)
    return Quote(
        points=None if price is None else int(price),
        available=available,
        valid_until=decision.get("valid_until") if isinstance(decision, dict) else None,
        reasons=reasons,
    )


def _against(case: Case) -> Iterator[Refusal]:
    """Yield every reason once: a member without an account is missing in more than one place."""
    if case.reward is None or case.version is None:
        yield RewardUnavailable()
        return
    told: set[str] = set()
    for each in redeem.against(case.command, case.reward, case.version, case.on):
        if each.code not in told or each.code in {"limit_reached", "out_of_stock"}:
            told.add(each.code)
            yield each
