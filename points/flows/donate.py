"""Give points to a programme's hardship fund: the donor's own wish, within the rules."""

from dataclasses import dataclass

from points.benefits.errors import DonationLimit, DonationsClosed
from points.benefits.model import EntryKind, HardshipEntry
from points.engine import Decision, Flow
from points.flows.casework import NO_MEMBER
from points.flows.context import context
from points.kernel.amounts import Points
from points.kernel.errors import Refusal
from points.kernel.ids import AccountId, Actor, AssociationId, MemberId, OperationId
from points.ledger.books import Draft
from points.ledger.errors import InsufficientPoints, NoAccount
from points.ledger.model import Kind, account_id
from points.members.errors import Frozen
from points.rules import DonationPolicy
from points.unit_of_work import Keys, WorkingSet

REASON = "donation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Donate:
    """Give some of one's points away; nobody else gives them, and nobody takes them back alone.

    Attributes:
        programme: Whose wallet they come from, and whose fund they go to.
        named: Whether the donor wants to be named; without the rules' leave nobody is.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    programme: str
    points: Points
    named: bool = False

    @property
    def wallet(self) -> AccountId:
        """The account that gives."""
        return account_id(self.member_id, f"{self.programme}.wallet")


def needs(command: Donate, keys: Keys) -> None:
    """Lock the member, whose month it is, then the wallet and the fund."""
    keys.members.members.add(command.member_id)
    keys.ledger.accounts.add(command.wallet)
    keys.ledger.lots_of.add(command.wallet)
    keys.hardship.members.add(command.member_id)
    keys.hardship.funds.add(command.programme)


def decide(command: Donate, on: WorkingSet) -> Decision:
    """Move the points into the fund, those that expire first before the others."""
    policy = context(on).benefits.donations.get(command.programme)
    if policy is None:
        return DonationsClosed()
    if refusal := _against_member(command, on) or _beyond(command, policy, on):
        return refusal
    draft = Draft(
        books=on.books,
        ids=on.ids,
        kind=Kind.DONATE,
        operation_id=command.operation_id,
        actor=command.actor,
        reason=REASON,
        now=on.now,
    )
    donation = draft.donate(command.wallet, command.points)
    transaction_id = draft.post().transaction_id
    on.hardship.take(
        HardshipEntry(
            entry_id=donation,
            programme=command.programme,
            kind=EntryKind.DONATED,
            member_id=command.member_id,
            points=command.points,
            transaction_id=transaction_id,
            operation_id=command.operation_id,
            actor=command.actor,
            recorded_at=on.now,
            named=command.named and policy.named,
        )
    )
    return {
        "donation_id": donation,
        "transaction_id": transaction_id,
        "programme": command.programme,
        "points": int(command.points),
    }


def _against_member(command: Donate, on: WorkingSet) -> Refusal | None:
    member = on.register.member(command.member_id)
    if member is None or member.erased_at is not None:
        return NO_MEMBER
    if not member.enrolled(command.programme):
        return NoAccount()
    return Frozen() if member.frozen(command.programme) else None


def _beyond(command: Donate, policy: DonationPolicy, on: WorkingSet) -> Refusal | None:
    left = left_this_month(on, command.member_id, command.programme, policy)
    if not policy.least <= command.points <= min(policy.most, left):
        return DonationLimit(least=policy.least, most=policy.most, left=left)
    account = on.books.account(command.wallet)
    if account is None:
        return NoAccount()
    available = account.spendable_points(on.now)
    if command.points > available:
        return InsufficientPoints(asked=command.points, available=available)
    return None


def left_this_month(
    on: WorkingSet, member: MemberId, programme: str, policy: DonationPolicy
) -> int:
    """Return how many points a member may still give this month; what went back counts too."""
    month = context(on).benefits.month
    given = on.hardship.within(member, programme, (EntryKind.DONATED,), month(on.now), month)
    return max(policy.per_month - given, 0)


FLOW = Flow("donate", needs, decide)
"""No person of staff gives a member's points away: only the member's own command is routed."""
