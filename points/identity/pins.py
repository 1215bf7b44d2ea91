"""PINs of operators: which may be chosen."""

import unicodedata
from datetime import date
from itertools import pairwise

from points.identity.passwords import weakness

DIGITS_MIN, DIGITS_MAX = 6, 12
DIFFERENT_MIN = 3
COMMON = frozenset(
    {
        *("112233", "123321", "147258", "147258369", "258369", "159357", "159753", "789456"),
        *("456123", "741852", "852963", "963852", "131420", "1314520", "201314", "520131"),
        *("5201314", "520520", "521521", "168168", "666888", "888666", "886886", "102030"),
        *("110119", "110120", "119120", "654321", "12345679", "11223344", "1122334455"),
        *("123654", "147852", "369258", "987456", "100200", "112358", "314159", "142536"),
    }
)
"""Typed first by whoever tries: along the keys, and what sounds like good wishes."""


def pin_weakness(pin: str, *about: str) -> str | None:
    """Return why a PIN or passphrase may not be chosen, or None.

    Six digits hold because tries are counted in the database; whatever is guessed within the first
    few may not be one. What is no row of digits is a passphrase, under the rules of passwords.

    Args:
        pin: The chosen one.
        about: The numbers of the operator and the outlet, and the association's name.
    """
    spelled = unicodedata.normalize("NFKC", pin)
    if not (spelled.isascii() and spelled.isdigit() and len(spelled) <= DIGITS_MAX):
        return weakness(spelled, *about)
    if len(spelled) < DIGITS_MIN:
        return "too_short"
    if spelled in COMMON or _regular(spelled) or _dated(spelled) or _named(spelled, about):
        return "too_common"
    return None


def _regular(pin: str) -> bool:
    """Return whether it has hardly any different digits, counts up or down, or repeats itself."""
    if len(set(pin)) < DIFFERENT_MIN:
        return True
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if len(steps) == 1:
        return True
    return any(pin == pin[:n] * (len(pin) // n) for n in range(1, len(pin) // 2 + 1))


def _dated(pin: str) -> bool:
    """Return whether it is a day: yyyymmdd, ddmmyyyy, yymmdd or ddmmyy."""
    if len(pin) == 8:  # noqa: PLR2004 - of a day with its whole year
        spelled = (pin, pin[4:] + pin[2:4] + pin[:2])
        return any(_is_day(each) for each in spelled if 1900 <= int(each[:4]) < 2100)  # noqa: PLR2004
    if len(pin) == DIGITS_MIN:
        # Of a leap year, so that the 29th of February is one whatever the year.
        return _is_day(f"2000{pin[2:]}") or _is_day(f"2000{pin[2:4]}{pin[:2]}")
    return False


def _is_day(spelled: str) -> bool:
    try:
        date(int(spelled[:4]), int(spelled[4:6]), int(spelled[6:]))
    except ValueError:
        return False
    return True


def _named(pin: str, about: tuple[str, ...]) -> bool:
    """Return whether it is nothing but a number that stands on the till."""
    digits = {"".join(filter(str.isdigit, each)).strip("0") for each in about} - {""}
    return pin.strip("0") in digits
