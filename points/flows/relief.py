"""Hardship grants: out of what members gave or as new points, so much a month and no more."""

from datetime import datetime

from points.benefits.errors import FundShort, HardshipLimit
from points.benefits.model import EntryKind, HardshipEntry
from points.flows.context import context
from points.inbox.words import NoticeKind
from points.kernel.errors import Refusal
from points.kernel.ids import (
    Actor,
    MemberId,
    OperationId,
    ProposalId,
    TransactionId,
)
from points.ledger.model import Kind, Measure
from points.rules import HardshipPolicy
from points.rules.benefits import FUND
from points.unit_of_work import Keys, WorkingSet

REASON = "hardship_grant"
WALLET = "wallet"
GOT = (EntryKind.GRANTED, EntryKind.ISSUED)


def is_relief(reason: str, measure: Measure) -> bool:
    """Return whether a grant is a hardship grant: only what can be spent is."""
    return reason == REASON and measure.name == WALLET


def need_relief(keys: Keys, member: MemberId, programme: str) -> None:
    """Lock the member, whose month it is, and the programme's fund."""
    keys.members.members.add(member)
    keys.hardship.members.add(member)
    keys.hardship.funds.add(programme)


def refuse_relief(on: WorkingSet, member: MemberId, programme: str, points: int) -> Refusal | None:
    """Return why a hardship grant cannot be made now, or None."""
    policy, month = _policy(on, programme), context(on).benefits.month
    if policy.per_member_month is not None:
        got = on.hardship.within(member, programme, GOT, month(on.now), month)
        left = max(policy.per_member_month - got, 0)
        if points > left:
            return HardshipLimit(per_month=policy.per_member_month, left=left)
    holds = on.hardship.fund(programme).balance if policy.source == FUND else points
    return FundShort(asked=points, holds=holds) if points > holds else None


def kind_of_relief(on: WorkingSet, programme: str) -> Kind:
    """Return what the ledger calls a hardship grant: by it one knows whose points they were."""
    return Kind.RELIEVE if _policy(on, programme).source == FUND else Kind.GRANT


def expiry_of_relief(on: WorkingSet, programme: str, said: datetime | None) -> datetime | None:
    """Return when such points go: as was decided, else by the association's rules."""
    days = _policy(on, programme).days
    if said is not None or days is None:
        return said
    return context(on).benefits.after_days(on.now, days)


def take_relief(  # noqa: PLR0913 - what the fund has to know of a grant
    on: WorkingSet,
    *,
    member: MemberId,
    programme: str,
    points: int,
    transaction: TransactionId,
    operation: OperationId,
    actor: Actor,
    proposal: ProposalId | None,
) -> None:
    """Take the grant down in the fund's book, and tell the member."""
    from_fund = _policy(on, programme).source == FUND
    on.hardship.take(
        HardshipEntry(
            entry_id=on.ids.next(),
            programme=programme,
            kind=EntryKind.GRANTED if from_fund else EntryKind.ISSUED,
            member_id=member,
            points=points,
            transaction_id=transaction,
            operation_id=operation,
            actor=actor,
            recorded_at=on.now,
            about=proposal,
        )
    )
    detail: dict[str, str | int] = {"points": points}
    on.inbox.tell(member, NoticeKind.HARDSHIP_GRANTED, "", detail, f"hardship:{transaction}")


def _policy(on: WorkingSet, programme: str) -> HardshipPolicy:
    return context(on).benefits.hardship_in(programme)
