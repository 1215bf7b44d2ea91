"""Text as people type it: full-width digits, stray blanks, invisible characters."""

import re
import unicodedata
from decimal import Decimal

from points.kernel.canonical import decimal_text
from points.kernel.errors import PointsError

EXACT_MAX = 2**53
"""Whole numbers up to here survive a spreadsheet's floating point unharmed."""

NUMBER_MAX = 10**30

_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FORMULA_ERRORS = frozenset(
    ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA")
)


class BadCell(PointsError):
    """A cell that does not hold what its column promises.

    Attributes:
        code: A code of ``codes.CODES``.
        known: What fills its text; never the cell's content.
    """

    code: str = "sheet.bad_text"  # type: ignore[misc]  # one class, many stable codes

    def __init__(self, code: str, **known: object) -> None:
        super().__init__(code)
        self.code, self.known = code, known


def folded(cell: object) -> str:
    """Return a cell as text in one spelling (NFKC), trimmed; nothing at all gives ``""``.

    Full-width digits, letters, colons and blanks become plain ones. Numbers lose a ``.0``.
    """
    if isinstance(cell, str):
        if cell.isascii():
            return cell.strip()
        return unicodedata.normalize("NFKC", _INVISIBLE.sub("", cell)).strip()
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return number_text(cell) if isinstance(cell, (int, float, Decimal)) else str(cell)


def number_text(number: float | Decimal) -> str:
    """Return a number as digits, without exponent where it is whole and exact."""
    if isinstance(number, Decimal):
        small = number.is_finite() and abs(number) < NUMBER_MAX
        return decimal_text(number) if small else str(number)
    if abs(number) < EXACT_MAX and number == int(number):
        return str(int(number))
    return repr(float(number)) if abs(number) < NUMBER_MAX else "inf"


def text(cell: object, *, longest: int) -> str:
    """Return one line of text with single blanks.

    Raises:
        BadCell: Longer than ``longest`` characters, with control characters, or a failed formula.
    """
    words = " ".join(folded(cell).split())
    if words in _FORMULA_ERRORS:
        raise BadCell("sheet.formula_error")
    if len(words) > longest or _CONTROL.search(words) or isinstance(cell, (list, dict)):
        raise BadCell("sheet.bad_text", limit=longest)
    return words
