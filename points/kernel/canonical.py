"""One spelling for every value, so that equal things have equal hashes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any


def plain(value: object) -> Any:  # noqa: ANN401 - JSON is any of six things
    """Return a value as plain JSON values; fields that stand at their default are left out.

    Leaving defaults out lets a dataclass gain a field without changing what was hashed before.
    Decimals become strings without exponent or trailing zeros; instants become ISO 8601.
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return _plain_fields(value)
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (frozenset, set)):
        return sorted(plain(item) for item in value)
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no plain spelling")


def _plain_fields(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    spelled = {}
    for field in fields(value):
        item = getattr(value, field.name)
        if field.default is MISSING or item != field.default:
            spelled[field.name] = plain(item)
    return spelled


def decimal_text(number: Decimal) -> str:
    """Return a Decimal without exponent and without trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def canonical_json(value: object) -> str:
    """Return the one JSON text of a value: sorted keys, no blanks, real characters."""
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(value: object) -> str:
    """Return the SHA-256 of a value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
