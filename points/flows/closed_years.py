"""Whether the year in which something happened is closed for a member already."""

from collections.abc import Iterable
from datetime import datetime

from points.flows.context import Context
from points.kernel.ids import AccountId, MemberId
from points.ledger.model import Measure, account_id
from points.rules import RuleSet
from points.unit_of_work import Keys, WorkingSet

RATING = "rating"
"""The one measure that is closed by the year."""


def rated(members: Iterable[MemberId], known: Context) -> set[AccountId]:
    """Return the accounts of some members whose years are closed."""
    names = [name for name, found in known.rules.programmes().items() if RATING in found]
    return {account_id(member, Measure(name, RATING)) for member in members for name in names}


def need_closed(keys: Keys, member: MemberId, ruleset: RuleSet, at: datetime) -> None:
    """Load whether the member's year is closed."""
    if RATING in ruleset.measures:
        account = account_id(member, Measure(ruleset.programme, RATING))
        keys.ledger.closed.add((account, at.astimezone(ruleset.zone).year))


def closed_of(member: MemberId, ruleset: RuleSet, at: datetime, on: WorkingSet) -> frozenset[str]:
    """Return the measures of a programme whose year at an instant is closed for a member."""
    account = account_id(member, Measure(ruleset.programme, RATING))
    closed = (account, at.astimezone(ruleset.zone).year) in on.books.closed
    return frozenset({RATING}) if closed else frozenset()
