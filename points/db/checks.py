"""Promises about stored rows as SQL: each check yields the first row that breaks one."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Connection, TextClause, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something stored that does not follow from the facts.

    Attributes:
        check: Which promise is broken.
        place: Table and key of the first row that breaks it.
        expected: What follows from the facts.
        found: What is stored.
    """

    check: str
    place: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One check and what came of it."""

    check: str
    rows: int
    difference: Difference | None


@dataclass(frozen=True, slots=True)
class Check:
    """A promise as SQL, in which ``:a`` is the association.

    Attributes:
        name: Stable.
        count: Counts what is checked.
        broken: Yields ``place, expected, found`` of rows that break it, in a fixed order. Words
            in braces stand for what the two databases spell differently (``SPELLINGS``), and
            ``{e.document:after.active}`` for what stands in a document under a path, as text.
    """

    name: str
    count: str
    broken: str


def run_checks(
    connection: Connection, association: str, checks: Iterable[Check]
) -> Iterator[Checked]:
    """Yield each check's result; all of them, whatever the first ones find."""
    for check in checks:
        yield _run(connection, association, check)


def _run(connection: Connection, association: str, check: Check) -> Checked:
    parameters = {"a": association}
    rows = connection.execute(_statement(check.count), parameters).scalar_one()
    broken = spelled(connection.dialect.name, check.broken)
    first = connection.execute(_statement(broken), parameters).first()
    difference = (
        Difference(check=check.name, place=first[0], expected=str(first[1]), found=str(first[2]))
        if first
        else None
    )
    return Checked(check=check.name, rows=int(rows), difference=difference)


@cache  # there are as many as there are checks, and to read one takes longer than to ask it
def _statement(sql: str) -> TextClause:
    return text(sql)


def run_statements(connection: Connection, association: str, statements: Iterable[str]) -> None:
    """Run statements about one association, in order, inside the caller's transaction."""
    for statement in statements:
        connection.execute(text(spelled(connection.dialect.name, statement)), {"a": association})


def lock_tables(connection: Connection, tables: Iterable[str]) -> None:
    """Let nobody else write these tables, nor lock rows of them, until the transaction ends.

    SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {', '.join(tables)} IN EXCLUSIVE MODE"))


SPELLINGS = {
    "postgresql": {
        "{instr}": "STRPOS",
        "{each_use}": "CROSS JOIN LATERAL jsonb_array_elements(w.uses) AS u(value)",
        "{use_cap}": "(u.value ->> 0)",
        "{use_measure}": "(u.value ->> 1)",
        "{use_window}": "(u.value ->> 2)",
        "{use_points}": "CAST(u.value ->> 3 AS BIGINT)",
        "{use_times}": "CAST(u.value ->> 4 AS BIGINT)",
        "{use_holder}": "COALESCE(u.value ->> 5, '')",
        "{each_kind}": "CROSS JOIN LATERAL jsonb_array_elements_text(l.kinds) AS k(value)",
        "{event_worth}": "CAST(e.detail ->> 'worth' AS BIGINT)",
        # A step that counts nothing has no list; what is missing yields no rows.
        "{each_count}": "CROSS JOIN LATERAL jsonb_array_elements(e.detail -> 'counts') AS n(value)",
        "{count_quota}": "(n.value ->> 0)",
        "{count_holder}": "(n.value ->> 1)",
        "{count_day}": "(n.value ->> 2)",
        "{count_amount}": "CAST(n.value ->> 3 AS BIGINT)",
        "{each_taken}": "CROSS JOIN LATERAL jsonb_array_elements(o.outcome #> '{done,taken}')"
        " AS t(value)",
        "{taken_endpoint}": "(t.value ->> 0)",
        "{taken_message}": "(t.value ->> 1)",
    },
    "sqlite": {
        "{instr}": "INSTR",
        "{each_use}": "CROSS JOIN json_each(w.uses) AS u",
        "{use_cap}": "json_extract(u.value, '$[0]')",
        "{use_measure}": "json_extract(u.value, '$[1]')",
        "{use_window}": "json_extract(u.value, '$[2]')",
        "{use_points}": "json_extract(u.value, '$[3]')",
        "{use_times}": "json_extract(u.value, '$[4]')",
        "{use_holder}": "COALESCE(json_extract(u.value, '$[5]'), '')",
        "{each_kind}": "CROSS JOIN json_each(l.kinds) AS k",
        "{event_worth}": "json_extract(e.detail, '$.worth')",
        "{each_count}": "CROSS JOIN json_each(e.detail, '$.counts') AS n",
        "{count_quota}": "json_extract(n.value, '$[0]')",
        "{count_holder}": "json_extract(n.value, '$[1]')",
        "{count_day}": "json_extract(n.value, '$[2]')",
        "{count_amount}": "json_extract(n.value, '$[3]')",
        "{each_taken}": "CROSS JOIN json_each(o.outcome, '$.done.taken') AS t",
        "{taken_endpoint}": "json_extract(t.value, '$[0]')",
        "{taken_message}": "json_extract(t.value, '$[1]')",
    },
}
"""What checks write in braces, as each database spells it."""

_PATH = re.compile(r"\{(\w+\.\w+):(\w+(?:\.\w+)*)\}")


@cache
def spelled(dialect: str, sql: str) -> str:
    """Return SQL as a database spells it, without anything in braces."""
    for word, spelling in SPELLINGS[dialect].items():
        sql = sql.replace(word, spelling)
    return _PATH.sub(_in_postgres if dialect == "postgresql" else _in_sqlite, sql)


def _in_postgres(found: re.Match[str]) -> str:
    return f"({found[1]} #>> '{{{found[2].replace('.', ',')}}}')"


def _in_sqlite(found: re.Match[str]) -> str:
    # What is true is one here, as in a column; numbers and lists come out as their own text would.
    return f"json_extract({found[1]}, '$.{found[2]}')"
