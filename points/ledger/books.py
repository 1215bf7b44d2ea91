"""The ledger's part of a batch: loaded accounts, and the facts that the batch will append."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from points.kernel.amounts import Points
from points.kernel.ensure import ensure
from points.kernel.ids import (
    AccountId,
    Actor,
    HoldId,
    IdSource,
    LotId,
    OperationId,
    TransactionId,
)
from points.ledger.accounts import Account, Grant, Hold, OpenLot, take
from points.ledger.model import (
    COUNTERPART,
    Entry,
    Kind,
    Lot,
    Movement,
    Place,
    RatingClose,
    State,
    Transaction,
    measure_of,
    member_of,
    system_account,
)

STATE = {Place.PENDING: State.PENDING, Place.AVAILABLE: State.AVAILABLE, Place.HELD: State.HELD}


@dataclass(slots=True)
class Books:
    """Accounts under their locks, and what is to be appended. Nothing here touches a database."""

    accounts: dict[AccountId, Account] = field(default_factory=dict)
    holds: dict[HoldId, Hold] = field(default_factory=dict)
    granted: dict[TransactionId, list[Grant]] = field(default_factory=dict)
    reversed: set[TransactionId] = field(default_factory=set)
    ratings: dict[tuple[AccountId, int], int] = field(default_factory=dict)
    closed: set[tuple[AccountId, int]] = field(default_factory=set)
    closings: dict[tuple[AccountId, int], datetime] = field(default_factory=dict)
    closes: list[RatingClose] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    new_accounts: list[Account] = field(default_factory=list)
    touched_lots: dict[LotId, OpenLot] = field(default_factory=dict)
    expired: dict[LotId, int] = field(default_factory=dict)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        return (
            len(self.transactions)
            + len(self.new_accounts)
            + len(self.lots)
            + len(self.movements)
            + len(self.closes)
        )

    def account(self, account: AccountId) -> Account | None:
        """Return an account, or None where the member is not enrolled."""
        return self.accounts.get(account)

    def grant_in(self, root: TransactionId, account: AccountId) -> Grant:
        """Return what an award granted in an account; a new one begins empty."""
        found = self.granted.setdefault(root, [])
        for grant in found:
            if grant.account == account:
                return grant
        found.append(Grant(root=root, account=account))
        return found[-1]

    def over(self, grant: Grant, standing: int) -> int:
        """Return what is to be taken back of a grant, so that no more than so much stands of it.

        What has expired, in this batch too, is gone already and is not taken again: had less been
        granted from the start, less would have expired.
        """
        expired = grant.expired + sum(self.expired.get(lot, 0) for lot in grant.lots)
        return max(0, grant.points - standing - expired - grant.taken)

    def open_account(self, account: AccountId) -> Account:
        """Open an account at zero; an existing one stays as it is."""
        if account not in self.accounts:
            opened = Account(account_id=account, lots={})
            self.accounts[account] = opened
            self.new_accounts.append(opened)
        return self.accounts[account]


@dataclass(slots=True)
class Draft:
    """One transaction in the making; :meth:`post` appends it, and only then has it happened.

    All of a draft's accounts belong to one member.
    """

    books: Books
    ids: IdSource
    kind: Kind
    operation_id: OperationId
    actor: Actor
    reason: str
    now: datetime
    effective_at: datetime | None = None
    reverses: TransactionId | None = None
    corrects: TransactionId | None = None
    origin: Mapping[str, Any] = field(default_factory=dict)
    transaction_id: TransactionId = field(init=False)
    _deltas: dict[tuple[AccountId, State], int] = field(init=False, default_factory=dict)
    _system: dict[AccountId, int] = field(init=False, default_factory=dict)
    _line: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.transaction_id = TransactionId(self.ids.next())

    def grant(
        self, account: AccountId, points: int, *, expires_at: datetime | None, pending: bool = False
    ) -> None:
        """Give points as one lot, out of the hardship fund if that is what the transaction does.

        Debt is repaid from it first.
        """
        holder = self._account(account)
        born = Place.PENDING if pending else Place.AVAILABLE
        lot = Lot(
            lot_id=LotId(self.ids.next()),
            account=account,
            transaction_id=self.transaction_id,
            points=Points(points),
            born=born,
            expires_at=expires_at,
        )
        opened = OpenLot(
            lot_id=lot.lot_id,
            account=account,
            transaction_id=self.transaction_id,
            expires_at=expires_at,
        )
        opened.move(Place.REVERSED, born, points)
        self.books.lots.append(lot)
        if self.corrects is not None:
            self.books.grant_in(self.corrects, account).lots[lot.lot_id] = points
        self.books.touched_lots[lot.lot_id] = opened
        if holder.lots is not None:
            holder.lots[lot.lot_id] = opened
        self._add(account, STATE[born], points)
        self._count("fund" if self.kind is Kind.RELIEVE else "issuance", account, -points)
        if not pending:
            self._repay(holder, opened)

    def mature(self, account: AccountId, lots: list[OpenLot]) -> None:
        """Make pending lots available, whole."""
        for lot in lots:
            self._move(account, lot, Place.PENDING, Place.AVAILABLE, lot.pending)

    def hold(self, account: AccountId, points: int) -> HoldId:
        """Set spendable points aside, earliest expiry first; each is pinned to its lot."""
        holder = self._account(account)
        hold = Hold(hold_id=HoldId(self.ids.next()), account=account)
        self.books.holds[hold.hold_id] = hold
        spendable = {lot.lot_id: lot.available for lot in holder.spendable(self.now)}
        for lot_id, some in take(spendable, points):
            lot = holder.open_lots()[lot_id]
            self._move(account, lot, Place.AVAILABLE, Place.HELD, some, hold=hold)
        return hold.hold_id

    def capture(self, hold: Hold, points: int) -> None:
        """Spend held points, in the order in which they were pinned."""
        for lot_id, some in take(hold.held, points):
            lot = self._lot(hold.account, lot_id)
            self._move(hold.account, lot, Place.HELD, Place.REDEEMED, some, hold=hold)

    def release(self, hold: Hold, points: int, *, grace: timedelta) -> None:
        """Give held points back to their lots; a lot that has expired meanwhile gets the grace."""
        self._give_back(hold, Place.HELD, hold.held, points, grace)

    def refund(self, hold: Hold, points: int, *, grace: timedelta) -> None:
        """Give spent points back to the lots that they came from, with those lots' expiry."""
        self._give_back(hold, Place.REDEEMED, hold.redeemed, points, grace)

    def donate(self, account: AccountId, points: int) -> HoldId:
        """Give spendable points to the hardship fund, earliest expiry first.

        They are pinned to their lots, so that a donation that is given back goes where it came
        from.
        """
        holder = self._account(account)
        hold = Hold(hold_id=HoldId(self.ids.next()), account=account)
        self.books.holds[hold.hold_id] = hold
        spendable = {lot.lot_id: lot.available for lot in holder.spendable(self.now)}
        for lot_id, some in take(spendable, points):
            lot = holder.open_lots()[lot_id]
            self._move(account, lot, Place.AVAILABLE, Place.DONATED, some, hold=hold)
        return hold.hold_id

    def give_back(self, hold: Hold, *, grace: timedelta) -> None:
        """Give a whole donation back to the lots that it came from, with those lots' expiry."""
        self._give_back(hold, Place.DONATED, hold.donated, hold.donated_points, grace)

    def rehold(self, hold: Hold, points: int) -> None:
        """Undo a capture into the hold: its lots stand as if that capture had never been.

        Whichever capture it was, what is spent is what expires earliest: so the last spent comes
        back first.
        """
        for lot_id, some in take(dict(reversed(hold.redeemed.items())), points):
            lot = self._lot(hold.account, lot_id)
            self._move(hold.account, lot, Place.REDEEMED, Place.HELD, some, hold=hold)

    def expire(self, account: AccountId, lots: list[OpenLot]) -> None:
        """Take what is available in expired lots out of the account."""
        for lot in lots:
            self._move(account, lot, Place.AVAILABLE, Place.EXPIRED, lot.available)

    def take_back(self, grant: Grant, *, standing: int = 0) -> int:
        """Take back what of a grant is more than may stand, and return how much that was.

        From its own lots, the newest first, then from others, and what is left as debt. Held points
        stay: a voucher that was issued is honoured. What has expired is gone already.
        """
        account, taken = grant.account, self.books.over(grant, standing)
        left, holder = taken, self._account(account)
        own, others = _apart(holder, grant)
        for lot in own:
            for place in (Place.PENDING, Place.AVAILABLE):
                left -= self._reverse(account, lot, place, left)
        for lot in others:
            if left and not lot.expired(holder.instant(self.now)):
                left -= self._reverse(account, lot, Place.AVAILABLE, left)
        if left:
            self._add(account, State.DEBT, -left)
            self._count("issuance", account, left)
        grant.taken += taken
        return taken

    def post(self) -> Transaction:
        """Append the transaction, its entries and movements to the books.

        Raises:
            BrokenInvariant: Nothing moved, or a measure does not sum to zero.
        """
        ensure(self._deltas, "a transaction moves points")
        moved = {key: points for key, points in self._deltas.items() if points}
        members = {member_of(account) for account, _ in self._deltas}
        ensure(len(members) == 1, "a transaction moves one member's points")
        accounts = {account for account, _ in moved}
        recorded_at = max(
            [self.now, *(t for a in accounts if (t := self._account(a).recorded_at) is not None)]
        )
        transaction = Transaction(
            transaction_id=self.transaction_id,
            kind=self.kind,
            operation_id=self.operation_id,
            member_id=members.pop(),
            effective_at=self.effective_at or recorded_at,
            recorded_at=recorded_at,
            actor=self.actor,
            reason=self.reason,
            reverses=self.reverses,
            corrects=self.corrects,
            origin=self.origin,
        )
        self._post_entries(moved, recorded_at)
        self.books.transactions.append(transaction)
        if self.reverses is not None:
            self.books.reversed.add(self.reverses)
        return transaction

    def _post_entries(
        self, moved: dict[tuple[AccountId, State], int], recorded_at: datetime
    ) -> None:
        sums: dict[str, int] = {}
        lines: list[Entry] = []
        for (account, state), points in moved.items():
            holder = self._account(account)
            after = holder.change(state, points)
            holder.recorded_at = recorded_at
            sums[measure_of(account)] = sums.get(measure_of(account), 0) + points
            lines.append(
                Entry(
                    transaction_id=self.transaction_id,
                    line=len(lines),
                    account=account,
                    state=state,
                    points=Points(points),
                    version=holder.version,
                    balance_after=Points(after),
                )
            )
        for account, points in ((a, p) for a, p in self._system.items() if p):
            sums[measure_of(account)] = sums.get(measure_of(account), 0) + points
            lines.append(
                Entry(
                    transaction_id=self.transaction_id,
                    line=len(lines),
                    account=account,
                    state=State.SYSTEM,
                    points=Points(points),
                )
            )
        ensure(not any(sums.values()), "a transaction sums to zero in every measure")
        self.books.entries.extend(lines)

    def _account(self, account: AccountId) -> Account:
        return self.books.accounts[account]

    def _lot(self, account: AccountId, lot: LotId) -> OpenLot:
        return self._account(account).open_lots()[lot]

    def _add(self, account: AccountId, state: State, points: int) -> None:
        key = (account, state)
        self._deltas[key] = self._deltas.get(key, 0) + points

    def _count(self, name: str, account: AccountId, points: int) -> None:
        key = system_account(name, measure_of(account))
        self._system[key] = self._system.get(key, 0) + points

    def _reverse(self, account: AccountId, lot: OpenLot, place: Place, most: int) -> int:
        some = min(most, lot.at(place))
        if some:
            self._move(account, lot, place, Place.REVERSED, some)
        return some

    def _give_back(
        self, hold: Hold, source: Place, pins: dict[LotId, int], points: int, grace: timedelta
    ) -> None:
        now = self._account(hold.account).instant(self.now)
        # Last pinned, first freed: what stays in the hold is what expires earliest.
        for lot_id, some in take(dict(reversed(pins.items())), points):
            lot = self._lot(hold.account, lot_id)
            until = now + grace if lot.expired(now) else None
            if until is not None:
                self._expire_stale(hold.account, lot)
                lot.expires_at = until
            self._move(
                hold.account, lot, source, Place.AVAILABLE, some, hold=hold, expires_at=until
            )

    def _expire_stale(self, account: AccountId, lot: OpenLot) -> None:
        """Take out what the sweeper has yet to take out: no grace may bring it back to life."""
        if lot.available:
            self._move(account, lot, Place.AVAILABLE, Place.EXPIRED, lot.available)

    def _repay(self, holder: Account, lot: OpenLot) -> None:
        owed = -(holder.debt + self._deltas.get((holder.account_id, State.DEBT), 0))
        some = min(owed, lot.available)
        if some > 0:
            self._move(holder.account_id, lot, Place.AVAILABLE, Place.REPAID, some)

    def _move(
        self,
        account: AccountId,
        lot: OpenLot,
        source: Place,
        target: Place,
        points: int,
        *,
        hold: Hold | None = None,
        expires_at: datetime | None = None,
    ) -> None:
        lot.move(source, target, points)
        if target is Place.EXPIRED:
            self.books.expired[lot.lot_id] = self.books.expired.get(lot.lot_id, 0) + points
        if hold is not None:
            hold.record(lot.lot_id, source, target, points)
        self.books.touched_lots[lot.lot_id] = lot
        self.books.movements.append(
            Movement(
                lot_id=lot.lot_id,
                transaction_id=self.transaction_id,
                line=self._line,
                source=source,
                target=target,
                points=Points(points),
                hold_id=hold.hold_id if hold else None,
                expires_at=expires_at,
            )
        )
        self._line += 1
        if source in STATE:
            self._add(account, STATE[source], -points)
        if target in STATE:
            self._add(account, STATE[target], points)
        if target is Place.REPAID:
            self._add(account, State.DEBT, points)
        elif target in COUNTERPART:
            self._count(COUNTERPART[target], account, points)
        if source in COUNTERPART:
            self._count(COUNTERPART[source], account, -points)
        if target is Place.AVAILABLE:
            self._repay(self._account(account), lot)


def _apart(holder: Account, grant: Grant) -> tuple[list[OpenLot], list[OpenLot]]:
    """Return a grant's own lots, the newest first, and the account's other lots as they burn."""
    lots = holder.open_lots().values()
    own = sorted((lot for lot in lots if lot.lot_id in grant.lots), key=_age, reverse=True)
    others = sorted((lot for lot in lots if lot.lot_id not in grant.lots), key=OpenLot.burn_order)
    return own, others


def _age(lot: OpenLot) -> LotId:
    return lot.lot_id
