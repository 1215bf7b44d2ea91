"""Re-derive where correction batches stand, and hold the ledger against what was approved."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from points.corrections.model import lines_hash, totals_of
from points.corrections.store import lines_of
from points.corrections.tables import correction
from points.db.checks import Check, Checked, Difference, run_checks, run_statements
from points.kernel.ids import AssociationId

_LAST = """
  SELECT e.correction_id, e.step FROM correction_event e WHERE e.association_id = :a
    AND e.number = (SELECT MAX(m.number) FROM correction_event m
      WHERE m.association_id = e.association_id AND m.correction_id = e.correction_id)
"""

CHECKS = (
    Check(
        "corrections_stand_where_their_events_left_them",
        "SELECT COUNT(*) FROM correction WHERE association_id = :a",
        f"""
        SELECT 'correction ' || c.correction_id, COALESCE(e.step, 'proposed'),
          COALESCE(s.state, 'none')
        FROM correction c
        LEFT JOIN ({_LAST}) e ON e.correction_id = c.correction_id
        LEFT JOIN correction_state s ON s.association_id = c.association_id
          AND s.correction_id = c.correction_id
        WHERE c.association_id = :a AND (s.state IS NULL OR s.until <> c.until
          OR s.state <> COALESCE(e.step, 'proposed'))
        ORDER BY c.correction_id LIMIT 1
        """,
    ),
    Check(
        "corrections_are_decided_by_another",
        "SELECT COUNT(*) FROM correction_event WHERE association_id = :a AND number = 1",
        """
        SELECT 'correction ' || c.correction_id, c.proposed_by, e.proposed_by || '/' || e.actor
        FROM correction_event e JOIN correction c ON c.association_id = e.association_id
          AND c.correction_id = e.correction_id
        WHERE e.association_id = :a AND e.number = 1 AND (e.proposed_by <> c.proposed_by
          OR (e.step = 'withdrawn' AND e.actor <> c.proposed_by)
          OR (e.step <> 'withdrawn' AND e.actor = c.proposed_by))
        ORDER BY c.correction_id LIMIT 1
        """,
    ),
    Check(
        "corrections_have_the_lines_that_they_say",
        "SELECT COUNT(*) FROM correction_line WHERE association_id = :a",
        """
        SELECT 'correction ' || c.correction_id, c.lines || '/' || c.members,
          COALESCE(x.lines, 0) || '/' || COALESCE(x.members, 0)
        FROM correction c LEFT JOIN (SELECT correction_id, COUNT(*) AS lines,
            COUNT(DISTINCT member_id) AS members
          FROM correction_line WHERE association_id = :a GROUP BY correction_id) x
          ON x.correction_id = c.correction_id
        WHERE c.association_id = :a AND (c.lines <> COALESCE(x.lines, 0)
          OR c.members <> COALESCE(x.members, 0))
        ORDER BY c.correction_id LIMIT 1
        """,
    ),
    Check(
        "parts_are_posted_as_approved",
        "SELECT COUNT(*) FROM correction_posting WHERE association_id = :a",
        f"""
        SELECT 'correction_posting ' || p.correction_id || ' ' || p.member_id,
          COALESCE(x.up, 0) || '/' || COALESCE(x.down, 0), p.up || '/' || p.down
        FROM correction_posting p
        LEFT JOIN (SELECT correction_id, member_id,
            SUM(CASE WHEN new > old THEN new - old ELSE 0 END) AS up,
            SUM(CASE WHEN old > new THEN old - new ELSE 0 END) AS down
          FROM correction_line WHERE association_id = :a GROUP BY correction_id, member_id) x
          ON x.correction_id = p.correction_id AND x.member_id = p.member_id
        LEFT JOIN ({_LAST}) e ON e.correction_id = p.correction_id
        WHERE p.association_id = :a AND (x.member_id IS NULL
          OR COALESCE(e.step, 'proposed') NOT IN ('approved', 'done')
          OR (p.result = 'posted' AND (p.up <> x.up OR p.down <> x.down)))
        ORDER BY p.correction_id, p.member_id LIMIT 1
        """,
    ),
    Check(
        "finished_corrections_left_nobody",
        "SELECT COUNT(*) FROM correction_event WHERE association_id = :a AND step = 'done'",
        """
        SELECT 'correction ' || c.correction_id, CAST(c.members AS TEXT),
          CAST(COALESCE(p.parts, 0) AS TEXT)
        FROM correction_event e JOIN correction c ON c.association_id = e.association_id
          AND c.correction_id = e.correction_id
        LEFT JOIN (SELECT correction_id, COUNT(*) AS parts FROM correction_posting
          WHERE association_id = :a GROUP BY correction_id) p
          ON p.correction_id = c.correction_id
        WHERE e.association_id = :a AND e.step = 'done' AND c.members <> COALESCE(p.parts, 0)
        ORDER BY c.correction_id LIMIT 1
        """,
    ),
)

HASHES = "corrections_hash_to_what_was_proposed"
COUNT = len(CHECKS) + 1

_REBUILD = (
    "DELETE FROM correction_state WHERE association_id = :a",
    f"""
    INSERT INTO correction_state (association_id, correction_id, state, until)
    SELECT c.association_id, c.correction_id, COALESCE(e.step, 'proposed'), c.until
    FROM correction c LEFT JOIN ({_LAST}) e ON e.correction_id = c.correction_id
    WHERE c.association_id = :a
    """,
)


def verify_corrections(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    yield from run_checks(connection, association, CHECKS)
    yield _hashes(connection, association)


def _hashes(connection: Connection, association: AssociationId) -> Checked:
    """Hash the lines of each batch, one batch after the other, and sum them up once more."""
    c = correction.c
    heads = connection.execute(
        select(c.correction_id, c.lines_sha256, c.totals)
        .where(c.association_id == association)
        .order_by(c.correction_id)
    ).all()
    first = None
    for name, kept, totals in heads:
        lines = lines_of(connection, association, name)
        found = lines_hash(lines)
        if (found != kept or totals_of(lines) != totals) and first is None:
            place = f"correction {name}"
            first = Difference(check=HASHES, place=place, expected=kept, found=found)
    return Checked(check=HASHES, rows=len(heads), difference=first)


def rebuild_corrections(connection: Connection, association: AssociationId) -> None:
    """Rewrite where batches stand, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)
