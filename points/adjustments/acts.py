"""What acts leave in the adjustments' tables."""

from points.db.acts import Act, Left
from points.db.two_people import acts_of

LEFT = (
    Left(
        table="adjustment",
        key=("adjustment_id",),
        says=(
            *("partner_id", "number", "programme", "outlet_id", "amount_fen", "capture_id"),
            "reason",
        ),
        acts=(Act(kind="propose_adjustment"),),
    ),
    *acts_of("adjustment", "adjustment", ("note", "document")),
)
