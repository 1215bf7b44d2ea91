"""Take an activity's points back: new transactions that point at the old ones, never an edit.

What is left of the granted lots goes first, then other spendable points, and what remains is
explicit debt. Points that are held for a voucher stay: a voucher that was issued is honoured. The
room that the awards took under caps is given back.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from points.activities.errors import ClaimStateWrong
from points.activities.model import Claim, Step
from points.activities.outcomes import DeferralEnd, EffectKind, Ending
from points.engine import Decision, Flow
from points.flows.accounts import need_accounts
from points.kernel.amounts import Points
from points.kernel.errors import NotFound
from points.kernel.ids import (
    ActivityId,
    Actor,
    AssociationId,
    MemberId,
    OperationId,
    ProposalId,
    TransactionId,
)
from points.ledger.accounts import Grant
from points.ledger.books import Draft
from points.ledger.errors import AlreadyReversed
from points.ledger.model import Kind
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverse:
    """Reverse everything that an activity was granted.

    Attributes:
        transactions: The claim's transactions, as it was read.
        reason: A stable code: ``objection_upheld``, ``error``, ``falsified``.
        proposal_id: What two people decided it by; without, an objection was upheld.
        peers: Other members who got points for it, as the claim was read.
        superseded: Whether another activity takes its place; when that is scored, the member's
            others are scored again, and not before: they may hang on it.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    activity_id: ActivityId
    member_id: MemberId
    transactions: tuple[TransactionId, ...]
    reason: str
    proposal_id: ProposalId | None = None
    peers: tuple[MemberId, ...] = ()
    superseded: bool = False


def needs(command: Reverse, keys: Keys) -> None:
    """Lock the claim, the member and the accounts; load grants, lots and the caps' counts."""
    keys.activities.claims.add(command.activity_id)
    keys.activities.facts.add(command.activity_id)
    keys.activities.awards_of.add(command.activity_id)
    keys.activities.deferrals_of.add(command.activity_id)
    keys.activities.effects_of.add(command.member_id)
    keys.ledger.grants.update(command.transactions)
    for member in (command.member_id, *command.peers):
        keys.members.members.add(member)
        need_accounts(keys, member)


def decide(command: Reverse, on: WorkingSet) -> Decision:
    """Post one reversal a transaction, and give back the caps' room."""
    claim = on.docket.claim(command.activity_id)
    activity = on.docket.activity(command.activity_id)
    if claim is None or activity is None or claim.member_id != command.member_id:
        return NotFound(noun="claim", noun_zh="申报")
    if not claim.allows(Step.REVERSED) or not _as_read(command, claim):
        return ClaimStateWrong(state=str(claim.state))
    if on.books.reversed & set(command.transactions):
        return AlreadyReversed()
    reversals = []
    for root, grants in _awards(command, on):
        draft = Draft(
            books=on.books,
            ids=on.ids,
            kind=Kind.REVERSE,
            operation_id=command.operation_id,
            actor=command.actor,
            reason=command.reason,
            now=on.now,
            # It never counted: on the axis of effect it is gone from the day on which it began.
            effective_at=activity.occurred_at,
            reverses=root,
            origin={"activity": command.activity_id}
            | ({"proposal": command.proposal_id} if command.proposal_id else {}),
        )
        if sum(draft.take_back(grant) for grant in grants):
            reversals.append(draft.post().transaction_id)
    for award in on.docket.standing(command.activity_id):
        on.docket.take_back(award)
    _end_deferrals(command, on)
    _undo_effects(command, on)
    before = str(claim.state)
    on.docket.take(claim, Step.REVERSED, command.actor, on.now, reason=command.reason)
    # What it leaves room for is granted soon: the worker finds the member by this.
    mine = () if command.superseded else (command.member_id,)
    for member in (*mine, *command.peers):
        on.docket.mark(member, f"{command.activity_id}:{claim.version}", on.now)
    on.trail.note(
        "reverse",
        claim.activity_id,
        before={"state": before, "transactions": list(command.transactions)},
        after={"state": str(claim.state), "transactions": reversals},
        reason=command.reason,
        detail={"member_id": claim.member_id},
    )
    return {"state": str(claim.state), "transactions": reversals}


def _as_read(command: Reverse, claim: Claim) -> bool:
    same = set(claim.transactions) == set(command.transactions)
    return same and set(claim.peers) == set(command.peers)


def _end_deferrals(command: Reverse, on: WorkingSet) -> None:
    """What still waits for its window is never granted."""
    mine = [each for each in on.docket.deferrals.values() if _of(command, each.activity_id)]
    for waits in sorted(mine, key=lambda each: each.deferral_id):
        on.docket.end_deferral(
            DeferralEnd(
                deferral_id=waits.deferral_id,
                outcome=Ending.TAKEN_BACK,
                recorded_at=on.now,
                points=Points(0),
            )
        )


def _of(command: Reverse, activity: ActivityId) -> bool:
    return activity == command.activity_id


def _undo_effects(command: Reverse, on: WorkingSet) -> None:
    """Thaw whom the activity froze, unless another activity keeps them frozen.

    A veto needs nothing undone: a year that is closed asks which activities still stand.
    """
    standing = on.docket.effects.get(command.member_id, [])
    mine = [each for each in standing if _of(command, each.activity_id)]
    others = [each for each in standing if not _of(command, each.activity_id)]
    on.docket.effects[command.member_id] = others
    member = on.register.member(command.member_id)
    kept = {each.programme for each in others if each.kind is EffectKind.FREEZE}
    ended = {each.programme for each in mine if each.kind is EffectKind.FREEZE} - kept
    for programme in sorted(ended):
        enrolment = member.enrolments.get(programme) if member else None
        because = enrolment.frozen_because if enrolment else None
        # Staff may have thawed them, or frozen them for another reason, which stands.
        if member and because and (member.member_id, programme, because) in on.docket.froze:
            on.register.thaw(member, programme, command.actor, on.now, command.reason, THAW_NOTICE)


THAW_NOTICE = (
    "冻结所依据的活动已撤销，积分恢复使用。 / "
    "What your points were frozen for was taken back; they can be spent again."
)


def _awards(command: Reverse, on: WorkingSet) -> Iterator[tuple[TransactionId, list[Grant]]]:
    """Yield the activity's awards: the first transaction of each, and all that it granted."""
    mine = set(command.transactions)
    for root, grants in on.books.granted.items():
        if root in mine:
            yield root, grants


FLOW = Flow("reverse", needs, decide)
