"""The activities' tables: facts that are only appended, and projections that can be rebuilt."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    Text,
    text,
)

from points.db.base import FORGETS, tenant_index, tenant_table
from points.db.types import Document, Instant, Whole

activity = tenant_table(
    "activity",
    Column("activity_id", String(26), primary_key=True),
    Column("source", String(40), nullable=False),
    Column("external_id", String(200), nullable=False),
    Column("type", String(60), nullable=False),
    Column("member_id", String(26), nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("ends_at", Instant),
    Column("received_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("fields", Document, nullable=False),
    Column("member", Document, nullable=False),
    Column("body_hash", String(64), nullable=False),
    Column("batch_id", String(60)),
    Column("filed_by", String(120), nullable=False),
    Column("slot", String(110)),
    Column("day_kind", String(8)),
    Column("proved", Boolean),
    Column("supersedes", String(26)),
    Column("said_by", String(40)),
    Column("first", String(26)),
    Column("counts_from", Instant),
    CheckConstraint("ends_at IS NULL OR ends_at >= occurred_at", name="ends_after_it_began"),
    CheckConstraint(
        "(supersedes IS NULL) = (said_by IS NULL) AND (supersedes IS NULL) = (first IS NULL)"
        " AND (supersedes IS NULL) = (counts_from IS NULL)",
        name="corrections_say_of_what",
    ),
    append_only=True,
)
# Partial with a predicate that always holds: foreign key checks could otherwise be planned over
# these indexes, which begin with the association as well, and read all of it for every row.
HAS_EXTERNAL = activity.c.external_id != ""
Index(
    "uq_activity_external",
    activity.c.association_id,
    activity.c.source,
    activity.c.external_id,
    unique=True,
    postgresql_where=HAS_EXTERNAL,
    sqlite_where=HAS_EXTERNAL,
)
HAS_MEMBER = activity.c.member_id != ""
Index(
    "ix_activity_member",
    activity.c.association_id,
    activity.c.member_id,
    activity.c.type,
    activity.c.occurred_at,
    postgresql_where=HAS_MEMBER,
    sqlite_where=HAS_MEMBER,
)
Index(
    "ix_activity_slot",
    activity.c.association_id,
    activity.c.slot,
    postgresql_where=activity.c.slot.is_not(None),
    sqlite_where=activity.c.slot.is_not(None),
)

# An activity has one successor at most, whatever a lock might miss.
Index(
    "uq_activity_supersedes",
    activity.c.association_id,
    activity.c.supersedes,
    unique=True,
    postgresql_where=activity.c.supersedes.is_not(None),
    sqlite_where=activity.c.supersedes.is_not(None),
)

_OF_ACTIVITY = (
    ["association_id", "activity_id"],
    ["activity.association_id", "activity.activity_id"],
)

claim_event = tenant_table(
    "claim_event",
    Column("activity_id", String(26), primary_key=True),
    Column("version", Whole, primary_key=True),
    Column("step", String(20), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("detail", Document, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_ACTIVITY),
    CheckConstraint("version > 0", name="versions_start_at_one"),
    append_only=True,
)

# What people wrote for a reviewer, and fields that may tell who somebody is: sealed with the
# member's key. Ordinary, so that it can be destroyed alone, when nobody needs it any more, or with
# the person. Its hash stands in the claim's first event, so that it cannot be exchanged.
evidence = tenant_table(
    "evidence",
    Column("activity_id", String(26), primary_key=True),
    Column("member_id", String(26), nullable=False),
    Column("sealed", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    ForeignKeyConstraint(*_OF_ACTIVITY),
    postgresql_with=FORGETS,
    deletable=True,
    secret=True,
)
tenant_index("ix_evidence_member", evidence.c.member_id, evidence.c.activity_id)

REVIEWED = text("claim_event.step IN ('first_approved', 'second_approved', 'rejected')")
Index(
    "ix_claim_event_reviews",
    claim_event.c.association_id,
    claim_event.c.recorded_at,
    postgresql_where=text("step IN ('first_approved', 'second_approved', 'rejected')"),
    sqlite_where=text("step IN ('first_approved', 'second_approved', 'rejected')"),
)

claim = tenant_table(
    "claim",
    Column("activity_id", String(26), primary_key=True),
    Column("version", Whole, nullable=False),
    Column("state", String(20), nullable=False),
    Column("member_id", String(26), nullable=False),
    Column("type", String(60), nullable=False),
    Column("filed_by", String(120), nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("branch", String(120)),
    Column("grid", String(120)),
    Column("reviewers", Document, nullable=False),
    Column("second_needed", Boolean, nullable=False),
    Column("flags", Document, nullable=False),
    Column("worth", Whole, nullable=False, server_default=text("0")),
    Column("batch_id", String(60)),
    Column("first_reviewer", String(120)),
    Column("second_reviewer", String(120)),
    Column("publicity_until", Instant),
    Column("publicity_batch", String(60)),
    Column("days_left", SmallInteger),
    Column("objected_by", String(120)),
    Column("transactions", Document, nullable=False),
    Column("peers", Document, nullable=False, server_default=text("'[]'")),
    ForeignKeyConstraint(*_OF_ACTIVITY),
    CheckConstraint(
        "state <> 'publicity' OR publicity_until IS NOT NULL", name="publicity_has_an_end"
    ),
    CheckConstraint(
        "second_reviewer IS NULL OR second_reviewer <> first_reviewer", name="two_people_review"
    ),
    CheckConstraint("worth >= 0", name="worth_is_no_debt"),
    postgresql_with={"fillfactor": 80},
)
tenant_index("ix_claim_state", claim.c.state, claim.c.activity_id)
tenant_index("ix_claim_member", claim.c.member_id, claim.c.activity_id)
Index(
    "ix_claim_batch",
    claim.c.association_id,
    claim.c.batch_id,
    claim.c.activity_id,
    postgresql_where=claim.c.batch_id.is_not(None),
    sqlite_where=claim.c.batch_id.is_not(None),
)
IN_PUBLICITY = text("claim.state = 'publicity'")
Index(
    "ix_claim_due",
    claim.c.association_id,
    claim.c.publicity_until,
    claim.c.activity_id,
    postgresql_where=text("state = 'publicity'"),
    sqlite_where=text("state = 'publicity'"),
)

award = tenant_table(
    "award",
    Column("activity_id", String(26), primary_key=True),
    Column("calculation", SmallInteger, primary_key=True),
    Column("rule_id", String(40), primary_key=True),
    Column("measure", String(40), primary_key=True),
    Column("member_id", String(26), nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("points", Whole, nullable=False),
    Column("forgone", Whole, nullable=False),
    Column("lapsed", Whole, nullable=False, server_default=text("0")),
    Column("programme", String(20), nullable=False),
    Column("ruleset_version", Whole, nullable=False),
    Column("ruleset_sha256", String(64), nullable=False),
    Column("expires_at", Instant),
    Column("transaction_id", String(26)),
    Column("uses", Document, nullable=False),
    Column("trace", Document, nullable=False),
    ForeignKeyConstraint(*_OF_ACTIVITY),
    CheckConstraint("points >= 0 AND forgone >= 0", name="rules_grant"),
    CheckConstraint("lapsed >= 0", name="lapsed_counts_up"),
    append_only=True,
)
tenant_index("ix_award_member_rule", award.c.member_id, award.c.rule_id, award.c.occurred_at)
tenant_index("ix_award_transaction", award.c.transaction_id)

cap_usage = tenant_table(
    "cap_usage",
    Column("member_id", String(26), primary_key=True),
    Column("measure", String(40), primary_key=True),
    Column("cap", String(80), primary_key=True),
    Column("window_key", String(120), primary_key=True),
    Column("points", Whole, nullable=False),
    Column("times", Whole, nullable=False),
    # One column to look up many keys by: lists for four columns at once would be tried in every
    # combination, which is a thousand times too many for a batch.
    Column(
        "use_key",
        String(280),
        Computed("member_id || '|' || cap || '|' || measure || '|' || window_key", persisted=True),
    ),
    CheckConstraint("points >= 0 AND times >= 0", name="never_below_zero"),
    postgresql_with={"fillfactor": 70},
    deletable=True,
)
tenant_index("ix_cap_usage_key", cap_usage.c.use_key)

# Members whose activities are to be scored again, because one of them no longer counts. Written in
# the transaction that took it back, and gone when it is done.
rescoring = tenant_table(
    "rescoring",
    Column("member_id", String(26), primary_key=True),
    Column("cause", String(80), nullable=False),
    Column("marked_at", Instant, nullable=False),
    deletable=True,
)

# An association's own calendar entries; they come before those that the product ships.
holiday = tenant_table(
    "holiday",
    Column("day", String(10), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("title", String(80), nullable=False),
    CheckConstraint("kind IN ('off', 'work', 'plain')", name="known_kind"),
)
