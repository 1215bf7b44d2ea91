"""What acts leave in the webhooks' tables."""

from points.db.acts import Act, Left

LEFT = (
    Left(
        table="webhook_endpoint_event",
        key=("endpoint_id", "version"),
        acts=(
            Act(kind="register_webhook", says={"version": "1"}),
            Act(kind="change_webhook"),
        ),
        # Another secret and an endpoint that is gone are changes too, whose number nobody says.
        whole=False,
    ),
    Left(
        table="webhook_message",
        key=("message_id",),
        acts=(Act(kind="send_test_message"),),
        only="f.kind = 'webhook.test'",
    ),
)
