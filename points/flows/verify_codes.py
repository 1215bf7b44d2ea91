"""Prove that each code opens the voucher that it was drawn for, and that its end is the code's.

Codes are stored as hashes only, but follow from the installation's secret: each is drawn again. So
whoever may write to the database and does not hold the secret can exchange no code for another.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from points.db.checks import Checked, Difference
from points.flows.context import Context
from points.kernel.ids import AssociationId, VoucherId
from points.vouchers.code_reads import StoredCode, stored_codes
from points.vouchers.codes import CodeBook, Codes

CODES = "codes_open_the_vouchers_they_were_drawn_for"
COUNT = 1


def verify_codes(
    connection: Any,  # noqa: ANN401 - a connection
    association: AssociationId,
    known: Context,
) -> Iterator[Checked]:
    """Yield the check's result.

    Args:
        connection: Of a snapshot.
        association: Whose vouchers.
        known: With the secret from which codes were drawn.
    """
    rows, first = 0, None
    stored = stored_codes(connection, association)
    for voucher_id, codes in groupby(stored, key=lambda each: each.voucher_id):
        # Both spellings of each issue, which are few: policies bound how often one is replaced.
        issues: dict[int, tuple[Codes, dict[str, str]]] = {}
        for each in codes:
            rows += 1
            if each.issue_no not in issues:
                issues[each.issue_no] = _drawn(known.codes, association, voucher_id, each.issue_no)
            first = first or _difference(each, *issues[each.issue_no])
    yield Checked(check=CODES, rows=rows, difference=first)


def _drawn(
    book: CodeBook, association: AssociationId, voucher_id: VoucherId, issue_no: int
) -> tuple[Codes, dict[str, str]]:
    codes = book.codes(association, voucher_id, issue_no)
    hashes = book.hashes(association, codes)
    return codes, {form.value: hashed for form, hashed in hashes.items()}


def _difference(stored: StoredCode, codes: Codes, hashes: dict[str, str]) -> Difference | None:
    place = f"voucher_code {stored.voucher_id} {stored.form} {stored.issue_no}"
    if hashes.get(stored.form) != stored.code_hash:
        # No hash is said: it is what opens the voucher, to whoever may ask the database.
        return Difference(check=CODES, place=place, expected="its own code", found="another")
    if stored.last4 is not None and stored.last4 != codes.last4:
        return Difference(check=CODES, place=place, expected=codes.last4, found=stored.last4)
    return None
