"""The hardship fund as it is shown: to staff who may see it, and to a member who gives.

Donors are nobody to anybody: who gave is shown only of those who asked to be named.
"""

from dataclasses import dataclass

from points.benefits.model import EntryKind, Fund, HardshipEntry
from points.benefits.store import (
    donated_since,
    entries_of_member,
    funds_of,
    page_of_entries,
    returned_of,
)
from points.engine import Engine
from points.flows.context import Context
from points.kernel.ids import AssociationId, MemberId
from points.ledger.model import account_id
from points.ledger.reads import spendable
from points.rules import DonationPolicy, HardshipPolicy

OWN_MAX = 100
"""More would make a page too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FundShown:
    """A programme's fund, and the rules that it goes by."""

    fund: Fund
    donation: DonationPolicy | None
    hardship: HardshipPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Giving:
    """What a member could give to a programme's fund now.

    Attributes:
        available: What is in the wallet to be spent.
        left: What the month's limit leaves.
    """

    programme: str
    policy: DonationPolicy
    available: int
    left: int

    @property
    def most(self) -> int:
        """The most that can be given at once."""
        return min(self.policy.most, self.left, self.available)

    @property
    def possible(self) -> bool:
        """Whether anything can be given now."""
        return self.most >= self.policy.least


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A donation of a member's own."""

    donation: HardshipEntry
    returned: bool


def funds_shown(engine: Engine, association: AssociationId) -> list[FundShown]:
    """Return every programme's fund, whether anybody gave to it or not."""
    known: Context = engine.context_of(association)
    with engine.reading(association) as connection:
        found = funds_of(connection, association)
    policy = known.benefits
    return [
        FundShown(
            fund=found.get(programme, Fund(programme=programme)),
            donation=policy.donations.get(programme),
            hardship=policy.hardship_in(programme),
        )
        for programme in known.rules.programmes()
    ]


def fund_entries(
    engine: Engine, association: AssociationId, programme: str, *, before: str, limit: int
) -> list[HardshipEntry]:
    """Return a fund's entries, the newest first."""
    with engine.reading(association) as connection:
        return page_of_entries(connection, association, programme, before=before, limit=limit)


def shown_member(entry: HardshipEntry) -> MemberId | None:
    """Return whose entry it is, if that may be shown: whoever gave is nobody unless they asked."""
    gave = entry.kind in (EntryKind.DONATED, EntryKind.RETURNED)
    return None if gave and not entry.named else entry.member_id


def giving_of(engine: Engine, association: AssociationId, member: MemberId) -> list[Giving]:
    """Return what a member could give to which fund; programmes that take nothing are left out."""
    known: Context = engine.context_of(association)
    policy, now = known.benefits, engine.clock.now()
    wallets = {each: account_id(member, f"{each}.wallet") for each in policy.donations}
    with engine.reading(association) as connection:
        have = spendable(connection, association, wallets.values(), now)
        given = donated_since(connection, association, member, policy.month_begins(now))
    return [
        Giving(
            programme=programme,
            policy=donation,
            available=have[wallets[programme]],
            left=max(donation.per_month - given.get(programme, 0), 0),
        )
        for programme, donation in policy.donations.items()
        if wallets[programme] in have
    ]


def given_by(engine: Engine, association: AssociationId, member: MemberId) -> list[Given]:
    """Return a member's own donations, the newest first."""
    with engine.reading(association) as connection:
        entries = entries_of_member(connection, association, member, limit=OWN_MAX)
        mine = [each for each in entries if each.kind is EntryKind.DONATED]
        back = returned_of(connection, association, {each.entry_id for each in mine})
    return [Given(donation=each, returned=each.entry_id in back) for each in mine]
