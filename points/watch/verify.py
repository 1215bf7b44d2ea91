"""Re-derive where alerts stand, and hold judged days against what they raised."""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.db.checks import Check, Checked, run_checks, run_statements
from points.kernel.ids import AssociationId

CHECKS = (
    Check(
        "alerts_stand_where_their_last_event_left_them",
        "SELECT COUNT(*) FROM alert WHERE association_id = :a",
        """
        SELECT 'alert ' || a.alert_id, COALESCE(e.step, 'open') || '/' || COALESCE(e.version, 0),
          COALESCE(s.state || '/' || s.version, 'none')
        FROM alert a
        LEFT JOIN alert_event e ON e.association_id = a.association_id
          AND e.alert_id = a.alert_id AND e.version = (SELECT MAX(l.version) FROM alert_event l
            WHERE l.association_id = a.association_id AND l.alert_id = a.alert_id)
        LEFT JOIN alert_state s ON s.association_id = a.association_id
          AND s.alert_id = a.alert_id
        WHERE a.association_id = :a AND (s.state IS NULL OR s.day <> a.day
          OR s.state <> COALESCE(e.step, 'open') OR s.version <> COALESCE(e.version, 0))
        ORDER BY a.alert_id LIMIT 1
        """,
    ),
    Check(
        "judged_days_have_the_alerts_that_they_raised",
        "SELECT COUNT(*) FROM watch_day WHERE association_id = :a",
        """
        SELECT 'day ' || day, CAST(SUM(raised) AS TEXT), CAST(SUM(alerts) AS TEXT)
        FROM (
          SELECT day, 1 AS raised, 0 AS alerts FROM alert WHERE association_id = :a
          UNION ALL
          SELECT day, 0, alerts FROM watch_day WHERE association_id = :a
        ) both_sides
        GROUP BY day HAVING SUM(raised) <> SUM(alerts)
        ORDER BY day LIMIT 1
        """,
    ),
)

_REBUILD = (
    "DELETE FROM alert_state WHERE association_id = :a",
    """
    INSERT INTO alert_state (association_id, alert_id, state, version, day)
    SELECT a.association_id, a.alert_id, COALESCE(e.step, 'open'), COALESCE(e.version, 0), a.day
    FROM alert a
    LEFT JOIN alert_event e ON e.association_id = a.association_id AND e.alert_id = a.alert_id
      AND e.version = (SELECT MAX(l.version) FROM alert_event l
        WHERE l.association_id = a.association_id AND l.alert_id = a.alert_id)
    WHERE a.association_id = :a
    """,
)


def verify_watch(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    return run_checks(connection, association, CHECKS)


def rebuild_watch(connection: Connection, association: AssociationId) -> None:
    """Rewrite where alerts stand, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)
