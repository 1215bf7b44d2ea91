"""Let an activity's pending points become available once its publicity is over."""

from dataclasses import dataclass

from points.activities.errors import ClaimStateWrong
from points.activities.model import Claim, Step
from points.engine import Decision, Flow
from points.flows.accounts import need_accounts, opened_accounts
from points.kernel.errors import NotFound
from points.kernel.ids import ActivityId, Actor, AssociationId, MemberId, OperationId
from points.ledger.books import Draft
from points.ledger.model import Kind
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Mature:
    """End one activity's publicity.

    Attributes:
        peers: Other members who got points for it, as the claim was read.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    activity_id: ActivityId
    member_id: MemberId
    peers: tuple[MemberId, ...] = ()


def needs(command: Mature, keys: Keys) -> None:
    """Lock the claim and the member's accounts, with their lots."""
    keys.activities.claims.add(command.activity_id)
    for member in (command.member_id, *command.peers):
        need_accounts(keys, member)


def decide(command: Mature, on: WorkingSet) -> Decision:
    """Move what the activity's transactions granted from pending to available."""
    claim = on.docket.claim(command.activity_id)
    if claim is None or claim.member_id != command.member_id:
        return NotFound(noun="claim", noun_zh="申报")
    over = claim.publicity_until is not None and claim.publicity_until <= on.now
    if not (over and claim.allows(Step.MATURED)) or set(claim.peers) != set(command.peers):
        return ClaimStateWrong(state=str(claim.state))
    # A transaction moves one member's points: each peer's are a transaction of their own.
    points = sum(_mature(command, claim, member, on) for member in (claim.member_id, *claim.peers))
    on.docket.take(claim, Step.MATURED, command.actor, on.now)
    return {"state": str(claim.state), "points": points}


def _mature(command: Mature, claim: Claim, member: MemberId, on: WorkingSet) -> int:
    draft = Draft(
        books=on.books,
        ids=on.ids,
        kind=Kind.MATURE,
        operation_id=command.operation_id,
        actor=command.actor,
        reason="publicity_over",
        now=on.now,
        origin={"activity": command.activity_id},
    )
    points = 0
    for account in opened_accounts(on, member):
        lots = [
            lot
            for lot in account.open_lots().values()
            if lot.transaction_id in claim.transactions and lot.pending
        ]
        points += sum(lot.pending for lot in lots)
        draft.mature(account.account_id, lots)
    if points:
        draft.post()
    return points


FLOW = Flow("mature", needs, decide)
