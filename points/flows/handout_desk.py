"""Looking handouts up, and saying what they are, for whichever channel asks."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from points.engine import Engine
from points.flows.propose_handout import NO_HANDOUT
from points.handouts.model import Handout, Standing
from points.handouts.reads import Filed, find_handout, members_left
from points.kernel.errors import Refusal
from points.kernel.ids import AssociationId, HandoutId, MemberId


def find(engine: Engine, association: AssociationId, handout_id: HandoutId) -> Filed | Refusal:
    """Return a handout with what became of it, or that there is none."""
    with engine.reading(association) as connection:
        return find_handout(connection, association, handout_id) or NO_HANDOUT


def only_member(engine: Engine, association: AssociationId, handout: Handout) -> MemberId | None:
    """Return the one member whom a handout is for, if there is but one."""
    if handout.members != 1:
        return None
    with engine.reading(association) as connection:
        left = members_left(connection, association, handout.handout_id, limit=1)
    return left[0] if left else None


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


def handout_shown(filed: Filed, now: datetime) -> dict[str, Any]:
    """Return a handout as plain values: what was asked, who decided, and what adds up to what."""
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
