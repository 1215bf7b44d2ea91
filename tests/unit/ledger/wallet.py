"""A wallet in memory: drafts on books that no database ever saw."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from points.kernel.ids import AccountId, Actor, OperationId
from points.ledger.accounts import Account, Grant, Hold, OpenLot
from points.ledger.books import Books, Draft
from points.ledger.model import Kind, Transaction
from tests.properties.ledger_flows import START, CountingIds

WALLET = AccountId("M1.party.wallet")
RATING = AccountId("M1.party.rating")
WEEK = timedelta(days=7)
NO_GRACE = timedelta(0)


def day(number: float) -> datetime:
    """Return an instant so many days after the start."""
    return START + timedelta(days=number)


@dataclass(slots=True)
class Wallet:
    """One open account and a clock."""

    now: datetime = START
    books: Books = field(default_factory=Books)
    ids: CountingIds = field(default_factory=CountingIds)

    def __post_init__(self) -> None:
        self.books.open_account(WALLET)

    @property
    def account(self) -> Account:
        return self.books.accounts[WALLET]

    @property
    def balances(self) -> tuple[int, int, int, int]:
        """Pending, available, held, debt."""
        return (
            self.account.pending,
            self.account.available,
            self.account.held,
            self.account.debt,
        )

    @property
    def lots(self) -> list[OpenLot]:
        """Open lots, oldest first."""
        return list(self.account.open_lots().values())

    def draft(self, kind: Kind = Kind.GRANT, **named: Any) -> Draft:
        return Draft(
            books=self.books,
            ids=self.ids,
            kind=kind,
            operation_id=OperationId("test:1"),
            actor=Actor("system:test"),
            reason="test",
            now=self.now,
            **named,
        )

    def earn(self, points: int, expires_at: datetime | None = None, **named: Any) -> Transaction:
        made = self.draft(Kind.EARN)
        made.grant(WALLET, points, expires_at=expires_at, **named)
        return made.post()

    def hold(self, points: int) -> Hold:
        made = self.draft(Kind.HOLD)
        hold_id = made.hold(WALLET, points)
        made.post()
        return self.books.holds[hold_id]

    def on_hold(self, verb: str, hold: Hold, points: int, **named: Any) -> Transaction:
        made = self.draft(Kind.CAPTURE)
        getattr(made, verb)(hold, points, **named)
        return made.post()

    def expire(self) -> Transaction:
        made = self.draft(Kind.EXPIRE)
        made.expire(WALLET, [lot for lot in self.lots if lot.available and lot.expired(self.now)])
        return made.post()

    def grant(self, number: int = 0, expired: int = 0) -> Grant:
        """Return a grant as it would be loaded."""
        lot = self.books.lots[number]
        grant = self.books.grant_in(lot.transaction_id, lot.account)
        grant.lots[lot.lot_id], grant.expired = lot.points, expired
        return grant

    def take_back(self, grant: Grant) -> Transaction:
        made = self.draft(Kind.REVERSE, reverses=grant.root)
        made.take_back(grant)
        return made.post()

    def correct(self, grant: Grant, *, more: int = 0, standing: int = 0) -> Transaction:
        made = self.draft(Kind.CORRECT, corrects=grant.root)
        if more:
            made.grant(WALLET, more, expires_at=None)
        else:
            made.take_back(grant, standing=standing)
        return made.post()

    def entries(self, transaction: Transaction) -> dict[str, int]:
        """Return what a transaction wrote, by account (system) or state (member)."""
        return {
            (each.account if each.version is None else each.state.value): each.points
            for each in self.books.entries
            if each.transaction_id == transaction.transaction_id
        }
