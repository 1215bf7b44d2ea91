"""Every stored code with the end that was noted of it, for whoever draws them all again."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from points.kernel.ids import AssociationId, VoucherId
from points.vouchers.model import NEW_CODES
from points.vouchers.tables import voucher, voucher_code, voucher_event

CODES_AT_ONCE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCode:
    """One spelling of one code, as it is stored.

    Attributes:
        issue_no: Counts up with every code that took the place of another.
        last4: The end that the voucher, or the event of the new code, says; None without an event.
    """

    voucher_id: VoucherId
    form: str
    issue_no: int
    code_hash: str
    last4: str | None


def stored_codes(connection: Connection, association: AssociationId) -> Iterator[StoredCode]:
    """Yield every code of an association, in the order of vouchers, a few thousand at a time."""
    c, v, e = voucher_code.c, voucher.c, voucher_event.c
    replaced = (
        select(
            e.voucher_id,
            e.last4,
            # The first code came with the voucher itself, so the first new one is the second.
            (func.row_number().over(partition_by=e.voucher_id, order_by=e.version) + 1).label(
                "issue_no"
            ),
        )
        .where(e.association_id == association, e.kind.in_([kind.value for kind in NEW_CODES]))
        .subquery()
    )
    kept = (
        select(
            *(c.voucher_id, c.form, c.issue_no, c.code_hash),
            case((c.issue_no == 1, v.last4), else_=replaced.c.last4).label("last4"),
        )
        .join(voucher, (v.association_id == c.association_id) & (v.voucher_id == c.voucher_id))
        .outerjoin(
            replaced,
            (replaced.c.voucher_id == c.voucher_id) & (replaced.c.issue_no == c.issue_no),
        )
        .where(c.association_id == association)
        # The order of the unique key, so that nothing has to be sorted.
        .order_by(c.voucher_id, c.form, c.issue_no)
        .execution_options(yield_per=CODES_AT_ONCE)
    )
    for voucher_id, form, issue_no, code_hash, last4 in connection.execute(kept):
        yield StoredCode(
            voucher_id=VoucherId(voucher_id),
            form=form,
            issue_no=issue_no,
            code_hash=code_hash,
            last4=last4,
        )
