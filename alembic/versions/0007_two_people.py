"""expand: proposals that two people decide, declared relations, and the counts behind quotas.

Claims that were filed before are worth nothing to a quota: what they could come to is not known.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

REVIEWED = sa.text("step IN ('first_approved', 'second_approved', 'rejected')")
FACTS = ("proposal", "proposal_event", "relation_event")


def upgrade() -> None:
    _proposals()
    _duties()
    with op.batch_alter_table("claim") as claim:
        claim.add_column(
            sa.Column("worth", kept.Whole, nullable=False, server_default=sa.text("0"))
        )
        claim.create_check_constraint(op.f("ck_claim_worth_is_no_debt"), "worth >= 0")
    op.create_index(
        "ix_claim_event_reviews",
        "claim_event",
        ["association_id", "recorded_at"],
        postgresql_where=REVIEWED,
        sqlite_where=REVIEWED,
    )
    for statement in protect(op.get_bind().dialect.name, FACTS):
        op.execute(statement)


def _proposals() -> None:
    op.create_table(
        "proposal",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("proposal_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("proposed_by", sa.String(120), nullable=False),
        sa.Column("proposed_at", kept.Instant(), nullable=False),
        sa.Column("until", kept.Instant(), nullable=False),
        sa.Column("measure", sa.String(40), nullable=True),
        sa.Column("points", kept.Whole, nullable=True),
        sa.Column("expires_at", kept.Instant(), nullable=True),
        sa.Column("activity_id", sa.String(26), nullable=True),
        sa.Column("transactions", kept.Document(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'grant') = (points IS NOT NULL)", name=op.f("ck_proposal_grants_say_how_much")
        ),
        sa.CheckConstraint("points IS NULL OR points > 0", name=op.f("ck_proposal_grants_give")),
        sa.CheckConstraint(
            "(kind = 'reverse') = (activity_id IS NOT NULL)",
            name=op.f("ck_proposal_reversals_say_of_what"),
        ),
        sa.PrimaryKeyConstraint("association_id", "proposal_id", name=op.f("pk_proposal")),
    )
    of_proposal = (
        ["association_id", "proposal_id"],
        ["proposal.association_id", "proposal.proposal_id"],
    )
    op.create_table(
        "proposal_event",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("proposal_id", sa.String(26), nullable=False),
        sa.Column("step", sa.String(10), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("proposed_by", sa.String(120), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("operation_id", sa.String(200), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            *of_proposal, name=op.f("fk_proposal_event_association_id_proposal_id")
        ),
        sa.CheckConstraint(
            "step IN ('approved', 'rejected', 'withdrawn')",
            name=op.f("ck_proposal_event_step_known"),
        ),
        sa.CheckConstraint(
            "(step = 'withdrawn') = (actor = proposed_by)",
            name=op.f("ck_proposal_event_two_people_decide"),
        ),
        sa.PrimaryKeyConstraint("association_id", "proposal_id", name=op.f("pk_proposal_event")),
    )
    op.create_table(
        "proposal_state",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("proposal_id", sa.String(26), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("until", kept.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            *of_proposal, name=op.f("fk_proposal_state_association_id_proposal_id")
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'rejected', 'withdrawn')",
            name=op.f("ck_proposal_state_state_known"),
        ),
        sa.PrimaryKeyConstraint("association_id", "proposal_id", name=op.f("pk_proposal_state")),
    )
    said = sa.text("state != ''")
    op.create_index(
        "ix_proposal_state_state",
        "proposal_state",
        ["association_id", "state", "proposal_id"],
        postgresql_where=said,
        sqlite_where=said,
    )


def _duties() -> None:
    op.create_table(
        "relation_event",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("staff", sa.String(120), nullable=False),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("version", kept.Whole, nullable=False),
        sa.Column("step", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_relation_event_versions_start_at_one")),
        sa.CheckConstraint(
            "step IN ('declared', 'withdrawn')", name=op.f("ck_relation_event_step_known")
        ),
        sa.CheckConstraint(
            "step <> 'withdrawn' OR actor <> staff",
            name=op.f("ck_relation_event_another_withdraws"),
        ),
        sa.PrimaryKeyConstraint(
            "association_id", "staff", "member_id", "version", name=op.f("pk_relation_event")
        ),
    )
    op.create_table(
        "relation",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("staff", sa.String(120), nullable=False),
        sa.Column("member_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("version", kept.Whole, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("association_id", "staff", "member_id", name=op.f("pk_relation")),
    )
    op.create_table(
        "quota_use",
        sa.Column("association_id", sa.String(40), nullable=False),
        sa.Column("holder", sa.String(160), nullable=False),
        sa.Column("quota", sa.String(20), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("used", kept.Whole, nullable=False),
        sa.CheckConstraint("used > 0", name=op.f("ck_quota_use_counts_something")),
        sa.PrimaryKeyConstraint("association_id", "holder", "quota", name=op.f("pk_quota_use")),
        postgresql_with={"fillfactor": 70},
    )


def downgrade() -> None:
    # The function that refuses changes stays: older facts' triggers call it.
    for name in ("proposal_state", "proposal_event", "proposal"):
        op.drop_table(name)
    for name in ("quota_use", "relation", "relation_event"):
        op.drop_table(name)
    op.drop_index("ix_claim_event_reviews", "claim_event")
    with op.batch_alter_table("claim") as claim:
        claim.drop_constraint(op.f("ck_claim_worth_is_no_debt"), type_="check")
        claim.drop_column("worth")
