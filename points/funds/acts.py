"""What acts leave in the returns' tables."""

from points.db.acts import Act, Left

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
)
