"""Facts and projections of activities as rows, in both directions."""

from typing import Any

from points.activities.model import Activity, Award, Claim, ClaimEvent, State, Use
from points.kernel.amounts import Points
from points.kernel.ids import ActivityId, Actor, MemberId, TransactionId

ACTIVITY = (
    "association_id",
    *("activity_id", "source", "external_id", "type", "member_id", "occurred_at", "ends_at"),
    *("received_at", "recorded_at", "fields", "member", "body_hash", "batch_id", "filed_by"),
    *("slot", "day_kind", "proved", "supersedes", "said_by", "first"),
    "counts_from",
)
EVENT = (
    "association_id",
    *("activity_id", "version", "step", "actor", "reason", "detail", "recorded_at"),
)
CLAIM = (
    "association_id",
    *("activity_id", "version", "state", "member_id", "type", "filed_by", "occurred_at"),
    *("branch", "grid", "reviewers", "second_needed", "flags", "worth", "batch_id"),
    *("first_reviewer", "second_reviewer", "publicity_until", "publicity_batch", "days_left"),
    *("objected_by", "transactions", "peers"),
)
AWARD = (
    "association_id",
    *("activity_id", "calculation", "rule_id", "measure", "member_id", "occurred_at", "points"),
    *("forgone", "programme", "ruleset_version", "ruleset_sha256", "expires_at"),
    *("transaction_id", "uses", "trace", "lapsed"),
)


def activity_row(x: Activity) -> tuple[Any, ...]:
    """Return the row of an activity, without its slot, without the association."""
    return (
        *(x.activity_id, x.source, x.external_id, x.type, x.member_id, x.occurred_at, x.ends_at),
        *(x.received_at, x.recorded_at, dict(x.fields), dict(x.member), x.body_hash, x.batch_id),
        x.filed_by,
    )


def event_row(x: ClaimEvent, detail: dict[str, Any]) -> tuple[Any, ...]:
    """Return the row of a step with its detail as it is kept, without the association."""
    return (
        *(x.activity_id, x.version, x.step.value, x.actor, x.reason, detail),
        x.recorded_at,
    )


def claim_row(x: Claim) -> tuple[Any, ...]:
    """Return the row of a claim, without the association."""
    state = x.state.value if x.state is not None else ""
    return (
        *(x.activity_id, x.version, state, x.member_id, x.type, x.filed_by, x.occurred_at),
        *(x.branch, x.grid, list(x.reviewers), x.second_needed, list(x.flags), x.worth),
        x.batch_id,
        *(x.first_reviewer, x.second_reviewer, x.publicity_until, x.publicity_batch, x.days_left),
        *(x.objected_by, list(x.transactions), list(x.peers)),
    )


def award_row(x: Award) -> tuple[Any, ...]:
    """Return the row of an award, without the association."""
    return (
        *(x.activity_id, x.calculation, x.rule_id, x.measure, x.member_id, x.occurred_at),
        *(x.points, x.forgone, x.programme, x.ruleset_version, x.ruleset_sha256, x.expires_at),
        *(x.transaction_id, [list(use) for use in x.uses], x.trace if x.trace is not None else {}),
        x.lapsed,
    )


def activity_of(row: Any) -> Activity:  # noqa: ANN401 - a row mapping
    """Return the activity that a row holds."""
    return Activity(
        activity_id=ActivityId(row["activity_id"]),
        source=row["source"],
        external_id=row["external_id"],
        type=row["type"],
        member_id=MemberId(row["member_id"]),
        occurred_at=row["occurred_at"],
        ends_at=row["ends_at"],
        received_at=row["received_at"],
        recorded_at=row["recorded_at"],
        fields=row["fields"],
        member=row["member"],
        body_hash=row["body_hash"],
        batch_id=row["batch_id"],
        filed_by=Actor(row["filed_by"]),
        day_kind=row["day_kind"],
        proved=row["proved"],
        supersedes=ActivityId(row["supersedes"]) if row["supersedes"] else None,
        said_by=row["said_by"],
        first=ActivityId(row["first"]) if row["first"] else None,
        counts_from=row["counts_from"],
    )


def claim_of(row: Any) -> Claim:  # noqa: ANN401 - a row mapping
    """Return the claim that a row holds."""
    return Claim(
        activity_id=ActivityId(row["activity_id"]),
        version=row["version"],
        state=State(row["state"]),
        member_id=MemberId(row["member_id"]),
        type=row["type"],
        filed_by=Actor(row["filed_by"]),
        occurred_at=row["occurred_at"],
        branch=row["branch"],
        grid=row["grid"],
        reviewers=tuple(row["reviewers"]),
        second_needed=row["second_needed"],
        flags=tuple(row["flags"]),
        worth=row["worth"],
        batch_id=row["batch_id"],
        first_reviewer=row["first_reviewer"],
        second_reviewer=row["second_reviewer"],
        publicity_until=row["publicity_until"],
        publicity_batch=row["publicity_batch"],
        days_left=row["days_left"],
        objected_by=row["objected_by"],
        transactions=tuple(TransactionId(each) for each in row["transactions"]),
        peers=tuple(MemberId(each) for each in row["peers"]),
    )


def award_of(row: Any) -> Award:  # noqa: ANN401 - a row mapping
    """Return the award that a row holds."""
    return Award(
        activity_id=ActivityId(row["activity_id"]),
        calculation=row["calculation"],
        rule_id=row["rule_id"],
        measure=row["measure"],
        member_id=MemberId(row["member_id"]),
        occurred_at=row["occurred_at"],
        points=Points(row["points"]),
        forgone=Points(row["forgone"]),
        programme=row["programme"],
        ruleset_version=row["ruleset_version"],
        ruleset_sha256=row["ruleset_sha256"],
        expires_at=row["expires_at"],
        transaction_id=row["transaction_id"],
        uses=tuple(Use(*each) for each in row["uses"]),
        trace=row["trace"],
        lapsed=Points(row["lapsed"]),
    )
