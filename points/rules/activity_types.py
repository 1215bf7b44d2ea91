"""Activity types: what a kind of activity is called and which fields it carries."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from points.rules.texts import Title
from points.rules.types import BOOLEAN, DATE, NUMBER, TEXT, Type

TEXT_LENGTH_MAX = 500
NUMBER_LIMIT = Decimal(10) ** 12
_MEMBER = re.compile(r"[0-9A-Za-z_-]{1,26}")
_NUMBER = re.compile(r"-?[0-9]{1,13}(?:\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFault:
    """What is wrong with one field of an incoming activity; never says what its value was."""

    code: str
    pointer: str
    zh: str
    en: str


class BadValue(ValueError):
    """A value does not fit; carries code and texts."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(code)
        self.code, self.zh, self.en = code, zh, en


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One field: ``kind`` is number, integer, boolean, enum, text, date, member or list (of enum).

    A ``member`` is another member's id; to rules it is text.

    Attributes:
        labels: What values of an enum or a list are called, where they have names for people.
        personal: It may tell who somebody is: kept sealed beside the activity, unknown to rules.
    """

    name: str
    kind: str
    title: Title
    required: bool = True
    values: tuple[str, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    max_length: int = TEXT_LENGTH_MAX
    unit: str = ""
    personal: bool = False
    labels: Mapping[str, Title] = field(default_factory=dict)

    def label(self, value: str) -> Title:
        """Return what a value is called; the value itself where it has no name."""
        return self.labels.get(value) or Title(value, value)

    @property
    def type(self) -> Type:
        """Return the type that expressions see."""
        plain = {"boolean": BOOLEAN, "text": TEXT, "date": DATE, "member": TEXT}
        if self.kind in ("enum", "list"):
            return Type(self.kind, frozenset(self.values))
        return plain.get(self.kind, NUMBER)

    def read(self, value: object) -> Any:  # noqa: ANN401 - one of six kinds
        """Return a value in its one form.

        Raises:
            BadValue: It does not fit.
        """
        return _NORMALISERS[self.kind](self, value)


def _number(spec: FieldSpec, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str, float)):
        raise BadValue("wrong_type", "应为数字", "must be a number")
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if not _NUMBER.fullmatch(text):
        raise BadValue("wrong_type", "应为数字（小数至多 9 位）", "must be a plain number")
    return _in_range(spec, Decimal(text))


def _in_range(spec: FieldSpec, number: Decimal) -> Decimal:
    low = -NUMBER_LIMIT if spec.minimum is None else spec.minimum
    high = NUMBER_LIMIT if spec.maximum is None else spec.maximum
    if not low <= number <= high:
        raise BadValue("out_of_range", f"应在 {low:f}～{high:f} 之间", f"not in {low:f}..{high:f}")
    return number


def _integer(spec: FieldSpec, value: object) -> int:
    number = _number(spec, value)
    if number != number.to_integral_value():
        raise BadValue("wrong_type", "应为整数", "must be a whole number")
    return int(number)


def _boolean(_spec: FieldSpec, value: object) -> bool:
    if not isinstance(value, bool):
        raise BadValue("wrong_type", "应为是或否", "must be true or false")
    return value


def _text(spec: FieldSpec, value: object) -> str:
    if not isinstance(value, str):
        raise BadValue("wrong_type", "应为文字", "must be text")
    if len(value) > spec.max_length:
        raise BadValue(
            "too_long", f"至多 {spec.max_length} 字", f"over {spec.max_length} characters"
        )
    return value


def _member(_spec: FieldSpec, value: object) -> str:
    if not isinstance(value, str) or not _MEMBER.fullmatch(value):
        raise BadValue("wrong_type", "应为会员编号", "must be a member's id")
    return value


def _enum(spec: FieldSpec, value: object) -> str:
    if not isinstance(value, str) or value not in spec.values:
        known = "、".join(spec.values)
        raise BadValue("bad_enum", f"应为其一：{known}", f"must be one of {', '.join(spec.values)}")
    return value


def _date(_spec: FieldSpec, value: object) -> date:
    if isinstance(value, date) and type(value) is date:
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise BadValue("wrong_type", "应为日期 YYYY-MM-DD", "must be a date YYYY-MM-DD") from None


def _list(spec: FieldSpec, value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or len(value) > len(spec.values):
        raise BadValue("wrong_type", "应为不重复的列表", "must be a list without repetition")
    found = {_enum(spec, item) for item in value}
    if len(found) != len(value):
        raise BadValue("wrong_type", "应为不重复的列表", "must be a list without repetition")
    return tuple(item for item in spec.values if item in found)


_NORMALISERS = {
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "text": _text,
    "enum": _enum,
    "date": _date,
    "list": _list,
    "member": _member,
}
KINDS = tuple(_NORMALISERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityType:
    """One kind of activity.

    Attributes:
        name: Such as ``volunteer.shift``.
        programmes: Which programmes it may count in.
        privacy: ``ordinary``, or ``attendance``: only that it happened is kept and shown.
        duration_max_hours: The longest plausible duration, if any.
        overlap: ``allow``, or ``refuse`` two of one member at the same time.
        fields: Its fields by name, in order.
    """

    name: str
    title: Title
    programmes: tuple[str, ...] = ()
    privacy: str = "ordinary"
    duration_max_hours: Decimal | None = None
    overlap: str = "allow"
    fields: Mapping[str, FieldSpec] = field(default_factory=dict)

    @property
    def personal(self) -> frozenset[str]:
        """The fields that may tell who somebody is."""
        return frozenset(name for name, spec in self.fields.items() if spec.personal)

    @property
    def scored(self) -> dict[str, FieldSpec]:
        """The fields that rules may ask about."""
        return {name: spec for name, spec in self.fields.items() if not spec.personal}

    def validate(self, fields: Mapping[str, object]) -> list[FieldFault]:
        """Return everything that is wrong with an incoming activity's fields."""
        return self._read(fields)[1]

    def normalise(self, fields: Mapping[str, object]) -> dict[str, Any]:
        """Return valid fields in their one form; ``None`` counts as left out.

        Raises:
            ValueError: The fields are not valid.
        """
        values, faults = self._read(fields)
        if faults:
            raise ValueError(", ".join(f"{fault.pointer}: {fault.code}" for fault in faults))
        return values

    def _read(self, fields: Mapping[str, object]) -> tuple[dict[str, Any], list[FieldFault]]:
        values: dict[str, Any] = {}
        faults = [
            # The name of an unknown field may itself be personal data, so it is not repeated.
            FieldFault(code="unknown_field", pointer="/", zh="有不认识的字段", en="unknown field")
            for name in fields
            if name not in self.fields
        ]
        for name, spec in self.fields.items():
            value = fields.get(name)
            if value is None:
                if spec.required:
                    faults.append(_fault(spec, "missing", "必填", "is required"))
                continue
            try:
                values[name] = spec.read(value)
            except BadValue as bad:
                faults.append(_fault(spec, bad.code, bad.zh, bad.en))
        return values, faults


def _fault(spec: FieldSpec, code: str, zh: str, en: str) -> FieldFault:
    return FieldFault(
        code=code, pointer=f"/{spec.name}", zh=f"{spec.title.zh}：{zh}", en=f"{spec.title.en}: {en}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityTypes:
    """The whole file."""

    version: int
    types: Mapping[str, ActivityType]
