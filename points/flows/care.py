"""What the worker does for members every few minutes, besides what is due at once."""

from points.engine import Engine
from points.flows.weigh_wish import weigh_wishes
from points.kernel.ids import AssociationId


def care(engine: Engine, association: AssociationId) -> int:
    """Weigh wishes; return how much changed."""
    return weigh_wishes(engine, association)
