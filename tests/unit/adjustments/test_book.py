"""An adjustment checks itself, is numbered without a gap, and fits into a line."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from points.adjustments.book import AdjustmentBook
from points.adjustments.model import Adjustment, Reason
from points.kernel.amounts import Fen
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import Actor, AdjustmentId, PartnerId

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
WU = Actor("staff:wu")


def adjustment(number: int = 1) -> Adjustment:
    return Adjustment(
        adjustment_id=AdjustmentId(f"a{number}"),
        partner_id=PartnerId("YF"),
        number=number,
        programme="health",
        amount_fen=Fen(-1),
        reason=Reason.OTHER,
        note="n",
        document="",
        proposed_by=WU,
        proposed_at=NOON,
        until=NOON + timedelta(days=7),
    )


def test_adjustments_are_numbered_without_a_gap() -> None:
    book = AdjustmentBook(numbers={PartnerId("YF"): 4})
    book.open(adjustment(5))
    assert (book.next_number(PartnerId("YF")), book.next_number(PartnerId("YY"))) == (6, 1)
    with pytest.raises(BrokenInvariant):
        book.open(adjustment(7))


@pytest.mark.parametrize(
    "wrong",
    [{"amount_fen": 0}, {"number": 0}, {"capture_id": "c"}, {"request_no": "r"}, {"until": NOON}],
    ids=str,
)
def test_an_adjustment_checks_itself(wrong: dict[str, object]) -> None:
    with pytest.raises(BrokenInvariant):
        replace(adjustment(), **wrong)


def test_every_reason_fits_into_a_line() -> None:
    longest = max(Reason, key=lambda each: len(each.value))
    assert len(replace(adjustment(10**9), reason=longest).reference) <= 80
