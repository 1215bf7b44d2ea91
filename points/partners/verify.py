"""Re-derive how operators and statements stand, and hold statements against the ledger's money."""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.db.checks import Check, Checked, run_checks, run_statements
from points.kernel.ids import AssociationId
from points.partners.statement_verify import rebuild_standings, verify_standings

_LAST = """
  SELECT e.outlet_id, e.operator_id, e.version, e.active FROM operator_event e
  WHERE e.association_id = :a AND e.version = (
    SELECT MAX(o.version) FROM operator_event o
    WHERE o.association_id = :a AND o.outlet_id = e.outlet_id AND o.operator_id = e.operator_id
  )
"""

_SWITCHED = """
  SELECT x.outlet_id, x.device_id, ROW_NUMBER() OVER (PARTITION BY x.outlet_id, x.device_id
      ORDER BY x.sequence) AS version,
    CAST(x.active AS TEXT) || '/' || COALESCE(CAST(x.own_key AS TEXT), CAST(FALSE AS TEXT))
      AS switched, NULL AS kept
  FROM (SELECT e.sequence, {o.outcome:done.outlet_id} AS outlet_id,
      {o.outcome:done.device_id} AS device_id, {o.outcome:done.active} AS active,
      {o.outcome:done.own_key} AS own_key
    FROM audit_event e JOIN operation o ON o.association_id = e.association_id
      AND o.operation_id = e.operation_id
    WHERE e.association_id = :a AND e.action = 'till' AND e.action <> ''
      AND e.outcome = 'done') x
"""

_SIGNED = "CASE e.kind WHEN 'captured' THEN e.cost_fen ELSE -e.cost_fen END"
_OWED = f"CAST({_SIGNED} AS TEXT)"

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
    Check(
        "partners_have_accounts",
        "SELECT COUNT(*) FROM partner WHERE association_id = :a",
        """
        SELECT 'partner_account ' || p.partner_id, 'an account', 'none'
        FROM partner p LEFT JOIN partner_account a ON a.association_id = p.association_id
          AND a.partner_id = p.partner_id
        WHERE p.association_id = :a AND a.partner_id IS NULL
        ORDER BY p.partner_id LIMIT 1
        """,
    ),
    Check(
        "tills_are_as_they_were_switched",
        "SELECT COUNT(*) FROM till_event WHERE association_id = :a",
        # The trail alone says in which order a till was switched: its answers name no version.
        # What was answered before tills had keys of their own says nothing of one.
        f"""
        SELECT 'till_event ' || outlet_id || ' ' || device_id || ' ' || version,
          COALESCE(MAX(switched), 'none'), COALESCE(MAX(kept), 'none')
        FROM ({_SWITCHED}
          UNION ALL
          SELECT outlet_id, device_id, version, NULL,
            CAST(active AS TEXT) || '/' || CAST(own_key AS TEXT) FROM till_event
          WHERE association_id = :a
        ) both_sides
        GROUP BY outlet_id, device_id, version
        HAVING MAX(switched) IS NULL OR MAX(kept) IS NULL OR MAX(switched) <> MAX(kept)
        ORDER BY 1 LIMIT 1
        """,
    ),
    Check(
        "every_captured_fen_is_in_one_line",
        "SELECT COUNT(*) FROM voucher_event WHERE association_id = :a AND partner_id IS NOT NULL",
        f"""
        SELECT place, expected, found FROM (
          SELECT 'voucher_event ' || e.event_id AS place, {_OWED} || ' in a line' AS expected,
            COALESCE(CAST(x.amount_fen AS TEXT), 'no line') AS found
          FROM voucher_event e
          JOIN partner_account a ON a.association_id = e.association_id
            AND a.partner_id = e.partner_id AND e.booked_at < a.closed_until
          LEFT JOIN statement_line x ON x.association_id = e.association_id
            AND x.source_id = e.event_id
          WHERE e.association_id = :a AND e.kind IN ('captured', 'voided')
            AND (x.source_id IS NULL OR x.amount_fen <> {_SIGNED})
          UNION ALL
          SELECT 'statement_line ' || x.statement_id || ' ' || x.number, 'booked for the partner',
            'not'
          FROM statement_line x
          JOIN statement s ON s.association_id = x.association_id
            AND s.statement_id = x.statement_id
          LEFT JOIN voucher_event e ON e.association_id = x.association_id
            AND e.event_id = x.source_id
          WHERE x.association_id = :a AND x.kind IN ('capture', 'void')
            AND (e.event_id IS NULL OR e.partner_id <> s.partner_id
              OR e.booked_at < s.begins OR e.booked_at >= s.ends)
        ) differing
        ORDER BY place LIMIT 1
        """,
    ),
    Check(
        "every_correction_is_in_one_line",
        "SELECT COUNT(*) FROM statement_correction WHERE association_id = :a",
        """
        SELECT place, expected, found FROM (
          SELECT 'statement_correction ' || c.correction_id AS place,
            CAST(c.amount_fen AS TEXT) AS expected,
            COALESCE(CAST(x.amount_fen AS TEXT), 'no line') AS found
          FROM statement_correction c
          JOIN partner_account a ON a.association_id = c.association_id
            AND a.partner_id = c.partner_id AND c.booked_at < a.closed_until
          LEFT JOIN statement_line x ON x.association_id = c.association_id
            AND x.source_id = c.correction_id
          WHERE c.association_id = :a AND (x.source_id IS NULL OR x.amount_fen <> c.amount_fen)
          UNION ALL
          SELECT 'statement_line ' || x.statement_id || ' ' || x.number, 'a correction', 'none'
          FROM statement_line x
          LEFT JOIN statement_correction c ON c.association_id = x.association_id
            AND c.correction_id = x.source_id
          WHERE x.association_id = :a AND c.correction_id IS NULL
            AND (x.kind = 'correction' OR (x.kind = 'fee' AND x.fee_fen <> 0))
          UNION ALL
          SELECT 'statement_line ' || x.statement_id || ' ' || x.number,
            CASE c.programme WHEN '' THEN 'fee' ELSE 'correction' END, x.kind
          FROM statement_line x
          JOIN statement_correction c ON c.association_id = x.association_id
            AND c.correction_id = x.source_id
          WHERE x.association_id = :a
            AND x.kind <> CASE c.programme WHEN '' THEN 'fee' ELSE 'correction' END
        ) differing
        ORDER BY place LIMIT 1
        """,
    ),
    Check(
        "statements_add_up",
        "SELECT COUNT(*) FROM statement WHERE association_id = :a",
        """
        SELECT 'statement ' || s.statement_id,
          COALESCE(x.lines || '/' || x.total || '/' || x.captured || '/' || x.voided || '/'
            || x.corrected || '/' || x.fees || '/' || x.fees, 'no line'),
          s.count || '/' || s.total_fen || '/' || s.captured_fen || '/' || s.voided_fen || '/'
            || s.corrected_fen || '/' || s.fees_fen || '/' || COALESCE(x.charged, 0)
        FROM statement s LEFT JOIN (
          SELECT statement_id, COUNT(*) AS lines, SUM(amount_fen) AS total,
            SUM(CASE WHEN kind = 'capture' THEN amount_fen ELSE 0 END) AS captured,
            SUM(CASE WHEN kind = 'void' THEN amount_fen ELSE 0 END) AS voided,
            SUM(CASE WHEN kind = 'correction' THEN amount_fen ELSE 0 END) AS corrected,
            SUM(CASE WHEN kind = 'fee' THEN amount_fen ELSE 0 END) AS fees,
            SUM(fee_fen) AS charged
          FROM statement_line WHERE association_id = :a GROUP BY statement_id
        ) x ON x.statement_id = s.statement_id
        WHERE s.association_id = :a AND (s.count <> COALESCE(x.lines, 0)
          OR s.total_fen <> COALESCE(x.total, 0) OR (s.form > 1 AND (
            s.captured_fen <> COALESCE(x.captured, 0) OR s.voided_fen <> COALESCE(x.voided, 0)
            OR s.corrected_fen <> COALESCE(x.corrected, 0) OR s.fees_fen <> COALESCE(x.fees, 0)
            OR s.fees_fen <> COALESCE(x.charged, 0))))
        ORDER BY s.statement_id LIMIT 1
        """,
    ),
    Check(
        "accounts_reach_as_far_as_their_statements",
        "SELECT COUNT(*) FROM partner_account WHERE association_id = :a",
        """
        SELECT 'partner_account ' || a.partner_id,
          COALESCE(s.number, 0) || '/' || COALESCE(s.sha256, ''),
          a.statements || '/' || a.last_sha256
        FROM partner_account a LEFT JOIN (
          SELECT t.* FROM statement t WHERE t.association_id = :a AND t.number = (
            SELECT MAX(m.number) FROM statement m WHERE m.association_id = :a
              AND m.partner_id = t.partner_id)
        ) s ON s.partner_id = a.partner_id
        WHERE a.association_id = :a AND (a.statements <> COALESCE(s.number, 0)
          OR (s.number IS NULL) <> (a.closed_until IS NULL) OR a.closed_until <> s.ends
          OR (COALESCE(s.form, 2) > 1 AND a.last_sha256 <> COALESCE(s.sha256, '')))
        ORDER BY a.partner_id LIMIT 1
        """,
    ),
    Check(
        "money_spent_is_what_partners_are_owed",
        "SELECT COUNT(*) FROM pool_entry WHERE association_id = :a AND spent <> 0",
        f"""
        SELECT 'pool ' || programme, SUM(owed) || '', SUM(spent) || '' FROM (
          SELECT v.programme, {_SIGNED} AS owed, 0 AS spent
          FROM voucher_event e JOIN voucher v ON v.association_id = e.association_id
            AND v.voucher_id = e.voucher_id
          WHERE e.association_id = :a AND e.kind IN ('captured', 'voided')
          UNION ALL
          SELECT programme, amount_fen, 0 FROM statement_correction
          WHERE association_id = :a AND programme <> ''
          UNION ALL
          SELECT programme, 0, spent FROM pool_entry
          WHERE association_id = :a AND kind IN ('spend', 'unspend', 'correct')
        ) both_sides
        GROUP BY programme HAVING SUM(owed) <> SUM(spent)
        ORDER BY programme LIMIT 1
        """,
    ),
)

_REBUILD = (
    "DELETE FROM operator_state WHERE association_id = :a",
    f"""
    INSERT INTO operator_state (association_id, outlet_id, operator_id, version, active)
    SELECT CAST(:a AS VARCHAR(40)), outlet_id, operator_id, version, active FROM ({_LAST}) l
    """,
    """
    INSERT INTO partner_account (association_id, partner_id, statements)
    SELECT association_id, partner_id, 0 FROM partner WHERE association_id = :a
    ON CONFLICT (association_id, partner_id) DO NOTHING
    """,
    """
    UPDATE partner_account SET
      statements = COALESCE((SELECT MAX(s.number) FROM statement s WHERE s.association_id = :a
        AND s.partner_id = partner_account.partner_id), 0),
      closed_until = (SELECT MAX(s.ends) FROM statement s WHERE s.association_id = :a
        AND s.partner_id = partner_account.partner_id),
      last_sha256 = COALESCE((SELECT s.sha256 FROM statement s WHERE s.association_id = :a
        AND s.partner_id = partner_account.partner_id AND s.number = (
          SELECT MAX(m.number) FROM statement m WHERE m.association_id = :a
            AND m.partner_id = partner_account.partner_id)), '')
    WHERE association_id = :a
    """,
    "DELETE FROM statement_dispute WHERE association_id = :a",
    "DELETE FROM statement_state WHERE association_id = :a",
)


COUNT = len(CHECKS) + 1
"""Those, and the one of where statements stand."""


def verify_partners(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    yield from run_checks(connection, association, CHECKS)
    yield verify_standings(connection, association)


def rebuild_partners(connection: Connection, association: AssociationId) -> None:
    """Rewrite how operators and statements stand, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)
    rebuild_standings(connection, association)
