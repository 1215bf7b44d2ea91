"""Says in words which condition did not hold, and for which values."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from points.rules.activity_types import ActivityTypes
from points.rules.model import Rule
from points.rules.scope import MEMBER_FIELDS
from points.rules.sentence import Speaker
from points.rules.texts import Title


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
    return Title(
        "；".join((zh, *_values(read, "实为"))), "; ".join((en, *_values(read, "actually")))
    )


def _values(read: Iterable[Mapping[str, Any]], label: str) -> Iterator[str]:
    for each in read:
        if each["name"].startswith("event.") and not isinstance(each["value"], bool):
            unit = f" {each['unit']}" if each["unit"] else ""
            yield f"{label} {each['value']}{unit}"
