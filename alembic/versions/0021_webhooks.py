"""expand: webhooks, from the registered address to the last attempt.

The previous release knows nothing of these tables and is not disturbed by them.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FACTS = (
    "webhook_endpoint_event",
    "webhook_secret",
    "webhook_message",
    "webhook_attempt",
    "webhook_replay",
)


def upgrade() -> None:
    _endpoints()
    _messages()
    _attempts()
    for statement in protect(op.get_bind().dialect.name, FACTS):
        op.execute(statement)


def _endpoints() -> None:
    op.create_table(
        "webhook_endpoint_event",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("endpoint_id", sa.String(26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.String(26), nullable=True),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("description", sa.String(120), nullable=False),
        sa.Column("kinds", kept.Document(), nullable=False),
        sa.Column("standing", sa.String(10), nullable=False),
        sa.Column("secret_no", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.CheckConstraint(
            "standing IN ('enabled', 'disabled', 'ended')",
            name=op.f("ck_webhook_endpoint_event_standing_known"),
        ),
        sa.CheckConstraint(
            "version > 0 AND secret_no > 0",
            name=op.f("ck_webhook_endpoint_event_versions_start_at_one"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "endpoint_id", "version", name=op.f("pk_webhook_endpoint_event")
        ),
    )
    op.create_table(
        "webhook_endpoint",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("endpoint_id", sa.String(26), nullable=False),
        sa.Column("partner_id", sa.String(26), nullable=True),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("description", sa.String(120), nullable=False),
        sa.Column("kinds", kept.Document(), nullable=False),
        sa.Column("standing", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("secret_no", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("association_id", "endpoint_id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_table(
        "webhook_subscription",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("endpoint_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("partner_id", sa.String(26), nullable=True),
        sa.PrimaryKeyConstraint(
            "association_id", "endpoint_id", "kind", name=op.f("pk_webhook_subscription")
        ),
    )
    op.create_index(
        "ix_webhook_subscription_kind",
        "webhook_subscription",
        ["association_id", "kind"],
        unique=False,
        postgresql_where=sa.text("kind != ''"),
        sqlite_where=sa.text("kind != ''"),
    )
    op.create_table(
        "webhook_secret",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("endpoint_id", sa.String(26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.String(200), nullable=False),
        sa.Column("drawn_at", kept.Instant(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_webhook_secret_numbers_start_at_one")),
        sa.PrimaryKeyConstraint(
            "association_id", "endpoint_id", "number", name=op.f("pk_webhook_secret")
        ),
    )


def _messages() -> None:
    op.create_table(
        "webhook_message",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("message_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("partner_id", sa.String(26), nullable=True),
        sa.Column("about", sa.String(80), nullable=False),
        sa.Column("data", kept.Document(), nullable=False),
        sa.Column("happened_at", kept.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("association_id", "message_id", name=op.f("pk_webhook_message")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("endpoint_id", sa.String(26), nullable=False),
        sa.Column("message_id", sa.String(26), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", kept.Whole, nullable=False),
        sa.Column("tries", kept.Whole, nullable=False),
        sa.Column("due_at", kept.Instant(), nullable=False),
        sa.Column("leased_until", kept.Instant(), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'delivered', 'failed')",
            name=op.f("ck_webhook_delivery_state_known"),
        ),
        sa.CheckConstraint(
            "attempts >= 0 AND tries >= 0", name=op.f("ck_webhook_delivery_counted_upwards")
        ),
        sa.ForeignKeyConstraint(
            ["association_id", "message_id"],
            ["webhook_message.association_id", "webhook_message.message_id"],
            name=op.f("fk_webhook_delivery_association_id_message_id"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "endpoint_id", "message_id", name=op.f("pk_webhook_delivery")
        ),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        "ix_webhook_delivery_due",
        "webhook_delivery",
        ["association_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
        sqlite_where=sa.text("state = 'pending'"),
    )


def _attempts() -> None:
    op.create_table(
        "webhook_attempt",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("endpoint_id", sa.String(26), nullable=False),
        sa.Column("message_id", sa.String(26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(40), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("ended_at", kept.Instant(), nullable=False),
        sa.CheckConstraint(
            "(status IS NULL) = (error <> '')",
            name=op.f("ck_webhook_attempt_an_answer_or_a_reason"),
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_webhook_attempt_numbers_start_at_one")),
        sa.ForeignKeyConstraint(
            ["association_id", "message_id"],
            ["webhook_message.association_id", "webhook_message.message_id"],
            name=op.f("fk_webhook_attempt_association_id_message_id"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "endpoint_id", "message_id", "number", name=op.f("pk_webhook_attempt")
        ),
    )
    op.create_table(
        "webhook_replay",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("replay_id", sa.String(26), nullable=False),
        sa.Column("endpoint_id", sa.String(26), nullable=False),
        sa.Column("message_id", sa.String(26), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("asked_at", kept.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "message_id"],
            ["webhook_message.association_id", "webhook_message.message_id"],
            name=op.f("fk_webhook_replay_association_id_message_id"),
        ),
        sa.PrimaryKeyConstraint("association_id", "replay_id", name=op.f("pk_webhook_replay")),
    )


def downgrade() -> None:
    # The function that refuses changes stays: older facts' triggers call it.
    for name in (
        "webhook_replay",
        "webhook_attempt",
        "webhook_delivery",
        "webhook_message",
        "webhook_secret",
        "webhook_subscription",
        "webhook_endpoint",
        "webhook_endpoint_event",
    ):
        op.drop_table(name)
