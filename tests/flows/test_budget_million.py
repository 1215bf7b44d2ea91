"""A million lots: the report reads sums, never lots, and a page can wait for it."""

import time
import tracemalloc

import pytest
from sqlalchemy import text

from points.db.types import instant_text
from points.flows.budget import budget_report
from points.kernel.ids import AssociationId
from points.unit_of_work import writing
from tests.flows.market import market
from tests.flows.town import NOON

MANY, LOTS, ACCOUNTS = AssociationId("many"), 1_000_000, 20_000
NUMBERS = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {most}) ",
    "postgresql": "WITH s AS (SELECT n FROM generate_series(1, {most}) n) ",
}
AT = {
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%S.000000Z', julianday(:now) - {days})",
    "postgresql": "CAST(:now AS TIMESTAMPTZ) - {days} * INTERVAL '1 day'",
}
ROWS = (
    (
        ACCOUNTS,
        (
            "INSERT INTO account (association_id, account_id, member_id, measure, version, pending,"
            " available, held, debt) {numbers} SELECT 'many', n || '.health.wallet', n || '',"
            " 'health.wallet', 0, 0, 0, 0, 0 FROM s"
        ),
    ),
    (
        LOTS * 2,
        (
            "INSERT INTO ledger_transaction (association_id, transaction_id, kind, operation_id,"
            " member_id, effective_at, recorded_at, actor, reason, origin) {numbers}"
            " SELECT 'many', 'T' || n, 'grant', 'o', 'm', {at}, {at}, 'a', 'r', '{{}}' FROM s"
        ),
    ),
    (
        LOTS,
        (
            "INSERT INTO lot (association_id, lot_id, account_id, transaction_id, points, born,"
            " expires_at) {numbers} SELECT 'many', 'L' || n, (n % 20000 + 1) || '.health.wallet',"
            " 'T' || n, 10, 'available', {ends} FROM s"
        ),
    ),
    (
        LOTS,
        (
            "INSERT INTO lot_movement (association_id, lot_id, transaction_id, line, source, target,"
            " points) {numbers} SELECT 'many', 'L' || n, 'T' || (n + 1000000), 0, 'available',"
            " 'redeemed', n % 10 + 1 FROM s"
        ),
    ),
)


@pytest.mark.nightly
def test_a_million_lots_are_summed_in_bounded_memory(database_url: str) -> None:
    kind = database_url.partition(":")[0].partition("+")[0]
    spelled, ends = AT[kind].format(days="(n % 700)"), AT[kind].format(days="(n % 700 - 365)")
    now = instant_text(NOON)
    with market(database_url) as here:
        with writing(here.engine.database, MANY) as connection:
            for most, row in ROWS:
                numbers = NUMBERS[kind].format(most=most)
                said = text(row.format(numbers=numbers, at=spelled, ends=ends))
                connection.execute(said, {"now": now} if ":now" in str(said) else {})
        tracemalloc.start()
        begun = time.monotonic()
        found = budget_report(here.engine, MANY)
        seconds, peak = time.monotonic() - begun, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    health = next(each for each in found.programmes if each.programme == "health")
    assert sum(each.issued for each in health.liability.cohorts) == 10 * LOTS
    redeemed = sum(each.redeemed for each in health.liability.cohorts)
    assert redeemed == sum(n % 10 + 1 for n in range(1, LOTS + 1))
    print(f"{kind}: {seconds:.1f} s, {peak / 1e6:.1f} MB at the most")  # noqa: T201 - the measure
    assert peak < 50_000_000
    assert seconds < 600
