"""Re-derive claims and cap usage from their facts, and name the first row that differs."""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.db.checks import Check, Checked, run_checks, run_statements
from points.kernel.ids import AssociationId

_STANDS = """NOT EXISTS (SELECT 1 FROM award later
    WHERE later.association_id = w.association_id AND later.activity_id = w.activity_id
    AND later.rule_id = w.rule_id AND later.measure = w.measure
    AND later.calculation > w.calculation)"""
"""Of a rule's awards in a measure the one of the latest calculation stands."""

_USED = f"""
  SELECT {{holder}} AS {{name}}, {{{{use_measure}}}} AS measure, {{{{use_cap}}}} AS cap,
    {{{{use_window}}}} AS window_key, SUM({{{{use_points}}}}) AS points,
    SUM({{{{use_times}}}}) AS times
  FROM award w {{{{each_use}}}}
  WHERE {{{{use_holder}}}} {{which}} '' AND {_STANDS} AND w.association_id = :a
    AND NOT EXISTS (SELECT 1 FROM claim_event e WHERE e.association_id = w.association_id
    AND e.activity_id = w.activity_id AND e.step = 'reversed')
  GROUP BY {{holder}}, {{{{use_measure}}}}, {{{{use_cap}}}}, {{{{use_window}}}}
"""
USED = _USED.format(holder="w.member_id", name="member_id", which="=")
"""What members used of their own counts."""
SHARED = _USED.format(holder="{use_holder}", name="holder", which="<>")
"""What branches and programmes used of theirs."""

_COUNTS = """
        SELECT '{table} ' || {name} || ' ' || measure || ' ' || cap || ' ' || window_key,
          SUM(used) || '/' || SUM(used_times), SUM(kept) || '/' || SUM(kept_times)
        FROM (
          SELECT {name}, measure, cap, window_key, points AS used, times AS used_times,
            0 AS kept, 0 AS kept_times FROM ({facts}) facts
          UNION ALL
          SELECT {name}, measure, cap, window_key, 0, 0, points, times FROM {table}
            WHERE association_id = :a
        ) both_sides
        GROUP BY {name}, measure, cap, window_key
        HAVING SUM(used) <> SUM(kept) OR SUM(used_times) <> SUM(kept_times)
        ORDER BY {name}, measure, cap, window_key LIMIT 1
"""

_CHANGES = """
  SELECT activity_id, calculation, rule_id, measure, member_id, transaction_id, lapsed,
    points - COALESCE(LAG(points) OVER (PARTITION BY activity_id, rule_id, measure
      ORDER BY calculation), 0) AS change
  FROM award WHERE association_id = :a
"""
"""What each calculation changed: all of it for the first, the difference for a later one."""

CHECKS = (
    Check(
        "cap_usage_follows_from_awards",
        "SELECT COUNT(*) FROM cap_usage WHERE association_id = :a",
        _COUNTS.format(table="cap_usage", name="member_id", facts=USED),
    ),
    Check(
        "shared_usage_follows_from_awards",
        "SELECT COUNT(*) FROM shared_usage WHERE association_id = :a",
        _COUNTS.format(table="shared_usage", name="holder", facts=SHARED),
    ),
    Check(
        "what_waits_is_what_was_put_off_and_not_ended",
        "SELECT COUNT(*) FROM deferral WHERE association_id = :a",
        """
        SELECT 'deferral ' || d.deferral_id,
          CASE WHEN e.deferral_id IS NULL THEN 'waits' ELSE e.outcome END,
          CASE WHEN o.deferral_id IS NULL THEN 'does not wait' ELSE 'waits' END
        FROM deferral d
        LEFT JOIN deferral_end e ON e.association_id = d.association_id
          AND e.deferral_id = d.deferral_id
        LEFT JOIN open_deferral o ON o.association_id = d.association_id
          AND o.deferral_id = d.deferral_id
        WHERE d.association_id = :a AND ((e.deferral_id IS NULL) = (o.deferral_id IS NULL)
          OR COALESCE(o.due_at, d.due_at) <> d.due_at OR COALESCE(e.points, 0) > d.points)
        ORDER BY d.deferral_id LIMIT 1
        """,
    ),
    Check(
        "claims_follow_from_their_events",
        "SELECT COUNT(*) FROM claim WHERE association_id = :a",
        """
        SELECT 'claim ' || a.activity_id, COALESCE(CAST(e.version AS TEXT), 'none'),
          COALESCE(CAST(c.version AS TEXT), 'none')
        FROM activity a
        LEFT JOIN claim c ON c.association_id = a.association_id AND c.activity_id = a.activity_id
        LEFT JOIN (SELECT activity_id, MAX(version) AS version, COUNT(*) AS events
          FROM claim_event WHERE association_id = :a GROUP BY activity_id) e
          ON e.activity_id = a.activity_id
        WHERE a.association_id = :a AND (c.version IS NULL OR e.version IS NULL
          OR c.version <> e.version OR e.events <> e.version)
        ORDER BY a.activity_id LIMIT 1
        """,
    ),
    Check(
        "claims_stand_where_their_last_event_left_them",
        "SELECT COUNT(*) FROM claim WHERE association_id = :a",
        """
        SELECT 'claim ' || c.activity_id, e.step, c.state
        FROM claim c JOIN claim_event e ON e.association_id = c.association_id
          AND e.activity_id = c.activity_id
          AND e.version = (SELECT MAX(m.version) FROM claim_event m
            WHERE m.association_id = c.association_id AND m.activity_id = c.activity_id
            AND m.step <> 'corrected')
        WHERE c.association_id = :a AND c.state <> CASE e.step
          WHEN 'first_approved' THEN
            CASE WHEN c.second_needed THEN 'second_review' ELSE 'approved' END
          WHEN 'trusted' THEN 'approved' WHEN 'second_approved' THEN 'approved'
          WHEN 'requeued' THEN 'approved' WHEN 'published' THEN 'publicity'
          WHEN 'listed' THEN 'publicity' WHEN 'dismissed' THEN 'publicity'
          WHEN 'matured' THEN 'posted' ELSE e.step END
        ORDER BY c.activity_id LIMIT 1
        """,
    ),
    Check(
        "claims_are_worth_what_their_first_event_says",
        "SELECT COUNT(*) FROM claim WHERE association_id = :a",
        """
        SELECT 'claim ' || c.activity_id, COALESCE(CAST({event_worth} AS TEXT), '0'),
          CAST(c.worth AS TEXT)
        FROM claim c JOIN claim_event e ON e.association_id = c.association_id
          AND e.activity_id = c.activity_id AND e.version = 1
        WHERE c.association_id = :a AND c.worth <> COALESCE({event_worth}, 0)
        ORDER BY c.activity_id LIMIT 1
        """,
    ),
    Check(
        "awards_are_what_was_posted",
        "SELECT COUNT(*) FROM award WHERE association_id = :a",
        f"""
        SELECT 'award ' || w.activity_id || ' ' || w.measure || ' ' || w.transaction_id,
          CAST(w.points AS TEXT), COALESCE(CAST(l.points AS TEXT), 'no lot')
        FROM (SELECT activity_id, measure, transaction_id, member_id, SUM(change) AS points
          FROM ({_CHANGES}) changed WHERE transaction_id IS NOT NULL AND change > 0
          GROUP BY activity_id, measure, transaction_id, member_id) w
        LEFT JOIN (SELECT transaction_id, account_id, SUM(points) AS points FROM lot
          WHERE association_id = :a GROUP BY transaction_id, account_id) l
          ON l.transaction_id = w.transaction_id
          AND l.account_id = w.member_id || '.' || w.measure
        WHERE l.points IS NULL OR l.points <> w.points
        ORDER BY w.activity_id, w.measure LIMIT 1
        """,
    ),
    Check(
        "corrections_are_what_was_posted",
        "SELECT COUNT(*) FROM award WHERE association_id = :a AND calculation > 1",
        f"""
        SELECT 'award ' || w.activity_id || ' ' || w.measure || ' ' || w.calculation,
          CAST(w.change + w.lapsed AS TEXT), COALESCE(CAST(e.points AS TEXT), 'nothing')
        FROM ({_CHANGES}) w
        LEFT JOIN (SELECT transaction_id, account_id, SUM(points) AS points FROM entry
          WHERE association_id = :a AND version IS NOT NULL
          GROUP BY transaction_id, account_id) e
          ON e.transaction_id = w.transaction_id
          AND e.account_id = w.member_id || '.' || w.measure
        WHERE w.calculation > 1 AND (COALESCE(e.points, 0) <> w.change + w.lapsed
          OR (w.change >= 0 AND w.lapsed > 0))
        ORDER BY w.activity_id, w.calculation, w.measure LIMIT 1
        """,
    ),
    Check(
        "corrected_activities_take_the_place_of_reversed_ones",
        "SELECT COUNT(*) FROM activity WHERE association_id = :a AND supersedes IS NOT NULL",
        """
        SELECT 'activity ' || n.activity_id, 'in place of ' || n.supersedes,
          COALESCE(e.step, 'not reversed')
        FROM activity n
        LEFT JOIN activity o ON o.association_id = n.association_id
          AND o.activity_id = n.supersedes
        LEFT JOIN claim_event e ON e.association_id = o.association_id
          AND e.activity_id = o.activity_id AND e.step = 'reversed' AND e.reason = 'corrected'
        LEFT JOIN claim_event s ON s.association_id = o.association_id
          AND s.activity_id = COALESCE(o.first, o.activity_id)
          AND s.step IN ('published', 'posted')
        WHERE n.association_id = :a AND n.supersedes IS NOT NULL AND (e.step IS NULL
          OR s.recorded_at IS NULL OR n.counts_from <> s.recorded_at
          OR n.first <> COALESCE(o.first, o.activity_id)
          OR n.said_by <> COALESCE(o.said_by, o.source) OR n.external_id <> o.external_id
          OR n.member_id <> o.member_id OR n.received_at <> o.received_at
          OR CAST(n.member AS TEXT) <> CAST(o.member AS TEXT))
        ORDER BY n.activity_id LIMIT 1
        """,
    ),
    Check(
        "what_was_corrected_has_a_successor",
        "SELECT COUNT(*) FROM claim_event WHERE association_id = :a AND reason = 'corrected'",
        """
        SELECT 'claim ' || e.activity_id, 'a successor', 'none'
        FROM claim_event e LEFT JOIN activity n ON n.association_id = e.association_id
          AND n.supersedes = e.activity_id
        WHERE e.association_id = :a AND e.step = 'reversed' AND e.reason = 'corrected'
          AND n.activity_id IS NULL
        ORDER BY e.activity_id LIMIT 1
        """,
    ),
    Check(
        "awards_lose_no_more_to_expiry_than_expired",
        "SELECT COUNT(*) FROM award WHERE association_id = :a AND lapsed > 0",
        """
        SELECT 'award ' || w.activity_id || ' ' || w.rule_id || ' ' || w.measure,
          CAST(COALESCE(g.points, 0) AS TEXT), CAST(w.lapsed AS TEXT)
        FROM (SELECT activity_id, rule_id, measure, SUM(lapsed) AS lapsed FROM award
          WHERE association_id = :a GROUP BY activity_id, rule_id, measure
          HAVING SUM(lapsed) > 0) w
        LEFT JOIN (SELECT a.activity_id, a.rule_id, a.measure, SUM(m.points) AS points
          FROM award a
          JOIN lot l ON l.association_id = a.association_id
            AND l.transaction_id = a.transaction_id
            AND l.account_id = a.member_id || '.' || a.measure
          JOIN lot_movement m ON m.association_id = l.association_id AND m.lot_id = l.lot_id
            AND m.target = 'expired'
          WHERE a.association_id = :a GROUP BY a.activity_id, a.rule_id, a.measure) g
          ON g.activity_id = w.activity_id AND g.rule_id = w.rule_id AND g.measure = w.measure
        WHERE COALESCE(g.points, 0) < w.lapsed
        ORDER BY w.activity_id, w.rule_id, w.measure LIMIT 1
        """,
    ),
)

_REBUILD = (
    "DELETE FROM cap_usage WHERE association_id = :a",
    f"""
    INSERT INTO cap_usage (association_id, member_id, measure, cap, window_key, points, times)
    SELECT CAST(:a AS VARCHAR(40)), member_id, measure, cap, window_key, points, times
    FROM ({USED}) facts
    """,
    "DELETE FROM shared_usage WHERE association_id = :a",
    f"""
    INSERT INTO shared_usage (association_id, holder, measure, cap, window_key, points, times)
    SELECT CAST(:a AS VARCHAR(40)), holder, measure, cap, window_key, points, times
    FROM ({SHARED}) facts
    """,
    "DELETE FROM open_deferral WHERE association_id = :a",
    """
    INSERT INTO open_deferral (association_id, deferral_id, due_at)
    SELECT d.association_id, d.deferral_id, d.due_at FROM deferral d
    WHERE d.association_id = :a AND NOT EXISTS (SELECT 1 FROM deferral_end e
      WHERE e.association_id = d.association_id AND e.deferral_id = d.deferral_id)
    """,
)


def verify_activities(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    return run_checks(connection, association, CHECKS)


def rebuild_activities(connection: Connection, association: AssociationId) -> None:
    """Rewrite cap usage from the awards, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)
