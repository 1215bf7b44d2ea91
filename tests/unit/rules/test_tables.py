"""Decision tables: what cells accept, which rows are found wanting, what they give."""

from typing import Any

import pytest

from tests.unit.rules.worlds import RULE, codes_of, findings_of, points_of, reason_of

GUARD = "when: has(event.level) && has(event.task) && has(event.trips), "


def table(columns: str, rows: str, hit: str = "first") -> str:
    return f"{GUARD}table: {{hit: {hit}, columns: {columns}, rows: {rows}}}"


def codes(columns: str, rows: str, hit: str = "first") -> list[str]:
    return codes_of(f"rules:\n{RULE}{table(columns, rows, hit)}}}\n")


def given(columns: str, rows: str, hit: str = "first", **fields: Any) -> int:
    said = {"level": "city", "task": "x", "trips": 3, **fields}
    return points_of(table(columns, rows, hit), said).get("wallet", 0)


@pytest.mark.parametrize(
    ("columns", "cell", "fields", "fits"),
    [
        ("[event.level]", "city", {"level": "city"}, True),
        ("[event.level]", "city", {"level": "county"}, False),
        ("[event.level]", "any", {"level": "county"}, True),
        ("[event.level]", "[city, county]", {"level": "county"}, True),
        ("[event.level]", "[city, county]", {"level": "province"}, False),
        ("[event.task]", "sweep", {"task": "sweep"}, True),
        ("[event.verified]", "true", {"verified": True}, True),
        ("[event.verified]", "true", {"verified": False}, False),
        ("[event.verified]", "false", {"verified": False}, True),
        ("[event.verified]", "[true, false]", {"verified": False}, True),
        ("[event.hours]", "2", {"hours": 2}, True),
        ("[event.hours]", "'2.5'", {"hours": "2.5"}, True),
        ("[event.hours]", "'>= 4'", {"hours": 4}, True),
        ("[event.hours]", "'>= 4'", {"hours": "3.9"}, False),
        ("[event.hours]", "'> 4'", {"hours": 4}, False),
        ("[event.hours]", "'< 4'", {"hours": 4}, False),
        ("[event.hours]", "'<= 4'", {"hours": 4}, True),
        ("[event.hours]", "2..3", {"hours": 3}, True),
        ("[event.hours]", "2..3", {"hours": "3.1"}, False),
        ("[event.hours]", "[1, 3]", {"hours": 3}, True),
        ("[event.hours]", "[1, 3]", {"hours": 2}, False),
        ("[event.hours * 2]", "'> 4'", {"hours": "2.1"}, True),
    ],
)
def test_cells(columns: str, cell: str, fields: dict[str, Any], *, fits: bool) -> None:
    assert given(columns, f"[[{cell}, 7]]", **fields) == (7 if fits else 0)


def test_hits() -> None:
    rows = "[['>= 4', 8], ['>= 2', 5], [any, 1]]"
    assert given("[event.hours]", rows, hours=5) == 8
    assert given("[event.hours]", rows, hours=3) == 5
    assert given("[event.hours]", rows, hours=1) == 1
    assert given("[event.hours]", rows, "sum", hours=5) == 14
    assert given("[event.hours]", "[['< 2', 1], ['>= 2', event.hours * 2]]", "unique", hours=3) == 6


def test_no_row_and_a_worthless_row_are_told_apart() -> None:
    fields = {"level": "city", "task": "x", "trips": 3}
    assert reason_of(table("[event.level]", "[[county, 5]]"), fields) == "table"
    assert reason_of(table("[event.level]", "[[city, 0]]"), fields) == "zero"


@pytest.mark.parametrize(
    ("columns", "rows", "hit", "codes_"),
    [
        ("[event.level]", "[[city, 1], [county, 1]]", "unique", []),
        ("[event.level]", "[[any, 1], [city, 1]]", "first", ["table.unreachable"]),
        ("[event.level]", "[[[city, county, province], 1], [any, 1]]", "first", ["table.unreachable"]),
        ("[event.verified]", "[[[true, false], 1], [any, 1]]", "first", ["table.unreachable"]),
        ("[event.task]", "[[a, 1], [any, 1]]", "first", []),
        ("[event.level]", "[[any, 1], [city, 1]]", "sum", []),
        ("[event.level]", "[[any, 1], [city, 1]]", "unique", ["table.overlap"]),
        ("[event.level]", "[[[city, county], 1], [[county], 1]]", "unique", ["table.overlap"]),
        ("[event.hours]", "[['>= 2', 1], ['> 2', 1]]", "first", ["table.unreachable"]),
        ("[event.hours]", "[['> 2', 1], ['>= 2', 1]]", "first", []),
        ("[event.hours]", "[['<= 2', 1], ['< 2', 1]]", "first", ["table.unreachable"]),
        ("[event.hours]", "[['< 2', 1], ['<= 2', 1]]", "first", []),
        ("[event.hours]", "[[1..9, 1], [2..3, 1]]", "first", ["table.unreachable"]),
        ("[event.hours]", "[[1..9, 1], [[2, 10], 1]]", "first", []),
        ("[event.hours]", "[[1..9, 1], [any, 1]]", "first", []),
        ("[event.hours]", "[['< 2', 1], ['>= 2', 1]]", "unique", []),
        ("[event.hours]", "[['<= 2', 1], ['>= 2', 1]]", "unique", ["table.overlap"]),
        ("[event.hours]", "[['<= 2', 1], ['> 2', 1]]", "unique", []),
        ("[event.hours, event.level]", "[['> 2', city, 1], ['> 3', county, 1]]", "unique", []),
        ("[event.hours, event.level]", "[['> 2', any, 1], ['> 3', county, 1]]", "unique", ["table.overlap"]),
        ("[event.level]", "[[village, 1]]", "first", ["table.cell"]),
        ("[event.level]", "[[[], 1]]", "first", ["table.cell"]),
        ("[event.level]", "[[[[city]], 1]]", "first", ["table.cell"]),
        ("[event.level]", "[[{a: b}, 1]]", "first", ["table.cell"]),
        ("[event.verified]", "[[yes, 1]]", "first", ["table.cell"]),
        ("[event.hours]", "[[many, 1]]", "first", ["table.cell"]),
        ("[event.hours]", "[[Infinity, 1]]", "first", ["table.cell"]),
        ("[event.hours]", "[[[many], 1]]", "first", ["table.cell"]),
        ("[event.hours]", "[[[[1]], 1]]", "first", ["table.cell"]),
        ("[event.hours]", "[[3..2, 1]]", "first", ["table.cell"]),
        ("[event.hours]", "[[1]]", "first", ["table.width"]),
        ("[event.hours]", "[[1, true]]", "first", ["expression.type"]),
        ("[event.hours]", "[[1, event.nope]]", "first", ["expression.unknown_name"]),
        ("[event.nope]", "[[1, 1]]", "first", ["expression.unknown_name"]),
        ("[member.roles]", "[[1, 1]]", "first", ["table.column"]),
        ("[event.hours]", "[[1, 1]]", "some", ["file.bad_value"]),
        ("[]", "[]", "first", []),
        ("[event.hours]", "[" + "[1, 1]," * 501 + "]", "sum", ["table.too_long"]),
    ],
)  # fmt: skip
def test_rows_are_compared(columns: str, rows: str, hit: str, codes_: list[str]) -> None:
    assert codes(columns, rows, hit) == codes_


def test_a_shadowed_row_is_named_with_the_row_that_shadows_it() -> None:
    body = f"rules:\n{RULE}{table('[event.level]', '[[county, 9], [any, 1], [city, 1]]')}}}\n"
    assert "row 3 can never be reached: row 2" in findings_of(body)[0].en
