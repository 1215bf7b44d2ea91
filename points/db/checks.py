"""Promises about stored rows as SQL: each check yields the first row that breaks one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text


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
        broken: Yields ``place, expected, found`` of rows that break it, in a fixed order; in it
            ``{instr}`` is the database's function that finds a text in a text.
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
    rows = connection.execute(text(check.count), parameters).scalar_one()
    first = connection.execute(text(_spelled(connection, check.broken)), parameters).first()
    difference = (
        Difference(check=check.name, place=first[0], expected=str(first[1]), found=str(first[2]))
        if first
        else None
    )
    return Checked(check=check.name, rows=int(rows), difference=difference)


def run_statements(connection: Connection, association: str, statements: Iterable[str]) -> None:
    """Run statements about one association, in order, inside the caller's transaction."""
    for statement in statements:
        connection.execute(text(statement), {"a": association})


def _spelled(connection: Connection, sql: str) -> str:
    return sql.replace("{instr}", "STRPOS" if connection.dialect.name == "postgresql" else "INSTR")
