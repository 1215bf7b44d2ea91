"""What acts leave in the adjustments' tables."""

from points.db.acts import Act, Left

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
    Left(
        table="adjustment_event",
        key=("adjustment_id",),
        says=("operation_id", "step"),
        acts=(
            Act(kind="decide_adjustment", says={"step": "{state}"}),
            Act(kind="withdraw_adjustment", says={"step": "{state}"}),
        ),
    ),
)
