"""Grant points outside the rules: an adjustment or a hardship grant, with its reason."""

from dataclasses import dataclass
from datetime import datetime

from points.engine import Decision, Flow
from points.flows.casework import refuse_gone
from points.flows.relief import (
    expiry_of_relief,
    is_relief,
    kind_of_relief,
    need_relief,
    refuse_relief,
    take_relief,
)
from points.kernel.amounts import Points
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId, ProposalId
from points.ledger.books import Draft
from points.ledger.errors import NoAccount, NothingToDo
from points.ledger.model import Kind, Measure, account_id
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Give a member points.

    Attributes:
        points: Above zero.
        expires_at: The first instant at which they can no longer be spent; None for never.
        reason: A stable code, as ``hardship_grant``; never personal.
        proposal_id: What two people decided it by; no channel grants without.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    measure: Measure
    points: Points
    reason: str
    expires_at: datetime | None = None
    proposal_id: ProposalId | None = None


def needs(command: Grant, keys: Keys) -> None:
    """Lock the account, whose lots stay unread; of a hardship grant, what limits it."""
    keys.ledger.accounts.add(account_id(command.member_id, command.measure))
    if command.proposal_id is not None:
        keys.members.members.add(command.member_id)
    if is_relief(command.reason, command.measure):
        need_relief(keys, command.member_id, command.measure.programme)


def decide(command: Grant, on: WorkingSet) -> Decision:
    """Post one grant."""
    account = account_id(command.member_id, command.measure)
    if on.books.account(account) is None:
        return NoAccount()
    # Of what was proposed: days may have passed since.
    if command.proposal_id is not None and (
        refusal := refuse_gone(on, command.member_id, command.measure.programme)
    ):
        return refusal
    if command.points <= 0:
        return NothingToDo()
    programme, points = command.measure.programme, int(command.points)
    relief, expires_at = is_relief(command.reason, command.measure), command.expires_at
    if relief:
        if refusal := refuse_relief(on, command.member_id, programme, points):
            return refusal
        expires_at = expiry_of_relief(on, programme, expires_at)
    draft = Draft(
        books=on.books,
        ids=on.ids,
        kind=kind_of_relief(on, programme) if relief else Kind.GRANT,
        operation_id=command.operation_id,
        actor=command.actor,
        reason=command.reason,
        now=on.now,
        origin={"proposal": command.proposal_id} if command.proposal_id else {},
    )
    draft.grant(account, command.points, expires_at=expires_at)
    transaction_id = draft.post().transaction_id
    if relief:
        take_relief(
            on,
            member=command.member_id,
            programme=programme,
            points=points,
            transaction=transaction_id,
            operation=command.operation_id,
            actor=command.actor,
            proposal=command.proposal_id,
        )
    on.trail.note(
        "grant",
        command.member_id,
        after={
            "measure": str(command.measure),
            "points": command.points,
            "expires_at": expires_at,
        },
        reason=command.reason,
        detail={"transaction_id": transaction_id},
    )
    return {"transaction_id": transaction_id}


FLOW = Flow("grant", needs, decide)
