"""Ask beforehand: could this be redeemed now, and if not, why not? Writes nothing."""

from dataclasses import dataclass

from points import unit_of_work
from points.engine import Engine
from points.flows import redeem
from points.kernel.errors import Refusal
from points.kernel.ids import IdSource
from points.ledger.errors import InsufficientPoints
from points.unit_of_work import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a redemption would come to.

    Attributes:
        points: The price.
        available: What the member could spend; None where that was not asked for.
        valid_until: ISO 8601, of a voucher drawn now; None when refused.
        refusal: Why not, or None.
    """

    points: int | None
    available: int | None
    valid_until: str | None
    refusal: Refusal | None

    @property
    def missing(self) -> int:
        """How many points are missing, when that is the reason."""
        lacking = self.refusal
        if isinstance(lacking, InsufficientPoints):
            return lacking.asked - lacking.available
        return 0


def quote(engine: Engine, command: redeem.Redeem, ids: IdSource) -> Quote:
    """Decide a redemption on what is loaded now, and throw the decision away.

    The same code decides as when it is redeemed, so the two answers cannot differ but by what
    happens in between.
    """
    keys = Keys()
    redeem.needs(command, keys)
    with unit_of_work.reading(engine.database, command.association_id) as connection:
        on = unit_of_work.load(
            connection,
            command.association_id,
            keys,
            now=engine.clock.now(),
            ids=ids,
            context=engine.context,
        )
    reward, account = on.shelf.rewards.get(command.reward_id), on.books.account(command.wallet)
    available = int(account.spendable_points(on.now)) if account else None
    decision = redeem.decide(command, on)
    refused = isinstance(decision, Refusal)
    return Quote(
        points=int(reward.price) if reward else None,
        available=available,
        valid_until=None if isinstance(decision, Refusal) else decision["valid_until"],
        refusal=decision if isinstance(decision, Refusal) and refused else None,
    )
