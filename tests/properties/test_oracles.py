"""Second opinions on what expressions mean: CEL by Google, and our own SQL run by DuckDB.

Figures of the full runs, and every difference with its reason, stand in
``docs/explanation/expression-language.md``.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Any

import duckdb
import pytest

from points.rules import compile as compiler
from points.rules import sql
from points.rules.compile import ARITHMETIC, NO_PAST, compile_expression
from points.rules.scope import MEMBER_FIELDS
from points.rules.sql import Names, column_type, named, sql_of
from points.rules.sql_numbers import NotInSql, Number, Quotient, floored
from points.rules.syntax import Call, Let, Listing, Tree, walk
from tests.properties.cel_oracle import (
    FAILED,
    Translation,
    activation,
    asked,
    beyond_doubles,
    environment,
)
from tests.properties.expressions import FIELDS, LETS, contexts, expressions

Context = tuple[dict[str, Any], dict[str, Any]]


def ours(text: str, tree: Tree, contexts: Sequence[Context]) -> list[Any]:
    """Return what the compiled expression comes to in each context."""
    run = compile_expression(text, tree, LETS).run
    found = []
    with localcontext(ARITHMETIC):
        for event, member in contexts:
            try:
                found.append(run(event, member, NO_PAST))
            except ArithmeticError:
                found.append(FAILED)
    return found


def alike(one: Any, other: Any) -> bool:
    if any(isinstance(each, (bool, str)) for each in (one, other)):
        return bool(type(one) is type(other) and one == other)
    return Fraction(one) == Fraction(other)


def cel_differences(count: int, *, seed: int, contexts_each: int = 4) -> Counter[str]:
    """Return how often CEL differs, by reason; ``unexplained`` must not be among them."""
    known, around = environment(), contexts(seed, 60, dyadic=True)
    activations = [activation(known, *each) for each in around]
    found: Counter[str] = Counter()
    for number, (text, tree) in enumerate(expressions(seed, count, dyadic=True)):
        places = [(number * contexts_each + each) % len(around) for each in range(contexts_each)]
        mine = ours(text, tree, [around[place] for place in places])
        theirs = known.compile(Translation().write(tree))
        for place, want in zip(places, mine, strict=True):
            found["evaluated"] += 1
            found["failed"] += want == FAILED
            if not alike(want, asked(theirs, activations[place])):
                strictly = known.compile(Translation(strict=True).write(tree))
                if alike(want, asked(strictly, activations[place])):
                    found["absorbed"] += 1
                elif any(beyond_doubles(each) for each in parts(tree, around[place])):
                    found["doubles"] += 1
                else:
                    found["unexplained"] += 1
    return found


def parts(tree: Tree, context: Context) -> Iterator[Fraction]:
    """Yield every number on the way to an expression's value."""
    for part in walk(tree):
        if isinstance(part, Let):
            yield from parts(LETS[part.name], context)
        if isinstance(part, Listing):
            continue
        try:
            with localcontext(ARITHMETIC):
                value = compile_expression("", part, LETS).run(*context, NO_PAST)
        except (ArithmeticError, KeyError):
            continue
        if isinstance(value, (int, Decimal)):
            yield Fraction(value)


def test_cel_agrees() -> None:
    found = cel_differences(1_500, seed=11)
    assert found["unexplained"] == 0
    assert found["evaluated"] == 6_000
    assert found["failed"]


@pytest.mark.nightly
def test_cel_agrees_on_a_hundred_thousand_expressions() -> None:
    found = cel_differences(100_000, seed=12)
    print("CEL", dict(found))  # noqa: T201 - the figures that the documentation gives
    assert found["unexplained"] == 0


def test_cel_would_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: half way rounded to the even number is not what CEL does."""
    evened = {
        **compiler.HELPERS,
        "round": lambda n: int(Decimal(n).to_integral_value(ROUND_HALF_EVEN)),
    }
    monkeypatch.setattr(compiler, "HELPERS", evened)
    assert cel_differences(500, seed=11)["unexplained"]


def duck_differences(count: int, *, seed: int, contexts_each: int = 20) -> Counter[str]:
    """Return how often SQL differs, and how often it is refused, by reason."""
    around = contexts(seed, contexts_each)
    names = Names(FIELDS, LETS)
    found: Counter[str] = Counter()
    with closing(_table(around)) as connection:
        waiting: list[Written] = []
        for text, tree in expressions(seed, count):
            try:
                waiting.append(_written(text, tree, names))
            except NotInSql as refused:
                found[f"refused: {refused.code}"] += 1
            if len(waiting) == 100:
                found.update(_compare(connection, waiting, around))
                waiting.clear()
        found.update(_compare(connection, waiting, around))
    return found


Written = tuple[str, Tree, Number | sql.Plain]


def _written(text: str, tree: Tree, names: Names) -> Written:
    written = sql_of(tree, names)
    if not isinstance(written, Quotient):
        return text, tree, written
    # Only its rounding means the same in both.
    return f"floor({text})", Call(tree.start, tree.end, "floor", (tree,)), floored(written)


def _table(around: Sequence[Context]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    structs = [
        ", ".join(f"{named(spec.name)} {column_type(spec)}" for spec in fields.values())
        for fields in (FIELDS, MEMBER_FIELDS)
    ]
    connection.execute(
        f"CREATE TABLE t (id INTEGER, event STRUCT({structs[0]}), member STRUCT({structs[1]}))"
    )
    for number, (event, member) in enumerate(around):
        row = [number, _struct(event, FIELDS), _struct(member, MEMBER_FIELDS)]
        connection.execute("INSERT INTO t VALUES (?, ?, ?)", row)
    return connection


def _struct(values: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: values.get(name) for name in fields}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in found.items()}


def _compare(
    connection: duckdb.DuckDBPyConnection,
    waiting: Sequence[Written],
    around: Sequence[Context],
) -> Counter[str]:
    found: Counter[str] = Counter()
    if not waiting:
        return found
    listed = ", ".join(written.text for _, _, written in waiting)
    rows = connection.execute(f"SELECT {listed} FROM t ORDER BY id").fetchall()  # noqa: S608 - our own
    for column, (text, tree, written) in enumerate(waiting):
        for want, row in zip(ours(text, tree, around), rows, strict=True):
            got = row[column]
            if got is None:
                got = FAILED
            elif isinstance(written, Number):
                found["out of bounds"] += not written.low <= got <= written.high
                got = Fraction(got, 10**written.scale)
            found["evaluated"] += 1
            found["failed"] += want == FAILED
            found["different"] += not alike(want, got)
    return found


def test_duckdb_agrees() -> None:
    found = duck_differences(1_000, seed=21)
    assert found["different"] == found["out of bounds"] == 0
    assert found["evaluated"] > 10_000
    assert found["failed"]


@pytest.mark.nightly
def test_duckdb_agrees_on_a_hundred_thousand_expressions() -> None:
    found = duck_differences(100_000, seed=22)
    print("DuckDB", dict(found))  # noqa: T201 - the figures that the documentation gives
    assert found["different"] == found["out of bounds"] == 0


def test_duckdb_would_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a rounding that cuts towards zero is another one below zero."""
    monkeypatch.setitem(sql._ROUNDINGS, "floor", _cut)
    assert duck_differences(400, seed=21)["different"]


def _cut(number: Number | Quotient) -> Number:
    if isinstance(number, Quotient) or not number.scale:
        return floored(number)
    unit = 10**number.scale
    return Number(f"({number.text} // {unit})", number.low, number.high, 0, number.nullable)
