# ruff: noqa: S608 - its SQL is put together from its own words
"""What someone might change who may do anything, and which check must notice."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tampering:
    """One thing to do behind the engine's back.

    ``at`` says which row, so that the verifier's answer can be held against it (or ``place`` does);
    ``mends`` whether rebuilding makes the verifier content again.
    """

    name: str
    at: str
    change: str
    check: str
    mends: bool = False
    place: str = "?"


# Each finds its victim by a query that yields one word of the place that must be named.
MEMBERS = "association_id = 'A1' AND version IS NOT NULL"
LAST = f"SELECT transaction_id FROM entry WHERE {MEMBERS} ORDER BY account_id, version DESC LIMIT 1"
FIRST = f"SELECT transaction_id FROM entry WHERE {MEMBERS} ORDER BY account_id, version LIMIT 1"
SPENT = "SELECT transaction_id FROM entry WHERE association_id = 'A1' AND account_id LIKE 'system:redemption.%' ORDER BY 1 LIMIT 1"
ACCOUNT = (
    "SELECT account_id FROM account WHERE association_id = 'A1' AND version > 3 ORDER BY 1 LIMIT 1"
)
LOT = "SELECT lot_id FROM open_lot WHERE association_id = 'A1' ORDER BY available DESC, lot_id LIMIT 1"
PINNED = "SELECT hold_id FROM lot_movement WHERE association_id = 'A1' AND target = 'redeemed' ORDER BY 1 LIMIT 1"
HERE = "association_id = 'A1' AND transaction_id = :it"

TAMPERINGS = [
    Tampering(
        "amount",
        LAST,
        f"UPDATE entry SET points = points + 1 WHERE {HERE} AND version IS NOT NULL",
        "transactions_sum_to_zero",
    ),
    Tampering(
        "amount_on_both_sides",
        FIRST,
        f"UPDATE entry SET points = points * 2 WHERE {HERE}",
        "entries_follow_from_movements",
    ),
    Tampering(
        "deleted_entry",
        FIRST,
        f"DELETE FROM entry WHERE {HERE} AND version IS NOT NULL",
        "transactions_sum_to_zero",
    ),
    Tampering(
        "deleted_entries", FIRST, f"DELETE FROM entry WHERE {HERE}", "transactions_have_entries"
    ),
    Tampering(
        "unbalanced_entry",
        FIRST,
        "INSERT INTO entry SELECT association_id, transaction_id, 99, account_id, state, 7, NULL,"
        f" NULL, effective_at, recorded_at FROM entry WHERE {HERE} AND version IS NULL",
        "transactions_sum_to_zero",
    ),
    Tampering(
        "other_members_entry",
        FIRST,
        f"UPDATE entry SET account_id = 'M2.party.wallet' WHERE {HERE} AND version IS NOT NULL",
        "entries_belong_to_transactions",
    ),
    Tampering(
        "other_measures_entry",
        FIRST,
        "UPDATE entry SET account_id = CASE account_id WHEN 'M1.party.wallet' THEN"
        f" 'M1.health.wallet' ELSE 'M1.party.wallet' END, version = 9999 WHERE {HERE}"
        " AND version IS NOT NULL",
        "transactions_sum_to_zero",
    ),
    Tampering(
        "spent_made_issued",
        SPENT,
        "UPDATE entry SET account_id = REPLACE(account_id, 'redemption', 'breakage')"
        f" WHERE {HERE} AND version IS NULL",
        "system_entries_follow_from_movements",
    ),
    Tampering(
        "version",
        FIRST,
        f"UPDATE entry SET version = 0 WHERE {HERE} AND version = 1",
        "versions_are_gapless",
        place="account M1.",
    ),
    Tampering(
        "running_balance",
        LAST,
        f"UPDATE entry SET balance_after = balance_after + 1 WHERE {HERE} AND version IS NOT NULL",
        "running_balances",
    ),
    Tampering(
        "no_running_balance",
        LAST,
        f"UPDATE entry SET balance_after = NULL WHERE {HERE} AND version IS NOT NULL",
        "running_balances",
    ),
    Tampering(
        "entrys_time",
        LAST,
        f"UPDATE entry SET recorded_at = effective_at, effective_at = '2020-01-01T00:00:00.000000Z' WHERE {HERE}",
        "entries_belong_to_transactions",
    ),
    Tampering(
        "times_turned_back",
        LAST,
        "UPDATE {table} SET recorded_at = '2020-01-01T00:00:00.000000Z' WHERE " + HERE,
        "recorded_time_never_runs_backwards",
    ),
    Tampering(
        "other_member",
        FIRST,
        f"UPDATE ledger_transaction SET member_id = 'M_' WHERE {HERE}",
        "entries_belong_to_transactions",
    ),
    Tampering(
        "deleted_operation",
        FIRST,
        "DELETE FROM operation WHERE association_id = 'A1' AND operation_id ="
        f" (SELECT operation_id FROM ledger_transaction WHERE {HERE})",
        "transactions_have_operations",
    ),
    Tampering(
        "lots_points",
        LOT,
        "UPDATE lot SET points = points + 1 WHERE association_id = 'A1' AND lot_id = :it",
        "lots_follow_from_movements",
    ),
    Tampering(
        "lots_expiry",
        LOT,
        "UPDATE lot SET expires_at = '2099-01-01T00:00:00.000000Z' WHERE association_id = 'A1'"
        " AND lot_id = :it",
        "lots_follow_from_movements",
        # A lot's first expiry follows from nothing else: the projection alone remembers it, and
        # rebuilding would make the lie whole. Verify, and understand, before rebuilding.
        mends=True,
    ),
    Tampering(
        "lots_birth",
        LOT,
        "UPDATE lot SET born = CASE born WHEN 'pending' THEN 'available' ELSE 'pending' END"
        " WHERE association_id = 'A1' AND lot_id = :it",
        "lots_follow_from_movements",
    ),
    Tampering(
        "movements_points",
        SPENT,
        f"UPDATE lot_movement SET points = points + 1 WHERE {HERE}",
        "entries_follow_from_movements",
    ),
    Tampering(
        "deleted_movement",
        SPENT,
        f"DELETE FROM lot_movement WHERE {HERE}",
        "entries_follow_from_movements",
    ),
    Tampering(
        "movements_target",
        SPENT,
        f"UPDATE lot_movement SET target = 'expired' WHERE {HERE}",
        "system_entries_follow_from_movements",
    ),
    Tampering(
        "hold_of_another",
        PINNED,
        "UPDATE lot_movement SET hold_id = 'stolen' WHERE association_id = 'A1' AND hold_id = :it"
        " AND target = 'held'",
        "holds_are_never_overdrawn",
    ),
    Tampering(
        "balance",
        ACCOUNT,
        "UPDATE account SET available = available + 1 WHERE association_id = 'A1'"
        " AND account_id = :it",
        "balances_follow_from_entries",
        mends=True,
    ),
    Tampering(
        "balances_time",
        ACCOUNT,
        "UPDATE account SET recorded_at = NULL WHERE association_id = 'A1' AND account_id = :it",
        "balances_follow_from_entries",
        mends=True,
    ),
    Tampering(
        "balances_version",
        ACCOUNT,
        "UPDATE account SET version = version + 1 WHERE association_id = 'A1' AND account_id = :it",
        "versions_are_gapless",
        mends=True,
    ),
    Tampering(
        "deleted_account",
        FIRST,
        "DELETE FROM account WHERE association_id = 'A1' AND account_id ="
        f" (SELECT account_id FROM entry WHERE {HERE} AND version = 1)",
        "entries_have_accounts",
        mends=True,
    ),
    Tampering(
        "open_lot",
        LOT,
        "UPDATE open_lot SET available = available + 1 WHERE association_id = 'A1'"
        " AND lot_id = :it",
        "lots_follow_from_movements",
        mends=True,
    ),
    Tampering(
        "open_lots_expiry",
        LOT,
        "UPDATE open_lot SET expires_at = '2099-01-01T00:00:00.000000Z'"
        " WHERE association_id = 'A1' AND lot_id = :it",
        "lots_follow_from_movements",
        mends=True,
    ),
    Tampering(
        "deleted_open_lot",
        LOT,
        "DELETE FROM open_lot WHERE association_id = 'A1' AND lot_id = :it",
        "lots_follow_from_movements",
        mends=True,
    ),
    Tampering(
        "invented_open_lot",
        LOT,
        "INSERT INTO open_lot SELECT association_id, 'x' || SUBSTR(lot_id, 2), account_id,"
        " transaction_id, expires_at, pending, available, held FROM open_lot"
        " WHERE association_id = 'A1' AND lot_id = :it",
        "open_lots_have_lots",
        mends=True,
        place="open_lot x",
    ),
]
