"""Vouchers: what a member holds; the code is for its owner alone."""

from datetime import datetime
from typing import Annotated

from points.api.caller import NO_MEMBER, NO_VOUCHER, Asking, Caller
from points.api.problems import Problem
from points.api.route import get
from points.api.wire import IN_QUERY, Answer, Id, Page, PageQuery, page_of
from points.identity.policy import Action
from points.kernel.ids import MemberId, VoucherId
from points.vouchers.model import Kind
from points.vouchers.reads import Held, find_voucher, vouchers_of

VOUCHERS_MAX = 99


class Codes(Answer):
    """A voucher's code as letters and digits, and as digits alone."""

    code: str
    digits: str


class VoucherOut(Answer):
    """A voucher; ``codes`` are there for its owner while it can be used."""

    voucher_id: str
    member_id: str
    reward_id: str
    programme: str
    title: str
    kind: str
    state: str
    points: int
    remaining_fen: int | None = None
    remaining_uses: int | None = None
    last4: str
    valid_from: datetime
    valid_until: datetime
    codes: Codes | None = None


class VouchersQuery(PageQuery):
    """Whose vouchers; a member's own where nobody is named."""

    member_id: Id | None = None


def list_vouchers(caller: Asking, query: Annotated[VouchersQuery, IN_QUERY]) -> Page[VoucherOut]:
    """List a member's vouchers, newest first."""
    member = query.member_id or caller.member
    if member is None:
        raise Problem.of(NO_MEMBER)
    caller.owns(member, NO_MEMBER)
    limit = min(query.limit, VOUCHERS_MAX)
    with caller.engine.reading(caller.association) as connection:
        rows = vouchers_of(
            connection,
            caller.association,
            MemberId(member),
            before=VoucherId(query.key) if query.key else None,
            most=limit + 1,
        )
    return page_of(rows, limit, lambda row: row.voucher.voucher_id, lambda row: _shown(caller, row))


def get_voucher(caller: Asking, voucher_id: str) -> VoucherOut:
    """Return a voucher."""
    with caller.engine.reading(caller.association) as connection:
        held = find_voucher(connection, caller.association, VoucherId(voucher_id))
    if held is None:
        raise Problem.of(NO_VOUCHER)
    caller.owns(held.voucher.member_id, NO_VOUCHER)
    return _shown(caller, held)


def codes_of(caller: Caller, voucher_id: VoucherId) -> Codes:
    """Return both spellings of a voucher's code; they are computed, never stored."""
    codes = caller.installation.context.codes.codes(caller.association, voucher_id)
    return Codes(**codes.shown())


def _shown(caller: Caller, held: Held) -> VoucherOut:
    voucher, terms = held.voucher, held.voucher.terms
    state = held.shown_state(caller.installation.clock.now())
    amount = terms.kind is Kind.AMOUNT
    usable = state.value == "issued" and caller.member == voucher.member_id
    return VoucherOut(
        voucher_id=voucher.voucher_id,
        member_id=voucher.member_id,
        reward_id=voucher.reward_id,
        programme=voucher.programme,
        title=terms.title_en if caller.language == "en" else terms.title_zh,
        kind=terms.kind.value,
        state=state.value,
        points=terms.price,
        remaining_fen=held.remaining_parts if amount else None,
        remaining_uses=None if amount else held.remaining_parts,
        last4=voucher.last4,
        valid_from=voucher.valid_from,
        valid_until=voucher.valid_until,
        codes=codes_of(caller, voucher.voucher_id) if usable else None,
    )


ROUTES = (
    get("/v1/vouchers", list_vouchers, allows=Action.READ_VOUCHER, zh="我的券"),
    get("/v1/vouchers/{voucher_id}", get_voucher, allows=Action.READ_VOUCHER, zh="券详情"),
)
