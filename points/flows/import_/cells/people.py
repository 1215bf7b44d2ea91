"""Names, telephone numbers and identity numbers."""

import re
from datetime import date
from operator import mul

from points.flows.import_.cells.text import EXACT_MAX, BadCell, folded

NAME_LENGTH_MAX = 50

_DASHES = re.compile(r"[\s\-‐‑‒–—―−()]+|\.0+$")
_PHONE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
_IDENTITY = re.compile(r"[0-9]{17}[0-9X]")
_DOTS = str.maketrans("•・․‧∙.．。", "········")
_NAME = re.compile(r"[^\W\d_]+(?:[·' -]+[^\W\d_]+)*·?")
_HAN_GAP = re.compile(
    r"(?<=[\u3400-\u9fff\U00020000-\U0003ffff])\s+(?=[\u3400-\u9fff\U00020000-\U0003ffff])"
)

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""GB 11643-1999: the weights of the first seventeen digits."""
CHECK_CHARACTERS = "10X98765432"
"""GB 11643-1999: the check character for each remainder modulo 11."""


def name(cell: object) -> str:
    """Return a person's name: blanks between Chinese characters removed, dots as ``·``.

    Raises:
        BadCell: Digits, signs, or longer than ``NAME_LENGTH_MAX``.
    """
    if not isinstance(cell, str):
        raise BadCell("sheet.bad_name")
    words = _HAN_GAP.sub("", " ".join(folded(cell).translate(_DOTS).split()))
    if len(words) > NAME_LENGTH_MAX or not _NAME.fullmatch(words):
        raise BadCell("sheet.bad_name")
    return words


def phone(cell: object) -> str:
    """Return a mobile number as eleven digits; a spreadsheet number is exact and welcome.

    Raises:
        BadCell: Anything else, or a number too large to be exact.
    """
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and abs(cell) > EXACT_MAX:
        raise BadCell("sheet.bad_phone")
    match = _PHONE.fullmatch(_DASHES.sub("", folded(cell)))
    if match is None or isinstance(cell, bool):
        raise BadCell("sheet.bad_phone")
    return match[1]


def identity_number(cell: object) -> str:
    """Return an eighteen-character identity number whose birth date and check digit hold.

    A number is refused whatever it shows: a spreadsheet keeps fifteen digits, and a guess at the
    rest would be another person's number.

    Raises:
        BadCell: Says which of shape, birth date and check digit is wrong.
    """
    if not isinstance(cell, str):
        raise BadCell("sheet.identity_as_number")
    characters = "".join(folded(cell).upper().split())
    if not _IDENTITY.fullmatch(characters):
        raise BadCell("sheet.bad_identity")
    year, month, day = int(characters[6:10]), int(characters[10:12]), int(characters[12:14])
    try:
        born = date(year, month, day)
    except ValueError:
        raise BadCell("sheet.bad_identity_birth") from None
    if not 1900 <= born.year <= 2100:  # noqa: PLR2004 - two centuries, as the numbers began in 1984
        raise BadCell("sheet.bad_identity_birth")
    if check_character(characters[:17]) != characters[17]:
        raise BadCell("sheet.bad_identity_check")
    return characters


def check_character(digits: str) -> str:
    """Return the eighteenth character that belongs to seventeen digits (GB 11643-1999)."""
    total = sum(map(mul, map(int, digits), WEIGHTS))
    return CHECK_CHARACTERS[total % 11]
