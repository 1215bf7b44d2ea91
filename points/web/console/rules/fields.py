"""What a form offers to change of a rule file: single values, each with its place in the file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from points.rules import RuleSet
from points.rules.phrases import name_of
from points.rules.rewriting import Path, found, writable
from points.rules.texts import Title
from points.rules.yaml_positions import Mapping as MappingNode
from points.rules.yaml_positions import Node, Scalar, Sequence, read_yaml

NUMBER_MAX = 1_000_000


class Kind(StrEnum):
    """How a value is typed in."""

    TEXT = "text"
    WHOLE = "whole"
    DAY = "day"
    EXPRESSION = "expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One value of the file.

    Attributes:
        name: Of the form's field.
        path: Where it stands in the file.
        label: What it is called.
        value: As it is written.
        shared: Other rules that it touches as well.
    """

    name: str
    path: Path
    label: Title
    kind: Kind
    value: str
    shared: tuple[str, ...] = ()


LABELS: Mapping[str, Title] = {
    "title_zh": Title("名称（中文）", "Title in Chinese"),
    "title_en": Title("名称（英文）", "Title in English"),
    "version": Title("版本号", "Version"),
    "from": Title("生效日", "Effective from"),
    "until": Title("失效日（当日起不再适用）", "Effective until (no longer on this day)"),
    "when": Title("条件", "Condition"),
    "audience": Title("适用对象", "Audience"),
    "points": Title("分值", "Points"),
}


def head_fields(text: str) -> list[Offered]:
    """Return what the form of a file's head offers."""
    root = read_yaml(text, file="")[0]
    places: list[tuple[str, Path, Title, Kind]] = [
        ("title_zh", ("title", "zh"), LABELS["title_zh"], Kind.TEXT),
        ("title_en", ("title", "en"), LABELS["title_en"], Kind.TEXT),
        ("version", ("version",), LABELS["version"], Kind.WHOLE),
        ("from", ("effective", "from"), LABELS["from"], Kind.DAY),
        ("until", ("effective", "until"), LABELS["until"], Kind.DAY),
    ]
    base = found(root, ("base",))
    for measure in base.values if isinstance(base, MappingNode) else ():
        called = name_of(measure)
        label = Title(f"{called.zh}年初基础分", f"Base points of the {called.en}")
        places.append((f"base_{measure}", ("base", measure), label, Kind.WHOLE))
    return list(_offered(root, places))


def rule_fields(text: str, ruleset: RuleSet | None, rule_id: str) -> list[Offered]:
    """Return what the form of one rule offers; nothing where there is no such rule."""
    root = read_yaml(text, file="")[0]
    number = _number_of(root, rule_id)
    if number is None:
        return []
    at: Path = ("rules", number)
    places: list[tuple[str, Path, Title, Kind]] = [
        ("title_zh", (*at, "title", "zh"), LABELS["title_zh"], Kind.TEXT),
        ("title_en", (*at, "title", "en"), LABELS["title_en"], Kind.TEXT),
        ("audience", (*at, "audience"), LABELS["audience"], Kind.EXPRESSION),
        ("when", (*at, "when"), LABELS["when"], Kind.EXPRESSION),
        *_points(root, at),
    ]
    return [*_offered(root, places), *_caps(root, ruleset, rule_id)]


def _number_of(root: Node | None, rule_id: str) -> int | None:
    rules = found(root, ("rules",))
    for number in range(len(rules.items) if isinstance(rules, Sequence) else 0):
        named = found(root, ("rules", number, "id"))
        if isinstance(named, Scalar) and named.text == rule_id:
            return number
    return None


def _points(root: Node | None, at: Path) -> Iterator[tuple[str, Path, Title, Kind]]:
    """Yield what a rule is worth: one value, one for each measure, or the rows of its table."""
    points = found(root, (*at, "points"))
    if isinstance(points, MappingNode):
        for measure in points.values:
            called = name_of(measure)
            label = Title(f"{called.zh}分值", f"Points to the {called.en}")
            yield f"points_{measure}", (*at, "points", measure), label, Kind.EXPRESSION
    else:
        yield "points", (*at, "points"), LABELS["points"], Kind.EXPRESSION
    rows = found(root, (*at, "table", "rows"))
    for number, row in enumerate(rows.items if isinstance(rows, Sequence) else ()):
        if not isinstance(row, Sequence) or not row.items:
            continue
        cells = "，".join(each.text for each in row.items[:-1] if isinstance(each, Scalar))
        label = Title(f"表中“{cells}”的分值", f"Points of the row '{cells}'")
        path = (*at, "table", "rows", number, len(row.items) - 1)
        yield f"row_{number}", path, label, Kind.EXPRESSION


def _caps(root: Node | None, ruleset: RuleSet | None, rule_id: str) -> Iterator[Offered]:
    rule = ruleset.rule(rule_id) if ruleset else None
    for cap in rule.caps if rule else ():
        unit = Title("次", "times") if cap.unit == "times" else Title("分", "points")
        label = Title(f"{cap.title.zh}（{unit.zh}）", f"{cap.title.en} ({unit.en})")
        place = (f"cap_{cap.id}", ("caps", cap.id, "max"), label, Kind.WHOLE)
        others = tuple(
            each.id
            for each in (ruleset.rules if ruleset else ())
            if each.id != rule_id and cap.id in {other.id for other in each.caps}
        )
        yield from _offered(root, [place], others)


def _offered(
    root: Node | None,
    places: list[tuple[str, Path, Title, Kind]],
    shared: tuple[str, ...] = (),
) -> Iterator[Offered]:
    """Yield the places at which a value stands that can be changed there."""
    for name, path, label, kind in places:
        node = found(root, path)
        if isinstance(node, Scalar) and writable(node):
            yield Offered(
                name=name, path=path, label=label, kind=kind, value=node.text, shared=shared
            )
