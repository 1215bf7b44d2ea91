"""Re-derive vouchers' states from their events, and name the first row that differs."""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.db.checks import Check, Checked, run_checks, run_statements
from points.kernel.ids import AssociationId

# Events are summed before they are joined: row by row SQLite would read all of them for each
# voucher, since no index of theirs holds for every row that it is asked about.
SUMMED = """
  SELECT v.voucher_id, COALESCE(e.version, 0) AS version, COALESCE(e.events, 0) AS events,
    COALESCE(e.captured_parts, 0) AS captured_parts,
    COALESCE(e.captured_points, 0) AS captured_points, COALESCE(e.cost_fen, 0) AS cost_fen,
    COALESCE(e.voids, 0) AS voids, COALESCE(e.expired, 0) AS expired,
    1 + COALESCE(e.renewed, 0) AS issue_no
  FROM voucher v LEFT JOIN (
    SELECT voucher_id, MAX(version) AS version, COUNT(*) AS events,
      SUM(CASE kind WHEN 'captured' THEN parts WHEN 'voided' THEN -parts ELSE 0 END)
        AS captured_parts,
      SUM(CASE kind WHEN 'captured' THEN points WHEN 'voided' THEN -points ELSE 0 END)
        AS captured_points,
      SUM(CASE kind WHEN 'captured' THEN cost_fen WHEN 'voided' THEN -cost_fen ELSE 0 END)
        AS cost_fen,
      SUM(CASE WHEN kind = 'voided' THEN 1 ELSE 0 END) AS voids,
      MAX(CASE WHEN kind = 'expired' THEN 1 ELSE 0 END) AS expired,
      SUM(CASE WHEN kind IN ('reissued', 'reassigned') THEN 1 ELSE 0 END) AS renewed
    FROM voucher_event WHERE association_id = :a GROUP BY voucher_id
  ) e ON e.voucher_id = v.voucher_id
  WHERE v.association_id = :a
"""

OWNED = """
  SELECT v.voucher_id, COALESCE(o.member_id, v.member_id) AS owner_id,
    COALESCE(p.passes, 0) AS passes, COALESCE(e.last4, v.last4) AS last4
  FROM voucher v
  LEFT JOIN (SELECT voucher_id, MAX(version) AS version, COUNT(*) AS passes
    FROM voucher_owner WHERE association_id = :a GROUP BY voucher_id) p
    ON p.voucher_id = v.voucher_id
  LEFT JOIN voucher_owner o ON o.association_id = v.association_id
    AND o.voucher_id = v.voucher_id AND o.version = p.version
  LEFT JOIN (SELECT voucher_id, MAX(version) AS version FROM voucher_event
    WHERE association_id = :a AND kind IN ('reissued', 'reassigned') GROUP BY voucher_id) c
    ON c.voucher_id = v.voucher_id
  LEFT JOIN voucher_event e ON e.association_id = v.association_id
    AND e.voucher_id = v.voucher_id AND e.version = c.version AND e.version > 0
  WHERE v.association_id = :a
"""

CHECKS = (
    Check(
        "vouchers_follow_from_their_events",
        "SELECT COUNT(*) FROM voucher WHERE association_id = :a",
        f"""
        SELECT 'voucher_state ' || f.voucher_id,
          f.version || '/' || f.captured_parts || '/' || f.captured_points || '/' || f.cost_fen
            || '/' || f.issue_no,
          COALESCE(s.version || '/' || s.captured_parts || '/' || s.captured_points || '/'
            || s.cost_fen || '/' || s.issue_no, 'none')
        FROM ({SUMMED}) f LEFT JOIN voucher_state s
          ON s.association_id = :a AND s.voucher_id = f.voucher_id
        WHERE s.voucher_id IS NULL OR s.version <> f.version OR f.events <> f.version
          OR s.captured_parts <> f.captured_parts OR s.captured_points <> f.captured_points
          OR s.cost_fen <> f.cost_fen OR s.voids <> f.voids
          OR (s.state = 'expired') <> (f.expired = 1) OR s.issue_no <> f.issue_no
        ORDER BY f.voucher_id LIMIT 1
        """,
    ),
    Check(
        "what_is_captured_was_held",
        "SELECT COUNT(*) FROM voucher WHERE association_id = :a AND hold_id IS NOT NULL",
        f"""
        SELECT 'voucher ' || v.voucher_id, CAST(f.captured_points AS TEXT),
          CAST(COALESCE(m.points, 0) AS TEXT)
        FROM voucher v JOIN ({SUMMED}) f ON f.voucher_id = v.voucher_id
        LEFT JOIN (SELECT hold_id, SUM(CASE WHEN target = 'redeemed' THEN points
            WHEN source = 'redeemed' THEN -points ELSE 0 END) AS points
          FROM lot_movement WHERE association_id = :a AND hold_id IS NOT NULL
          GROUP BY hold_id) m ON m.hold_id = v.hold_id
        WHERE v.association_id = :a AND v.hold_id IS NOT NULL
          AND f.captured_points <> COALESCE(m.points, 0)
        ORDER BY v.voucher_id LIMIT 1
        """,
    ),
    Check(
        "vouchers_are_with_whom_they_were_passed_to",
        "SELECT COUNT(*) FROM voucher WHERE association_id = :a",
        f"""
        SELECT 'voucher_state ' || f.voucher_id, f.owner_id || '/' || f.passes || '/' || f.last4,
          s.owner_id || '/' || s.passes || '/' || s.last4
        FROM ({OWNED}) f JOIN voucher_state s
          ON s.association_id = :a AND s.voucher_id = f.voucher_id
        WHERE s.owner_id <> f.owner_id OR s.passes <> f.passes OR s.last4 <> f.last4
        ORDER BY f.voucher_id LIMIT 1
        """,
    ),
    Check(
        "passings_lead_from_owner_to_owner",
        "SELECT COUNT(*) FROM voucher_owner WHERE association_id = :a",
        """
        SELECT 'voucher_owner ' || o.voucher_id || ' ' || o.version,
          COALESCE(e.kind, 'no event') || ' ' || COALESCE(b.member_id, v.member_id),
          'reassigned ' || o.from_member
        FROM voucher_owner o
        JOIN voucher v ON v.association_id = o.association_id AND v.voucher_id = o.voucher_id
        LEFT JOIN voucher_event e ON e.association_id = o.association_id
          AND e.voucher_id = o.voucher_id AND e.version = o.version AND e.version > 0
        LEFT JOIN voucher_owner b ON b.association_id = o.association_id
          AND b.voucher_id = o.voucher_id AND b.version = (SELECT MAX(x.version)
            FROM voucher_owner x WHERE x.association_id = o.association_id
              AND x.voucher_id = o.voucher_id AND x.version < o.version)
        WHERE o.association_id = :a AND (e.kind IS NULL OR e.kind <> 'reassigned'
          OR o.from_member <> COALESCE(b.member_id, v.member_id))
        ORDER BY o.voucher_id, o.version LIMIT 1
        """,
    ),
    Check(
        "every_new_code_has_its_event",
        "SELECT COUNT(*) FROM voucher_code WHERE association_id = :a",
        f"""
        SELECT 'voucher_code ' || f.voucher_id, f.issue_no || '/' || f.issue_no || '/2',
          COALESCE(c.issue_no || '/' || c.issues || '/' || c.spellings, 'none')
        FROM ({SUMMED}) f LEFT JOIN (SELECT voucher_id, MAX(issue_no) AS issue_no,
            COUNT(DISTINCT issue_no) AS issues, COUNT(*) AS codes,
            COUNT(DISTINCT form) AS spellings
          FROM voucher_code WHERE association_id = :a GROUP BY voucher_id) c
          ON c.voucher_id = f.voucher_id
        WHERE c.issue_no IS NULL OR c.issue_no <> f.issue_no OR c.issues <> f.issue_no
          OR c.codes <> 2 * f.issue_no
        ORDER BY f.voucher_id LIMIT 1
        """,
    ),
    Check(
        "offers_end_when_vouchers_change_hands",
        "SELECT COUNT(*) FROM voucher_offer WHERE association_id = :a",
        """
        SELECT 'voucher_offer ' || o.offer_id, 'an end', 'none'
        FROM voucher_offer o
        JOIN voucher_owner w ON w.association_id = o.association_id
          AND w.voucher_id = o.voucher_id AND w.from_member = o.from_member
          AND w.recorded_at >= o.made_at AND w.recorded_at < o.until
        LEFT JOIN voucher_offer_end e ON e.association_id = o.association_id
          AND e.offer_id = o.offer_id
        WHERE o.association_id = :a AND e.offer_id IS NULL
        ORDER BY o.offer_id LIMIT 1
        """,
    ),
    Check(
        "tried_codes_are_counted",
        "SELECT COUNT(*) FROM failed_attempt WHERE association_id = :a",
        """
        SELECT 'guess_guard ' || outlet_id, SUM(tried), SUM(counted) FROM (
          SELECT outlet_id, COUNT(*) AS tried, 0 AS counted FROM failed_attempt
          WHERE association_id = :a GROUP BY outlet_id
          UNION ALL
          SELECT outlet_id, 0, total FROM guess_guard WHERE association_id = :a
        ) both_sides
        GROUP BY outlet_id HAVING SUM(tried) <> SUM(counted)
        ORDER BY outlet_id LIMIT 1
        """,
    ),
)

_REBUILD = (
    f"""
    UPDATE voucher_state SET
      version = f.version, captured_parts = f.captured_parts, captured_points = f.captured_points,
      cost_fen = f.cost_fen, voids = f.voids, issue_no = f.issue_no,
      owner_id = o.owner_id, passes = o.passes, last4 = o.last4
    FROM ({SUMMED}) f JOIN ({OWNED}) o ON o.voucher_id = f.voucher_id
    WHERE voucher_state.association_id = :a AND f.voucher_id = voucher_state.voucher_id
    """,
)


def verify_vouchers(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    return run_checks(connection, association, CHECKS)


def rebuild_vouchers(connection: Connection, association: AssociationId) -> None:
    """Rewrite the vouchers' states from their events, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)
