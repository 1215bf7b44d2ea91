"""Reads the activity types."""

import re
from decimal import Decimal

from points.kernel.findings import Finding
from points.rules.activity_types import (
    KINDS,
    TEXT_LENGTH_MAX,
    ActivityType,
    ActivityTypes,
    FieldSpec,
)
from points.rules.reading import Reader
from points.rules.texts import Title
from points.rules.yaml_positions import Node, Scalar, read_yaml

PROGRAMMES = ("party", "health")
PRIVACY = ("ordinary", "attendance")
OVERLAP = ("allow", "refuse")
TYPE_KEYS = ("title", "programmes", "privacy", "duration_max_hours", "overlap", "fields", "note")
FIELD_KEYS = (
    *("type", "title", "required", "values", "min", "max", "max_length", "unit", "personal"),
    *("labels", "note"),
)
TYPE_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+")
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")
FIELDS_MAX = 40


def load_activity_types(text: str, *, file: str) -> tuple[ActivityTypes | None, list[Finding]]:
    """Return the activity types of a file, or nothing, and every finding."""
    root, findings = read_yaml(text, file=file)
    reader = Reader(file)
    reader.findings.extend(findings)
    if root is None:
        return None, reader.findings
    fields = reader.fields(root, ("version", "types"), ("version", "types"))
    version = reader.integer(fields.get("version"), at_least=1)
    types = {}
    for key, node in reader.entries(fields.get("types")):
        if not TYPE_NAME.fullmatch(key.text):
            zh, en = "类型名形如 volunteer.shift", "a type's name looks like volunteer.shift"
            reader.error("types.name", key, zh, en)
        types[key.text] = _type(reader, key, node)
    if reader.failed or version is None:
        return None, reader.findings
    return ActivityTypes(version=version, types=types), reader.findings


def _type(reader: Reader, key: Scalar, node: Node) -> ActivityType:
    fields = reader.fields(node, TYPE_KEYS, ("title", "programmes"))
    programmes = [
        reader.choice(item, PROGRAMMES) for item in reader.items(fields.get("programmes"))
    ]
    specs = {}
    for name, spec in reader.entries(fields.get("fields")):
        if not FIELD_NAME.fullmatch(name.text):
            reader.error("types.name", name, "字段名用小写英文", "a field's name is lower case")
        specs[name.text] = _field(reader, name, spec)
    if len(specs) > FIELDS_MAX:
        reader.error(
            "types.too_many", key, f"至多 {FIELDS_MAX} 个字段", f"over {FIELDS_MAX} fields"
        )
    return ActivityType(
        name=key.text,
        title=reader.title(fields.get("title"), key.text),
        programmes=tuple(name for name in programmes if name),
        privacy=reader.choice(fields.get("privacy"), PRIVACY) or "ordinary",
        duration_max_hours=reader.number(fields.get("duration_max_hours")),
        overlap=reader.choice(fields.get("overlap"), OVERLAP) or "allow",
        fields=specs,
    )


def _field(reader: Reader, name: Scalar, node: Node) -> FieldSpec:
    fields = reader.fields(node, FIELD_KEYS, ("type", "title"))
    kind = reader.choice(fields.get("type"), KINDS) or "text"
    required = reader.boolean(fields.get("required"))
    values = tuple(reader.texts(fields.get("values")))
    personal = reader.boolean(fields.get("personal")) or False
    if personal and required is not False:
        zh, en = "personal 字段不能必填", "a personal field cannot be required: rules never see it"
        reader.error("types.personal", node, zh, en)
    _fits(reader, node, kind, fields, values)
    low, high = reader.number(fields.get("min")), reader.number(fields.get("max"))
    _bounds(reader, node, low, high)
    return FieldSpec(
        name=name.text,
        kind=kind,
        title=reader.title(fields.get("title"), name.text),
        required=True if required is None else required,
        values=values,
        minimum=low,
        maximum=high,
        max_length=reader.integer(fields.get("max_length"), at_least=1, at_most=TEXT_LENGTH_MAX)
        or TEXT_LENGTH_MAX,
        unit=reader.text(fields.get("unit")) or "",
        personal=personal,
        labels=_labels(reader, fields.get("labels"), values),
    )


def _labels(reader: Reader, node: Node | None, values: tuple[str, ...]) -> dict[str, Title]:
    fields = reader.fields(node, values)
    return {value: reader.title(label, value) for value, label in fields.items()}


def _bounds(reader: Reader, node: Node, low: Decimal | None, high: Decimal | None) -> None:
    if low is not None and high is not None and low > high:
        reader.error("types.bounds", node, "min 大于 max", "min is above max")


def _fits(
    reader: Reader, node: Node, kind: str, fields: dict[str, Node], values: tuple[str, ...]
) -> None:
    listed = kind in ("enum", "list")
    if listed and not values:
        reader.error("types.values", node, "缺少 values", "'values' is missing")
    if len(set(values)) != len(values):
        reader.error("types.values", node, "values 有重复", "'values' repeats itself")
    for key, kinds in (
        ("values", ("enum", "list")),
        ("labels", ("enum", "list")),
        ("min", ("number", "integer")),
        ("max", ("number", "integer")),
        ("max_length", ("text",)),
    ):
        if key in fields and kind not in kinds:
            zh, en = f"“{key}”不适用于 {kind}", f"'{key}' does not apply to {kind}"
            reader.error("types.misplaced", fields[key], zh, en)
