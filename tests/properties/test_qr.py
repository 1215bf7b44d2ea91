"""A QR that changes is read as nothing else, catches slips, and dies within a minute."""

import random
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.kernel.ids import AssociationId, VoucherId
from points.vouchers import qr
from points.vouchers.codes import QR_LENGTH, CodeBook, Form, Presented, check_digits, read_code
from points.vouchers.qr import Age, Ticket

BOOK = CodeBook(b"s" * 32)
HERE, VOUCHER = AssociationId("panjin"), VoucherId("01JNQZ0000000000000000VCHR")
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
steps = st.integers(0, 10**9)
bodies = st.text("0123456789", min_size=QR_LENGTH - 3, max_size=QR_LENGTH - 3)


def read(payload: str) -> Ticket:
    presented = read_code(payload)
    assert presented is not None
    assert presented.form is Form.QR
    return Ticket.read(presented)


def judged(payload: str, now: datetime, *, issue: int = 1) -> Age:
    return qr.age(BOOK, HERE, VOUCHER, issue, read(payload), now)


@given(steps, st.integers(1, 9))
def test_what_is_drawn_is_read_and_fresh(step: int, issue: int) -> None:
    payload = qr.draw(BOOK, HERE, VOUCHER, issue, step)
    assert len(payload) == QR_LENGTH
    stored = BOOK.hashed(HERE, Presented(Form.DIGITS, BOOK.codes(HERE, VOUCHER, issue).digits))
    ticket = read(payload)
    assert ticket.alias == stored[: qr.ALIAS_HEX]
    assert judged(payload, qr.begins_at(step), issue=issue) is Age.FRESH
    assert judged(payload, qr.begins_at(step), issue=issue + 1) is Age.FORGED


@given(bodies)
def test_every_slip_is_caught(body: str) -> None:
    sound = "2" + body
    sound += check_digits(sound)
    assert read_code(sound) == Presented(Form.QR, sound)
    wrong = [
        sound[:at] + digit + sound[at + 1 :]
        for at in range(QR_LENGTH)
        for digit in "0123456789"
        if digit != sound[at]
    ]
    for left, right in combinations(range(QR_LENGTH), 2):
        swapped = list(sound)
        swapped[left], swapped[right] = swapped[right], swapped[left]
        wrong.append("".join(swapped))
    assert [each for each in wrong if each != sound and read_code(each) is not None] == []


@given(st.integers(0, 59_999), steps)
def test_it_dies_within_a_minute_and_not_before_its_step_is_over(after: int, step: int) -> None:
    payload, drawn = qr.draw(BOOK, HERE, VOUCHER, 1, step), qr.begins_at(step)
    now = drawn + timedelta(milliseconds=after)
    assert judged(payload, now) is Age.FRESH
    assert judged(payload, drawn + timedelta(seconds=60)) is Age.OUTDATED
    assert judged(payload, drawn + timedelta(days=10)) is Age.OUTDATED
    assert judged(payload, drawn - timedelta(seconds=30)) is Age.FRESH
    assert judged(payload, drawn - timedelta(seconds=31)) is Age.OUTDATED
    # After weeks its step's name means another step: nobody can tell it from a guess.
    assert judged(payload, drawn + timedelta(days=20)) is Age.FORGED


def test_a_server_that_took_any_step_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qr, "SLACK_STEPS", 10**6)
    payload = qr.draw(BOOK, HERE, VOUCHER, 1, qr.step_at(NOON))
    assert judged(payload, NOON + timedelta(seconds=60)) is Age.FRESH


def test_a_check_without_the_issue_number_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def mac(book: CodeBook, association: str, voucher: str, _: int, step: int) -> str:
        raw = book.qr_mac(f"{association}|{voucher}|{step}")
        return f"{int.from_bytes(raw[:8], 'big'):020}"

    monkeypatch.setattr(qr, "_mac", mac)
    payload = qr.draw(BOOK, HERE, VOUCHER, 1, qr.step_at(NOON))
    assert judged(payload, NOON, issue=2) is Age.FRESH


def accepted(tries: int) -> int:
    """Return how many made-up QRs of a voucher whose alias is known are taken."""
    chance, right = random.Random(7), read(qr.draw(BOOK, HERE, VOUCHER, 1, qr.step_at(NOON)))
    return sum(
        qr.age(
            BOOK,
            HERE,
            VOUCHER,
            1,
            Ticket(alias=right.alias, step=right.step, mac=f"{chance.getrandbits(64):020}"),
            NOON,
        )
        is not Age.FORGED
        for _ in range(tries)
    )


def test_no_made_up_qr_is_accepted() -> None:
    assert accepted(20_000) == 0


@pytest.mark.nightly
def test_no_made_up_qr_of_a_million_is_accepted() -> None:
    assert accepted(1_000_000) == 0
