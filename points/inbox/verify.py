"""What has to hold of notices; they are facts alone, so there is nothing to rebuild."""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.db.checks import Check, Checked, run_checks
from points.kernel.ids import AssociationId

CHECKS = (
    Check(
        "notices_are_read_by_their_members",
        "SELECT COUNT(*) FROM member_notice_read WHERE association_id = :a",
        """
        SELECT 'member_notice_read ' || r.notice_id, COALESCE(n.member_id, 'a notice'),
          r.member_id
        FROM member_notice_read r LEFT JOIN member_notice n
          ON n.association_id = r.association_id AND n.notice_id = r.notice_id
        WHERE r.association_id = :a AND (n.notice_id IS NULL OR n.member_id <> r.member_id
          OR r.recorded_at < n.recorded_at)
        ORDER BY r.notice_id LIMIT 1
        """,
    ),
)


def verify_inbox(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    return run_checks(connection, association, CHECKS)
