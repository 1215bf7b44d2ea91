"""What the worker does for members every few minutes, besides what is due at once."""

from points.engine import Engine
from points.flows.stamping import collect_stamps
from points.flows.weigh_wish import weigh_wishes
from points.kernel.ids import AssociationId


def care(engine: Engine, association: AssociationId) -> int:
    """Collect stamps and weigh wishes; return how much changed."""
    # Stamps first: what a full card gives may be what somebody saves up for.
    return collect_stamps(engine, association) + weigh_wishes(engine, association)
