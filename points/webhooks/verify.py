"""Re-derive endpoints and the queue from what happened to them, and name the first that differs."""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.db.checks import Check, Checked, run_checks, run_statements
from points.kernel.ids import AssociationId

_LAST = """
  SELECT e.* FROM webhook_endpoint_event e
  WHERE e.association_id = :a AND e.version = (
    SELECT MAX(o.version) FROM webhook_endpoint_event o
    WHERE o.association_id = :a AND o.endpoint_id = e.endpoint_id
  )
"""

_TOLD = f"""
  SELECT l.endpoint_id, k.value AS kind, COALESCE(l.partner_id, '') AS partner
  FROM ({_LAST}) l {{each_kind}} WHERE l.standing = 'enabled'
"""

_TRIED = """
  SELECT endpoint_id, message_id, COUNT(*) AS attempts, MAX(number) AS last,
    SUM(CASE WHEN status >= 200 AND status < 300 THEN 1 ELSE 0 END) AS taken
  FROM webhook_attempt WHERE association_id = :a GROUP BY endpoint_id, message_id
"""

_NAMED = """
  SELECT message_id, 'delivery' AS named_in FROM webhook_delivery WHERE association_id = :a
  UNION ALL
  SELECT message_id, 'attempt' FROM webhook_attempt WHERE association_id = :a
  UNION ALL
  SELECT message_id, 'replay' FROM webhook_replay WHERE association_id = :a
  UNION ALL
  SELECT {taken_message}, 'lease' FROM operation o {each_taken}
  WHERE o.association_id = :a AND o.kind = 'lease_deliveries'
"""

CHECKS = (
    Check(
        "webhook_endpoints_follow_from_their_changes",
        "SELECT COUNT(*) FROM webhook_endpoint WHERE association_id = :a",
        f"""
        SELECT 'webhook_endpoint ' || n.endpoint_id,
          COALESCE(l.version || ' ' || l.standing || ' ' || l.url, 'no change'),
          COALESCE(p.version || ' ' || p.standing || ' ' || p.url, 'none')
        FROM (SELECT endpoint_id FROM webhook_endpoint WHERE association_id = :a
          UNION SELECT endpoint_id FROM webhook_endpoint_event WHERE association_id = :a) n
        LEFT JOIN ({_LAST}) l ON l.endpoint_id = n.endpoint_id
        LEFT JOIN (SELECT * FROM webhook_endpoint WHERE association_id = :a) p
          ON p.endpoint_id = n.endpoint_id
        WHERE l.endpoint_id IS NULL OR p.endpoint_id IS NULL OR l.version <> p.version
          OR l.standing <> p.standing OR l.url <> p.url OR l.secret_no <> p.secret_no
        ORDER BY 1 LIMIT 1
        """,
    ),
    Check(
        "webhook_subscriptions_follow_from_endpoints",
        "SELECT COUNT(*) FROM webhook_subscription WHERE association_id = :a",
        f"""
        SELECT 'webhook_subscription ' || endpoint_id || ' ' || kind, SUM(told), SUM(kept)
        FROM (
          SELECT endpoint_id, kind, partner, 1 AS told, 0 AS kept FROM ({_TOLD}) t
          UNION ALL
          SELECT endpoint_id, kind, COALESCE(partner_id, ''), 0, 1
          FROM webhook_subscription WHERE association_id = :a
        ) both_sides
        GROUP BY endpoint_id, kind, partner HAVING SUM(told) <> SUM(kept)
        ORDER BY 1 LIMIT 1
        """,
    ),
    Check(
        "webhook_deliveries_follow_from_their_attempts",
        "SELECT COUNT(*) FROM webhook_delivery WHERE association_id = :a",
        f"""
        SELECT 'webhook_delivery ' || d.endpoint_id || ' ' || d.message_id,
          COALESCE(t.attempts, 0) || '/' || COALESCE(t.last, 0) || '/' || COALESCE(t.taken, 0),
          d.attempts || ' ' || d.state
        FROM webhook_delivery d LEFT JOIN ({_TRIED}) t
          ON t.endpoint_id = d.endpoint_id AND t.message_id = d.message_id
        WHERE d.association_id = :a AND (d.attempts <> COALESCE(t.attempts, 0)
          OR COALESCE(t.last, 0) <> COALESCE(t.attempts, 0)
          OR (d.state = 'delivered' AND COALESCE(t.taken, 0) = 0)
          OR (d.state = 'failed' AND d.attempts = 0))
        ORDER BY 1 LIMIT 1
        """,
    ),
    Check(
        "webhook_changes_have_no_gaps",
        "SELECT COUNT(*) FROM webhook_endpoint_event WHERE association_id = :a",
        """
        SELECT 'webhook_endpoint_event ' || endpoint_id, MAX(version), COUNT(*)
        FROM webhook_endpoint_event WHERE association_id = :a
        GROUP BY endpoint_id HAVING MAX(version) <> COUNT(*)
        ORDER BY endpoint_id LIMIT 1
        """,
    ),
    Check(
        "webhook_secrets_are_kept",
        "SELECT COUNT(*) FROM webhook_secret WHERE association_id = :a",
        """
        SELECT 'webhook_secret ' || e.endpoint_id, CAST(e.secrets AS TEXT),
          COALESCE(s.secrets || '/' || s.last, 'none')
        FROM (SELECT endpoint_id, MAX(secret_no) AS secrets FROM webhook_endpoint_event
          WHERE association_id = :a GROUP BY endpoint_id) e
        LEFT JOIN (SELECT endpoint_id, COUNT(*) AS secrets, MAX(number) AS last
          FROM webhook_secret WHERE association_id = :a GROUP BY endpoint_id) s
          ON s.endpoint_id = e.endpoint_id
        WHERE s.endpoint_id IS NULL OR s.secrets <> e.secrets OR s.last <> e.secrets
        ORDER BY e.endpoint_id LIMIT 1
        """,
    ),
    Check(
        "webhook_messages_are_kept_that_went_out",
        "SELECT COUNT(*) FROM webhook_attempt WHERE association_id = :a",
        f"""
        SELECT 'webhook_message ' || n.message_id, 'kept for a ' || MIN(n.named_in), 'none'
        FROM ({_NAMED}) n LEFT JOIN webhook_message m
          ON m.association_id = :a AND m.message_id = n.message_id
        WHERE m.message_id IS NULL
        GROUP BY n.message_id ORDER BY n.message_id LIMIT 1
        """,
    ),
    Check(
        "webhook_replays_are_kept_that_were_asked_for",
        "SELECT COUNT(*) FROM webhook_replay WHERE association_id = :a",
        """
        SELECT 'webhook_replay ' || endpoint_id, SUM(asked), SUM(kept) FROM (
          SELECT e.subject AS endpoint_id, CAST({e.document:after.replayed} AS BIGINT) AS asked,
            0 AS kept
          FROM audit_event e WHERE e.association_id = :a AND e.action = 'replay_messages'
            AND e.action <> '' AND e.outcome = 'done'
          UNION ALL
          SELECT endpoint_id, 0, 1 FROM webhook_replay WHERE association_id = :a
        ) both_sides
        GROUP BY endpoint_id HAVING SUM(asked) <> SUM(kept)
        ORDER BY endpoint_id LIMIT 1
        """,
    ),
    Check(
        "webhook_messages_are_queued",
        "SELECT COUNT(*) FROM webhook_message WHERE association_id = :a",
        """
        SELECT 'webhook_message ' || m.message_id, 'a delivery', 'none'
        FROM webhook_message m
        WHERE m.association_id = :a AND NOT EXISTS (
          SELECT 1 FROM webhook_delivery d
          WHERE d.association_id = m.association_id AND d.message_id = m.message_id)
        ORDER BY 1 LIMIT 1
        """,
    ),
)

_REBUILD = (
    f"""
    UPDATE webhook_endpoint SET
      url = (SELECT l.url FROM ({_LAST}) l WHERE l.endpoint_id = webhook_endpoint.endpoint_id),
      standing =
        (SELECT l.standing FROM ({_LAST}) l WHERE l.endpoint_id = webhook_endpoint.endpoint_id),
      version =
        (SELECT l.version FROM ({_LAST}) l WHERE l.endpoint_id = webhook_endpoint.endpoint_id),
      secret_no =
        (SELECT l.secret_no FROM ({_LAST}) l WHERE l.endpoint_id = webhook_endpoint.endpoint_id)
    WHERE association_id = :a
    """,
    "DELETE FROM webhook_subscription WHERE association_id = :a",
    f"""
    INSERT INTO webhook_subscription (association_id, endpoint_id, kind, partner_id)
    SELECT CAST(:a AS VARCHAR(40)), endpoint_id, kind, NULLIF(partner, '') FROM ({_TOLD}) t
    """,
    f"""
    UPDATE webhook_delivery SET
      attempts = COALESCE((SELECT t.attempts FROM ({_TRIED}) t
        WHERE t.endpoint_id = webhook_delivery.endpoint_id
          AND t.message_id = webhook_delivery.message_id), 0),
      state = CASE WHEN state = 'delivered' AND NOT EXISTS (SELECT 1 FROM ({_TRIED}) t
        WHERE t.endpoint_id = webhook_delivery.endpoint_id
          AND t.message_id = webhook_delivery.message_id AND t.taken > 0)
        THEN 'pending' ELSE state END
    WHERE association_id = :a
    """,
)


def verify_webhooks(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    return run_checks(connection, association, CHECKS)


def rebuild_webhooks(connection: Connection, association: AssociationId) -> None:
    """Rewrite endpoints and queue from what happened to them, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)
