"""Give a donation back whole, as two people decided; only while the fund still has the points."""

from dataclasses import dataclass

from points.benefits.errors import DonationReturned, FundShort
from points.benefits.model import EntryKind, HardshipEntry
from points.engine import Decision, Flow
from points.flows.casework import NO_MEMBER
from points.flows.context import context
from points.kernel.errors import NotFound
from points.kernel.ids import (
    AccountId,
    Actor,
    AssociationId,
    HoldId,
    MemberId,
    OperationId,
    ProposalId,
)
from points.ledger.books import Draft
from points.ledger.model import Kind, account_id
from points.unit_of_work import Keys, WorkingSet

NO_DONATION = NotFound(noun="donation", noun_zh="捐赠")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnDonation:
    """Give the points back to the lots that they came from, with those lots' own expiry.

    Attributes:
        donation_id: Which; it is the hold that pins them.
        member_id: Whose it was.
        programme: Whose fund gives them back.
        reason: A stable code.
        proposal_id: What two people decided it by.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    donation_id: str
    member_id: MemberId
    programme: str
    reason: str
    proposal_id: ProposalId | None = None

    @property
    def wallet(self) -> AccountId:
        """The account that gave."""
        return account_id(self.member_id, f"{self.programme}.wallet")


def needs(command: ReturnDonation, keys: Keys) -> None:
    """Lock the member, the wallet and the fund; load the lots that the donation pins."""
    keys.members.members.add(command.member_id)
    keys.ledger.accounts.add(command.wallet)
    keys.ledger.lots_of.add(command.wallet)
    keys.ledger.holds.add(HoldId(command.donation_id))
    keys.hardship.donations.add(command.donation_id)
    keys.hardship.funds.add(command.programme)


def decide(command: ReturnDonation, on: WorkingSet) -> Decision:
    """Give it back, or say why not."""
    donation = on.hardship.donations.get(command.donation_id)
    if donation is None or donation.member_id != command.member_id:
        return NO_DONATION
    member = on.register.member(command.member_id)
    if member is None or member.erased_at is not None:
        return NO_MEMBER
    if command.donation_id in on.hardship.returned:
        return DonationReturned()
    fund = on.hardship.fund(donation.programme)
    if fund.balance < donation.points:
        return FundShort(asked=donation.points, holds=fund.balance)
    draft = Draft(
        books=on.books,
        ids=on.ids,
        kind=Kind.RETURN,
        operation_id=command.operation_id,
        actor=command.actor,
        reason=command.reason,
        now=on.now,
        origin={"donation": command.donation_id}
        | ({"proposal": command.proposal_id} if command.proposal_id else {}),
    )
    draft.give_back(on.books.holds[HoldId(command.donation_id)], grace=context(on).grace)
    transaction_id = draft.post().transaction_id
    on.hardship.take(
        HardshipEntry(
            entry_id=on.ids.next(),
            programme=donation.programme,
            kind=EntryKind.RETURNED,
            member_id=command.member_id,
            points=donation.points,
            transaction_id=transaction_id,
            operation_id=command.operation_id,
            actor=command.actor,
            recorded_at=on.now,
            about=command.donation_id,
        )
    )
    return {"transaction_id": transaction_id, "points": donation.points}


FLOW = Flow("return_donation", needs, decide)
