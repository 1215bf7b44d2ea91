"""Re-derive funds and cards from their facts, and hold the fund against the ledger."""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.db.checks import Check, Checked, run_checks, run_statements
from points.kernel.ids import AssociationId

SUMMED = """
  SELECT programme,
    SUM(CASE WHEN kind = 'donated' THEN points ELSE 0 END) AS donated,
    SUM(CASE WHEN kind = 'returned' THEN points ELSE 0 END) AS returned,
    SUM(CASE WHEN kind = 'granted' THEN points ELSE 0 END) AS granted
  FROM hardship_entry WHERE association_id = :a AND kind <> 'issued' GROUP BY programme
"""

_FUND = "CAST({0}.donated AS TEXT) || '/' || {0}.returned || '/' || {0}.granted"

LAST_STEP = """
  SELECT e.member_id, e.card, e.version, e.round
      + CASE WHEN e.step IN ('lapsed', 'turned_in') THEN 1 ELSE 0 END AS round,
    e.stamps, e.owed, e.valid_until
  FROM stamp_event e JOIN (
    SELECT member_id, card, COUNT(*) AS version FROM stamp_event
    WHERE association_id = :a GROUP BY member_id, card
  ) c ON c.member_id = e.member_id AND c.card = e.card AND c.version = e.version
  WHERE e.association_id = :a
"""

_CARD = "CAST({0}.version AS TEXT) || '/' || {0}.round || '/' || {0}.stamps || '/' || {0}.owed"

CHECKS = (
    Check(
        "funds_follow_from_their_entries",
        "SELECT COUNT(*) FROM hardship_fund WHERE association_id = :a",
        f"""
        SELECT 'hardship_fund ' || COALESCE(s.programme, f.programme),
          COALESCE({_FUND.format("s")}, 'none'), COALESCE({_FUND.format("f")}, 'none')
        FROM (SELECT * FROM hardship_fund WHERE association_id = :a) f
        FULL JOIN ({SUMMED}) s ON s.programme = f.programme
        WHERE s.programme IS NULL OR f.programme IS NULL OR s.donated <> f.donated
          OR s.returned <> f.returned OR s.granted <> f.granted
        ORDER BY 1 LIMIT 1
        """,
    ),
    # What the fund says it gained and lost is what the ledger's system account did: what was
    # donated has left wallets, and what was granted came into them.
    Check(
        "funds_are_what_the_ledger_moved",
        "SELECT COUNT(*) FROM hardship_entry WHERE association_id = :a",
        """
        SELECT 'ledger_transaction ' || transaction_id, CAST(SUM(ledger) AS TEXT),
          CAST(SUM(fund) AS TEXT)
        FROM (
          SELECT transaction_id, SUBSTR(account_id, 13) AS measure, points AS ledger, 0 AS fund
          FROM entry WHERE association_id = :a AND version IS NULL
            AND account_id LIKE 'system:fund.%'
          UNION ALL
          SELECT transaction_id, programme || '.wallet', 0, change FROM hardship_entry
          WHERE association_id = :a AND kind <> 'issued'
        ) both_sides
        GROUP BY transaction_id, measure HAVING SUM(ledger) <> SUM(fund)
        ORDER BY transaction_id LIMIT 1
        """,
    ),
    Check(
        "hardship_entries_are_what_members_got",
        "SELECT COUNT(*) FROM hardship_entry WHERE association_id = :a"
        " AND kind IN ('granted', 'issued')",
        """
        SELECT 'hardship_entry ' || h.entry_id, CAST(h.points AS TEXT),
          COALESCE(CAST(l.points AS TEXT), 'no lot')
        FROM hardship_entry h LEFT JOIN lot l ON l.association_id = h.association_id
          AND l.transaction_id = h.transaction_id
          AND l.account_id = h.member_id || '.' || h.programme || '.wallet'
        WHERE h.association_id = :a AND h.kind IN ('granted', 'issued')
          AND (l.points IS NULL OR l.points <> h.points)
        ORDER BY h.entry_id LIMIT 1
        """,
    ),
    Check(
        "donations_are_given_back_whole_and_once",
        "SELECT COUNT(*) FROM hardship_entry WHERE association_id = :a AND kind = 'returned'",
        """
        SELECT 'hardship_entry ' || r.entry_id, COALESCE(CAST(d.points AS TEXT), 'a donation'),
          CAST(r.points AS TEXT)
        FROM hardship_entry r LEFT JOIN hardship_entry d
          ON d.association_id = r.association_id AND d.entry_id = r.about AND d.kind = 'donated'
        WHERE r.association_id = :a AND r.kind = 'returned'
          AND (d.entry_id IS NULL OR d.points <> r.points OR d.member_id <> r.member_id
          OR d.programme <> r.programme)
        ORDER BY r.entry_id LIMIT 1
        """,
    ),
    Check(
        "stamp_cards_follow_from_their_steps",
        "SELECT COUNT(*) FROM stamp_card WHERE association_id = :a",
        f"""
        SELECT 'stamp_card ' || COALESCE(s.member_id, k.member_id) || ' '
            || COALESCE(s.card, k.card),
          COALESCE({_CARD.format("s")}, 'none'), COALESCE({_CARD.format("k")}, 'none')
        FROM (SELECT * FROM stamp_card WHERE association_id = :a) k
        FULL JOIN ({LAST_STEP}) s ON s.member_id = k.member_id AND s.card = k.card
        WHERE s.member_id IS NULL OR k.member_id IS NULL OR s.version <> k.version
          OR s.round <> k.round OR s.stamps <> k.stamps OR s.owed <> k.owed
          OR COALESCE(CAST(s.valid_until AS TEXT), '') <> COALESCE(CAST(k.valid_until AS TEXT), '')
        ORDER BY 1 LIMIT 1
        """,
    ),
    Check(
        "stamps_are_on_cards",
        "SELECT COUNT(*) FROM stamp WHERE association_id = :a",
        """
        SELECT 'stamp ' || card || ' ' || activity_id, CAST(SUM(given) AS TEXT),
          CAST(SUM(stepped) AS TEXT)
        FROM (
          SELECT card, activity_id, CASE WHEN given THEN 1 ELSE 0 END AS given, 0 AS stepped
          FROM stamp WHERE association_id = :a
          UNION ALL
          SELECT card, activity_id, 0, 1 FROM stamp_event
          WHERE association_id = :a AND step IN ('stamped', 'settled')
        ) both_sides
        GROUP BY card, activity_id HAVING SUM(given) <> SUM(stepped)
        ORDER BY card, activity_id LIMIT 1
        """,
    ),
    Check(
        "full_cards_gave_what_they_say",
        "SELECT COUNT(*) FROM stamp_event WHERE association_id = :a AND step = 'turned_in'",
        """
        SELECT 'stamp_event ' || e.member_id || ' ' || e.card || ' ' || e.version, e.gift, 'none'
        FROM stamp_event e
        WHERE e.association_id = :a AND e.step = 'turned_in'
          AND NOT EXISTS (SELECT 1 FROM voucher v WHERE v.association_id = e.association_id
            AND 'voucher:' || v.voucher_id = e.gift AND v.operation_id = e.operation_id)
          AND NOT EXISTS (SELECT 1 FROM ledger_transaction t
            WHERE t.association_id = e.association_id
            AND 'points:' || t.transaction_id = e.gift AND t.operation_id = e.operation_id
            AND t.member_id = e.member_id)
        ORDER BY e.member_id, e.card, e.version LIMIT 1
        """,
    ),
)

_REBUILD = (
    "DELETE FROM hardship_fund WHERE association_id = :a",
    f"""
    INSERT INTO hardship_fund (association_id, programme, donated, returned, granted)
    SELECT CAST(:a AS VARCHAR(40)), programme, donated, returned, granted FROM ({SUMMED}) summed
    """,
    "DELETE FROM stamp_card WHERE association_id = :a",
    f"""
    INSERT INTO stamp_card (association_id, member_id, card, version, round, stamps, owed,
      valid_until)
    SELECT CAST(:a AS VARCHAR(40)), member_id, card, version, round, stamps, owed, valid_until
    FROM ({LAST_STEP}) last_step
    """,
)


def verify_benefits(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    return run_checks(connection, association, CHECKS)


def rebuild_benefits(connection: Connection, association: AssociationId) -> None:
    """Rewrite funds and cards from their facts, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)
