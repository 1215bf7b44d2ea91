"""Put the right activity in the place of one that was reported wrongly.

The wrong one is taken back, and the right one is recorded and approved, in one transaction. It is
about the same deed of the same member: what the member was then, who said so and under which number
stay as they were, so that rules see it as they would have seen it at once. The worker scores it,
and fills the room that is left.
"""

from dataclasses import dataclass
from datetime import datetime

from points.activities.errors import ActivityInvalid, ClaimStateWrong
from points.activities.model import Activity, Step
from points.engine import Decision, Flow
from points.flows import reverse
from points.flows.casework import NO_CLAIM
from points.flows.context import context
from points.flows.filing import Checked, Filing, TakenBefore, check, file, filing_needs
from points.flows.reverse import Reverse
from points.kernel.canonical import plain
from points.kernel.ensure import ensure
from points.kernel.errors import Refusal
from points.kernel.ids import (
    ActivityId,
    Actor,
    AssociationId,
    MemberId,
    OperationId,
    ProposalId,
    TransactionId,
)
from points.proposals.model import Replacement
from points.rules.activity_types import FieldFault
from points.unit_of_work import Keys, WorkingSet

REASON = "corrected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supersede:
    """Take an activity back and record what it should have said.

    Attributes:
        actor: Who approved it.
        proposed_by: Who says what is right; they count as having filed it.
        transactions: The claim's transactions, as it was read.
        peers: Other members who got points for it, as the claim was read.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    proposed_by: Actor
    proposal_id: ProposalId
    activity_id: ActivityId
    member_id: MemberId
    replacement: Replacement
    transactions: tuple[TransactionId, ...]
    peers: tuple[MemberId, ...] = ()


def needs(command: Supersede, keys: Keys) -> None:
    """Lock what a reversal locks, and load what may stand in the way of the right one."""
    reverse.needs(_reversal(command), keys)
    keys.activities.scored_at.add(command.activity_id)
    replacement_needs(command.replacement, command.member_id, command.proposed_by, keys)


def decide(command: Supersede, on: WorkingSet) -> Decision:
    """Reverse the one and record the other, or neither."""
    before = on.docket.activity(command.activity_id)
    claim = on.docket.claim(command.activity_id)
    if before is None or claim is None or before.member_id != command.member_id:
        return NO_CLAIM
    if not claim.allows(Step.REVERSED):
        return ClaimStateWrong(state=str(claim.state))
    found = check_replacement(before, command.replacement, command.proposed_by, on)
    if isinstance(found, Refusal):
        return found
    reversed_ = reverse.FLOW.decide(_reversal(command), on)
    if isinstance(reversed_, Refusal):
        return reversed_
    made = file(found, on)
    after = on.docket.claims[ActivityId(made["activity_id"])]
    # Whoever may see the one sees the other; who approved it has had a hand in it.
    after.branch, after.grid, after.first_reviewer = claim.branch, claim.grid, command.actor
    on.trail.note(
        "supersede",
        command.activity_id,
        before=_noted(before),
        after=_noted(on.docket.activities[after.activity_id]) | {"activity_id": after.activity_id},
        reason=REASON,
        detail={"member_id": command.member_id, "proposal_id": command.proposal_id},
    )
    return {
        "activity_id": after.activity_id,
        "state": str(after.state),
        "transactions": reversed_["transactions"],
    }


def replacement_needs(right: Replacement, member: MemberId, by: Actor, keys: Keys) -> None:
    """Load what may stand in the way of an activity as it should have been."""
    filing_needs(_filing(right, member, by), keys)


def check_replacement(
    before: Activity, right: Replacement, by: Actor, on: WorkingSet
) -> Checked | Refusal:
    """Return what takes an activity's place, or why it cannot; touches nothing."""
    kind = context(on).types.types.get(right.type)
    if kind is not None and (named := kind.personal.intersection(right.fields)):
        return ActivityInvalid(
            count=len(named), faults=[plain(_personal(name)) for name in sorted(named)]
        )
    scored_at = on.docket.scored_at.get(before.activity_id)
    found = check(_filing(right, before.member_id, by, before, scored_at), on)
    ensure(not isinstance(found, TakenBefore), "an activity has one successor at most")
    return found  # type: ignore[return-value]  # ensured above


def _personal(name: str) -> FieldFault:
    return FieldFault(
        code="personal",
        pointer=f"/{name}",
        zh="可识别个人的内容不在更正中填写，仍随原记录保存",
        en="what may tell who somebody is stays with the record it came with",
    )


def _filing(
    right: Replacement,
    member: MemberId,
    by: Actor,
    before: Activity | None = None,
    scored_at: datetime | None = None,
) -> Filing:
    """Return the right activity as a filing, under the number of the one before it."""
    return Filing(
        actor=by,
        source=f"correction:{before.activity_id}" if before else REASON,
        external_id=before.external_id if before else "",
        type=right.type,
        member_id=member,
        occurred_at=right.occurred_at,
        ended_at=right.ended_at,
        received_at=before.received_at if before else None,
        fields=right.fields,
        trusted=before is not None and before.proved is not False,
        detail={"supersedes": before.activity_id} if before else {},
        corrects=before,
        counts_from=(before.counts_from or scored_at) if before else None,
    )


def _reversal(command: Supersede) -> Reverse:
    return Reverse(
        association_id=command.association_id,
        operation_id=command.operation_id,
        actor=command.actor,
        activity_id=command.activity_id,
        member_id=command.member_id,
        transactions=command.transactions,
        peers=command.peers,
        reason=REASON,
        proposal_id=command.proposal_id,
        superseded=True,
    )


def _noted(activity: Activity) -> dict[str, object]:
    return {
        "type": activity.type,
        "occurred_at": activity.occurred_at,
        "ends_at": activity.ends_at,
        "fields": dict(activity.fields),
    }


FLOW = Flow("supersede", needs, decide)
