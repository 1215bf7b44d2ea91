"""Replace a voucher's code: from this commit on the ones before open nothing.

That ends an authorisation, too, which was got with one of them: nobody hands anything over before
the capture, and a code that was stolen must be worth nothing once its owner was told so.

A code is shown once, when it is drawn. Its owner sees another by having it replaced; staff have it
replaced for who lost the phone, and see none.
"""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.flows import desk
from points.flows.context import context
from points.flows.wording import refuse_wording
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId, VoucherId
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.codes import Codes
from points.vouchers.errors import ReissuesUsedUp, VoucherClosed
from points.vouchers.model import EventKind, State
from points.vouchers.standing import Standing

NO_VOUCHER = NotFound(noun="voucher", noun_zh="券")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reissue:
    """Give a voucher another code.

    Attributes:
        member_id: Its owner, who asks; None where staff do it for them.
        reason: Why, where staff do it; kept for ever.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    voucher_id: VoucherId
    member_id: MemberId | None = None
    reason: str = ""


def needs(command: Reissue, keys: Keys) -> None:
    """Lock the voucher."""
    keys.vouchers.vouchers.add(command.voucher_id)


def decide(command: Reissue, on: WorkingSet) -> Decision:
    """Draw the next code; what is answered holds no code, only which issue it is."""
    standing = on.drawer.vouchers.get(command.voucher_id)
    if standing is None or command.member_id not in (None, standing.owner_id):
        return NO_VOUCHER
    if refusal := refuse_closed(standing, on) or _refuse(command, standing, on):
        return refusal
    codes = next_codes(standing, on)
    event = desk.event(EventKind.REISSUED, command, standing, on, last4=codes.last4)
    on.drawer.reissue(standing, event, context(on).codes.hashes(on.association_id, codes))
    on.trail.note(
        "voucher_reissued",
        command.voucher_id,
        before={"issue_no": standing.issue_no - 1},
        after={"issue_no": standing.issue_no},
        reason=command.reason.strip(),
        detail={"member_id": standing.owner_id},
    )
    return {
        "voucher_id": command.voucher_id,
        "issue_no": standing.issue_no,
        "last4": standing.last4,
    }


def refuse_closed(standing: Standing, on: WorkingSet) -> Refusal | None:
    """Return that a voucher is used up or expired, if it is."""
    closed = standing.state is not State.ISSUED or standing.expired(on.now)
    return VoucherClosed() if closed else None


def _refuse(command: Reissue, standing: Standing, on: WorkingSet) -> Refusal | None:
    policy, by_staff = context(on).vouchers, command.member_id is None
    most = policy.reissues + (policy.staff_reissues if by_staff else 0)
    if standing.issue_no - standing.passes > most:
        return ReissuesUsedUp(most=policy.reissues)
    return refuse_wording(command.reason) if by_staff else None


def next_codes(standing: Standing, on: WorkingSet) -> Codes:
    """Return the code that follows a voucher's newest."""
    voucher = standing.voucher.voucher_id
    return context(on).codes.codes(on.association_id, voucher, standing.issue_no + 1)


FLOW = Flow("reissue", needs, decide)
