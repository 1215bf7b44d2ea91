"""The references on PostgreSQL: plain statements and one big statement, through psycopg.

A posting here is an operation id, a transaction, two entries, and the member's balance under its
lock: the same tables with their keys, checks, triggers and durability. It is *less* than the engine
writes: no lots, no hash of the command, no answer for another command that has the same id.
"""

import psycopg
from sqlalchemy import URL

from points.cli.bench.postings import ACTOR, BODY_HASH, POINTS, REASON, Posting
from points.cli.bench.scratch import ASSOCIATION, MEASURE, conninfo

_FIXED = {
    "association": ASSOCIATION,
    "points": POINTS,
    "actor": ACTOR,
    "reason": REASON,
    "hash": BODY_HASH,
    "issuance": f"system:issuance.{MEASURE}",
}

_CLAIM = """
INSERT INTO operation (association_id, operation_id, kind, body_hash, outcome, recorded_at)
VALUES (%(association)s, %(operation)s, 'grant', %(hash)s, '{"done":{}}', %(at)s)
ON CONFLICT DO NOTHING
"""
_LOCK = """
SELECT version, available FROM account
WHERE association_id = %(association)s AND account_id = %(account)s FOR NO KEY UPDATE
"""
_TRANSACTION = """
INSERT INTO ledger_transaction (association_id, transaction_id, kind, operation_id, member_id,
  effective_at, recorded_at, actor, reason, origin)
VALUES (%(association)s, %(transaction)s, 'grant', %(operation)s, %(member)s, %(at)s, %(at)s,
  %(actor)s, %(reason)s, '{}')
"""
_ENTRIES = """
INSERT INTO entry (association_id, transaction_id, line, account_id, state, points, version,
  balance_after, effective_at, recorded_at)
VALUES
  (%(association)s, %(transaction)s, 0, %(account)s, 'available', %(points)s, %(version)s,
    %(available)s, %(at)s, %(at)s),
  (%(association)s, %(transaction)s, 1, %(issuance)s, 'system', -%(points)s, NULL, NULL, %(at)s,
    %(at)s)
"""
_BALANCE = """
UPDATE account SET version = %(version)s, available = %(available)s, recorded_at = %(at)s
WHERE association_id = %(association)s AND account_id = %(account)s
"""

_BATCH = """
WITH posting AS (
  SELECT * FROM unnest(%(operations)s::text[], %(transactions)s::text[], %(members)s::text[],
    %(accounts)s::text[])
    WITH ORDINALITY AS v(operation_id, transaction_id, member_id, account_id, n)
), fresh AS (
  INSERT INTO operation (association_id, operation_id, kind, body_hash, outcome, recorded_at)
  SELECT %(association)s, operation_id, 'grant', %(hash)s, '{"done":{}}', %(at)s FROM posting
  ON CONFLICT DO NOTHING RETURNING operation_id
), locked AS MATERIALIZED (
  SELECT account_id, version, available FROM account
  WHERE association_id = %(association)s AND account_id = ANY(%(accounts)s)
  ORDER BY account_id FOR NO KEY UPDATE
), numbered AS MATERIALIZED (
  SELECT p.operation_id, p.transaction_id, p.member_id, p.account_id,
    l.version + row_number() OVER w AS version,
    l.available + %(points)s * row_number() OVER w AS available
  FROM posting p JOIN fresh USING (operation_id) JOIN locked l USING (account_id)
  WINDOW w AS (PARTITION BY p.account_id ORDER BY p.n)
), transactions AS (
  INSERT INTO ledger_transaction (association_id, transaction_id, kind, operation_id, member_id,
    effective_at, recorded_at, actor, reason, origin)
  SELECT %(association)s, transaction_id, 'grant', operation_id, member_id, %(at)s, %(at)s,
    %(actor)s, %(reason)s, '{}' FROM numbered
), entries AS (
  INSERT INTO entry (association_id, transaction_id, line, account_id, state, points, version,
    balance_after, effective_at, recorded_at)
  SELECT %(association)s, transaction_id, 0, account_id, 'available', %(points)s, version,
    available, %(at)s, %(at)s FROM numbered
  UNION ALL
  SELECT %(association)s, transaction_id, 1, %(issuance)s, 'system', -%(points)s, NULL, NULL,
    %(at)s, %(at)s FROM numbered
)
UPDATE account a SET version = last.version, available = last.available, recorded_at = %(at)s
FROM (SELECT account_id, max(version) AS version, max(available) AS available
  FROM numbered GROUP BY account_id) last
WHERE a.association_id = %(association)s AND a.account_id = last.account_id
"""


class PostgresReference:
    """One connection; psycopg prepares the statements on the server after a few uses."""

    def __init__(self, url: URL) -> None:
        """Connect."""
        self._connection = psycopg.connect(
            conninfo(url), autocommit=True, options="-c timezone=UTC"
        )

    def post(self, posting: Posting) -> None:
        """Write one posting: seven statements, from BEGIN to COMMIT."""
        execute = self._connection.execute
        values = {
            **_FIXED,
            "operation": posting.operation_id,
            "transaction": posting.transaction_id,
            "member": posting.member_id,
            "account": posting.account,
            "at": posting.at,
        }
        execute("BEGIN")
        if execute(_CLAIM, values).rowcount:
            row = execute(_LOCK, values).fetchone() or (0, 0)
            values |= {"version": row[0] + 1, "available": row[1] + POINTS}
            execute(_TRANSACTION, values)
            execute(_ENTRIES, values)
            execute(_BALANCE, values)
        execute("COMMIT")

    def post_many(self, postings: list[Posting]) -> None:
        """Write a batch in one statement, which is its own transaction."""
        operations, transactions, members, accounts, instants = zip(*postings, strict=True)
        self._connection.execute(
            _BATCH,
            {
                **_FIXED,
                "operations": list(operations),
                "transactions": list(transactions),
                "members": list(members),
                "accounts": list(accounts),
                "at": instants[0],
            },
        )

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()
