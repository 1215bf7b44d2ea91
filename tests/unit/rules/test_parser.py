"""Expressions are read by precedence, within bounds, and mistakes have places."""

import pytest

from points.rules.lexer import BadExpression
from points.rules.parser import parse
from points.rules.syntax import Binary, Conditional, Field, Literal, Unary, children, unparse, walk


def fault(text: str) -> tuple[str, int]:
    with pytest.raises(BadExpression) as caught:
        parse(text)
    return caught.value.fault.code, caught.value.fault.start


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("1 + 2 * 3", "1 + (2 * 3)"),
        ("1 - 2 - 3", "(1 - 2) - 3"),
        ("true || false && true", "true || (false && true)"),
        ("!true && false", "(!true) && false"),
        ("-1 + 2", "(-1) + 2"),
        ("true ? 1 : false ? 2 : 3", "true ? 1 : (false ? 2 : 3)"),
        ("event.a in ['x'] || event.b", '(event.a in ["x"]) || event.b'),
        ("1 + 1 < 2 * 2", "(1 + 1) < (2 * 2)"),
        ("history.count('a.b', 'P1D') > 0", "(history.count('a.b','P1D')) > 0"),
    ],
)  # fmt: skip
def test_precedence(text: str, same: str) -> None:
    assert unparse(parse(text)) == unparse(parse(same))


def test_a_tree_knows_where_it_was_read() -> None:
    tree = parse("event.hours  >= 0.5")
    assert isinstance(tree, Binary)
    assert (tree.left.start, tree.left.end, tree.right.start, tree.right.end) == (0, 11, 16, 19)


def test_strings_take_either_quotation_mark_and_escapes() -> None:
    tree = parse(r"'it\'s'")
    assert isinstance(tree, Literal)
    assert tree.value == "it's"
    assert unparse(parse(r'"a\"b\\"')) == r'"a\"b\\"'


@pytest.mark.parametrize(
    ("text", "code", "start"),
    [
        ("", "expression.syntax", 0),
        ("1 +", "expression.syntax", 3),
        ("(1", "expression.syntax", 2),
        ("[1, 2", "expression.syntax", 5),
        ("1 2", "expression.syntax", 2),
        ("a = 1", "expression.syntax", 2),
        ("event.a & event.b", "expression.syntax", 8),
        ("event.a | event.b", "expression.syntax", 8),
        ("event.a and event.b", "expression.syntax", 8),
        ("not event.a", "expression.syntax", 0),
        ("'open", "expression.syntax", 0),
        ("1 ，2", "expression.syntax", 2),
        ("1 ٣", "expression.syntax", 2),
        ("1.2.3", "expression.syntax", 0),
        ("5 $", "expression.syntax", 2),
        ("1 < 2 < 3", "expression.syntax", 6),
        ("in", "expression.syntax", 0),
        ("true ? 1", "expression.syntax", 8),
        ("evnt.hours", "expression.unknown_name", 0),
        ("gold", "expression.unknown_name", 0),
        ("event.a.b", "expression.unknown_name", 0),
        ("minn(1)", "expression.unknown_function", 0),
        ("__import__('os')", "expression.unknown_function", 0),
        ("event.x.__class__()", "expression.unknown_function", 0),
        ("(" * 30_000, "expression.too_long", 0),
        ("(" * 1_000, "expression.too_complex", 30),
        ("!" * 1_000 + "true", "expression.too_complex", 0),
        ("1" + "+1" * 300, "expression.too_complex", 0),
        ("1" * 31, "expression.syntax", 0),
        ("lambda: 1", "expression.unknown_name", 0),
    ],
)
def test_mistakes_have_codes_and_places(text: str, code: str, start: int) -> None:
    assert fault(text) == (code, start)


def test_a_walk_meets_every_part_once() -> None:
    tree = parse("event.a ? [1, 2] : -min(3, let.b)")
    assert isinstance(tree, Conditional)
    assert len(list(walk(tree))) == 9
    assert children(Field(0, 0, "event", "a")) == ()
    assert isinstance(tree.no, Unary)
