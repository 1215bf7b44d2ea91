"""Which PINs may be chosen."""

import pytest

from points.identity.pins import pin_weakness


@pytest.mark.parametrize(
    "pin",
    [
        *("111111", "123456", "654321", "890123", "135791", "121212", "123123", "112233"),
        *("19870412", "12041987", "870412", "120487", "20000229", "147258", "5201314"),
        *("000000000000", "１２３４５６", "778787", "00000007", "020001"),
    ],
)
def test_what_is_guessed_first_is_refused(pin: str) -> None:
    assert pin_weakness(pin, "07", "YF020001", "panjin") == "too_common"


@pytest.mark.parametrize("pin", ["804163", "592048", "31415927", "99999198", "804163804164"])
def test_other_rows_of_digits_may_be_chosen(pin: str) -> None:
    assert pin_weakness(pin, "07", "YF01", "panjin") is None


@pytest.mark.parametrize("pin", ["", "80416", "abc", "8041a3"])
def test_what_is_short_is_refused(pin: str) -> None:
    assert pin_weakness(pin) == "too_short"


def test_what_is_no_row_of_digits_is_a_passphrase() -> None:
    assert pin_weakness("correct horse with a shoe") is None
    assert pin_weakness("password1234") == "too_common"
    assert pin_weakness("8041638041638") == "too_common"  # thirteen digits are no PIN
    assert pin_weakness("x" * 129) == "too_long"
