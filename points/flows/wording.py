"""Texts that people write and that are kept for ever: there when needed, short, not personal."""

import re

from points.activities.errors import PersonalInText, ReasonNeeded
from points.activities.model import REASON_LENGTH_MAX
from points.funds.errors import DocumentInvalid
from points.funds.model import DOCUMENT_LENGTH_MAX
from points.kernel.errors import Refusal

# A run of digits, blanks and dashes between them allowed, as long as a telephone number or more.
_NUMBER = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){10,17}[Xx]?(?![0-9])")


def refuse_wording(text: str, *, needed: bool = True) -> Refusal | None:
    """Return why a text cannot be kept, or None."""
    said = text.strip()
    if (needed and not said) or len(text) > REASON_LENGTH_MAX:
        return ReasonNeeded(length_max=REASON_LENGTH_MAX)
    if _NUMBER.search(said):
        return PersonalInText()
    return None


def refuse_document(number: str) -> Refusal | None:
    """Return why the number of a document cannot be kept, or None; it may be a long number."""
    if len(number) > DOCUMENT_LENGTH_MAX or not number.isprintable():
        return DocumentInvalid(length_max=DOCUMENT_LENGTH_MAX)
    return None
