"""Re-derive where statements stand from what happened to them, and name the first that differs."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from points.db.checks import Checked, Difference
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import AssociationId, StatementId
from points.partners.standing import Standing
from points.partners.statement_store import (
    events_of,
    find_statement,
    save_standings,
    statement_of,
)
from points.partners.tables import statement

STANDINGS = "statements_stand_where_their_events_left_them"
PAGE = 200


def verify_standings(connection: Connection, association: AssociationId) -> Checked:
    """Hold every statement's standing against its events."""
    rows, first = 0, None
    for expected, broken in _standings(connection, association):
        rows += 1
        if first is not None:
            continue
        found = find_statement(connection, association, expected.statement_id)
        have = None if found is None else found.standing
        if broken or have is None or _said(have) != _said(expected):
            first = Difference(
                check=STANDINGS,
                place=f"statement_state {expected.statement_id}",
                expected=broken or _said(expected),
                found="no standing" if have is None else _said(have),
            )
    return Checked(check=STANDINGS, rows=rows, difference=first)


def rebuild_standings(connection: Connection, association: AssociationId) -> None:
    """Write every statement's standing anew; the old ones were deleted."""
    for standing, _ in _standings(connection, association):
        save_standings(connection, association, [standing])


def _standings(
    connection: Connection, association: AssociationId
) -> Iterator[tuple[Standing, str]]:
    """Yield every statement's standing by its events, and what is wrong with those, if anything."""
    after = ""
    s = statement.c
    while True:
        wanted = select(statement).where(s.association_id == association, s.statement_id > after)
        rows = list(connection.execute(wanted.order_by(s.statement_id).limit(PAGE)).mappings())
        for row in rows:
            standing = Standing.of(statement_of(row), fresh=False)
            yield standing, _followed(connection, association, standing)
        if not rows:
            return
        after = rows[-1]["statement_id"]


def _followed(connection: Connection, association: AssociationId, standing: Standing) -> str:
    try:
        for event in events_of(connection, association, StatementId(standing.statement_id)):
            standing.apply(event)
    except (BrokenInvariant, KeyError) as error:
        return f"events that follow each other: {error}"
    return ""


def _said(standing: Standing) -> str:
    parts: tuple[Any, ...] = (
        *(standing.version, standing.state.value, standing.confirmed_by or ""),
        *(standing.countersigned_by or "", standing.closed_at or "", standing.paid_fen),
        *(
            f"{d.line}:{d.state.value}:{d.line_fen}:{d.claims_fen}:{d.rounds}"
            for _, d in sorted(standing.disputes.items())
        ),
    )
    return "/".join(map(str, parts))
