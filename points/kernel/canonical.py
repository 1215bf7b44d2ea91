"""One spelling for every value, so that equal things have equal hashes."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

_AS_THEY_ARE = frozenset({str, int, bool, type(None)})

UNSPELLED = {"spelled": False}
"""The metadata of a field that is no part of what its value says, as how something is proven."""


def plain(value: object) -> Any:  # noqa: ANN401 - JSON is any of six things
    """Return a value as plain JSON values; fields that stand at their default are left out.

    Leaving defaults out lets a dataclass gain a field without changing what was hashed before. So
    are fields with the metadata :data:`UNSPELLED`, whatever they hold.
    Decimals become strings without exponent or trailing zeros; instants become ISO 8601.

    Raises:
        TypeError: The value's type has no plain spelling.
    """
    kind: Any = type(value)
    return value if kind in _AS_THEY_ARE else _speller(kind)(value)


@cache
def _speller(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - a type
    """Return how values of a type are spelled; asked once a type, as every command is hashed."""
    for kinds, spell in _SPELLERS:
        if issubclass(kind, kinds):
            return spell
    if is_dataclass(kind):
        return _plain_fields
    raise TypeError(f"{kind.__name__} has no plain spelling")


def _plain_fields(value: object) -> dict[str, Any]:
    spelled = {}
    kind: Any = type(value)
    for name, default in _names_and_defaults(kind):
        item = getattr(value, name)
        if default is MISSING or item != default:
            spelled[name] = item if type(item) in _AS_THEY_ARE else plain(item)
    return spelled


@cache
def _names_and_defaults(kind: Any) -> tuple[tuple[str, Any], ...]:  # noqa: ANN401 - a dataclass
    spelled = (field for field in fields(kind) if field.metadata.get("spelled", True))
    return tuple((field.name, field.default) for field in spelled)


def decimal_text(number: Decimal) -> str:
    """Return a Decimal without exponent and without trailing zeros; zero has no sign."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


_SPELLERS: tuple[tuple[tuple[type, ...], Callable[[Any], Any]], ...] = (
    ((Enum,), lambda value: value.value),
    ((Decimal,), decimal_text),
    ((datetime, date, time), lambda value: value.isoformat()),
    ((Mapping,), lambda value: {str(plain(key)): plain(item) for key, item in value.items()}),
    ((frozenset, set), lambda value: sorted(plain(item) for item in value)),
    ((tuple, list), lambda value: [plain(item) for item in value]),
)


def canonical_json(value: object) -> str:
    """Return the one JSON text of a value: sorted keys, no blanks, real characters."""
    return spell_plain(plain(value))


def spell_plain(spelled: object) -> str:
    """Return the one JSON text of what :func:`plain` returned."""
    return _ENCODER.encode(spelled)


def digest(value: object) -> str:
    """Return the SHA-256 of a value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
