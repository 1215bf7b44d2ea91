"""Re-derive the accounts of staff from what happened to them; hold keys of tills against the tills.

Names the first that differs.
"""

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
    Check(
        "keys_of_tills_stand_at_their_tills",
        "SELECT COUNT(*) FROM api_key WHERE association_id = :a AND till IS NOT NULL",
        # Both ways: a till's key whose name is free, and a name kept for a key that is not there.
        """
        SELECT place, expected, found FROM (
          SELECT 'api_key ' || k.key_id AS place,
            k.subject || ' ' || COALESCE(k.outlet, '') || ' ' || k.till || ' has its own key'
              AS expected,
            COALESCE(o.partner_id, 'no outlet') || ' ' || COALESCE(k.outlet, '') || ' '
              || COALESCE(t.device_id, 'not') AS found
          FROM api_key k
          LEFT JOIN outlet o ON o.association_id = k.association_id AND o.outlet_id = k.outlet
          LEFT JOIN (SELECT DISTINCT outlet_id, device_id FROM till_event
            WHERE association_id = :a AND own_key) t
            ON t.outlet_id = k.outlet AND t.device_id = k.till
          WHERE k.association_id = :a AND k.till IS NOT NULL
            AND (t.device_id IS NULL OR o.partner_id IS NULL OR o.partner_id <> k.subject)
          UNION ALL
          SELECT 'till_event ' || e.outlet_id || ' ' || e.device_id || ' ' || e.version,
            'a key of this till', 'none'
          FROM till_event e LEFT JOIN api_key k ON k.association_id = e.association_id
            AND k.outlet = e.outlet_id AND k.till = e.device_id
          WHERE e.association_id = :a AND e.own_key AND k.key_id IS NULL
        ) differing
        ORDER BY place LIMIT 1
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
