"""Hold the pools against what two people decided about money that went back."""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.db.checks import Check, Checked, run_checks
from points.db.two_people import decided_by_another
from points.funds.tables import pool_return, pool_return_event
from points.kernel.ids import AssociationId

CHECKS = (
    decided_by_another("returns_are_decided_by_another", "return", pool_return, pool_return_event),
    Check(
        "approved_returns_are_what_left_the_pool",
        "SELECT COUNT(*) FROM pool_return_event WHERE association_id = :a AND step = 'approved'",
        """
        SELECT 'return ' || COALESCE(return_id, 'none'), CAST(SUM(decided) AS TEXT),
          CAST(SUM(paid) AS TEXT)
        FROM (
          SELECT r.return_id, r.programme, r.source, r.amount_fen AS decided, 0 AS paid
          FROM pool_return_event e JOIN pool_return r ON r.association_id = e.association_id
            AND r.return_id = e.return_id
          WHERE e.association_id = :a AND e.step = 'approved'
          UNION ALL
          SELECT about, programme, source, 0, -funded FROM pool_entry
          WHERE association_id = :a AND kind = 'fund' AND funded < 0
        ) both_sides
        GROUP BY return_id, programme, source
        HAVING SUM(decided) <> SUM(paid)
        ORDER BY 1 LIMIT 1
        """,
    ),
)


def verify_funds(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    return run_checks(connection, association, CHECKS)
