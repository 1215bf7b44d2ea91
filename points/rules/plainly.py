"""Says in a sentence why a condition did not hold, with the values that it met, for the member.

Only what the rule says is said, and only of the member's own activity: each part that failed, what
it found, and what it asked for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from points.kernel.canonical import decimal_text
from points.rules.activity_types import FieldSpec
from points.rules.compile import Compiled
from points.rules.covering.walking import Walker
from points.rules.durations import parse_duration
from points.rules.model import Rule
from points.rules.scope import MEMBER_FIELDS
from points.rules.sentence import Speaker
from points.rules.syntax import (
    Binary,
    Call,
    Field,
    Let,
    Literal,
    Tree,
    Unary,
    conjuncts,
)
from points.rules.texts import Title
from points.rules.words import unit_of, value_of

_FALLING_SHORT: Mapping[str, Title] = {
    ">=": Title("{0} {1}，未满 {2}", "{0}: {1}, less than {2}"),
    ">": Title("{0} {1}，没有超过 {2}", "{0}: {1}, not more than {2}"),
    "<=": Title("{0} {1}，超过了 {2}", "{0}: {1}, more than {2}"),
    "<": Title("{0} {1}，不少于 {2}", "{0}: {1}, not less than {2}"),
    "==": Title("{0}为{1}，这条规则要求{2}", "{0}: {1}, where the rule asks for {2}"),
    "!=": Title("{0}为{1}，这条规则不适用", "{0}: {1}, to which the rule does not apply"),
    "in": Title("{0}为{1}，这条规则要求{2}", "{0}: {1}, where the rule asks for {2}"),
}
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_AGAINST = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}


@dataclass(frozen=True, slots=True)
class Plain:
    """Says of one rule and activity what failed.

    Attributes:
        rule: Whose conditions they are.
        walker: Reads them on the activity once more.
        types: What activity types are called.
    """

    rule: Rule
    walker: Walker
    types: Mapping[str, Title]

    def failing(self, condition: Compiled | None) -> list[Title]:
        """Return a sentence for every part of a condition that did not hold."""
        parts = conjuncts(condition.tree) if condition is not None else ()
        return [said for part in parts for said in self._failing(part)]

    def _failing(self, part: Tree) -> Iterable[Title]:
        """Yield what was amiss with one part; nothing where it held or could not be asked."""
        tree = self._opened(part)
        parts = conjuncts(tree)
        if len(parts) > 1:
            for each in parts:
                yield from self._failing(each)
            return
        if self._value(tree) is not False:
            return
        ways = alternatives(tree)
        if len(ways) > 1:
            yield _none_of([each for way in ways for each in self._failing(way)])
            return
        yield self._atom(tree)

    def _opened(self, tree: Tree) -> Tree:
        while isinstance(tree, Let):
            tree = self.walker.lets[tree.name]
        return tree

    def _value(self, tree: Tree) -> Any:  # noqa: ANN401 - any value
        try:
            return self.walker.value(tree)
        except (ArithmeticError, KeyError, TypeError):
            # What a guard before it kept from being asked is not told either.
            return None

    def _atom(self, tree: Tree) -> Title:
        match tree:
            case Field() as field:
                return self._unmarked(field)
            case Unary(op="!", operand=operand):
                return self._not(self._opened(operand))
            case Binary(op=op, left=left, right=right) if op in _FALLING_SHORT:
                return self._compared(op, left, right)
            case Call(function="has", arguments=(Field() as field,)):
                name = self._name(field)
                return Title(f"没有填写“{name.zh}”", f"'{name.en}' was not given")
            case _:
                return self._said(tree)

    def _unmarked(self, field: Field) -> Title:
        name = self._name(field)
        if field.root == "member":
            return Title(
                f"当时的登记信息中，“{name.zh}”为“否”",
                f"by the register of that day: '{name.en}' is 'no'",
            )
        return Title(f"“{name.zh}”记录为“否”", f"'{name.en}' was recorded as 'no'")

    def _not(self, operand: Tree) -> Title:
        if isinstance(operand, Field):
            name = self._name(operand)
            return Title(f"“{name.zh}”为“是”", f"'{name.en}' is 'yes'")
        if isinstance(operand, Binary) and operand.op in _AGAINST:
            return self._compared(_AGAINST[operand.op], operand.left, operand.right)
        return self._said(Unary(operand.start, operand.end, "!", operand))

    def _compared(self, op: str, left: Tree, right: Tree) -> Title:
        subject, other = self._opened(left), self._opened(right)
        if op == "in" and isinstance(subject, Literal):
            return self._lacking(op, subject, other)
        if isinstance(subject, Literal) and op in _TURNED:
            op, subject, other = _TURNED[op], other, subject
        found, asked = self.walker.value(subject), self.walker.value(other)
        spec = self._spec(subject)
        name = self._subject(subject)
        words = _FALLING_SHORT[op]
        zh = words.zh.format(name.zh, *(_spelled(each, spec).zh for each in (found, asked)))
        en = words.en.format(name.en, *(_spelled(each, spec).en for each in (found, asked)))
        return Title(zh, en)

    def _lacking(self, op: str, wanted: Literal, where: Tree) -> Title:
        if not isinstance(where, Field):
            return self._said(Binary(wanted.start, where.end, op, wanted, where))
        name, value = self._name(where), value_of(str(wanted.value))
        if where.root == "member":
            return Title(
                f"当时的登记信息中，{name.zh}没有“{value.zh}”",
                f"by the register of that day: no '{value.en}' among {name.en}",
            )
        return Title(f"{name.zh}中没有“{value.zh}”", f"no '{value.en}' among {name.en}")

    def _subject(self, tree: Tree) -> Title:
        if isinstance(tree, Field):
            return self._name(tree)
        if isinstance(tree, Call) and tree.function == "history.count":
            return self._history(tree)
        return self._said_of(tree)

    def _history(self, tree: Call) -> Title:
        name, span = (str(part.value) for part in tree.arguments if isinstance(part, Literal))
        kind = self.types.get(name, Title(name, name))
        duration = parse_duration(span)
        days = duration.elapsed.days if duration else 0
        return Title(f"此前 {days} 天内“{kind.zh}”的次数", f"'{kind.en}' in the {days} days before")

    def _name(self, field: Field) -> Title:
        spec = self._spec(field)
        return spec.title if spec else Title(field.path, field.path)

    def _spec(self, tree: Tree) -> FieldSpec | None:
        if not isinstance(tree, Field):
            return None
        known = self.rule.type.fields if tree.root == "event" else MEMBER_FIELDS
        return known.get(tree.name)

    def _said(self, tree: Tree) -> Title:
        said = self._said_of(tree)
        return Title(f"不符合“{said.zh}”", f"it does not hold that {said.en}")

    def _said_of(self, tree: Tree) -> Title:
        fields = {"event": self.rule.type.fields, "member": MEMBER_FIELDS}
        zh, en = (
            Speaker(fields, self.walker.lets, self.types, language).say(tree)
            for language in ("zh", "en")
        )
        return Title(zh, en)


def alternatives(tree: Tree) -> tuple[Tree, ...]:
    """Return the parts that ``||`` joins at the top, in order."""
    if isinstance(tree, Binary) and tree.op == "||":
        return alternatives(tree.left) + alternatives(tree.right)
    return (tree,)


def _none_of(said: list[Title]) -> Title:
    return Title(
        "以下任何一项都不符合：" + "；".join(each.zh for each in said),
        "none of these holds: " + "; ".join(each.en for each in said),
    )


def _spelled(value: object, spec: FieldSpec | None) -> Title:
    """Return a value as people write it, with its unit."""
    if isinstance(value, bool):
        return Title("“是”" if value else "“否”", "'yes'" if value else "'no'")
    if isinstance(value, int | Decimal):
        number, unit = decimal_text(Decimal(value)), unit_of(spec.unit if spec else "")
        return Title(f"{number} {unit.zh}".rstrip(), f"{number} {unit.en}".rstrip())
    if isinstance(value, list | tuple):
        each = [value_of(str(item)) for item in value]
        zh = "或".join(f"“{item.zh}”" for item in each)
        return Title(zh, " or ".join(f"'{item.en}'" for item in each))
    said = value_of(str(value))
    return Title(f"“{said.zh}”", f"'{said.en}'")
