"""Re-derive how operators stand from what happened to them, and name the first that differs."""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.db.checks import Check, Checked, run_checks, run_statements
from points.kernel.ids import AssociationId

_LAST = """
  SELECT e.outlet_id, e.operator_id, e.version, e.active FROM operator_event e
  WHERE e.association_id = :a AND e.version = (
    SELECT MAX(o.version) FROM operator_event o
    WHERE o.association_id = :a AND o.outlet_id = e.outlet_id AND o.operator_id = e.operator_id
  )
"""

CHECKS = (
    Check(
        "operators_follow_from_their_events",
        "SELECT COUNT(*) FROM operator WHERE association_id = :a",
        f"""
        SELECT 'operator_state ' || n.outlet_id || ' ' || n.operator_id,
          COALESCE(l.version || ' ' || CAST(l.active AS TEXT), 'no event'),
          COALESCE(s.version || ' ' || CAST(s.active AS TEXT), 'no standing')
        FROM (SELECT outlet_id, operator_id FROM operator WHERE association_id = :a) n
        LEFT JOIN ({_LAST}) l ON l.outlet_id = n.outlet_id AND l.operator_id = n.operator_id
        LEFT JOIN (SELECT * FROM operator_state WHERE association_id = :a) s
          ON s.outlet_id = n.outlet_id AND s.operator_id = n.operator_id
        WHERE l.operator_id IS NULL OR s.operator_id IS NULL
          OR l.version <> s.version OR l.active <> s.active
        ORDER BY 1 LIMIT 1
        """,
    ),
    Check(
        "events_of_operators_have_no_gaps",
        "SELECT COUNT(*) FROM operator_event WHERE association_id = :a",
        """
        SELECT 'operator_event ' || outlet_id || ' ' || operator_id, MAX(version), COUNT(*)
        FROM operator_event WHERE association_id = :a
        GROUP BY outlet_id, operator_id HAVING MAX(version) <> COUNT(*) OR MIN(version) <> 1
        ORDER BY outlet_id, operator_id LIMIT 1
        """,
    ),
)

_REBUILD = (
    "DELETE FROM operator_state WHERE association_id = :a",
    f"""
    INSERT INTO operator_state (association_id, outlet_id, operator_id, version, active)
    SELECT CAST(:a AS VARCHAR(40)), outlet_id, operator_id, version, active FROM ({_LAST}) l
    """,
)


def verify_partners(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    return run_checks(connection, association, CHECKS)


def rebuild_partners(connection: Connection, association: AssociationId) -> None:
    """Rewrite how operators stand from their events, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)
