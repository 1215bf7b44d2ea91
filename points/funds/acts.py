"""What acts leave in the returns' tables."""

from points.db.acts import Act, Left
from points.kernel.two_people import ENDS

LEFT = (
    Left(table="pool_return", key=("return_id",), acts=(Act(kind="propose_return"),)),
    Left(
        table="pool_return_event",
        key=("return_id",),
        says=("operation_id", "step"),
        acts=(
            Act(kind="decide_return", says={"step": "{state}"}),
            Act(kind="withdraw_return", says={"step": "{state}"}),
        ),
    ),
    Left(
        table="pool_return",
        key=("return_id",),
        says=("programme", "amount_fen", "source", "document", "note"),
        acts=(Act(kind="return_proposed", says={"return_id": "e.subject", "note": "{reason}"}),),
        whole=False,
        trail=True,
    ),
    Left(
        table="pool_return_event",
        key=("return_id",),
        says=("operation_id", "reason"),
        acts=tuple(
            Act(
                kind=f"return_{step.value}",
                says={"return_id": "e.subject", "reason": "{reason}"},
            )
            for step in ENDS
        ),
        whole=False,
        trail=True,
    ),
)
