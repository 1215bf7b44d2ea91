"""Generated expressions: parse and write back, compiled against walked, and hostile text."""

from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from points.rules import compile as compiler
from points.rules.check import check
from points.rules.compile import ARITHMETIC, Compiled, compile_expression
from points.rules.covering import Walker
from points.rules.lexer import BadExpression
from points.rules.parser import parse
from points.rules.scope import MEMBER_FIELDS, Scope
from points.rules.syntax import Tree, unparse
from tests.unit.rules.worlds import WORLD

LETS = {"long": parse("event.hours > 4"), "worth": parse("event.hours * 2.5 + 1")}
SCOPE = Scope(
    roots={"event": WORLD.types["shift.done"].fields, "member": MEMBER_FIELDS},
    lets=LETS,
    histories=frozenset(WORLD.types),
)

NUMBERS = st.one_of(
    st.integers(0, 50).map(str),
    st.decimals(0, 20, places=2).map(lambda value: format(value, "f")),
    st.just("event.hours"),
    st.just("let.worth"),
    st.just("size(member.roles)"),
    st.just("(has(event.trips) ? event.trips : 0)"),
)
TRUTHS = st.sampled_from(
    [
        "true", "false", "event.verified", "let.long", "has(event.trips)", "member.kind == 'rider'",
        "member.kind in ['rider', 'courier']", "'pioneer' in member.roles", "member.party_member",
        "has(event.trips) && event.trips > 2", "(!has(event.trips) || event.trips == 1)",
    ]
)  # fmt: skip


def bigger(kinds: tuple[Any, Any]) -> tuple[Any, Any]:
    numbers, truths = kinds
    pair = st.tuples(numbers, numbers)
    more_numbers = st.one_of(
        numbers,
        st.tuples(numbers, st.sampled_from("+-*/%"), numbers).map(lambda t: f"({' '.join(t)})"),
        st.tuples(st.sampled_from(["min", "max"]), pair).map(
            lambda t: f"{t[0]}({t[1][0]}, {t[1][1]})"
        ),
        st.tuples(st.sampled_from(["floor", "ceil", "round", "abs"]), numbers).map(
            lambda t: f"{t[0]}({t[1]})"
        ),
        st.tuples(truths, numbers, numbers).map(lambda t: f"({t[0]} ? {t[1]} : {t[2]})"),
        numbers.map(lambda text: f"-{text}"),
    )
    more_truths = st.one_of(
        truths,
        st.tuples(truths, st.sampled_from(["&&", "||"]), truths).map(lambda t: f"({' '.join(t)})"),
        st.tuples(numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers).map(
            lambda t: f"({' '.join(t)})"
        ),
        st.tuples(numbers, numbers).map(lambda t: f"({t[0]} in [1, 2.5])"),
        truths.map(lambda text: f"!({text})"),
    )
    return more_numbers, more_truths


LEVELS: list[tuple[Any, Any]] = [(NUMBERS, TRUTHS)]
for _ in range(3):
    LEVELS.append(bigger(LEVELS[-1]))
EXPRESSIONS = st.one_of(*LEVELS[-1])
EVENTS = st.fixed_dictionaries(
    {"hours": st.decimals(0, 24, places=2), "verified": st.booleans()},
    optional={"trips": st.integers(0, 9)},
)
MEMBERS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["rider", "courier", "taxi_driver"]),
        "party_member": st.booleans(),
        "roles": st.sampled_from([(), ("pioneer",), ("grid_agent", "pioneer")]),
    }
)


def compiled(text: str) -> tuple[Tree, Compiled] | None:
    tree = parse(text)
    if check(tree, SCOPE)[1]:
        return None
    return tree, compile_expression(text, tree, LETS)


def outcome(run: Any) -> Any:
    with localcontext(ARITHMETIC):
        try:
            value = run()
        except ArithmeticError as error:
            return "zero" if isinstance(error, ZeroDivisionError) else "arithmetic"
        return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def same(text: str, event: dict[str, Any], member: dict[str, Any]) -> bool:
    """Return whether the compiled expression and the walked tree agree."""
    ready = compiled(text)
    if ready is None:
        return True
    tree, code = ready
    names = {"event": event, "member": member}
    slow = outcome(lambda: Walker(names=names, lets=LETS).value(tree))
    return bool(outcome(lambda: code.run(event, member, lambda _, __: 0)) == slow)


@given(EXPRESSIONS, EVENTS, MEMBERS)
@example("1 / (event.hours - event.hours)", {"hours": Decimal(1), "verified": True}, {})
def test_compiled_and_walked_agree(
    text: str, event: dict[str, Any], member: dict[str, Any]
) -> None:
    assert same(text, event, member)


def test_the_walk_would_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with a wrong operator in the compiler, the two disagree."""
    event = {"hours": Decimal(5), "verified": True}
    assert same("round(event.hours / 2) > 2", event, {})
    monkeypatch.setattr(
        compiler, "HELPERS",
        {**compiler.HELPERS, "round": lambda n: int(Decimal(n).to_integral_value(ROUND_DOWN))},
    )  # fmt: skip
    assert not same("round(event.hours / 2) > 2", event, {})


@given(EXPRESSIONS)
def test_what_is_written_back_parses_to_the_same(text: str) -> None:
    tree = parse(text)
    try:
        again = parse(unparse(tree))
    except BadExpression as bad:
        # Writing back puts everything compound in brackets, which may go beyond the bounds.
        assert bad.fault.code == "expression.too_complex"  # noqa: PT017
        return
    assert unparse(again) == unparse(tree)


@given(EXPRESSIONS)
def test_what_was_generated_is_mostly_right(text: str) -> None:
    codes = {fault.code for fault in check(parse(text), SCOPE)[1]}
    assert codes <= {"expression.division_by_zero"}


ALPHABET = st.sampled_from([*"()[]!?:,.<>=+-*/%&|'\"\\ \n#", "event.", "member.", "let.", "has", "__class__", "1", "9.5", "true", "in", "你", "eval", "\x00"])  # fmt: skip


@given(st.lists(ALPHABET, max_size=40).map("".join) | st.text(max_size=60))
def test_any_text_is_read_or_refused_and_never_runs_wild(text: str) -> None:
    try:
        tree = parse(text)
    except BadExpression as bad:
        fault = bad.fault
        assert 0 <= fault.start <= fault.end <= max(len(text), fault.start) + 1
        return
    found, faults = check(tree, SCOPE)
    assert faults or found


@pytest.mark.parametrize(
    "text",
    [
        "event.__class__", "event.__class__.__mro__", "__import__('os').system('id')",
        "eval('1')", "(lambda: 1)()", "open('/etc/passwd')", "member.__dict__ == 1",
        "let.__builtins__", "min.__globals__", "event['hours']", "`id`", "event.hours; 1",
        "[x for x in [1]]", "f'{event}'", "().__class__", "1 if true else 2", "event.hours := 1",
        "*event", "**event", "event.verified.__init__", "history.__class__('a','b')",
    ],
)  # fmt: skip
def test_attacks_are_refused(text: str) -> None:
    try:
        tree = parse(text)
    except BadExpression:
        return
    assert check(tree, SCOPE)[1]


def test_compiled_code_reaches_no_builtins() -> None:
    ready = compiled("event.hours > 1 && min(1, 2) == 1")
    assert ready is not None
    assert ready[1].run.__globals__["__builtins__"] == {}
