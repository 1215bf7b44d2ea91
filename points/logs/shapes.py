"""Which fields a log line may have, and which shape the value of each must have."""

import ipaddress
import re
from collections.abc import Callable, Mapping

NUMBER_MAX = 10**9
"""Telephone and identity numbers have more digits than any count."""

_DIGITS = re.compile(r"[0-9]{6}")
_REQUEST_ID = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-f]{32}|[0-9A-HJKMNP-TV-Z]{26}"
)

Shape = Callable[[object], bool]


def _text(pattern: str) -> Shape:
    """Return the shape of a short ASCII text without any long run of digits."""
    whole = re.compile(pattern, re.ASCII)

    def fits(value: object) -> bool:
        known = isinstance(value, str) and whole.fullmatch(value) is not None
        return known and _DIGITS.search(str(value)) is None

    return fits


def _number(value: object) -> bool:
    return isinstance(value, int | float) and -NUMBER_MAX < value < NUMBER_MAX


def _address(value: object) -> bool:
    try:
        ipaddress.ip_address(str(value))
    except ValueError:
        return False
    return True


def request_id(value: object) -> bool:
    """Return whether a text is a UUID, 32 hexadecimal digits, or a ULID: nothing about a person."""
    return isinstance(value, str) and _REQUEST_ID.fullmatch(value) is not None


FIELDS: Mapping[str, Shape] = {
    "address": _address,
    "association": _text(r"[A-Za-z][A-Za-z0-9_-]{0,63}"),
    "attempt": _number,
    "caller": _text(r"[a-z]{1,16}"),
    "code": _text(r"[a-z][a-z0-9_.]{0,63}"),
    "count": _number,
    "duration_ms": _number,
    "error": _text(r"[A-Za-z_][A-Za-z0-9_.]{0,99}"),
    "method": _text(r"[A-Z]{3,7}"),
    "request_id": request_id,
    "route": _text(r"[A-Za-z0-9_{}/:.-]{1,200}"),
    "status": _number,
}
"""The allow-list. An address stands here only for those who ask for it; see ``configure``."""
