"""Re-derive where proposals stand, and hold the ledger against what two people decided."""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.db.checks import Check, Checked, run_checks, run_statements
from points.kernel.ids import AssociationId

CHECKS = (
    Check(
        "proposals_stand_where_their_event_left_them",
        "SELECT COUNT(*) FROM proposal WHERE association_id = :a",
        """
        SELECT 'proposal ' || p.proposal_id, COALESCE(e.step, 'proposed'),
          COALESCE(s.state, 'none')
        FROM proposal p
        LEFT JOIN proposal_event e ON e.association_id = p.association_id
          AND e.proposal_id = p.proposal_id
        LEFT JOIN proposal_state s ON s.association_id = p.association_id
          AND s.proposal_id = p.proposal_id
        WHERE p.association_id = :a AND (s.state IS NULL OR s.until <> p.until
          OR s.state <> COALESCE(e.step, 'proposed'))
        ORDER BY p.proposal_id LIMIT 1
        """,
    ),
    Check(
        "proposals_are_decided_by_another",
        "SELECT COUNT(*) FROM proposal_event WHERE association_id = :a",
        """
        SELECT 'proposal ' || p.proposal_id, p.proposed_by, e.proposed_by || '/' || e.actor
        FROM proposal_event e JOIN proposal p ON p.association_id = e.association_id
          AND p.proposal_id = e.proposal_id
        WHERE e.association_id = :a AND (e.proposed_by <> p.proposed_by
          OR (e.step = 'withdrawn' AND e.actor <> p.proposed_by)
          OR (e.step <> 'withdrawn' AND e.actor = p.proposed_by))
        ORDER BY p.proposal_id LIMIT 1
        """,
    ),
    Check(
        "approved_grants_are_what_was_posted",
        "SELECT COUNT(*) FROM proposal_event WHERE association_id = :a AND step = 'approved'",
        """
        SELECT 'proposal ' || p.proposal_id, CAST(p.points AS TEXT),
          COALESCE(CAST(l.points AS TEXT), 'no lot')
        FROM proposal_event e JOIN proposal p ON p.association_id = e.association_id
          AND p.proposal_id = e.proposal_id
        LEFT JOIN ledger_transaction t ON t.association_id = e.association_id
          AND t.operation_id = e.operation_id AND t.kind IN ('grant', 'relieve')
        LEFT JOIN lot l ON l.association_id = t.association_id
          AND l.transaction_id = t.transaction_id
          AND l.account_id = p.member_id || '.' || p.measure
        WHERE e.association_id = :a AND e.step = 'approved' AND p.kind = 'grant'
          AND (l.points IS NULL OR l.points <> p.points)
        ORDER BY p.proposal_id LIMIT 1
        """,
    ),
    Check(
        "approved_returns_are_what_was_given_back",
        "SELECT COUNT(*) FROM proposal WHERE association_id = :a AND kind = 'return'",
        """
        SELECT 'proposal ' || p.proposal_id, p.donation_id, 'not given back'
        FROM proposal_event e JOIN proposal p ON p.association_id = e.association_id
          AND p.proposal_id = e.proposal_id
        WHERE e.association_id = :a AND e.step = 'approved' AND p.kind = 'return'
          AND NOT EXISTS (SELECT 1 FROM hardship_entry h
            WHERE h.association_id = e.association_id AND h.operation_id = e.operation_id
            AND h.kind = 'returned' AND h.about = p.donation_id AND h.member_id = p.member_id)
        ORDER BY p.proposal_id LIMIT 1
        """,
    ),
    Check(
        "approved_corrections_are_what_was_recorded",
        "SELECT COUNT(*) FROM proposal WHERE association_id = :a AND kind = 'correct'",
        """
        SELECT 'proposal ' || p.proposal_id, 'the activity that it says',
          COALESCE(n.activity_id, 'none')
        FROM proposal_event e JOIN proposal p ON p.association_id = e.association_id
          AND p.proposal_id = e.proposal_id
        LEFT JOIN activity n ON n.association_id = p.association_id
          AND n.supersedes = p.supersedes
        WHERE e.association_id = :a AND e.step = 'approved' AND p.kind = 'correct'
          AND (n.activity_id IS NULL OR n.type <> p.type OR n.occurred_at <> p.occurred_at
          OR n.member_id <> p.member_id OR n.filed_by <> p.proposed_by
          OR (p.ended_at IS NOT NULL AND n.ends_at <> p.ended_at)
          OR CAST(n.fields AS TEXT) <> CAST(p.fields AS TEXT))
        ORDER BY p.proposal_id LIMIT 1
        """,
    ),
    Check(
        "corrected_activities_were_decided",
        "SELECT COUNT(*) FROM activity WHERE association_id = :a AND supersedes IS NOT NULL",
        """
        SELECT 'activity ' || n.activity_id, 'an approved proposal', 'none'
        FROM activity n
        WHERE n.association_id = :a AND n.supersedes IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM proposal p JOIN proposal_event e ON e.association_id = p.association_id
            AND e.proposal_id = p.proposal_id AND e.step = 'approved'
          WHERE p.association_id = n.association_id AND p.kind = 'correct'
            AND p.supersedes = n.supersedes)
        ORDER BY n.activity_id LIMIT 1
        """,
    ),
)

_REBUILD = (
    "DELETE FROM proposal_state WHERE association_id = :a",
    """
    INSERT INTO proposal_state (association_id, proposal_id, state, until)
    SELECT p.association_id, p.proposal_id, COALESCE(e.step, 'proposed'), p.until
    FROM proposal p LEFT JOIN proposal_event e ON e.association_id = p.association_id
      AND e.proposal_id = p.proposal_id
    WHERE p.association_id = :a
    """,
)


def verify_proposals(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    return run_checks(connection, association, CHECKS)


def rebuild_proposals(connection: Connection, association: AssociationId) -> None:
    """Rewrite where proposals stand, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)
