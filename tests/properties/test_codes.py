"""The checks of voucher codes catch what people and scanners do wrong, every time."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.kernel.ids import ALPHABET, AssociationId, VoucherId
from points.vouchers.codes import (
    CodeBook,
    Codes,
    Form,
    Presented,
    check_character,
    check_digits,
    read_code,
)

BOOK = CodeBook(b"s" * 32)
HERE = AssociationId("panjin")

bodies = st.text(ALPHABET, min_size=12, max_size=12)
digits = st.text("0123456789", min_size=18, max_size=18)
codes = bodies.map(lambda body: body + check_character(body))
numbers = digits.map(lambda body: body + check_digits(body))
both = st.one_of(codes.map(lambda c: (c, ALPHABET)), numbers.map(lambda n: (n, "0123456789")))


def slips(code: str, alphabet: str) -> list[str]:
    """Return everything that differs from a code in one character or one swap of two."""
    wrong = [
        code[:at] + other + code[at + 1 :]
        for at, right in enumerate(code)
        for other in alphabet
        if other != right
    ]
    for left, right in combinations(range(len(code)), 2):
        swapped = list(code)
        swapped[left], swapped[right] = swapped[right], swapped[left]
        wrong.append("".join(swapped))
    return [each for each in wrong if each != code]


@given(both)
def test_every_slip_is_caught(drawn: tuple[str, str]) -> None:
    code, alphabet = drawn
    assert read_code(code) is not None
    assert [slip for slip in slips(code, alphabet) if read_code(slip) is not None] == []


def plain_sum(body: str) -> str:
    """Return a check that is blind to order, as a control."""
    return ALPHABET[sum(map(ALPHABET.index, body)) % len(ALPHABET)]


def test_a_check_without_weights_would_be_seen_to_miss() -> None:
    code = "0123456789AB" + plain_sum("0123456789AB")
    missed = [s for s in slips(code, ALPHABET) if plain_sum(s[:-1]) == s[-1]]
    assert missed


@given(codes, st.sampled_from(["-", " ", "\u3000", "—", "_", ""]), st.booleans())
def test_what_people_write_is_understood(code: str, separator: str, lower: bool) -> None:  # noqa: FBT001
    written = separator.join([code[:4], code[4:8], code[8:12], code[12:]])
    written = written.replace("1", "l").replace("0", "o") if lower else written
    assert read_code(written.lower() if lower else written) == Presented(Form.CODE, code)


@given(numbers)
def test_full_width_digits_are_digits(number: str) -> None:
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in number)
    assert read_code(wide) == Presented(Form.DIGITS, number)


@given(st.text(max_size=80))
def test_nothing_that_is_typed_breaks_the_reader(text: str) -> None:
    read = read_code(text)
    assert read is None or read_code(read.text) == read


@pytest.mark.parametrize("text", ["", "U" * 13, "0" * 12, "0" * 65, "²" * 20, "١" * 20])
def test_what_is_no_code_is_none(text: str) -> None:
    assert read_code(text) is None


@given(st.text(ALPHABET, min_size=26, max_size=26), st.integers(1, 9))
def test_a_voucher_always_has_the_same_codes(voucher: str, issue: int) -> None:
    one = BOOK.codes(HERE, VoucherId(voucher), issue)
    assert one == CodeBook(b"s" * 32).codes(HERE, VoucherId(voucher), issue)
    for shown in one.shown().values():
        assert read_code(shown) is not None
    others = [
        BOOK.codes(HERE, VoucherId(voucher), issue + 1),
        BOOK.codes(AssociationId("elsewhere"), VoucherId(voucher), issue),
        CodeBook(b"t" * 32).codes(HERE, VoucherId(voucher), issue),
    ]
    for other in others:
        assert (other.code, other.digits) != (one.code, one.digits)


def test_hashes_differ_by_association_form_and_secret() -> None:
    drawn = BOOK.codes(HERE, VoucherId("v"))
    hashes = {
        *BOOK.hashes(HERE, drawn).values(),
        *BOOK.hashes(AssociationId("elsewhere"), drawn).values(),
        *CodeBook(b"t" * 32).hashes(HERE, drawn).values(),
    }
    assert len(hashes) == 6
    assert not any(drawn.code in each or drawn.digits in each for each in hashes)


def test_ten_thousand_codes_are_all_different() -> None:
    drawn = [BOOK.codes(HERE, VoucherId(str(number))) for number in range(10_000)]
    assert len({each.code for each in drawn}) == len({each.digits for each in drawn}) == 10_000


def test_the_end_of_a_code_is_its_last_four_before_the_check() -> None:
    drawn = Codes(code="0123456789ABC", digits="1" * 20)
    assert drawn.last4 == "89AB"
    assert drawn.shown() == {"code": "0123-4567-89AB-C", "digits": "1111 1111 1111 1111 1111"}
