"""The references on SQLite: the same postings, plainly, through the standard library."""

import json
import sqlite3

from sqlalchemy import URL

from points.cli.bench.postings import ACTOR, BODY_HASH, POINTS, REASON, Posting
from points.cli.bench.scratch import ASSOCIATION, MEASURE
from points.db.engines import BUSY_TIMEOUT_MILLISECONDS
from points.db.types import instant_text
from points.kernel.ensure import ensure

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
VALUES (:association, :operation, 'grant', :hash, '{"done":{}}', :at) ON CONFLICT DO NOTHING
"""
_READ = """
SELECT version, available FROM account WHERE association_id = :association AND account_id = :account
"""
_TRANSACTION = """
INSERT INTO ledger_transaction (association_id, transaction_id, kind, operation_id, member_id,
  effective_at, recorded_at, actor, reason, origin)
VALUES (:association, :transaction, 'grant', :operation, :member, :at, :at, :actor, :reason, '{}')
"""
_ENTRIES = """
INSERT INTO entry (association_id, transaction_id, line, account_id, state, points, version,
  balance_after, effective_at, recorded_at)
VALUES
  (:association, :transaction, 0, :account, 'available', :points, :version, :available, :at, :at),
  (:association, :transaction, 1, :issuance, 'system', -:points, NULL, NULL, :at, :at)
"""
_BALANCE = """
UPDATE account SET version = :version, available = :available, recorded_at = :at
WHERE association_id = :association AND account_id = :account
"""

# SQLite has no statement that writes several tables: a set-based batch is one statement a table.
_STAGE = """
INSERT INTO temp.posting SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3,
  a.version + row_number() OVER w, a.available + :points * row_number() OVER w
FROM json_each(:batch)
JOIN account a ON a.association_id = :association AND a.account_id = value ->> 3
WINDOW w AS (PARTITION BY a.account_id ORDER BY key)
"""
_STAGED = """
CREATE TEMP TABLE posting (operation_id TEXT, transaction_id TEXT, member_id TEXT, account_id TEXT,
  version INTEGER, available INTEGER)
"""
_BATCH = (
    """
    INSERT INTO operation (association_id, operation_id, kind, body_hash, outcome, recorded_at)
    SELECT :association, operation_id, 'grant', :hash, '{"done":{}}', :at FROM temp.posting
    """,
    """
    INSERT INTO ledger_transaction (association_id, transaction_id, kind, operation_id, member_id,
      effective_at, recorded_at, actor, reason, origin)
    SELECT :association, transaction_id, 'grant', operation_id, member_id, :at, :at, :actor,
      :reason, '{}' FROM temp.posting
    """,
    """
    INSERT INTO entry (association_id, transaction_id, line, account_id, state, points, version,
      balance_after, effective_at, recorded_at)
    SELECT :association, transaction_id, 0, account_id, 'available', :points, version, available,
      :at, :at FROM temp.posting
    UNION ALL
    SELECT :association, transaction_id, 1, :issuance, 'system', -:points, NULL, NULL, :at, :at
    FROM temp.posting
    """,
    """
    UPDATE account SET version = last.version, available = last.available, recorded_at = :at
    FROM (SELECT account_id, max(version) AS version, max(available) AS available
      FROM temp.posting GROUP BY account_id) last
    WHERE account.association_id = :association AND account.account_id = last.account_id
    """,
    "DELETE FROM temp.posting",
)


class SqliteReference:
    """One connection, as durable as the engine's: WAL, and a sync at every commit."""

    def __init__(self, url: URL) -> None:
        """Open the file."""
        ensure(url.database, "a scratch file has a name")
        self._connection = sqlite3.connect(
            str(url.database), isolation_level=None, check_same_thread=False
        )
        for pragma in (
            "synchronous = FULL",
            "foreign_keys = ON",
            "recursive_triggers = ON",
            f"busy_timeout = {BUSY_TIMEOUT_MILLISECONDS * 6}",
            "temp_store = MEMORY",
            "cache_size = -65536",
        ):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute(_STAGED)

    def post(self, posting: Posting) -> None:
        """Write one posting: seven statements, from BEGIN to COMMIT."""
        execute = self._connection.execute
        values = {
            **_FIXED,
            "operation": posting.operation_id,
            "transaction": posting.transaction_id,
            "member": posting.member_id,
            "account": posting.account,
            "at": instant_text(posting.at),
        }
        execute("BEGIN IMMEDIATE")
        if execute(_CLAIM, values).rowcount:
            version, available = execute(_READ, values).fetchone()
            values |= {"version": version + 1, "available": available + POINTS}
            execute(_TRANSACTION, values)
            execute(_ENTRIES, values)
            execute(_BALANCE, values)
        execute("COMMIT")

    def post_many(self, postings: list[Posting]) -> None:
        """Write a batch, one statement a table, its rows in one JSON parameter."""
        rows = [posting[:4] for posting in postings]
        values = {**_FIXED, "batch": json.dumps(rows), "at": instant_text(postings[0].at)}
        self._connection.execute("BEGIN IMMEDIATE")
        for statement in (_STAGE, *_BATCH):
            self._connection.execute(statement, values)
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
