"""Re-derive where drafts stand, and hold versions against what two people decided."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from points.db.checks import Check, Checked, Difference, run_checks, run_statements
from points.kernel.ids import AssociationId
from points.rulebook.model import digest_of
from points.rulebook.tables import rule_draft, rule_version

_STATE = """CASE e.step WHEN 'saved' THEN 'draft' ELSE e.step END"""

CHECKS = (
    Check(
        "rule_drafts_stand_where_their_last_event_left_them",
        "SELECT COUNT(*) FROM rule_draft_state WHERE association_id = :a",
        f"""
        SELECT 'rule_draft_state ' || d.draft_id,
          {_STATE} || ' r' || e.revision || ' #' || e.sequence,
          COALESCE(s.state || ' r' || s.revision || ' #' || s.sequence, 'none')
        FROM (SELECT draft_id, MAX(sequence) AS sequence, COUNT(*) AS events
          FROM rule_draft_event WHERE association_id = :a GROUP BY draft_id) d
        JOIN rule_draft_event e ON e.association_id = :a AND e.draft_id = d.draft_id
          AND e.sequence = d.sequence
        LEFT JOIN rule_draft_state s ON s.association_id = :a AND s.draft_id = d.draft_id
        WHERE s.state IS NULL OR s.state <> {_STATE} OR s.revision <> e.revision
          OR s.sequence <> e.sequence OR d.events <> d.sequence
        ORDER BY d.draft_id LIMIT 1
        """,
    ),
    Check(
        "rule_drafts_are_decided_by_another",
        "SELECT COUNT(*) FROM rule_draft_event WHERE association_id = :a"
        " AND submitted_by IS NOT NULL",
        """
        SELECT 'rule_draft_event ' || e.draft_id || ' #' || e.sequence, s.actor,
          e.submitted_by || '/' || e.actor
        FROM rule_draft_event e
        LEFT JOIN rule_draft_event s ON s.association_id = e.association_id
          AND s.draft_id = e.draft_id AND s.revision = e.revision AND s.step = 'submitted'
        WHERE e.association_id = :a AND e.submitted_by IS NOT NULL
          AND (s.actor IS NULL OR s.actor <> e.submitted_by OR e.actor = s.actor
          OR EXISTS (SELECT 1 FROM rule_draft d WHERE d.association_id = e.association_id
            AND d.draft_id = e.draft_id AND d.revision <= e.revision AND d.author = e.actor))
        ORDER BY e.draft_id, e.sequence LIMIT 1
        """,
    ),
    Check(
        "rule_versions_are_what_was_approved",
        "SELECT COUNT(*) FROM rule_version WHERE association_id = :a",
        """
        SELECT 'rule_version ' || v.programme || '/' || v.version,
          d.digest || ' ' || COALESCE(e.actor, 'nobody'), v.digest || ' ' || v.approved_by
        FROM rule_version v
        JOIN rule_draft d ON d.association_id = v.association_id AND d.draft_id = v.draft_id
          AND d.revision = v.revision
        LEFT JOIN rule_draft_event e ON e.association_id = v.association_id
          AND e.draft_id = v.draft_id AND e.revision = v.revision AND e.step = 'approved'
        WHERE v.association_id = :a AND (v.digest <> d.digest OR v.text <> d.text
          OR v.programme <> d.programme OR e.actor IS NULL OR e.actor <> v.approved_by
          OR e.submitted_by <> v.submitted_by OR e.operation_id <> v.operation_id)
        ORDER BY v.programme, v.version LIMIT 1
        """,
    ),
    Check(
        "what_reaches_back_is_an_approved_correction",
        """
        SELECT (SELECT COUNT(*) FROM rule_version WHERE association_id = :a
          AND correction_id IS NOT NULL) + (SELECT COUNT(*) FROM rule_retirement
          WHERE association_id = :a AND correction_id IS NOT NULL)
        """,
        """
        SELECT 'rule_version ' || v.programme || '/' || v.version, v.correction_id,
          COALESCE(c.kind || ' ' || e.step || ' ' || e.actor, 'none')
        FROM (SELECT association_id, programme, version, correction_id, 'replace' AS kind,
            sha256, starts_at, ends_at, draft_id, approved_by AS actor, operation_id
          FROM rule_version WHERE association_id = :a AND correction_id IS NOT NULL
          UNION ALL
          SELECT r.association_id, r.programme, r.version, r.correction_id, 'undo', w.sha256,
            w.starts_at, w.ends_at, NULL, r.actor, r.operation_id
          FROM rule_retirement r JOIN rule_version w ON w.association_id = r.association_id
            AND w.programme = r.programme AND w.version = r.version
          WHERE r.association_id = :a AND r.correction_id IS NOT NULL) v
        LEFT JOIN correction c ON c.association_id = v.association_id
          AND c.correction_id = v.correction_id
        LEFT JOIN correction_event e ON e.association_id = v.association_id
          AND e.correction_id = v.correction_id AND e.number = 1
        WHERE c.kind IS NULL OR c.kind <> v.kind OR c.programme <> v.programme
          OR c.version <> v.version OR c.sha256 <> v.sha256 OR c.starts <> v.starts_at
          OR c.ends <> v.ends_at OR c.draft_id <> v.draft_id OR e.step IS NULL
          OR e.step <> 'approved' OR e.actor <> v.actor OR e.operation_id <> v.operation_id
        ORDER BY v.programme, v.version LIMIT 1
        """,
    ),
    Check(
        "the_rule_book_counts_what_was_published",
        "SELECT COUNT(*) FROM rulebook WHERE association_id = :a",
        """
        SELECT 'rulebook ' || v.association_id, '1 or more', 'none'
        FROM rule_version v LEFT JOIN rulebook b ON b.association_id = v.association_id
        WHERE v.association_id = :a AND b.revision IS NULL LIMIT 1
        """,
    ),
)
WORD_FOR_WORD = "rules_are_kept_word_for_word"
COUNT = len(CHECKS) + 1

_REBUILD = (
    "DELETE FROM rule_draft_state WHERE association_id = :a",
    f"""
    INSERT INTO rule_draft_state (association_id, draft_id, state, revision, sequence)
    SELECT e.association_id, e.draft_id, {_STATE}, e.revision, e.sequence
    FROM rule_draft_event e WHERE e.association_id = :a AND e.sequence = (
      SELECT MAX(l.sequence) FROM rule_draft_event l WHERE l.association_id = e.association_id
      AND l.draft_id = e.draft_id)
    """,
)


def verify_rulebook(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    yield from run_checks(connection, association, CHECKS)
    yield _word_for_word(connection, association)


def _word_for_word(connection: Connection, association: AssociationId) -> Checked:
    """Hash every text that is kept, and compare."""
    d, v = rule_draft.c, rule_version.c
    drafts = select(d.draft_id, d.revision, d.text, d.cases, d.digest).where(
        d.association_id == association
    )
    versions = select(v.programme, v.version, v.text, v.cases, v.digest).where(
        v.association_id == association
    )
    rows, first = 0, None
    for table, query in (("rule_draft", drafts), ("rule_version", versions)):
        for name, number, text, cases, kept in connection.execute(query):
            rows += 1
            found = digest_of(text, cases)
            if found != kept and first is None:
                place = f"{table} {name}/{number}"
                first = Difference(check=WORD_FOR_WORD, place=place, expected=kept, found=found)
    return Checked(check=WORD_FOR_WORD, rows=rows, difference=first)


def rebuild_rulebook(connection: Connection, association: AssociationId) -> None:
    """Rewrite where drafts stand, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)
