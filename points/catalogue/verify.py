"""Re-derive stock and pools from their entries, and name the first row that differs."""

import hashlib
from collections.abc import Iterator

from sqlalchemy import Connection, select

from points.catalogue.tables import photo
from points.db.checks import Check, Checked, Difference, run_checks, run_statements
from points.kernel.ids import AssociationId

CHECKS = (
    Check(
        "stock_follows_from_its_entries",
        "SELECT COUNT(*) FROM stock WHERE association_id = :a",
        """
        SELECT 'stock ' || reward_id || ' ' || bucket || outlet_id,
          SUM(fact_reserved) || '/' || SUM(fact_issued),
          SUM(reserved) || '/' || SUM(issued)
        FROM (
          SELECT reward_id, bucket, outlet_id, reserved AS fact_reserved, issued AS fact_issued,
            0 AS reserved, 0 AS issued FROM stock_entry WHERE association_id = :a
          UNION ALL
          SELECT reward_id, bucket, outlet_id, 0, 0, reserved, issued FROM stock
          WHERE association_id = :a
        ) both_sides
        GROUP BY reward_id, bucket, outlet_id
        HAVING SUM(fact_reserved) <> SUM(reserved) OR SUM(fact_issued) <> SUM(issued)
        ORDER BY reward_id, bucket, outlet_id LIMIT 1
        """,
    ),
    Check(
        "what_an_outlet_has_is_part_of_the_total",
        "SELECT COUNT(*) FROM stock_entry WHERE association_id = :a AND bucket = '@'",
        """
        SELECT 'stock_entry ' || o.entry_id, 'a like entry of the total', 'none'
        FROM stock_entry o
        LEFT JOIN stock_entry t ON t.association_id = o.association_id
          AND t.voucher_id = o.voucher_id AND t.bucket = 'total'
          AND t.reserved = o.reserved AND t.issued = o.issued
        WHERE o.association_id = :a AND o.bucket = '@' AND t.entry_id IS NULL
        ORDER BY o.entry_id LIMIT 1
        """,
    ),
    Check(
        "gates_were_open_when_they_were_passed",
        "SELECT COUNT(*) FROM gate_end WHERE association_id = :a",
        """
        SELECT 'gate_end ' || e.grant_id, g.member_id || ' ' || g.reward_id,
          COALESCE(v.member_id || ' ' || v.reward_id, 'no voucher')
        FROM gate_end e
        JOIN gate_grant g ON g.association_id = e.association_id AND g.grant_id = e.grant_id
        LEFT JOIN voucher v ON v.association_id = e.association_id AND v.voucher_id = e.voucher_id
        WHERE e.association_id = :a AND (e.ended_at < g.granted_at OR e.ended_at >= g.valid_until
          OR (e.voucher_id IS NOT NULL AND (v.voucher_id IS NULL OR v.reward_id <> g.reward_id)))
        ORDER BY e.grant_id LIMIT 1
        """,
    ),
    Check(
        "gates_were_passed_by_a_grant",
        "SELECT COUNT(*) FROM gate_end WHERE association_id = :a AND voucher_id IS NOT NULL",
        """
        SELECT 'voucher ' || v.voucher_id, 'a grant', 'none'
        FROM (SELECT version, reward_id FROM reward WHERE association_id = :a
          AND {reward.body:gate} <> '') g
        JOIN voucher v ON v.association_id = :a AND v.reward_id = g.reward_id
          AND v.reward_version = g.version
        WHERE v.voucher_id NOT IN (SELECT e.voucher_id FROM gate_end e
          WHERE e.association_id = :a AND e.voucher_id IS NOT NULL)
        ORDER BY v.voucher_id LIMIT 1
        """,
    ),
    Check(
        "photos_are_kept_for_the_rewards_that_show_them",
        "SELECT COUNT(*) FROM photo WHERE association_id = :a",
        """
        SELECT 'photo ' || s.sha256, 'kept', 'none' FROM (
          SELECT {reward.body:photo} AS sha256 FROM reward
          WHERE association_id = :a AND {reward.body:photo} <> ''
          EXCEPT SELECT sha256 FROM photo WHERE association_id = :a
        ) s
        ORDER BY s.sha256 LIMIT 1
        """,
    ),
    Check(
        "pools_follow_from_their_entries",
        "SELECT COUNT(*) FROM pool WHERE association_id = :a",
        """
        SELECT 'pool ' || programme,
          SUM(fact_funded) || '/' || SUM(fact_reserved) || '/' || SUM(fact_spent),
          SUM(funded) || '/' || SUM(reserved) || '/' || SUM(spent)
        FROM (
          SELECT programme, funded AS fact_funded, reserved AS fact_reserved, spent AS fact_spent,
            0 AS funded, 0 AS reserved, 0 AS spent FROM pool_entry WHERE association_id = :a
          UNION ALL
          SELECT programme, 0, 0, 0, funded, reserved, spent FROM pool WHERE association_id = :a
        ) both_sides
        GROUP BY programme
        HAVING SUM(fact_funded) <> SUM(funded) OR SUM(fact_reserved) <> SUM(reserved)
          OR SUM(fact_spent) <> SUM(spent)
        ORDER BY programme LIMIT 1
        """,
    ),
)

_REBUILD = (
    "DELETE FROM stock WHERE association_id = :a",
    """
    INSERT INTO stock (association_id, reward_id, bucket, outlet_id, reserved, issued)
    SELECT CAST(:a AS VARCHAR(40)), reward_id, bucket, outlet_id, SUM(reserved), SUM(issued)
    FROM stock_entry WHERE association_id = :a GROUP BY reward_id, bucket, outlet_id
    """,
    "DELETE FROM pool WHERE association_id = :a",
    """
    INSERT INTO pool (association_id, programme, funded, reserved, spent)
    SELECT CAST(:a AS VARCHAR(40)), programme, SUM(funded), SUM(reserved), SUM(spent)
    FROM pool_entry WHERE association_id = :a GROUP BY programme
    """,
)


PHOTOS_AT_ONCE = 20
PHOTOS = "photos_hash_to_their_names"
COUNT = len(CHECKS) + 1


def verify_catalogue(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    yield from run_checks(connection, association, CHECKS)
    yield _photos(connection, association)


def _photos(connection: Connection, association: AssociationId) -> Checked:
    """Hash every photo, a few at a time: they are the largest rows that there are."""
    p = photo.c
    rows, first = 0, None
    kept = (
        select(p.sha256, p.content)
        .where(p.association_id == association)
        .order_by(p.sha256)
        .execution_options(yield_per=PHOTOS_AT_ONCE)
    )
    for name, content in connection.execute(kept):
        rows += 1
        found = hashlib.sha256(content).hexdigest()
        if found != name and first is None:
            place = f"photo {name}"
            first = Difference(check=PHOTOS, place=place, expected=name, found=found)
    return Checked(check=PHOTOS, rows=rows, difference=first)


def rebuild_catalogue(connection: Connection, association: AssociationId) -> None:
    """Rewrite stock and pools from their entries, inside the caller's transaction."""
    run_statements(connection, association, _REBUILD)
