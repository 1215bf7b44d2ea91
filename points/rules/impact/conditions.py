"""Says in words which condition did not hold, and for which values."""

from collections.abc import Mapping
from typing import Any

from points.rules.activity_types import ActivityTypes
from points.rules.model import Rule
from points.rules.scope import MEMBER_FIELDS
from points.rules.sentence import Speaker
from points.rules.texts import Title
from points.rules.words import unit_of


def failed_condition(step: Mapping[str, Any], rule: Rule, types: ActivityTypes) -> Title | None:
    """Return the condition that failed in a rule's step of a trace; None where none is named."""
    failed = [each["text"] for each in step.get("conditions", ()) if not each["value"]]
    if not failed:
        return None
    parts = {part.text: part for part in (rule.audience, *rule.conditions) if part is not None}
    condition = parts[failed[-1]]
    titles = {name: kind.title for name, kind in types.types.items()}
    fields = {"event": rule.type.scored, "member": MEMBER_FIELDS}
    zh, en = (
        Speaker(fields, condition.lets, titles, language).say(condition.tree)
        for language in ("zh", "en")
    )
    read = [each for each in step["read"] if each["name"] in condition.reads]
    values = [_value(each) for each in read if _worth_saying(each)]
    return Title(
        "；".join((zh, *(each.zh for each in values))),
        "; ".join((en, *(each.en for each in values))),
    )


def _worth_saying(read: Mapping[str, Any]) -> bool:
    """Return whether a value is a quantity: what the member is needs no saying."""
    return read["name"].startswith("event.") and not isinstance(read["value"], bool)


def _value(read: Mapping[str, Any]) -> Title:
    unit, value = unit_of(read["unit"]), read["value"]
    return Title(f"实为 {value} {unit.zh}".strip(), f"actually {value} {unit.en}".strip())
