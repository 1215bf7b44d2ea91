"""What has to hold of notices; they are facts alone, so there is nothing to rebuild."""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.db.checks import Check, Checked, run_checks
from points.kernel.ids import AssociationId

# What is told follows from facts, under a name that most of them give it. Left out is a full stamp
# card: how many stamps make it full stands in the rules and not in its steps.
_HAPPENED = """
  SELECT 'voucher_offered' AS kind, member_id || ' ' || voucher_id AS about, 1 AS happened,
    0 AS told
  FROM voucher_offer WHERE association_id = :a
  UNION ALL
  SELECT 'voucher_reassigned', member_id || ' ' || voucher_id, 1, 0
  FROM voucher_owner WHERE association_id = :a
  UNION ALL
  SELECT 'voucher_passed_on', from_member || ' ' || voucher_id, 1, 0
  FROM voucher_owner WHERE association_id = :a
  UNION ALL
  SELECT 'voucher_issued', member_id || ' ' || voucher_id, 1, 0
  FROM handout_result WHERE association_id = :a AND result = 'issued'
  UNION ALL
  SELECT 'voucher_expires_soon', 'voucher:' || voucher_id || ':' || days, 1, 0
  FROM voucher_reminder WHERE association_id = :a AND told
  UNION ALL
  SELECT 'hardship_granted', 'hardship:' || transaction_id, 1, 0
  FROM hardship_entry WHERE association_id = :a AND kind IN ('granted', 'issued')
  UNION ALL
  SELECT 'stamp_card_turned_in',
    member_id || ' card:' || card || ':' || round || ':' || 'given', 1, 0
  FROM stamp_event WHERE association_id = :a AND step = 'turned_in'
  UNION ALL
  SELECT 'wish_affordable', member_id || ' ' || reward_id, 1, 0
  FROM wish_event WHERE association_id = :a AND step = 'affordable'
"""
_TOLD = """
  SELECT kind, CASE
      WHEN kind IN ('voucher_expires_soon', 'hardship_granted') THEN once
      WHEN kind = 'stamp_card_turned_in' THEN member_id || ' ' || once
      ELSE member_id || ' ' || about END, 0, 1
  FROM member_notice WHERE association_id = :a AND kind <> 'stamp_card_full'
"""

CHECKS = (
    Check(
        "members_are_told_what_happened",
        "SELECT COUNT(*) FROM member_notice WHERE association_id = :a",
        f"""
        SELECT 'member_notice ' || kind || ' ' || about, SUM(happened), SUM(told)
        FROM ({_HAPPENED} UNION ALL {_TOLD}) both_sides
        GROUP BY kind, about HAVING SUM(happened) <> SUM(told)
        ORDER BY 1 LIMIT 1
        """,
    ),
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
