"""Hold reservations, captures and payments against the tokens, uses and rulings."""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.db.checks import Check, Checked, run_checks, run_statements
from points.kernel.ids import AssociationId

# A voucher is reserved by its newest token until that is spent.
_RESERVED = """
  SELECT t.voucher_id, t.token_id, t.outlet_id, t.until, t.upload_until
  FROM offline_token t WHERE t.association_id = :a
    AND t.token_id = (SELECT MAX(m.token_id) FROM offline_token m
      WHERE m.association_id = t.association_id AND m.voucher_id = t.voucher_id)
    AND NOT EXISTS (SELECT 1 FROM offline_use u WHERE u.association_id = t.association_id
      AND u.token_id = t.token_id AND u.bearer <> 'partner')
"""

CHECKS = (
    Check(
        "vouchers_are_reserved_by_their_newest_token",
        "SELECT COUNT(*) FROM offline_token WHERE association_id = :a",
        f"""
        SELECT 'voucher_state ' || s.voucher_id, COALESCE(x.token_id, 'none'),
          COALESCE(s.reserved_token, 'none')
        FROM voucher_state s LEFT JOIN ({_RESERVED}) x ON x.voucher_id = s.voucher_id
        WHERE s.association_id = :a AND (x.token_id IS NOT NULL OR s.reserved_token IS NOT NULL)
          AND (COALESCE(x.token_id, '') <> COALESCE(s.reserved_token, '')
            OR x.outlet_id <> s.reserved_outlet OR x.until <> s.reserved_until
            OR x.upload_until <> s.settles_until)
        ORDER BY s.voucher_id LIMIT 1
        """,
    ),
    Check(
        "offline_uses_are_captured_as_they_say",
        "SELECT COUNT(*) FROM offline_use WHERE association_id = :a AND outcome = 'captured'",
        """
        SELECT 'offline_use ' || u.use_id, u.value_fen || '/' || u.request_no,
          COALESCE(e.cost_fen || '/' || e.request_no, 'none')
        FROM offline_use u LEFT JOIN voucher_event e
          ON e.association_id = u.association_id AND e.event_id = u.event_id
        WHERE u.association_id = :a AND u.outcome = 'captured'
          AND (e.event_id IS NULL OR e.kind <> 'captured' OR e.cost_fen <> u.value_fen
            OR e.voucher_id <> u.voucher_id OR e.partner_id <> u.partner_id
            OR e.request_no <> u.request_no)
        ORDER BY u.use_id LIMIT 1
        """,
    ),
    Check(
        "offline_uses_are_of_tokens_that_were_issued",
        "SELECT COUNT(*) FROM offline_use WHERE association_id = :a AND voucher_id IS NOT NULL",
        # Of a token that cannot be read, is forged or was lost with a restored backup, nobody
        # knows the voucher.
        """
        SELECT 'offline_use ' || u.use_id, u.voucher_id, COALESCE(t.voucher_id, 'no token')
        FROM offline_use u LEFT JOIN offline_token t
          ON t.association_id = u.association_id AND t.token_id = u.token_id
        WHERE u.association_id = :a AND u.voucher_id IS NOT NULL
          AND (t.token_id IS NULL OR t.voucher_id <> u.voucher_id
            OR (u.bearer <> 'partner' AND t.outlet_id <> u.outlet_id))
        ORDER BY u.use_id LIMIT 1
        """,
    ),
    Check(
        "offline_losses_are_paid_as_decided",
        "SELECT COUNT(*) FROM offline_ruling WHERE association_id = :a",
        """
        SELECT 'offline_ruling ' || r.use_id, r.decision || '/' || r.amount_fen,
          COALESCE(c.amount_fen || '/' || c.partner_id, 'none')
        FROM offline_ruling r JOIN offline_use u
          ON u.association_id = r.association_id AND u.use_id = r.use_id
        LEFT JOIN statement_correction c
          ON c.association_id = r.association_id AND c.correction_id = r.correction_id
        WHERE r.association_id = :a AND (u.bearer <> 'association'
          OR (r.decision = 'paid' AND (c.correction_id IS NULL OR c.amount_fen <> u.value_fen
            OR c.amount_fen <> r.amount_fen OR c.partner_id <> u.partner_id))
          OR (r.decision = 'refused' AND r.amount_fen <> 0))
        ORDER BY r.use_id LIMIT 1
        """,
    ),
)


def _of(column: str) -> str:
    return f"(SELECT x.{column} FROM ({_RESERVED}) x WHERE x.voucher_id = voucher_state.voucher_id)"


_REBUILD = (
    f"""
    UPDATE voucher_state SET reserved_token = {_of("token_id")},
      reserved_outlet = {_of("outlet_id")}, reserved_until = {_of("until")},
      settles_until = {_of("upload_until")}
    WHERE association_id = :a
    """,
)


def verify_offline(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    return run_checks(connection, association, CHECKS)


def rebuild_offline(connection: Connection, association: AssociationId) -> None:
    """Rewrite which vouchers are reserved, from the tokens, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)
