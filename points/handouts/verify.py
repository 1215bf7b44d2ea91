"""Re-derive where handouts stand, and hold vouchers and money against what was approved."""

from collections.abc import Iterator
from itertools import groupby

from sqlalchemy import Connection, select

from points.db.checks import Check, Checked, Difference, run_checks, run_statements
from points.handouts.model import members_hash
from points.handouts.tables import handout, handout_member
from points.kernel.ids import AssociationId

_LAST = """
  SELECT e.handout_id, e.step FROM handout_event e WHERE e.association_id = :a
    AND e.number = (SELECT MAX(m.number) FROM handout_event m
      WHERE m.association_id = e.association_id AND m.handout_id = e.handout_id)
"""
_DERIVED = f"""
  SELECT h.handout_id, h.until, COALESCE(e.step, 'proposed') AS state,
    COALESCE(r.issued, 0) AS issued, COALESCE(r.refused, 0) AS refused,
    CASE WHEN e.step = 'approved' THEN (h.members - COALESCE(r.issued, 0)) * h.cost_fen
      ELSE 0 END AS reserved_fen,
    p.handout_id IS NOT NULL AS printed
  FROM handout h LEFT JOIN ({_LAST}) e ON e.handout_id = h.handout_id
  LEFT JOIN (SELECT handout_id,
      SUM(CASE WHEN result = 'issued' THEN 1 ELSE 0 END) AS issued,
      SUM(CASE WHEN result = 'refused' THEN 1 ELSE 0 END) AS refused
    FROM handout_result WHERE association_id = :a GROUP BY handout_id) r
    ON r.handout_id = h.handout_id
  LEFT JOIN handout_printing p ON p.association_id = h.association_id
    AND p.handout_id = h.handout_id
  WHERE h.association_id = :a
"""

CHECKS = (
    Check(
        "handouts_stand_where_their_events_left_them",
        "SELECT COUNT(*) FROM handout WHERE association_id = :a",
        f"""
        SELECT 'handout ' || f.handout_id,
          f.state || '/' || f.issued || '/' || f.refused || '/' || f.reserved_fen,
          COALESCE(s.state || '/' || s.issued || '/' || s.refused || '/' || s.reserved_fen, 'none')
        FROM ({_DERIVED}) f LEFT JOIN handout_state s ON s.association_id = :a
          AND s.handout_id = f.handout_id
        WHERE s.handout_id IS NULL OR s.state <> f.state OR s.issued <> f.issued
          OR s.refused <> f.refused OR s.reserved_fen <> f.reserved_fen
          OR s.until <> f.until OR s.printed <> f.printed
        ORDER BY f.handout_id LIMIT 1
        """,
    ),
    Check(
        "handouts_hold_what_the_pool_set_aside",
        "SELECT COUNT(*) FROM handout WHERE association_id = :a",
        f"""
        SELECT 'handout ' || f.handout_id, CAST(f.reserved_fen AS TEXT),
          CAST(COALESCE(p.reserved, 0) AS TEXT)
        FROM ({_DERIVED}) f LEFT JOIN (SELECT about, SUM(reserved) AS reserved
          FROM pool_entry WHERE association_id = :a AND about IS NOT NULL GROUP BY about) p
          ON p.about = f.handout_id
        WHERE f.reserved_fen <> COALESCE(p.reserved, 0)
        ORDER BY f.handout_id LIMIT 1
        """,
    ),
    Check(
        "handouts_are_decided_by_another",
        "SELECT COUNT(*) FROM handout_event WHERE association_id = :a AND number = 1",
        """
        SELECT 'handout ' || h.handout_id, h.proposed_by, e.proposed_by || '/' || e.actor
        FROM handout_event e JOIN handout h ON h.association_id = e.association_id
          AND h.handout_id = e.handout_id
        WHERE e.association_id = :a AND e.number = 1 AND (e.proposed_by <> h.proposed_by
          OR (e.step = 'withdrawn' AND e.actor <> h.proposed_by)
          OR (e.step <> 'withdrawn' AND e.actor = h.proposed_by))
        ORDER BY h.handout_id LIMIT 1
        """,
    ),
    Check(
        "handouts_are_for_whom_they_say",
        "SELECT COUNT(*) FROM handout_member WHERE association_id = :a",
        """
        SELECT 'handout ' || h.handout_id, CAST(h.members AS TEXT),
          CAST(COALESCE(m.members, 0) AS TEXT)
        FROM handout h LEFT JOIN (SELECT handout_id, COUNT(*) AS members FROM handout_member
          WHERE association_id = :a GROUP BY handout_id) m ON m.handout_id = h.handout_id
        WHERE h.association_id = :a AND h.members <> COALESCE(m.members, 0)
        ORDER BY h.handout_id LIMIT 1
        """,
    ),
    Check(
        "what_was_handed_out_is_a_voucher",
        "SELECT COUNT(*) FROM handout_result WHERE association_id = :a",
        """
        SELECT 'handout_result ' || r.handout_id || ' ' || r.member_id, h.reward_id,
          COALESCE(v.reward_id || ' of ' || v.member_id, 'no voucher')
        FROM handout_result r JOIN handout h ON h.association_id = r.association_id
          AND h.handout_id = r.handout_id
        LEFT JOIN voucher v ON v.association_id = r.association_id
          AND v.voucher_id = r.voucher_id
        WHERE r.association_id = :a AND r.result = 'issued' AND (v.voucher_id IS NULL
          OR v.member_id <> r.member_id OR v.reward_id <> h.reward_id
          OR v.hold_id IS NOT NULL)
        ORDER BY r.handout_id, r.member_id LIMIT 1
        """,
    ),
)

_REBUILD = (
    "DELETE FROM handout_state WHERE association_id = :a",
    f"""
    INSERT INTO handout_state (association_id, handout_id, state, until, issued, refused,
      reserved_fen, printed)
    SELECT CAST(:a AS VARCHAR(40)), handout_id, state, until, issued, refused, reserved_fen,
      printed FROM ({_DERIVED}) f
    """,
)


LISTS = "handouts_hash_to_their_members"
COUNT = len(CHECKS) + 1


def verify_handouts(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    yield from run_checks(connection, association, CHECKS)
    yield _lists(connection, association)


def _lists(connection: Connection, association: AssociationId) -> Checked:
    """Hash every list that is kept: counted alone, any other person would do as well."""
    h, m = handout.c, handout_member.c
    rows, first = 0, None
    kept = connection.execute(
        select(h.handout_id, h.members_sha256, m.member_id)
        .outerjoin(
            handout_member,
            (m.association_id == h.association_id) & (m.handout_id == h.handout_id),
        )
        .where(h.association_id == association)
        .order_by(h.handout_id)
    )
    for (name, said), several in groupby(kept, key=lambda row: (row[0], row[1])):
        members = [row[2] for row in several if row[2] is not None]
        rows += len(members)
        found = members_hash(members)
        if found != said and first is None:
            place = f"handout {name}"
            first = Difference(check=LISTS, place=place, expected=said, found=found)
    return Checked(check=LISTS, rows=rows, difference=first)


def rebuild_handouts(connection: Connection, association: AssociationId) -> None:
    """Rewrite where handouts stand, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)
