"""Re-derive relations and counts from their facts, and name the first row that differs."""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.db.checks import Check, Checked, run_checks, run_statements
from points.kernel.ids import AssociationId

COUNTED = """
  SELECT holder, quota, day, used FROM (
    SELECT holder, quota, day, used, MAX(day) OVER (PARTITION BY holder, quota) AS latest FROM (
      SELECT {count_holder} AS holder, {count_quota} AS quota, {count_day} AS day,
        SUM({count_amount}) AS used
      FROM claim_event e {each_count}
      WHERE e.association_id = :a
      GROUP BY {count_holder}, {count_quota}, {count_day}
    ) by_day
  ) days WHERE day = latest
"""
"""What each holder did on the last day on which they did anything."""

CHECKS = (
    Check(
        "relations_follow_from_their_events",
        "SELECT COUNT(*) FROM relation WHERE association_id = :a",
        """
        SELECT 'relation ' || staff || ' ' || member_id,
          MAX(fact) || '/' || SUM(facts), MAX(kept) || '/' || SUM(version)
        FROM (
          SELECT staff, member_id, '' AS kept, 0 AS version, step || ' ' || kind AS fact,
            version AS facts
          FROM relation_event e WHERE association_id = :a AND version = (
            SELECT COUNT(*) FROM relation_event o WHERE o.association_id = e.association_id
              AND o.staff = e.staff AND o.member_id = e.member_id)
          UNION ALL
          SELECT staff, member_id,
            CASE WHEN active THEN 'declared ' ELSE 'withdrawn ' END || kind, version, '', 0
          FROM relation WHERE association_id = :a
        ) both_sides
        GROUP BY staff, member_id
        HAVING MAX(fact) <> MAX(kept) OR SUM(facts) <> SUM(version)
        ORDER BY staff, member_id LIMIT 1
        """,
    ),
    Check(
        "quota_use_follows_from_claim_events",
        "SELECT COUNT(*) FROM quota_use WHERE association_id = :a",
        f"""
        SELECT 'quota_use ' || holder || ' ' || quota,
          MAX(fact_day) || ' ' || SUM(fact), MAX(day) || ' ' || SUM(used)
        FROM (
          SELECT holder, quota, day AS fact_day, used AS fact, '' AS day, 0 AS used
          FROM ({COUNTED}) facts
          UNION ALL
          SELECT holder, quota, '', 0, day, used FROM quota_use WHERE association_id = :a
        ) both_sides
        GROUP BY holder, quota
        HAVING MAX(fact_day) <> MAX(day) OR SUM(fact) <> SUM(used)
        ORDER BY holder, quota LIMIT 1
        """,
    ),
    Check(
        "approvals_count_against_their_reviewer",
        "SELECT COUNT(*) FROM claim_event WHERE association_id = :a"
        " AND step IN ('first_approved', 'second_approved')",
        """
        SELECT 'claim ' || e.activity_id, e.actor || ' ' || c.worth,
          COALESCE(MAX(k.holder) || ' ' || SUM(k.points), 'not counted')
        FROM claim_event e
        JOIN claim c ON c.association_id = e.association_id AND c.activity_id = e.activity_id
        LEFT JOIN (
          SELECT e.activity_id, e.version, {count_holder} AS holder,
            SUM(CASE {count_quota} WHEN 'points' THEN {count_amount} ELSE 0 END) AS points,
            SUM(CASE {count_quota} WHEN 'claims' THEN {count_amount} ELSE 0 END) AS claims
          FROM claim_event e {each_count} WHERE e.association_id = :a
          GROUP BY e.activity_id, e.version, {count_holder}
        ) k ON k.activity_id = e.activity_id AND k.version = e.version AND k.holder = e.actor
        WHERE e.association_id = :a AND e.step IN ('first_approved', 'second_approved')
        GROUP BY e.activity_id, e.version, e.actor, c.worth
        HAVING COALESCE(SUM(k.claims), 0) <> 1 OR COALESCE(SUM(k.points), -1) <> c.worth
        ORDER BY e.activity_id, e.version LIMIT 1
        """,
    ),
)

_REBUILD = (
    "DELETE FROM quota_use WHERE association_id = :a",
    f"""
    INSERT INTO quota_use (association_id, holder, quota, day, used)
    SELECT CAST(:a AS VARCHAR(40)), holder, quota, day, used FROM ({COUNTED}) facts
    """,
    "DELETE FROM relation WHERE association_id = :a",
    """
    INSERT INTO relation (association_id, staff, member_id, kind, version, active)
    SELECT association_id, staff, member_id, kind, version, step = 'declared'
    FROM relation_event e WHERE association_id = :a AND version = (
      SELECT COUNT(*) FROM relation_event o WHERE o.association_id = e.association_id
        AND o.staff = e.staff AND o.member_id = e.member_id)
    """,
)


def verify_duties(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    return run_checks(connection, association, CHECKS)


def rebuild_duties(connection: Connection, association: AssociationId) -> None:
    """Rewrite relations and counts from their facts, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)
