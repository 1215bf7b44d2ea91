"""What acts leave in the tables of offline tokens."""

from points.db.acts import Act, Left

LEFT = (
    Left(
        table="offline_token",
        key=("token_id",),
        says=("operation_id",),
        acts=(Act(kind="issue_offline"),),
    ),
    Left(
        table="offline_use",
        key=("use_id",),
        says=("operation_id", "outcome", "bearer", "reason", "value_fen", "event_id"),
        acts=(
            Act(
                kind="upload_offline",
                says={
                    # What was captured is answered like any other capture.
                    "bearer": "COALESCE({bearer}, 'nobody')",
                    "reason": "COALESCE({reason}, 'none')",
                    "value_fen": "COALESCE({value_fen}, {capture.owed_fen})",
                    "event_id": "{capture.capture_id}",
                },
            ),
        ),
    ),
    Left(
        table="offline_ruling",
        key=("use_id",),
        says=("operation_id", "decision", "amount_fen", "correction_id"),
        acts=(Act(kind="rule_offline"),),
    ),
    Left(
        table="offline_ruling",
        key=("use_id",),
        says=("reason",),
        acts=(Act(kind="rule_offline", says={"use_id": "e.subject", "reason": "{reason}"}),),
        whole=False,
        trail=True,
    ),
)
