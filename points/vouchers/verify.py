"""Re-derive vouchers' states from their events, and name the first row that differs."""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.db.checks import Check, Checked, run_checks, run_statements
from points.kernel.ids import AssociationId

SUMMED = """
  SELECT v.voucher_id, COALESCE(MAX(e.version), 0) AS version, COUNT(e.event_id) AS events,
    COALESCE(SUM(CASE e.kind WHEN 'captured' THEN e.parts WHEN 'voided' THEN -e.parts
      ELSE 0 END), 0) AS captured_parts,
    COALESCE(SUM(CASE e.kind WHEN 'captured' THEN e.points WHEN 'voided' THEN -e.points
      ELSE 0 END), 0) AS captured_points,
    COALESCE(SUM(CASE e.kind WHEN 'captured' THEN e.cost_fen WHEN 'voided' THEN -e.cost_fen
      ELSE 0 END), 0) AS cost_fen,
    COALESCE(SUM(CASE WHEN e.kind = 'voided' THEN 1 ELSE 0 END), 0) AS voids,
    COALESCE(MAX(CASE WHEN e.kind = 'expired' THEN 1 ELSE 0 END), 0) AS expired
  FROM voucher v LEFT JOIN voucher_event e
    ON e.association_id = v.association_id AND e.voucher_id = v.voucher_id
  WHERE v.association_id = :a GROUP BY v.voucher_id
"""

CHECKS = (
    Check(
        "vouchers_follow_from_their_events",
        "SELECT COUNT(*) FROM voucher WHERE association_id = :a",
        f"""
        SELECT 'voucher_state ' || f.voucher_id,
          f.version || '/' || f.captured_parts || '/' || f.captured_points || '/' || f.cost_fen,
          COALESCE(s.version || '/' || s.captured_parts || '/' || s.captured_points || '/'
            || s.cost_fen, 'none')
        FROM ({SUMMED}) f LEFT JOIN voucher_state s
          ON s.association_id = :a AND s.voucher_id = f.voucher_id
        WHERE s.voucher_id IS NULL OR s.version <> f.version OR f.events <> f.version
          OR s.captured_parts <> f.captured_parts OR s.captured_points <> f.captured_points
          OR s.cost_fen <> f.cost_fen OR s.voids <> f.voids
          OR (s.state = 'expired') <> (f.expired = 1)
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
)

_REBUILD = (
    f"""
    UPDATE voucher_state SET
      version = (SELECT f.version FROM ({SUMMED}) f WHERE f.voucher_id = voucher_state.voucher_id),
      captured_parts = (SELECT f.captured_parts FROM ({SUMMED}) f
        WHERE f.voucher_id = voucher_state.voucher_id),
      captured_points = (SELECT f.captured_points FROM ({SUMMED}) f
        WHERE f.voucher_id = voucher_state.voucher_id),
      cost_fen = (SELECT f.cost_fen FROM ({SUMMED}) f
        WHERE f.voucher_id = voucher_state.voucher_id),
      voids = (SELECT f.voids FROM ({SUMMED}) f WHERE f.voucher_id = voucher_state.voucher_id)
    WHERE association_id = :a
    """,
)


def verify_vouchers(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    return run_checks(connection, association, CHECKS)


def rebuild_vouchers(connection: Connection, association: AssociationId) -> None:
    """Rewrite the vouchers' states from their events, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)
