"""What lint concludes about a condition never contradicts what the engine makes of it."""

import operator
from collections.abc import Callable, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from points.rules.activity_types import FieldSpec
from points.rules.check import check
from points.rules.lint import ranges, reasoning
from points.rules.lint.conditions import ALWAYS, DEAD, NEVER, examine
from points.rules.lint.ranges import Numbers
from points.rules.lint.reasoning import Reasoning
from points.rules.parser import parse
from points.rules.scope import MEMBER_FIELDS, Scope
from points.rules.syntax import Binary, Call, Conditional, Field, Let, Listing, Literal, Tree, Unary
from points.rules.texts import Title


def _spec(
    name: str, kind: str, *values: str, low: int | None = None, high: int | None = None
) -> FieldSpec:
    return FieldSpec(
        name=name, kind=kind, title=Title(name, name), values=values,
        minimum=None if low is None else Decimal(low), maximum=None if high is None else Decimal(high),
    )  # fmt: skip


FIELDS = {
    spec.name: spec
    for spec in (
        _spec("h", "number", low=0, high=4),
        _spec("n", "integer", low=-2, high=3),
        _spec("m", "integer", low=0, high=3),
        _spec("v", "boolean"),
        _spec("e", "enum", "a", "b", "c"),
        _spec("t", "text"),
        _spec("l", "list", "a", "b"),
    )
}
LETS = {"x": parse("event.h * 2 - event.n"), "y": parse('event.v && event.e == "a"')}
SCOPE = Scope(roots={"event": FIELDS, "member": MEMBER_FIELDS}, lets=LETS)


def expression(dice: Random, depth: int) -> str:
    """Return a random number."""
    if depth == 0 or dice.random() < 0.3:
        return dice.choice(
            ["event.h", "event.n", "event.m", "let.x", *map(str, range(4)), "0.5", "1.5"]
        )
    a, b = expression(dice, depth - 1), expression(dice, depth - 1)
    return dice.choice([
        f"({a} + {b})", f"({a} - {b})", f"({a} * {b})", f"({a} / {b})", f"({a} % {b})", f"min({a}, {b})",
        f"max({a}, {b})", f"floor({a})", f"ceil({a})", f"round({a})", f"abs({a})", f"(-{a})",
        f"({condition(dice, depth - 1)} ? {a} : {b})",
    ])  # fmt: skip


def condition(dice: Random, depth: int) -> str:
    """Return a random condition, on few fields, so that many contradict each other."""
    if depth == 0 or dice.random() < 0.2:
        op = dice.choice(["==", "!=", "<", "<=", ">", ">="])
        return dice.choice([
            f"{expression(dice, 0)} {op} {expression(dice, 0)}",
            f"event.{dice.choice('hnm')} {op} {dice.randint(-3, 5)}",
            f"event.{dice.choice('hnm')} in [{dice.randint(-3, 1)}, {dice.randint(1, 5)}, 0.5]",
            "event.v", "!event.v", "let.y", "event.v == (event.h > 1)",
            f'event.{dice.choice("et")} {op[0] if op[0] == "!" else "="}= "{dice.choice("abc")}"',
            f'event.{dice.choice("et")} in ["{dice.choice("ab")}", "{dice.choice("bc")}"]',
            f'"{dice.choice("ab")}" in event.l', "size(event.l) > 1", "event.e == event.t",
        ])  # fmt: skip
    a, b = condition(dice, depth - 1), condition(dice, depth - 1)
    return dice.choice([
        f"({a} && {b})", f"({a} && {b})", f"({a} || {b})", f"!({a})",
        f"({a} ? {b} : {condition(dice, depth - 1)})",
        f"({expression(dice, depth - 1)} < {expression(dice, depth - 1)})",
        f"({expression(dice, 1)} == {expression(dice, 1)})",
    ])  # fmt: skip


def event(dice: Random) -> dict[str, Any]:
    return {
        "h": dice.choice([Decimal(0), Decimal(1), Decimal(2), Decimal(4), Decimal("0.5"), Decimal("1.5"), Decimal(dice.randint(0, 400)) / 100]),
        "n": dice.randint(-2, 3), "m": dice.randint(0, 3), "v": dice.random() < 0.5,
        "e": dice.choice("abc"), "t": dice.choice("abcd"),
        "l": dice.choice([(), ("a",), ("b",), ("a", "b")]),
    }  # fmt: skip


DO: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "%": operator.mod,
    "in": lambda one, many: one in many,
}  # fmt: skip
CALL: dict[str, Callable[..., Any]] = {
    "min": min, "max": max, "abs": abs, "size": lambda many: Decimal(len(many)),
    "floor": lambda n: n.to_integral_value(ROUND_FLOOR), "ceil": lambda n: n.to_integral_value(ROUND_CEILING),
    "round": lambda n: n.to_integral_value(ROUND_HALF_UP),
}  # fmt: skip


def exact(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Watched:
    """An interpreter that writes down what each part came to whenever it was reached."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields, self.seen = fields, dict[int, list[Any]]()

    def run(self, tree: Tree) -> Any:
        value = self._run(tree)
        self.seen.setdefault(id(tree), []).append(value)
        return value

    def _run(self, tree: Tree) -> Any:  # noqa: C901, PLR0911 - one a node
        match tree:
            case Literal(value=value):
                return exact(value)
            case Field(name=name):
                return exact(self.fields[name])
            case Let(name=name):
                return self.run(LETS[name])
            case Listing(items=items):
                return [self.run(item) for item in items]
            case Unary(op=op, operand=operand):
                value = self.run(operand)
                return (not value) if op == "!" else -value
            case Conditional(test=test, yes=yes, no=no):
                return self.run(yes if self.run(test) else no)
            case Binary(op="&&", left=left, right=right):
                return self.run(left) and self.run(right)
            case Binary(op="||", left=left, right=right):
                return self.run(left) or self.run(right)
            case Binary(left=left, right=right):
                return DO[tree.op](self.run(left), self.run(right))
            case Call(function=function, arguments=arguments):
                return CALL[function](*(self.run(each) for each in arguments))


def contradictions(text: str, dice: Random, tries: int) -> Iterator[str]:
    """Yield where what lint says is not what happens."""
    tree = parse(text)
    if check(tree, SCOPE)[1]:
        return
    thoughts = Reasoning(SCOPE)
    never = thoughts.holds(tree) is None
    always = Reasoning(SCOPE).assume(tree, {}, truth=False) is None
    remarks = list(examine(tree, Reasoning(SCOPE), {}, decides=True))
    span = Reasoning(SCOPE).value(tree, {})
    for _ in range(tries):
        watched = Watched(event(dice))
        try:
            came_to = watched.run(tree)
        except ArithmeticError:
            came_to = None
        if (never and came_to is True) or (always and came_to is False):
            yield f"{text} is {came_to} of {watched.fields}"
        if isinstance(span, Numbers) and isinstance(came_to, Decimal) and not span.holds(came_to):
            yield f"{text} is {came_to}, not in {span}"
        for remark in remarks:
            seen = watched.seen.get(id(remark.tree), [])
            wrong = {NEVER: True in seen, ALWAYS: False in seen, DEAD: bool(seen)}[remark.code]
            if wrong:
                yield f"{remark.code} of {text} at {remark.tree}: {seen} with {watched.fields}"


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 2**63))
def test_nothing_is_concluded_that_is_not_so(seed: int) -> None:
    dice = Random(seed)
    text = condition(dice, 3)
    assert list(contradictions(text, dice, 12)) == []
    assert list(contradictions(expression(dice, 3), dice, 12)) == []


@pytest.mark.nightly
def test_nothing_is_concluded_that_is_not_so_a_hundred_thousand_times() -> None:
    for seed in range(100_000):
        dice = Random(seed)
        assert list(contradictions(condition(dice, dice.randint(1, 4)), dice, 10)) == []


def test_much_is_concluded() -> None:
    """Soundness alone would be had by saying nothing."""
    dice = Random(5)
    found = [
        list(examine(parse(text), Reasoning(SCOPE), {}))
        for text in (condition(dice, 2) for _ in range(1_000))
        if not check(parse(text), SCOPE)[1]
    ]
    codes = [remark.code for remarks in found for remark in remarks]
    assert all(codes.count(code) > 20 for code in (NEVER, ALWAYS, DEAD)), codes


def breaks(seeds: int = 3_000) -> bool:
    dice = Random(11)
    return any(True for _ in range(seeds) for _ in contradictions(condition(dice, 2), dice, 10))


def test_a_range_too_narrow_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: open ends where the end itself is possible."""
    right = ranges.narrowed

    def wrong(one: Numbers, op: str, other: Numbers) -> Numbers | None:
        return right(one, {"<=": "<", ">=": ">"}.get(op, op), other)

    monkeypatch.setattr(reasoning, "narrowed", wrong)
    assert breaks()


def test_a_union_taken_for_one_side_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: of ``a || b`` only ``a`` is thought of."""
    monkeypatch.setattr(reasoning, "either", lambda one, _other: one)
    assert breaks()
