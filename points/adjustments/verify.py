"""Hold adjustments against the corrections that they became, the captures, and two people."""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.adjustments.tables import adjustment, adjustment_event
from points.db.checks import Check, Checked, run_checks
from points.db.two_people import decided_by_another
from points.kernel.ids import AssociationId

# What a correction says, and what an adjustment that was approved makes it say; the names differ.
_SAYS = """partner_id || '/' || programme || '/' || COALESCE(outlet_id, '') || '/' || amount_fen
          || '/' || {reason} || '/' || COALESCE({about}, '')"""
_DECIDED = _SAYS.format(reason="'adjust:' || number || '/' || reason", about="capture_id")
_BOOKED = _SAYS.format(reason="reason", about="corrects")

CHECKS = (
    decided_by_another(
        "adjustments_are_decided_by_another", "adjustment", adjustment, adjustment_event
    ),
    Check(
        "adjustments_are_numbered_without_gaps",
        "SELECT COUNT(*) FROM adjustment WHERE association_id = :a",
        """
        SELECT 'adjustment ' || partner_id, MAX(number), COUNT(*)
        FROM adjustment WHERE association_id = :a
        GROUP BY partner_id HAVING MAX(number) <> COUNT(*) OR MIN(number) <> 1
        ORDER BY partner_id LIMIT 1
        """,
    ),
    Check(
        "approved_adjustments_are_what_was_corrected",
        "SELECT COUNT(*) FROM adjustment_event WHERE association_id = :a AND step = 'approved'",
        f"""
        SELECT 'adjustment ' || id, COALESCE(MAX(decided), 'none'), COALESCE(MAX(booked), 'none')
        FROM (
          SELECT d.adjustment_id AS id, {_DECIDED} AS decided, NULL AS booked
          FROM adjustment d WHERE d.association_id = :a AND d.adjustment_id IN (
            SELECT e.adjustment_id FROM adjustment_event e
            WHERE e.association_id = :a AND e.step = 'approved')
          UNION ALL
          SELECT c.correction_id, NULL, {_BOOKED}
          FROM statement_correction c
          WHERE c.association_id = :a AND c.reason LIKE 'adjust:%'
        ) both_sides
        GROUP BY id
        HAVING MAX(decided) IS NULL OR MAX(booked) IS NULL OR MAX(decided) <> MAX(booked)
        ORDER BY id LIMIT 1
        """,
    ),
    Check(
        "adjustments_are_of_the_partners_own_captures",
        "SELECT COUNT(*) FROM adjustment WHERE association_id = :a AND capture_id IS NOT NULL",
        """
        SELECT 'adjustment ' || d.adjustment_id,
          COALESCE(e.partner_id || '/' || e.request_no || '/' || e.outlet_id || '/' || v.programme,
            'no capture'),
          d.partner_id || '/' || d.request_no || '/' || COALESCE(d.outlet_id, '') || '/'
            || d.programme
        FROM adjustment d
        LEFT JOIN voucher_event e ON e.association_id = d.association_id
          AND e.event_id = d.capture_id AND e.kind = 'captured'
        LEFT JOIN voucher v ON v.association_id = e.association_id
          AND v.voucher_id = e.voucher_id
        WHERE d.association_id = :a AND d.capture_id IS NOT NULL
          AND (e.event_id IS NULL OR v.voucher_id IS NULL OR e.partner_id <> d.partner_id
            OR e.request_no <> d.request_no OR e.outlet_id <> COALESCE(d.outlet_id, '')
            OR v.programme <> d.programme)
        ORDER BY d.adjustment_id LIMIT 1
        """,
    ),
)


def verify_adjustments(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    return run_checks(connection, association, CHECKS)
