"""Re-derive the accounts of staff from what happened to them, and name the first that differs."""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.db.checks import Check, Checked, run_checks, run_statements
from points.kernel.ids import AssociationId

_LAST = """
  SELECT e.staff_id, e.version, e.standing FROM staff_event e
  WHERE e.association_id = :a AND e.version = (
    SELECT MAX(o.version) FROM staff_event o
    WHERE o.association_id = :a AND o.staff_id = e.staff_id
  )
"""

CHECKS = (
    Check(
        "accounts_of_staff_follow_from_their_events",
        "SELECT COUNT(*) FROM staff WHERE association_id = :a",
        f"""
        SELECT 'staff_state ' || n.staff_id,
          COALESCE(l.version || ' ' || CAST(l.standing AS TEXT), 'no event'),
          COALESCE(s.version || ' ' || CAST(s.standing AS TEXT), 'no standing')
        FROM (SELECT staff_id FROM staff WHERE association_id = :a) n
        LEFT JOIN ({_LAST}) l ON l.staff_id = n.staff_id
        LEFT JOIN (SELECT * FROM staff_state WHERE association_id = :a) s
          ON s.staff_id = n.staff_id
        WHERE l.staff_id IS NULL OR s.staff_id IS NULL
          OR l.version <> s.version OR l.standing <> s.standing
        ORDER BY 1 LIMIT 1
        """,
    ),
    Check(
        "events_of_staff_have_no_gaps",
        "SELECT COUNT(*) FROM staff_event WHERE association_id = :a",
        """
        SELECT 'staff_event ' || staff_id, MAX(version), COUNT(*)
        FROM staff_event WHERE association_id = :a
        GROUP BY staff_id HAVING MAX(version) <> COUNT(*) OR MIN(version) <> 1
        ORDER BY staff_id LIMIT 1
        """,
    ),
)

_REBUILD = (
    "DELETE FROM staff_state WHERE association_id = :a",
    f"""
    INSERT INTO staff_state (association_id, staff_id, version, standing)
    SELECT CAST(:a AS VARCHAR(40)), staff_id, version, standing FROM ({_LAST}) l
    """,
)


def verify_identity(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    return run_checks(connection, association, CHECKS)


def rebuild_identity(connection: Connection, association: AssociationId) -> None:
    """Rewrite how accounts stand from their events, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)
