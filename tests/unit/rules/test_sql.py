"""Expressions as SQL: exact or refused, never merely close; names from the schema, text quoted."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.rules import sql
from points.rules.compile import compile_expression
from points.rules.parser import parse
from points.rules.sql import Names, NotInSql, Number, Plain, Quotient, quoted, sql_of
from points.rules.sql_activities import local_moment, unfit
from points.rules.sql_numbers import (
    TEXT_MAX,
    absolute,
    ceiled,
    compared,
    constant,
    divided,
    evened,
    extreme,
    floored,
    remainder,
    rounded,
)
from points.rules.texts import Title
from tests.properties.expressions import FIELDS, LETS
from tests.unit.rules.worlds import WORLD

NAMES = Names(FIELDS, LETS)


MEMORY = duckdb.connect()


@pytest.fixture
def duck() -> duckdb.DuckDBPyConnection:
    return MEMORY


def value(duck: duckdb.DuckDBPyConnection, text: str) -> object:
    found = duck.execute(f"SELECT {text}").fetchone()
    assert found is not None
    return found[0]


def number(duck: duckdb.DuckDBPyConnection, found: Number | Quotient) -> Decimal | None:
    assert isinstance(found, Number)
    whole = value(duck, found.text)
    if whole is None:
        return None
    assert isinstance(whole, int)
    assert found.low <= whole <= found.high
    return Decimal(whole).scaleb(-found.scale)


def refused(text: str, names: Names = NAMES) -> str:
    with pytest.raises(NotInSql) as why:
        sql_of(parse(text), names)
    return why.value.code


HARMLESS = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)))


@given(HARMLESS)
def test_text_comes_back_as_it_was(text: str) -> None:
    assert value(MEMORY, quoted(text)) == text


def test_text_cannot_break_out(duck: duckdb.DuckDBPyConnection) -> None:
    evil = "'; DROP TABLE t; --"
    assert value(duck, quoted(evil)) == evil
    found = sql_of(parse(f'event.task == "{evil}"'), NAMES)
    assert isinstance(found, Plain)
    assert found.text == """(event."task" = '''; DROP TABLE t; --')"""
    assert sql.named('a"b') == '"a""b"'


@pytest.mark.parametrize("text", ["\x00", "a\ud800"])
def test_text_that_no_database_holds_is_refused(text: str) -> None:
    with pytest.raises(NotInSql) as why:
        quoted(text)
    assert why.value.code == "text"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("event.nothing", "unknown_name"),
        ("has(event.nothing)", "unknown_name"),
        ("(event.hours / event.people) * 2", "division"),
        ("event.hours / event.change", "division"),
        ("floor(event.hours / event.people) / event.people > event.hours / 7", "division"),
        ("event.verified ? event.hours / 7 : 1", "division"),
        ("event.hours * event.hours * event.hours * event.hours", "digits"),
        ("floor(event.hours * event.hours * event.hours / event.people)", "division"),
        ("event.hours in []", "list"),
        ("[1] == 1", "list"),
        ("history.count('shift', 'P1D')", "history"),
        # What ``check`` refuses already is refused here as well.
        ("event.hours && true", "type"),
        ("event.task + 1", "type"),
        ("event.task == 1", "type"),
        ("1 in event.services", "type"),
        ("event.hours ? 1 : 2", "type"),
        ("event.verified ? 1 : 'a'", "type"),
        ("floor(event.task)", "type"),
        ("has(1)", "type"),
    ],
)
def test_what_sql_cannot_say_is_refused(text: str, code: str) -> None:
    assert refused(text) == code


def test_more_digits_than_the_exact_engine_keeps_are_refused() -> None:
    with pytest.raises(NotInSql):
        constant(10**34)
    with pytest.raises(NotInSql):
        Number("x", 0, 10**30).at(10)
    with pytest.raises(NotInSql):
        remainder(Number("x", 0, 10**33), constant(Decimal("0.001")))
    with pytest.raises(NotInSql) as why:
        Number("x" * (TEXT_MAX + 1), 0, 1)
    assert why.value.code == "length"
    with pytest.raises(NotInSql):
        Plain("x" * (TEXT_MAX + 1), "text")


@pytest.mark.parametrize("text", ["event.hours", "event.verified"])
def test_what_is_asked_for_is_told_apart(text: str) -> None:
    compiled = compile_expression(text, parse(text), {})
    asked, other = sql.quantity, sql.condition
    if text == "event.verified":
        asked, other = other, asked  # type: ignore[assignment]
    assert asked(compiled, FIELDS)
    with pytest.raises(NotInSql):
        other(compiled, FIELDS)


DECIMALS = st.decimals(-1000, 1000, places=3)
MODES = {
    "floor": (floored, "ROUND_FLOOR"),
    "ceil": (ceiled, "ROUND_CEILING"),
    "round": (rounded, "ROUND_HALF_UP"),
}


@given(DECIMALS, st.sampled_from(sorted(MODES)))
def test_rounding_is_that_of_decimals(given_number: Decimal, mode: str) -> None:
    write, name = MODES[mode]
    found = number(MEMORY, write(constant(given_number)))
    assert found == given_number.to_integral_value(name)


@given(st.decimals(0, 1000, places=1))
def test_half_to_even_is_that_of_decimals(given_number: Decimal) -> None:
    found = number(MEMORY, evened(constant(given_number)))
    assert found == given_number.to_integral_value("ROUND_HALF_EVEN")


def test_whole_numbers_are_round_already() -> None:
    whole = constant(7)
    assert floored(whole) is ceiled(whole) is rounded(whole) is evened(whole) is whole
    assert absolute(whole) is whole


def test_division(duck: duckdb.DuckDBPyConnection) -> None:
    assert number(duck, divided(constant(7), constant(4))) == Decimal("1.75")
    third = divided(constant(-7), constant(-3))
    assert isinstance(third, Quotient)
    assert number(duck, floored(third)) == 2
    assert number(duck, rounded(divided(constant(7), constant(2)))) == 4
    for write, want in ((floored, -3), (ceiled, -2), (rounded, -2)):
        assert number(duck, write(divided(constant(-7), constant(3)))) == want
    assert number(duck, evened(divided(constant(7), constant(3)))) == 2
    zero = Quotient(constant(7), Number("0", 0, 5))
    assert zero.nullable
    assert number(duck, floored(zero)) is None


@pytest.mark.parametrize(
    ("op", "right", "want"),
    [("<", "2.4", True), (">", "2.4", False), ("=", "2.5", False), ("<>", "2.5", True)],
)
def test_quotients_compare(
    duck: duckdb.DuckDBPyConnection, op: str, right: str, want: object
) -> None:
    third = divided(constant(7), constant(3))
    assert value(duck, compared(third, op, constant(Decimal(right)))) is want
    mirrored = {"<": ">", ">": "<"}.get(op, op)
    assert value(duck, compared(constant(Decimal(right)), mirrored, third)) is want


def test_least_of_something_that_is_missing_is_missing(duck: duckdb.DuckDBPyConnection) -> None:
    missing = Number("CAST(NULL AS BIGINT)", 0, 9, 0, nullable=True)
    assert number(duck, extreme([constant(1), missing], "least")) is None
    assert number(duck, extreme([constant(1), constant(Decimal("0.5"))], "least")) == Decimal("0.5")


def test_large_numbers_are_held_in_wider_columns(duck: duckdb.DuckDBPyConnection) -> None:
    text = "100000000000000000000 * 3 - 1"
    found = sql_of(parse(text), NAMES)
    assert isinstance(found, Number)
    assert number(duck, found) == 3 * 10**20 - 1


def test_what_may_be_missing_is_missing_in_a_list(duck: duckdb.DuckDBPyConnection) -> None:
    found = sql_of(parse("event.kind in event.services"), NAMES)
    assert isinstance(found, Plain)
    assert found.nullable
    row = "(SELECT {'kind': CAST(NULL AS VARCHAR), 'services': ['ct']} AS event)"
    assert value(duck, f"{found.text} FROM {row}") is None


def test_the_least_of_one_is_that_one() -> None:
    assert sql_of(parse("min(event.people)"), NAMES) == sql_of(parse("event.people"), NAMES)
    assert isinstance(sql_of(parse("max(event.hours / 7)"), NAMES), Quotient)


def test_sizes(duck: duckdb.DuckDBPyConnection) -> None:
    found = sql_of(parse("size([1, 2, 2]) + size('你😀')"), NAMES)
    assert isinstance(found, Number)
    assert number(duck, found) == 5


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/New_York"])
def test_local_moments_are_those_of_the_zone(duck: duckdb.DuckDBPyConnection, zone: str) -> None:
    place = ZoneInfo(zone)
    first, last = datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    duck.execute(
        "CREATE OR REPLACE TABLE moments AS SELECT unnest(generate_series(TIMESTAMP '2025-01-01', "
        "TIMESTAMP '2027-01-01', INTERVAL 30 MINUTE)) AS moment"
    )
    sql_text = local_moment("moment", place, first, last)
    for at, local in duck.execute(f"SELECT moment, {sql_text} FROM moments").fetchall():  # noqa: S608
        assert at.replace(tzinfo=UTC).astimezone(place).replace(tzinfo=None) == local


def test_values_that_a_type_does_not_allow_are_found(duck: duckdb.DuckDBPyConnection) -> None:
    kind = WORLD.types["shift.done"]
    event = "{'hours': 25, 'trips': NULL, 'verified': TRUE, 'level': 'x', 'kinds': [], 'task': '', 'closed_on': NULL}"
    member = (
        "{'kind': 'rider', 'party_member': TRUE, 'mobile_party_member': TRUE, "
        "'probationary': TRUE, 'roles': []}"
    )
    row = f"SELECT '{kind.name}' AS type, {event} AS \"{kind.name}\", {member} AS member, [] AS closed"
    for old, new, want in (
        ("25", "24", False),
        ("25", "25", True),
        ("25", "-1", True),
        ("25", "NULL", True),
        ("[] AS closed", "['rating'] AS closed", True),
        ("'trips': NULL", "'trips': -1", True),
    ):
        rows = row.replace(old, new)
        if "25" in rows and not want:
            rows = rows.replace("25", "24")
        if old != "25":
            rows = rows.replace("25", "24")
        assert value(duck, f"bool_or({unfit(kind)}) FROM ({rows})") is want


def test_a_type_is_a_column() -> None:
    kinds = {name: sql.column_type(spec) for name, spec in FIELDS.items()}
    assert kinds["hours"] == "DECIMAL(11,9)"
    assert kinds["people"] == "BIGINT"
    assert kinds["services"] == "VARCHAR[]"
    assert (kinds["level"], kinds["closed_on"]) == ("VARCHAR", "DATE")
    endless = sql.FieldSpec(name="n", kind="number", title=Title("", ""))
    assert sql.column_type(endless) == "DECIMAL(22,9)"
