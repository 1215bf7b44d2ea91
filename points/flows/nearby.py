"""Outlets where a reward is had, the nearest first. Where the member is, is asked and forgotten."""

from collections.abc import Iterable
from dataclasses import dataclass

from points.catalogue.model import Reward, outlet_bucket
from points.catalogue.store import stock_counts
from points.engine import Engine
from points.kernel.ids import AssociationId
from points.partners.model import Outlet, Place
from points.partners.store import outlets_honouring


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """An outlet that honours a reward.

    Attributes:
        left: How many it has of its own; None where the reward is had everywhere.
        metres: How far away it is, as the crow flies; None where that is not known.
    """

    outlet: Outlet
    left: int | None = None
    metres: int | None = None


def offerings(
    engine: Engine,
    association: AssociationId,
    reward: Reward,
    *,
    near: Place | None = None,
    district: str = "",
) -> list[Offering]:
    """Return where a reward is had: the nearest first, by district and code otherwise."""
    with engine.reading(association) as connection:
        outlets = outlets_honouring(connection, association, reward.partners)
        counts = stock_counts(connection, association) if reward.outlets else {}
    found = []
    for each in outlets:
        if (reward.outlets and each.outlet_id not in reward.outlets) or (
            district and each.district != district
        ):
            continue
        count = counts.get((reward.reward_id, outlet_bucket(each.outlet_id)))
        most = reward.outlets.get(each.outlet_id)
        found.append(
            Offering(
                outlet=each,
                left=None if most is None else max(most - (count.taken if count else 0), 0),
                metres=near.metres_to(each.place) if near and each.place else None,
            )
        )
    return _nearest(found)


def _nearest(found: Iterable[Offering]) -> list[Offering]:
    """Sort: by distance where it is known, those without a place last, by district and code."""
    return sorted(
        found,
        key=lambda each: (
            each.metres is None,
            each.metres or 0,
            each.outlet.district,
            each.outlet.outlet_id,
        ),
    )
