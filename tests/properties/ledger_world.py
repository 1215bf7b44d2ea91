"""A database with an engine on it, and reads of everything that two associations have."""

import itertools
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Table, bindparam, event, select

from points.db.engines import open_database
from points.engine import Engine, Flow
from points.kernel.ids import AssociationId
from points.ledger.tables import account, entry, lot, movement, open_lot, operation, transaction
from tests.properties.ledger_flows import FLOWS, CountingIds, manual_clock

Pair = tuple[AssociationId, AssociationId]
Facts = dict[tuple[Any, ...], dict[str, Any]]

FACTS = (operation, transaction, entry, lot, movement)
ALL_OF = {
    table: select(table)
    .where(table.c.association_id.in_([bindparam("a"), bindparam("b")]))
    .order_by(*table.primary_key.columns)
    for table in (*FACTS, account, open_lot)
}


class World:
    """A database and the engine on it, for many runs: each takes two fresh associations."""

    def __init__(self, url: str, flows: Mapping[type, Flow] = FLOWS) -> None:
        self.database = open_database(url, pool_size=2, migrating=True)  # it sets pragmas
        event.listen(self.database, "connect", _without_waiting_for_the_disk)
        self.clock = manual_clock()
        self.engine = Engine(self.database, flows, clock=self.clock, ids=CountingIds())
        self.runs = itertools.count(1)
        self.eye: Connection | None = None

    def close(self) -> None:
        """Stop the engine and let go of the database."""
        self.engine.close()
        if self.eye is not None:
            self.eye.close()
        self.database.dispose()

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """Yield a connection that sees what is committed by now."""
        if self.eye is None:
            self.eye = self.database.connect()
        yield self.eye
        self.eye.rollback()


def _without_waiting_for_the_disk(connection: Any, _record: object) -> None:
    # Durability is proved elsewhere, by killing processes; here, only time would be lost.
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")
    else:
        connection.execute("SET synchronous_commit = off")
        connection.commit()


def read(connection: Connection, table: Table, pair: Pair) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of two associations, by association and in the order of their keys."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in pair}
    for row in connection.execute(ALL_OF[table], {"a": pair[0], "b": pair[1]}).mappings():
        found[row["association_id"]].append(dict(row))
    return found


def read_facts(connection: Connection, pair: Pair) -> Facts:
    """Return every fact of both associations by its key."""
    return {
        (table.name, *(row[column.name] for column in table.primary_key.columns)): row
        for table in FACTS
        for rows in read(connection, table, pair).values()
        for row in rows
    }
