"""In a sandbox: vouchers to try with, and a clean table."""

from dataclasses import dataclass, field

from points.engine import Engine, Outcome
from points.flows.counter import Desk, Till
from points.flows.mint import EndMinted, Mint, ReopenTills, Wanted
from points.flows.open_sandbox import member_operation
from points.identity.errors import SandboxNotOpen, SandboxOnly
from points.identity.keys import is_sandbox
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, IdSource, MemberId, OperationId, OutletId, VoucherId
from points.ledger.operations import find_operations
from points.partners.store import list_outlets
from points.vouchers.codes import Codes
from points.vouchers.model import Links, State
from points.vouchers.reads import PAGE_MAX, vouchers_of

ENDED_MAX = 500
PART_FEN = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """A voucher to try with.

    Attributes:
        result: What it is.
        codes: Both spellings of its code.
    """

    result: dict[str, object]
    codes: Codes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Playground:
    """What partners do in a sandbox beside working its counter."""

    engine: Engine
    desk: Desk
    ids: IdSource

    def mint(self, till: Till, key: str, wanted: Wanted) -> Minted | Refusal:
        """Make a voucher; one that is used up was captured at the till that asks for it."""
        member = self._member(till)
        if isinstance(member, Refusal):
            return member
        done = self.engine.submit(
            Mint(
                association_id=till.association_id,
                operation_id=OperationId(f"partner:{till.partner_id}:mint:{key}"),
                actor=till.actor,
                partner_id=till.partner_id,
                member_id=member,
                wanted=wanted,
            )
        )
        if done.refusal is not None:
            return done.refusal
        codes = self.desk.codes.codes(till.association_id, VoucherId(done.result["voucher_id"]))
        refusal = self._use(till, codes, wanted, str(done.result["voucher_id"]))
        return refusal or Minted(result=done.result, codes=codes)

    def _use(self, till: Till, codes: Codes, wanted: Wanted, voucher: str) -> Refusal | None:
        if wanted not in {Wanted.USED, Wanted.PART_USED}:
            return None
        part = PART_FEN if wanted is Wanted.PART_USED else None
        used: Outcome = self.desk.capture(till, codes.code, f"sandbox-{voucher}", part)
        return used.refusal

    def reset(self, till: Till) -> int | Refusal:
        """Close the vouchers that a partner made and did not use, and open its tills again.

        What was captured stays, and stands in the sandbox's statement as it would in another.
        """
        member = self._member(till)
        if isinstance(member, Refusal):
            return member
        links = self._open_vouchers(till, member)
        self.engine.submit_many(
            EndMinted(
                association_id=till.association_id,
                operation_id=OperationId(f"{till.actor}:end:{self.ids.next()}"),
                actor=Actor(till.actor),
                links=each,
            )
            for each in links
        )
        with self.engine.reading(till.association_id) as connection:
            outlets = list_outlets(connection, till.association_id, till.partner_id)
        self.engine.submit(
            ReopenTills(
                association_id=till.association_id,
                operation_id=OperationId(f"{till.actor}:reopen:{self.ids.next()}"),
                actor=till.actor,
                outlets=tuple(OutletId(each.outlet_id) for each in outlets),
            )
        )
        return len(links)

    def _open_vouchers(self, till: Till, member: MemberId) -> list[Links]:
        """Return open vouchers, newest first, a bounded number."""
        found: list[Links] = []
        before: VoucherId | None = None
        with self.engine.reading(till.association_id) as connection:
            while len(found) < ENDED_MAX:
                page = vouchers_of(
                    connection, till.association_id, member, before=before, most=PAGE_MAX
                )
                found.extend(
                    Links(
                        voucher_id=each.voucher.voucher_id,
                        member_id=each.voucher.member_id,
                        reward_id=each.voucher.reward_id,
                        programme=each.voucher.programme,
                        hold_id=each.voucher.hold_id,
                    )
                    for each in page
                    if each.state is State.ISSUED
                )
                if len(page) < PAGE_MAX:
                    break
                before = page[-1].voucher.voucher_id
        return found[:ENDED_MAX]

    def _member(self, till: Till) -> MemberId | Refusal:
        """Return the partner's made-up member."""
        if not is_sandbox(till.association_id):
            return SandboxOnly()
        operation = OperationId(member_operation(till.partner_id))
        with self.engine.reading(till.association_id) as connection:
            found = find_operations(connection, till.association_id, [operation])
        done = found[operation].outcome.get("done") if operation in found else None
        return MemberId(done["member_id"]) if done else SandboxNotOpen()
