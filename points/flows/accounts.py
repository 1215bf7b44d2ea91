"""A member's accounts in every programme, as flows that touch all of them need them."""

from collections.abc import Iterator

from points.flows.context import Context
from points.kernel.ids import AccountId, MemberId
from points.ledger.accounts import Account
from points.ledger.model import Measure, account_id
from points.unit_of_work import Keys, WorkingSet


def accounts_of(member: MemberId, known: Context) -> Iterator[AccountId]:
    """Yield the ids of all accounts that a member can have."""
    for programme, measures in known.rules.programmes().items():
        for measure in measures:
            yield account_id(member, Measure(programme, measure))


def need_accounts(keys: Keys, member: MemberId) -> None:
    """Lock all of a member's accounts and read their lots."""
    accounts = list(accounts_of(member, keys.context))
    keys.ledger.accounts.update(accounts)
    keys.ledger.lots_of.update(accounts)


def opened_accounts(on: WorkingSet, member: MemberId) -> Iterator[Account]:
    """Yield those of a member's accounts that exist."""
    for account in accounts_of(member, on.context):
        found = on.books.account(account)
        if found is not None:
            yield found
