"""Make vouchers to try with, in a sandbox and nowhere else: good ones, and ones that are refused.

They are free and need no catalogue, so that what is tried does not depend on what is on offer.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from points.catalogue.errors import PoolExhausted
from points.catalogue.shelf import Booking
from points.engine import Decision, Flow
from points.flows import desk
from points.flows.context import context
from points.identity.errors import SandboxOnly
from points.identity.keys import is_sandbox
from points.kernel.amounts import ZERO, Fen
from points.kernel.errors import Refusal
from points.kernel.ids import (
    Actor,
    AssociationId,
    MemberId,
    OperationId,
    OutletId,
    PartnerId,
    RewardId,
    VoucherId,
)
from points.partners.errors import PartnerUnknown
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.errors import NotDue
from points.vouchers.model import EventKind, Kind, Links, State, Terms, Voucher

PROGRAMME = "health"
GOOD_FOR = timedelta(days=30)
FACE, TARIFF, USES = Fen(5000), Fen(1200), 3
NOBODY = "nobody"
"""A kind of partner that there is none of."""


class Wanted(StrEnum):
    """What a voucher to try with is to answer."""

    GOOD = "good"
    AMOUNT = "amount"
    COUNT = "count"
    PART_USED = "part_used"
    USED = "used"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    WRONG_PARTNER = "wrong_partner"


_KINDS = {
    Wanted.AMOUNT: Kind.AMOUNT,
    Wanted.PART_USED: Kind.AMOUNT,
    Wanted.COUNT: Kind.COUNT,
}
_TITLES = {
    Kind.ITEM: ("测试·急救包", "Sandbox first aid kit"),
    Kind.AMOUNT: ("测试·药房券 50 元", "Sandbox pharmacy voucher, 50 yuan"),
    Kind.COUNT: ("测试·测血压 3 次", "Sandbox blood pressure, 3 times"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mint:
    """Make one voucher for a partner's made-up member."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    member_id: MemberId
    wanted: Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class EndMinted:
    """Close a voucher that was made to try with, before its time."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    links: Links


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenTills:
    """Count no code that was tried at some outlets until now."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    outlets: tuple[OutletId, ...]


def needs_mint(command: Mint, keys: Keys) -> None:
    """Read the partner, and lock the pool."""
    keys.partners.partners.add(command.partner_id)
    keys.catalogue.pools.add(PROGRAMME)


def mint(command: Mint, on: WorkingSet) -> Decision:
    """Issue the voucher; one that is to be used up is captured afterwards, as any other."""
    if not is_sandbox(on.association_id):
        return SandboxOnly()
    partner = on.contracts.partners.get(command.partner_id)
    if partner is None:
        return PartnerUnknown()
    category = NOBODY if command.wanted is Wanted.WRONG_PARTNER else partner.category.value
    voucher_id, terms = VoucherId(on.ids.next()), _terms(command.wanted, category)
    if on.shelf.pool(PROGRAMME).free < terms.reserved_fen:
        return PoolExhausted()
    book = context(on).codes
    codes = book.codes(on.association_id, voucher_id)
    begins, ends = _valid(command.wanted)
    voucher = Voucher(
        voucher_id=voucher_id,
        member_id=command.member_id,
        reward_id=RewardId(f"TEST-{terms.kind.value}"),
        reward_version=1,
        programme=PROGRAMME,
        hold_id=None,
        terms=terms,
        last4=codes.last4,
        valid_from=on.now + begins,
        valid_until=on.now + ends,
        operation_id=command.operation_id,
        actor=command.actor,
    )
    on.drawer.issue(voucher, book.hashes(on.association_id, codes))
    Booking(on.shelf, on.ids, command.operation_id, command.actor).rereserve(
        PROGRAMME, voucher_id, terms.reserved_fen
    )
    return {
        "voucher_id": voucher_id,
        "wanted": command.wanted.value,
        "kind": terms.kind.value,
        "title": {"zh": terms.title_zh, "en": terms.title_en},
        "valid_until": voucher.valid_until.isoformat(),
    }


def _terms(wanted: Wanted, category: str) -> Terms:
    kind = _KINDS.get(wanted, Kind.ITEM)
    uses = USES if kind is Kind.COUNT else 1
    amount = kind is Kind.AMOUNT
    zh, en = _TITLES[kind]
    return Terms(
        kind=kind,
        price=ZERO,
        amount_fen=FACE if amount else Fen(0),
        uses=uses,
        tariff_fen={} if amount else {"default": int(TARIFF)},
        tariff_is_face=amount,
        reserved_fen=FACE if amount else Fen(TARIFF * uses),
        partners=(category,),
        title_zh=zh,
        title_en=en,
    )


def _valid(wanted: Wanted) -> tuple[timedelta, timedelta]:
    if wanted is Wanted.EXPIRED:
        return -GOOD_FOR, timedelta(minutes=-1)
    if wanted is Wanted.NOT_YET:
        return timedelta(days=1), GOOD_FOR
    return timedelta(), GOOD_FOR


def needs_end(command: EndMinted, keys: Keys) -> None:
    """Lock the voucher and the money promised to it."""
    desk.needs_voucher(command.links, keys)


def end(command: EndMinted, on: WorkingSet) -> Decision:
    """Close it and free its money."""
    if not is_sandbox(on.association_id):
        return SandboxOnly()
    standing = desk.standing_of(command.links, on)
    if isinstance(standing, Refusal):
        return standing
    if standing.state is not State.ISSUED:
        return NotDue()
    freed, voucher = standing.reserved_fen, standing.voucher
    on.drawer.record(standing, desk.event(EventKind.EXPIRED, command, standing, on))
    desk.booking(command, on).release(voucher.programme, voucher.voucher_id, freed)
    return {"voucher_id": voucher.voucher_id}


def needs_reopen(command: ReopenTills, keys: Keys) -> None:
    """Lock the outlets' counters of tried codes."""
    keys.vouchers.guards |= set(command.outlets)


def reopen(command: ReopenTills, on: WorkingSet) -> Decision:
    """Open every till again; what was tried stays recorded."""
    if not is_sandbox(on.association_id):
        return SandboxOnly()
    for outlet in command.outlets:
        if outlet in on.drawer.guards:
            on.drawer.guards[outlet].reopen(on.now)
    return {"outlets": len(command.outlets)}


MINT = Flow("mint", needs_mint, mint)
END = Flow("end_minted", needs_end, end)
REOPEN = Flow("reopen_tills", needs_reopen, reopen)
