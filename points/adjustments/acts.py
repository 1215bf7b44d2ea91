"""What acts leave in the adjustments' tables."""

from points.db.acts import Act, Left
from points.kernel.two_people import ENDS

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
    # Words of staff stand in no answer: the trail repeats them, and is chained.
    Left(
        table="adjustment",
        key=("adjustment_id",),
        says=("note", "document"),
        acts=(
            Act(
                kind="adjustment_proposed",
                says={"adjustment_id": "e.subject", "note": "{reason}"},
            ),
        ),
        whole=False,
        trail=True,
    ),
    Left(
        table="adjustment_event",
        key=("adjustment_id",),
        says=("operation_id", "reason"),
        acts=tuple(
            Act(
                kind=f"adjustment_{step.value}",
                says={"adjustment_id": "e.subject", "reason": "{reason}"},
            )
            for step in ENDS
        ),
        whole=False,
        trail=True,
    ),
)
