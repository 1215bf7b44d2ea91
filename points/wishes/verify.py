"""Re-derive where wishes stand from their steps, and name the first one that differs."""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.db.checks import Check, Checked, run_checks, run_statements
from points.kernel.ids import AssociationId

FOLDED = """
  SELECT e.member_id, e.reward_id, e.version, e.step <> 'removed' AS listed,
    e.step = 'affordable' AS affordable, b.since
  FROM wish_event e JOIN (
    SELECT member_id, reward_id, COUNT(*) AS version,
      MAX(CASE WHEN step = 'added' THEN recorded_at END) AS since
    FROM wish_event WHERE association_id = :a GROUP BY member_id, reward_id
  ) b ON b.member_id = e.member_id AND b.reward_id = e.reward_id AND b.version = e.version
  WHERE e.association_id = :a
"""
"""Where each wish stands: its last step, and when it was last put on the list."""

_STANDS = "CAST({0}.version AS TEXT) || '/' || {0}.listed || '/' || {0}.affordable"

CHECKS = (
    Check(
        "wishes_follow_from_their_steps",
        "SELECT COUNT(*) FROM wish WHERE association_id = :a",
        f"""
        SELECT 'wish ' || COALESCE(f.member_id, w.member_id) || ' '
            || COALESCE(f.reward_id, w.reward_id),
          COALESCE({_STANDS.format("f")}, 'none'), COALESCE({_STANDS.format("w")}, 'none')
        FROM (SELECT * FROM wish WHERE association_id = :a) w
        FULL JOIN ({FOLDED}) f ON f.member_id = w.member_id AND f.reward_id = w.reward_id
        WHERE f.member_id IS NULL OR w.member_id IS NULL OR f.version <> w.version
          OR f.listed <> w.listed OR f.affordable <> w.affordable OR f.since <> w.since
        ORDER BY 1 LIMIT 1
        """,
    ),
)

_REBUILD = (
    "DELETE FROM wish WHERE association_id = :a",
    f"""
    INSERT INTO wish (association_id, member_id, reward_id, version, listed, affordable, since)
    SELECT CAST(:a AS VARCHAR(40)), member_id, reward_id, version, listed, affordable, since
    FROM ({FOLDED}) folded
    """,
)


def verify_wishes(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    return run_checks(connection, association, CHECKS)


def rebuild_wishes(connection: Connection, association: AssociationId) -> None:
    """Rewrite where wishes stand, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)
