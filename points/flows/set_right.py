"""Propose that an activity was reported wrongly, and what it should have said.

An activity never changes, so it travels in the command. What is proposed is checked as any filing
is, before anybody is asked to decide it, and once more when it is carried out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from points.activities.errors import ClaimStateWrong
from points.activities.model import Activity, Step
from points.corrections.errors import CorrectionChangesNothing
from points.engine import Decision, Flow
from points.flows.casework import NO_CLAIM, need_relations, refuse_involved
from points.flows.filing import Checked
from points.flows.propose import open_proposal, refuse_words, until
from points.flows.supersede import check_replacement, replacement_needs
from points.kernel.canonical import plain
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId, ProposalId
from points.proposals.model import Kind, Proposal, Replacement
from points.rules.activity_types import ActivityType
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeCorrection:
    """Propose what an activity should have said.

    Attributes:
        activity: The fact that is wrong.
        replacement: The whole of it as it should be.
        reason: A stable code: ``misrecorded`` or ``misreported``.
        note: Why, in words; kept for ever.
        person: The member that the one who proposes also is, if any.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    activity: Activity
    replacement: Replacement
    reason: str
    note: str
    person: MemberId | None = None


def said_right(
    activity: Activity,
    fields: Mapping[str, Any],
    *,
    type: str | None = None,  # noqa: A002 - as everybody calls it
    occurred_at: datetime | None = None,
    ended_at: datetime | None = None,
) -> Replacement:
    """Return an activity with some of it said otherwise.

    Args:
        activity: What was reported.
        fields: Those that are otherwise; None leaves a field out. Of another type, all of them.
        type: What kind it was, if another.
        occurred_at: When it began, if otherwise.
        ended_at: When it ended; else as long after it began as was reported, or as the hours say.
    """
    kept = activity.fields if type in (None, activity.type) else {}
    right = {name: value for name, value in {**kept, **fields}.items() if value is not None}
    begins = (occurred_at or activity.occurred_at).astimezone(UTC)
    return Replacement(
        type=type or activity.type,
        occurred_at=begins,
        ended_at=ended_at.astimezone(UTC) if ended_at else _ends(activity, begins, right),
        fields=right,
    )


def read_field(kind: ActivityType | None, name: str, text: str) -> Any:  # noqa: ANN401 - as typed
    """Return what somebody typed as a field's value; nothing typed leaves the field out."""
    spec = kind.fields.get(name) if kind else None
    if not text:
        return None
    if spec is not None and spec.kind == "boolean":
        return _YES_OR_NO.get(text.lower(), text)
    if spec is not None and spec.kind == "list":
        return [each.strip() for each in text.split(",")]
    return text


_YES_OR_NO = {"true": True, "yes": True, "是": True, "false": False, "no": False, "否": False}


def _ends(activity: Activity, begins: datetime, right: Mapping[str, Any]) -> datetime | None:
    if activity.ends_at is None:
        return None
    lasts, hours = activity.ends_at - activity.occurred_at, activity.fields.get("hours")
    followed = hours is not None and lasts == timedelta(seconds=int(Decimal(str(hours)) * 3600))
    # What followed from the hours follows from the right ones.
    return None if followed or hours != right.get("hours") else begins + lasts


def needs(command: ProposeCorrection, keys: Keys) -> None:
    """Look at the claim, and at what may stand in the way of the right activity."""
    activity = command.activity
    keys.activities.claims.add(activity.activity_id)
    keys.activities.facts.add(activity.activity_id)
    replacement_needs(command.replacement, activity.member_id, command.actor, keys)
    need_relations(keys, command.actor)


def decide(command: ProposeCorrection, on: WorkingSet) -> Decision:
    """Put the correction before another person, with the transactions as they stand."""
    activity = command.activity
    claim = on.docket.claim(activity.activity_id)
    if claim is None or on.docket.activity(activity.activity_id) != activity:
        return NO_CLAIM
    if refusal := refuse_involved(on, command.actor, command.person, claim.member_id):
        return refusal
    if not claim.allows(Step.REVERSED):
        return ClaimStateWrong(state=str(claim.state))
    if refusal := refuse_words(Kind.CORRECT, command.reason, command.note):
        return refusal
    found = check_replacement(activity, command.replacement, command.actor, on)
    if isinstance(found, Refusal):
        return found
    if _same(found, activity):
        return CorrectionChangesNothing()
    return open_proposal(
        Proposal(
            proposal_id=ProposalId(on.ids.next()),
            kind=Kind.CORRECT,
            member_id=claim.member_id,
            reason=command.reason,
            note=command.note.strip(),
            proposed_by=command.actor,
            proposed_at=on.now,
            until=until(on),
            activity_id=claim.activity_id,
            transactions=claim.transactions,
            peers=claim.peers,
            replacement=Replacement(
                type=command.replacement.type,
                occurred_at=command.replacement.occurred_at,
                ended_at=command.replacement.ended_at,
                fields=plain(found.fields),
            ),
        ),
        on,
    )


def _same(found: Checked, activity: Activity) -> bool:
    mine = (found.filing.type, found.filing.occurred_at, found.ends_at, plain(found.fields))
    return mine == (activity.type, activity.occurred_at, activity.ends_at, activity.fields)


FLOW = Flow("propose_correction_of", needs, decide)
