"""The JSON Schema of ``rules/catalogue.yaml`` for editors: keys, words and shapes.

Built from the constants that the reader goes by, so the two cannot drift apart.
"""

from collections.abc import Collection, Mapping
from typing import Any

from points.catalogue.model import PER_MEMBER_MAX, PROGRAMMES, TIERS, RewardKind, Window
from points.flows.catalogue_file import (
    CATEGORIES,
    FEN_MAX,
    FILE_KEYS,
    FILE_REQUIRED,
    REQUIRED,
    REWARD_KEYS,
)
from points.flows.catalogue_parts import (
    COUNT_MAX,
    GATE,
    LIMIT_KEYS,
    PHOTO,
    PRICE_KEYS,
    STOCK_KEYS,
    WINDOW_KEYS,
)

NAME = "catalogue.v1.json"
Schema = dict[str, Any]
_TEXT: Schema = {"type": "string"}
_BOOLEAN: Schema = {"type": "boolean"}
_DAY: Schema = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_FEN: Schema = {"type": "integer", "minimum": 0, "maximum": FEN_MAX}
_COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": COUNT_MAX}
_POINTS: Schema = {"type": "integer", "minimum": 0}


def schema() -> Schema:
    """Return the schema."""
    shapes: dict[str, Schema] = {
        "version": {"type": "integer", "minimum": 1},
        "timezone": _TEXT,
        "value_fen_per_point": _FEN,
        "effective_from": _DAY,
        "rewards": {"type": "array", "items": _reward()},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Catalogue",
        **_object(FILE_KEYS, shapes, FILE_REQUIRED),
    }


def _object(
    keys: Collection[str], shapes: Mapping[str, Schema], required: Collection[str] = ()
) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": {key: shapes[key] for key in keys},
    }


def _named(item: Schema) -> Schema:
    return {"type": "object", "additionalProperties": item}


def _words(words: Collection[str]) -> Schema:
    one = {"type": "string", "enum": list(words)}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "uniqueItems": True}]}


def _word(words: Collection[str]) -> Schema:
    return {"type": "string", "enum": list(words)}


def _whole(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _title() -> Schema:
    both = _object(("zh", "en"), {"zh": _TEXT, "en": _TEXT}, ("zh", "en"))
    return {"anyOf": [_TEXT, both]}


def _reward() -> Schema:
    limit = _object(
        LIMIT_KEYS,
        {"per_member": _whole(1, PER_MEMBER_MAX), "window": _word([each.value for each in Window])},
        LIMIT_KEYS,
    )
    window = {"from": _DAY, "until": _DAY}
    tier = _whole(TIERS[0], TIERS[-1])
    by_tier = _object(
        PRICE_KEYS,
        {
            "default": _POINTS,
            "tiers": _object(list(map(str, TIERS)), {str(each): _POINTS for each in TIERS}),
        },
        PRICE_KEYS,
    )
    stock = {**dict.fromkeys(STOCK_KEYS, _COUNT), "outlets": _named(_COUNT)}
    shapes: dict[str, Schema] = {
        "code": {"type": "string", "minLength": 1, "maxLength": 26},
        "programme": _words(PROGRAMMES),
        "title": _title(),
        "note": _title(),
        "kind": _word([each.value for each in RewardKind]),
        "price": {"anyOf": [_POINTS, by_tier]},
        "must_be_free": _BOOLEAN,
        "amount_fen": _whole(1, FEN_MAX),
        "uses": _whole(2, PER_MEMBER_MAX),
        "tariff_fen": _named(_FEN),
        "tariff": _word(["face"]),
        "partners": _words(CATEGORIES),
        "valid_for": {"type": "string", "pattern": r"^P[0-9]+[DW]$"},
        "stock": _object(STOCK_KEYS, stock),
        "limit": limit,
        "limits": {"type": "array", "items": limit},
        "eligible": {"type": "string", "description": "an expression over member"},
        "tiers": {"anyOf": [tier, {"type": "array", "items": tier}]},
        "gate": {"type": "string", "pattern": f"^{GATE.pattern}$"},
        "visible": _object(WINDOW_KEYS, window, ("from",)),
        "active": _object(WINDOW_KEYS, window),
        "photo": {"type": "string", "pattern": f"^(?:{PHOTO.pattern})$"},
    }
    return _object(REWARD_KEYS, shapes, REQUIRED)
