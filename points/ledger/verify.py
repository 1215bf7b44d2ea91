"""Re-derive every projection of the ledger from its facts, and name the first row that differs.

Each check is one set-based statement that yields the rows that should not exist. Amounts, owners,
times and references are covered. What nothing else follows from is not: a transaction's kind,
actor, reason and origin, and the answer of an operation. Only a seal outside could cover it.
"""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.db.checks import Check, Checked, Difference, run_checks, run_statements
from points.kernel.ids import AssociationId

__all__ = ["CHECKS", "Checked", "Difference", "rebuild_ledger", "verify_ledger"]


_DELTAS = """
  SELECT transaction_id, account_id, state, SUM(points) AS points FROM (
    SELECT transaction_id, account_id, born AS state, points FROM lot WHERE association_id = :a
    UNION ALL
    SELECT m.transaction_id, l.account_id, m.source, -m.points FROM lot_movement m
      JOIN lot l ON l.association_id = m.association_id AND l.lot_id = m.lot_id
      WHERE m.association_id = :a
    UNION ALL
    SELECT m.transaction_id, l.account_id, m.target, m.points FROM lot_movement m
      JOIN lot l ON l.association_id = m.association_id AND l.lot_id = m.lot_id
      WHERE m.association_id = :a
  ) each_move WHERE state IN ('pending', 'available', 'held')
  GROUP BY transaction_id, account_id, state
"""

FOLDED_LOTS = """
  SELECT l.lot_id, l.account_id, l.transaction_id,
    MAX(COALESCE(m.expires_at, l.expires_at)) AS expires_at,
    CASE WHEN l.born = 'pending' THEN l.points ELSE 0 END
      + COALESCE(SUM(CASE WHEN m.target = 'pending' THEN m.points ELSE 0 END), 0)
      - COALESCE(SUM(CASE WHEN m.source = 'pending' THEN m.points ELSE 0 END), 0) AS pending,
    CASE WHEN l.born = 'available' THEN l.points ELSE 0 END
      + COALESCE(SUM(CASE WHEN m.target = 'available' THEN m.points ELSE 0 END), 0)
      - COALESCE(SUM(CASE WHEN m.source = 'available' THEN m.points ELSE 0 END), 0) AS available,
    COALESCE(SUM(CASE WHEN m.target = 'held' THEN m.points ELSE 0 END), 0)
      - COALESCE(SUM(CASE WHEN m.source = 'held' THEN m.points ELSE 0 END), 0) AS held
  FROM lot l LEFT JOIN lot_movement m
    ON m.association_id = l.association_id AND m.lot_id = l.lot_id
  WHERE l.association_id = :a
  GROUP BY l.lot_id, l.account_id, l.transaction_id, l.born, l.points, l.expires_at
"""

SUMMED_ACCOUNTS = """
  SELECT account_id, MIN(version) AS first, MAX(version) AS version, COUNT(*) AS entries,
    SUM(CASE WHEN state = 'pending' THEN points ELSE 0 END) AS pending,
    SUM(CASE WHEN state = 'available' THEN points ELSE 0 END) AS available,
    SUM(CASE WHEN state = 'held' THEN points ELSE 0 END) AS held,
    SUM(CASE WHEN state = 'debt' THEN points ELSE 0 END) AS debt,
    MAX(recorded_at) AS recorded_at
  FROM entry WHERE association_id = :a AND version IS NOT NULL GROUP BY account_id
"""

_SYSTEM_SIDE = """
  SELECT transaction_id, account_id, points AS written, 0 AS moved FROM entry
    WHERE association_id = :a AND version IS NULL
  UNION ALL
  SELECT l.transaction_id, CASE t.kind WHEN 'relieve' THEN 'system:fund.'
      ELSE 'system:issuance.' END
      || SUBSTR(l.account_id, {instr}(l.account_id, '.') + 1), 0, -l.points
    FROM lot l LEFT JOIN ledger_transaction t ON t.association_id = l.association_id
      AND t.transaction_id = l.transaction_id
    WHERE l.association_id = :a
  UNION ALL
  SELECT transaction_id, 'system:issuance.' || SUBSTR(account_id, {instr}(account_id, '.') + 1),
    0, -points FROM entry WHERE association_id = :a AND state = 'debt'
  UNION ALL
  SELECT m.transaction_id, CASE m.target WHEN 'redeemed' THEN 'system:redemption.'
      WHEN 'expired' THEN 'system:breakage.' WHEN 'donated' THEN 'system:fund.'
      ELSE 'system:issuance.' END
      || SUBSTR(l.account_id, {instr}(l.account_id, '.') + 1), 0, m.points
    FROM lot_movement m JOIN lot l ON l.association_id = m.association_id AND l.lot_id = m.lot_id
    WHERE m.association_id = :a
      AND m.target IN ('redeemed', 'expired', 'reversed', 'repaid', 'donated')
  UNION ALL
  SELECT m.transaction_id,
      CASE m.source WHEN 'donated' THEN 'system:fund.' ELSE 'system:redemption.' END
      || SUBSTR(l.account_id, {instr}(l.account_id, '.') + 1), 0, -m.points
    FROM lot_movement m JOIN lot l ON l.association_id = m.association_id AND l.lot_id = m.lot_id
    WHERE m.association_id = :a AND m.source IN ('redeemed', 'donated')
"""

_STATES = "{0}.pending || '/' || {0}.available || '/' || {0}.held"

CHECKS = (
    Check(
        "transactions_sum_to_zero",
        "SELECT COUNT(*) FROM ledger_transaction WHERE association_id = :a",
        """
        SELECT 'entry ' || transaction_id || ' ' || measure, '0', CAST(SUM(points) AS TEXT) FROM (
          SELECT transaction_id, points,
            SUBSTR(account_id, {instr}(account_id, '.') + 1) AS measure
          FROM entry WHERE association_id = :a) each_entry
        GROUP BY transaction_id, measure HAVING SUM(points) <> 0
        ORDER BY transaction_id, measure LIMIT 1
        """,
    ),
    Check(
        "transactions_have_entries",
        "SELECT COUNT(*) FROM ledger_transaction WHERE association_id = :a",
        """
        SELECT 'ledger_transaction ' || t.transaction_id, 'entries', 'none'
        FROM ledger_transaction t WHERE t.association_id = :a AND NOT EXISTS (
          SELECT 1 FROM entry e WHERE e.association_id = t.association_id
          AND e.transaction_id = t.transaction_id)
        ORDER BY t.transaction_id LIMIT 1
        """,
    ),
    Check(
        "entries_belong_to_transactions",
        "SELECT COUNT(*) FROM entry WHERE association_id = :a",
        """
        SELECT 'entry ' || e.transaction_id || ' ' || e.line,
          COALESCE(CAST(t.recorded_at AS TEXT), 'a transaction'), CAST(e.recorded_at AS TEXT)
        FROM entry e LEFT JOIN ledger_transaction t ON t.association_id = e.association_id
          AND t.transaction_id = e.transaction_id
        WHERE e.association_id = :a AND (t.transaction_id IS NULL
          OR t.recorded_at <> e.recorded_at OR t.effective_at <> e.effective_at
          OR (e.version IS NOT NULL
            AND SUBSTR(e.account_id, 1, LENGTH(t.member_id) + 1) <> t.member_id || '.'))
        ORDER BY e.transaction_id, e.line LIMIT 1
        """,
    ),
    Check(
        "versions_are_gapless",
        "SELECT COUNT(*) FROM account WHERE association_id = :a",
        f"""
        SELECT 'account ' || a.account_id, CAST(COALESCE(s.entries, 0) AS TEXT),
          CAST(a.version AS TEXT)
        FROM account a LEFT JOIN ({SUMMED_ACCOUNTS}) s ON s.account_id = a.account_id
        WHERE a.association_id = :a AND (a.version <> COALESCE(s.version, 0)
          OR COALESCE(s.entries, 0) <> COALESCE(s.version, 0) OR s.first <> 1)
        ORDER BY a.account_id LIMIT 1
        """,
    ),
    Check(
        "entries_have_accounts",
        "SELECT COUNT(*) FROM entry WHERE association_id = :a",
        """
        SELECT 'entry ' || e.transaction_id || ' ' || e.line, e.account_id, 'no such account'
        FROM entry e WHERE e.association_id = :a AND e.version IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM account a WHERE a.association_id = e.association_id
          AND a.account_id = e.account_id)
        ORDER BY e.transaction_id, e.line LIMIT 1
        """,
    ),
    Check(
        "running_balances",
        "SELECT COUNT(*) FROM entry WHERE association_id = :a AND version IS NOT NULL",
        """
        SELECT 'entry ' || transaction_id || ' ' || line, CAST(running AS TEXT),
          CAST(balance_after AS TEXT)
        FROM (SELECT transaction_id, line, account_id, version, balance_after,
            SUM(points) OVER (PARTITION BY account_id, state ORDER BY version) AS running
          FROM entry WHERE association_id = :a AND version IS NOT NULL) summed
        WHERE balance_after IS NULL OR running <> balance_after ORDER BY account_id, version LIMIT 1
        """,
    ),
    Check(
        "recorded_time_never_runs_backwards",
        "SELECT COUNT(*) FROM entry WHERE association_id = :a AND version IS NOT NULL",
        """
        SELECT 'entry ' || transaction_id || ' ' || line, CAST(before AS TEXT),
          CAST(recorded_at AS TEXT)
        FROM (SELECT transaction_id, line, account_id, version, recorded_at,
            LAG(recorded_at) OVER (PARTITION BY account_id ORDER BY version) AS before
          FROM entry WHERE association_id = :a AND version IS NOT NULL) ordered
        WHERE recorded_at < before ORDER BY account_id, version LIMIT 1
        """,
    ),
    Check(
        "balances_follow_from_entries",
        "SELECT COUNT(*) FROM account WHERE association_id = :a",
        f"""
        SELECT 'account ' || a.account_id, COALESCE({_STATES.format("s")} || '/' || s.debt, '0'),
          {_STATES.format("a")} || '/' || a.debt
        FROM account a LEFT JOIN ({SUMMED_ACCOUNTS}) s ON s.account_id = a.account_id
        WHERE a.association_id = :a AND (a.pending <> COALESCE(s.pending, 0)
          OR a.available <> COALESCE(s.available, 0) OR a.held <> COALESCE(s.held, 0)
          OR a.debt <> COALESCE(s.debt, 0)
          OR COALESCE(CAST(a.recorded_at AS TEXT), '') <> COALESCE(CAST(s.recorded_at AS TEXT), '')
          OR a.account_id <> a.member_id || '.' || a.measure)
        ORDER BY a.account_id LIMIT 1
        """,
    ),
    Check(
        "entries_follow_from_movements",
        "SELECT COUNT(*) FROM entry WHERE association_id = :a",
        f"""
        SELECT 'entry ' || transaction_id || ' ' || account_id || ' ' || state,
          CAST(SUM(moved) AS TEXT), CAST(SUM(written) AS TEXT)
        FROM (
          SELECT transaction_id, account_id, state, points AS moved, 0 AS written
            FROM ({_DELTAS}) d
          UNION ALL
          SELECT transaction_id, account_id, state, 0, points FROM entry
            WHERE association_id = :a AND state IN ('pending', 'available', 'held')
        ) both_sides
        GROUP BY transaction_id, account_id, state HAVING SUM(moved) <> SUM(written)
        ORDER BY transaction_id, account_id, state LIMIT 1
        """,
    ),
    Check(
        "system_entries_follow_from_movements",
        "SELECT COUNT(*) FROM entry WHERE association_id = :a AND version IS NULL",
        f"""
        SELECT 'entry ' || transaction_id || ' ' || account_id, CAST(SUM(moved) AS TEXT),
          CAST(SUM(written) AS TEXT)
        FROM ({_SYSTEM_SIDE}) both_sides
        GROUP BY transaction_id, account_id HAVING SUM(moved) <> SUM(written)
        ORDER BY transaction_id, account_id LIMIT 1
        """,
    ),
    Check(
        "lots_follow_from_movements",
        "SELECT COUNT(*) FROM lot WHERE association_id = :a",
        f"""
        SELECT 'open_lot ' || f.lot_id, {_STATES.format("f")},
          COALESCE({_STATES.format("o")}, 'none')
        FROM ({FOLDED_LOTS}) f LEFT JOIN open_lot o
          ON o.association_id = :a AND o.lot_id = f.lot_id
        WHERE o.lot_id IS NULL OR o.pending <> f.pending OR o.available <> f.available
          OR o.held <> f.held OR o.account_id <> f.account_id
          OR o.transaction_id <> f.transaction_id
          OR COALESCE(CAST(o.expires_at AS TEXT), '') <> COALESCE(CAST(f.expires_at AS TEXT), '')
        ORDER BY f.lot_id LIMIT 1
        """,
    ),
    Check(
        "open_lots_have_lots",
        "SELECT COUNT(*) FROM open_lot WHERE association_id = :a",
        """
        SELECT 'open_lot ' || o.lot_id, 'a lot', 'none' FROM open_lot o
        WHERE o.association_id = :a AND NOT EXISTS (SELECT 1 FROM lot l
          WHERE l.association_id = o.association_id AND l.lot_id = o.lot_id)
        ORDER BY o.lot_id LIMIT 1
        """,
    ),
    Check(
        "open_lots_make_the_balance",
        "SELECT COUNT(*) FROM account WHERE association_id = :a",
        f"""
        SELECT 'account ' || a.account_id, COALESCE({_STATES.format("o")}, '0/0/0'),
          {_STATES.format("a")}
        FROM account a LEFT JOIN (
          SELECT account_id, SUM(pending) AS pending, SUM(available) AS available,
            SUM(held) AS held FROM open_lot WHERE association_id = :a GROUP BY account_id) o
          ON o.account_id = a.account_id
        WHERE a.association_id = :a AND (a.pending <> COALESCE(o.pending, 0)
          OR a.available <> COALESCE(o.available, 0) OR a.held <> COALESCE(o.held, 0))
        ORDER BY a.account_id LIMIT 1
        """,
    ),
    Check(
        "holds_are_never_overdrawn",
        "SELECT COUNT(DISTINCT hold_id) FROM lot_movement WHERE association_id = :a",
        """
        SELECT 'lot_movement hold ' || hold_id || ' lot ' || lot_id, 'not below zero',
          CAST(SUM(held) AS TEXT) || '/' || CAST(SUM(redeemed) AS TEXT) || '/'
            || CAST(SUM(donated) AS TEXT)
        FROM (
          SELECT hold_id, lot_id,
            CASE WHEN target = 'held' THEN points WHEN source = 'held' THEN -points ELSE 0 END
              AS held,
            CASE WHEN target = 'redeemed' THEN points WHEN source = 'redeemed' THEN -points
              ELSE 0 END AS redeemed,
            CASE WHEN target = 'donated' THEN points WHEN source = 'donated' THEN -points
              ELSE 0 END AS donated
          FROM lot_movement WHERE association_id = :a AND hold_id IS NOT NULL) moved
        GROUP BY hold_id, lot_id HAVING SUM(held) < 0 OR SUM(redeemed) < 0
          OR SUM(donated) < 0
        ORDER BY hold_id, lot_id LIMIT 1
        """,
    ),
    Check(
        "funds_give_what_they_hold",
        "SELECT COUNT(*) FROM entry WHERE association_id = :a AND version IS NULL"
        " AND account_id LIKE 'system:fund.%'",
        """
        SELECT 'entry ' || account_id, 'not below zero', CAST(SUM(points) AS TEXT)
        FROM entry WHERE association_id = :a AND version IS NULL
          AND account_id LIKE 'system:fund.%'
        GROUP BY account_id HAVING SUM(points) < 0 ORDER BY account_id LIMIT 1
        """,
    ),
    Check(
        "corrections_follow_awards",
        "SELECT COUNT(*) FROM ledger_transaction WHERE association_id = :a"
        " AND corrects IS NOT NULL",
        """
        SELECT 'ledger_transaction ' || t.transaction_id, COALESCE(f.kind, 'an award'), t.corrects
        FROM ledger_transaction t LEFT JOIN ledger_transaction f
          ON f.association_id = t.association_id AND f.transaction_id = t.corrects
        WHERE t.association_id = :a AND t.corrects IS NOT NULL AND (f.transaction_id IS NULL
          OR t.kind NOT IN ('correct', 'earn') OR f.kind NOT IN ('earn', 'correct')
          OR f.corrects IS NOT NULL
          OR f.member_id <> t.member_id OR f.transaction_id >= t.transaction_id)
        ORDER BY t.transaction_id LIMIT 1
        """,
    ),
    Check(
        "transactions_have_operations",
        "SELECT COUNT(*) FROM operation WHERE association_id = :a",
        """
        SELECT 'ledger_transaction ' || t.transaction_id, t.operation_id, 'no such operation'
        FROM ledger_transaction t WHERE t.association_id = :a AND NOT EXISTS (
          SELECT 1 FROM operation o WHERE o.association_id = t.association_id
          AND o.operation_id = t.operation_id)
        ORDER BY t.transaction_id LIMIT 1
        """,
    ),
)


def verify_ledger(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result; all of them, whatever the first ones find."""
    return run_checks(connection, association, CHECKS)


def rebuild_ledger(connection: Connection, association: AssociationId) -> None:
    """Rewrite balances and open lots from the facts, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)


_REBUILD = (
    "DELETE FROM open_lot WHERE association_id = :a",
    f"""
    INSERT INTO open_lot (association_id, lot_id, account_id, transaction_id, expires_at,
      pending, available, held)
    SELECT CAST(:a AS VARCHAR(40)), lot_id, account_id, transaction_id, expires_at,
      pending, available, held
    FROM ({FOLDED_LOTS}) folded
    """,
    f"""
    INSERT INTO account (association_id, account_id, member_id, measure, version, pending,
      available, held, debt, recorded_at)
    SELECT CAST(:a AS VARCHAR(40)), a.account_id,
      SUBSTR(a.account_id, 1, {{instr}}(a.account_id, '.') - 1),
      SUBSTR(a.account_id, {{instr}}(a.account_id, '.') + 1),
      COALESCE(s.version, 0), COALESCE(s.pending, 0), COALESCE(s.available, 0),
      COALESCE(s.held, 0), COALESCE(s.debt, 0), s.recorded_at
    FROM (SELECT account_id FROM account WHERE association_id = :a
      UNION SELECT account_id FROM entry WHERE association_id = :a AND version IS NOT NULL) a
    LEFT JOIN ({SUMMED_ACCOUNTS}) s ON s.account_id = a.account_id
    WHERE true
    ON CONFLICT (association_id, account_id) DO UPDATE SET member_id = excluded.member_id,
      measure = excluded.measure, version = excluded.version,
      pending = excluded.pending, available = excluded.available, held = excluded.held,
      debt = excluded.debt, recorded_at = excluded.recorded_at
    """,
)
