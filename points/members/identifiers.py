"""Telephone and identity numbers: their one spelling, their blind index, and how they are shown."""

import hashlib
import hmac
import re

_PHONE = re.compile(r"1[0-9]{10}")
_IDENTITY = re.compile(r"[0-9]{17}[0-9X]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_SHOWN_NAME_MAX = 2


def phone_ok(phone: str) -> bool:
    """Return whether it is a mobile number of eleven digits, written without anything else."""
    return _PHONE.fullmatch(phone) is not None


def identity_ok(number: str) -> bool:
    """Return whether an identity number has its form and check character (GB 11643-1999)."""
    if not _IDENTITY.fullmatch(number):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return _CHECKS[total % 11] == number[-1]


def blind_index(key: bytes, kind: str, value: str) -> str:
    """Return what a number is looked up by: keyed, so that the table alone does not tell it.

    Args:
        key: A secret that lives outside the database.
        kind: ``phone`` or ``identity``; equal digits of two kinds must not look equal.
        value: In its one spelling.
    """
    return hmac.new(key, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()


def mask_name(name: str) -> str:
    """Return a name as strangers may see it: 张* or 欧**."""
    return name[:1] + "*" * min(len(name) - 1, _SHOWN_NAME_MAX) if name else ""


def mask_phone(phone: str) -> str:
    """Return a number as strangers may see it: 138****5678."""
    return f"{phone[:3]}****{phone[-4:]}" if phone else ""
