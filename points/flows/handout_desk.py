"""Looking handouts up, and saying what they are, for whichever channel asks."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from points.catalogue.errors import OutOfStock
from points.catalogue.model import Window
from points.catalogue.store import read_shelf
from points.engine import Engine
from points.flows.handing_out import AGAIN_LATER
from points.flows.propose_handout import NO_HANDOUT
from points.handouts.model import Standing, State
from points.handouts.reads import Filed, find_handout
from points.kernel.errors import Refusal
from points.kernel.ids import AssociationId, HandoutId


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Why nothing more of an approved handout is given out for the moment, and until when.

    Attributes:
        window: Whose pieces are gone; of several, the one that ends last.
        most: How many there are in such a window.
        until: The first instant at which there are more.
    """

    window: Window
    most: int
    until: datetime


def waits(engine: Engine, association: AssociationId, standing: Standing) -> Wait | None:
    """Return what a handout waits for; None where it does not, because it goes on or has ended."""
    handout, now = standing.handout, engine.clock.now()
    if standing.kept is not State.APPROVED or not standing.left:
        return None
    with engine.reading(association) as connection:
        shelf = read_shelf(connection, association, handout.reward_id, now)
    reward, version = shelf.rewards.get(handout.reward_id), shelf.version
    if reward is None or version is None or reward.stock is None:
        return None
    against = shelf.against(reward, handout.programme, handout.outlet_id)
    scarce = {each.of for each in against if isinstance(each, OutOfStock)}
    if not scarce or not scarce <= set(AGAIN_LATER):
        return None
    found = [
        Wait(window=window, most=most, until=ends)
        for window, most in reward.stock.periods()
        if window.value in scarce and (ends := version.window_ends(window, now)) is not None
    ]
    return max(found, key=lambda each: each.until)


def find(engine: Engine, association: AssociationId, handout_id: HandoutId) -> Filed | Refusal:
    """Return a handout with what became of it, or that there is none."""
    with engine.reading(association) as connection:
        return find_handout(connection, association, handout_id) or NO_HANDOUT


def standing_shown(standing: Standing, now: datetime) -> dict[str, Any]:
    """Return a handout in a list as plain values."""
    fact = standing.handout
    return {
        "handout_id": fact.handout_id,
        "state": standing.state(now).value,
        "reward_id": fact.reward_id,
        "programme": fact.programme,
        "mode": fact.mode.value,
        "note": fact.note,
        "members": fact.members,
        "issued": standing.issued,
        "refused": standing.refused,
        "left": standing.left,
        "held_fen": standing.reserved_fen,
        "proposed_by": fact.proposed_by,
        "proposed_at": fact.proposed_at,
    }


def handout_shown(engine: Engine, association: AssociationId, filed: Filed) -> dict[str, Any]:
    """Return a handout as plain values: what was asked, who decided, and what adds up to what."""
    wait, now = waits(engine, association, filed.standing), engine.clock.now()
    standing, fact = filed.standing, filed.standing.handout
    found = filed.reconciled
    return {
        "handout_id": fact.handout_id,
        "state": standing.state(now).value,
        "reward_id": fact.reward_id,
        "programme": fact.programme,
        "outlet_id": fact.outlet_id,
        "mode": fact.mode.value,
        "note": fact.note,
        "source": fact.source,
        "members": fact.members,
        "members_sha256": fact.members_sha256,
        "cost_fen": int(fact.cost_fen),
        "proposed_by": fact.proposed_by,
        "proposed_at": fact.proposed_at,
        "until": fact.until,
        "printed": standing.printed,
        "waits": None if wait is None else asdict(wait),
        "steps": [
            {
                "step": each.step.value,
                "actor": each.actor,
                "reason": each.reason,
                "recorded_at": each.recorded_at,
            }
            for each in filed.steps
        ],
        "reconciliation": {
            **{name: value for name, value in asdict(found).items() if name != "refused"},
            "refused": dict(found.refused),
            "adds_up": found.adds_up,
        },
    }
