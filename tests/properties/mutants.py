"""Ledgers that are broken on purpose: a proof proves nothing unless it fails on each of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from points import engine, unit_of_work
from points.engine import Outcome
from points.kernel.amounts import Points
from points.kernel.ids import AccountId, AssociationId
from points.ledger import books
from points.ledger.accounts import Account, Grant, Hold, OpenLot
from points.ledger.books import Books, Draft
from points.ledger.model import Place, State, Transaction
from points.ledger.operations import Recorded, append_operations, find_operations
from points.ledger.store import LedgerKeys, load_books

Patch = pytest.MonkeyPatch


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way to be wrong."""

    name: str
    apply: Callable[[Patch], None]


def latest_expiry_first(patch: Patch) -> None:
    right = Account.spendable
    patch.setattr(Account, "spendable", lambda self, now: right(self, now)[::-1])


def without_grace(patch: Patch) -> None:
    right = Draft._give_back

    def wrong(self: Draft, hold: Hold, source: Place, *rest: Any) -> None:
        right(self, hold, source, *rest[:2], timedelta(0))

    patch.setattr(Draft, "_give_back", wrong)


def spends_expired(patch: Patch) -> None:
    def wrong(self: Account, _now: datetime) -> list[OpenLot]:
        lots = (lot for lot in self.open_lots().values() if lot.available)
        return sorted(lots, key=OpenLot.burn_order)

    patch.setattr(Account, "spendable", wrong)


def forgets_debt(patch: Patch) -> None:
    right = Draft._add

    def wrong(self: Draft, account: AccountId, state: State, points: int) -> None:
        if state is State.DEBT and points < 0:
            self._count("issuance", account, points)
        else:
            right(self, account, state, points)

    patch.setattr(Draft, "_add", wrong)


def never_repaid(patch: Patch) -> None:
    patch.setattr(Draft, "_repay", lambda *_: None)


def ignores_body(patch: Patch) -> None:
    def wrong(_command: object, _hash: str, recorded: Recorded) -> Outcome:
        return engine.answered(recorded)

    patch.setattr(engine, "_replay", wrong)


def forgets_refusals(patch: Patch) -> None:
    def wrong(
        connection: Connection,
        association: AssociationId,
        recorded: list[Recorded],
        now: datetime,
    ) -> None:
        done = [each for each in recorded if "done" in each.outcome]
        append_operations(connection, association, done, now)

    patch.setattr(engine, "append_operations", wrong)


def version_stays(patch: Patch) -> None:
    right = Account.change

    def wrong(self: Account, state: State, points: int) -> int:
        after = right(self, state, points)
        self.version = max(1, self.version - 1)
        return after

    patch.setattr(Account, "change", wrong)


def expires_held(patch: Patch) -> None:
    right = Draft.expire

    def wrong(self: Draft, account: AccountId, lots: list[OpenLot]) -> None:
        right(self, account, lots)
        for lot in lots:
            if lot.held:
                self._move(account, lot, Place.HELD, Place.EXPIRED, lot.held)

    patch.setattr(Draft, "expire", wrong)


def refunds_with_new_expiry(patch: Patch) -> None:
    right = Draft.refund

    def wrong(self: Draft, hold: Hold, points: int, *, grace: timedelta) -> None:
        for lot_id in hold.redeemed:
            self._lot(hold.account, lot_id).expires_at = self.now
        right(self, hold, points, grace=grace)

    patch.setattr(Draft, "refund", wrong)


def captures_twice(patch: Patch) -> None:
    right = Hold.record

    def wrong(self: Hold, lot: Any, source: Place, target: Place, points: int) -> None:
        before = self.held.get(lot, 0)
        right(self, lot, source, target, points)
        if target is Place.REDEEMED:
            self.held[lot] = before

    patch.setattr(Hold, "record", wrong)


def voids_into_balance(patch: Patch) -> None:
    patch.setattr(Draft, "rehold", lambda *each: Draft.refund(*each, grace=timedelta(0)))


def _twin(association: AssociationId) -> AssociationId:
    other = "B" if association.startswith("A") else "A"
    return AssociationId(other + association[1:])


def reads_another_association(patch: Patch) -> None:
    def wrong(connection: Connection, association: AssociationId, keys: LedgerKeys) -> Books:
        books = load_books(connection, association, keys)
        if not books.transactions and keys.lots_of:
            strange = load_books(connection, _twin(association), keys)
            books.accounts |= strange.accounts
        return books

    patch.setattr(unit_of_work, "load_books", wrong)


def shares_operation_ids(patch: Patch) -> None:
    def wrong(connection: Connection, association: AssociationId, ids: Any) -> Any:
        theirs = find_operations(connection, _twin(association), ids)
        return theirs | find_operations(connection, association, ids)

    patch.setattr(engine, "find_operations", wrong)


def counts_stale_points(patch: Patch) -> None:
    patch.setattr(Account, "spendable_points", lambda self, _now: Points(self.available))


def slips_a_sign(patch: Patch) -> None:
    right = Draft._count

    def wrong(self: Draft, name: str, account: AccountId, points: int) -> None:
        right(self, name, account, -points if name == "redemption" else points)

    patch.setattr(Draft, "_count", wrong)


def skips_publicity(patch: Patch) -> None:
    right = Draft.grant

    def wrong(
        self: Draft, *account_and_points: Any, expires_at: Any, pending: bool = False
    ) -> None:
        del pending
        right(self, *account_and_points, expires_at=expires_at)

    patch.setattr(Draft, "grant", wrong)


def matures_one_lot(patch: Patch) -> None:
    right = Draft.mature
    patch.setattr(Draft, "mature", lambda self, account, lots: right(self, account, lots[:1]))


def claws_back_held(patch: Patch) -> None:
    right = Draft.take_back

    def wrong(self: Draft, grant: Grant, *, standing: int = 0) -> int:
        lots = self._account(grant.account).open_lots()
        for own in (lots[lot] for lot in grant.lots if lot in lots and lots[lot].held):
            own.move(Place.HELD, Place.AVAILABLE, own.held)
        return right(self, grant, standing=standing)

    patch.setattr(Draft, "take_back", wrong)


def forgets_what_just_expired(patch: Patch) -> None:
    def wrong(_: Books, grant: Grant, standing: int) -> int:
        return max(0, grant.points - standing - grant.expired - grant.taken)

    patch.setattr(Books, "over", wrong)


def takes_what_has_expired(patch: Patch) -> None:
    def wrong(_: Books, grant: Grant, standing: int) -> int:
        return max(0, grant.points - standing - grant.taken)

    patch.setattr(Books, "over", wrong)


def takes_twice_what_was_corrected(patch: Patch) -> None:
    right = Books.over
    patch.setattr(
        Books, "over", lambda self, grant, standing: right(self, grant, standing) + grant.taken
    )


def corrections_stand_alone(patch: Patch) -> None:
    right = Draft.grant

    def wrong(
        self: Draft, *account_and_points: Any, expires_at: Any, pending: bool = False
    ) -> None:
        self.corrects = None
        right(self, *account_and_points, expires_at=expires_at, pending=pending)

    patch.setattr(Draft, "grant", wrong)


def takes_from_others_first(patch: Patch) -> None:
    right = books._apart
    patch.setattr(
        books,
        "_apart",
        lambda holder, grant: ([], [*right(holder, grant)[0], *right(holder, grant)[1]]),
    )


def follows_the_clock_back(patch: Patch) -> None:
    patch.setattr(Account, "instant", lambda _, now: now)


def revives_stale_points(patch: Patch) -> None:
    patch.setattr(Draft, "_expire_stale", lambda *_: None)


def grace_leaves_no_trace(patch: Patch) -> None:
    right = Draft._move

    def wrong(self: Draft, *rest: Any, **named: Any) -> None:
        right(self, *rest, **(named | {"expires_at": None}))

    patch.setattr(Draft, "_move", wrong)


def time_runs_backwards(patch: Patch) -> None:
    right = Draft.post

    def wrong(self: Draft) -> Transaction:
        for account in self.books.accounts.values():
            account.recorded_at = None
        return right(self)

    patch.setattr(Draft, "post", wrong)


def loses_big_batches(patch: Patch) -> None:
    right = unit_of_work.save_books

    def wrong(connection: Connection, association: AssociationId, books: Books) -> None:
        if len(books.movements) < 4:
            right(connection, association, books)

    patch.setattr(unit_of_work, "save_books", wrong)


def _dropping(name: str, patch: Patch) -> None:
    right = Books.changes

    def wrong(self: Books) -> int:
        getattr(self, name).clear()
        return right(self)

    patch.setattr(Books, "changes", wrong)


MUTANTS = [
    Mutant(each.__name__, each)
    for each in (
        latest_expiry_first,
        without_grace,
        spends_expired,
        forgets_debt,
        never_repaid,
        ignores_body,
        forgets_refusals,
        version_stays,
        expires_held,
        refunds_with_new_expiry,
        captures_twice,
        voids_into_balance,
        reads_another_association,
        shares_operation_ids,
        counts_stale_points,
        slips_a_sign,
        skips_publicity,
        matures_one_lot,
        claws_back_held,
        forgets_what_just_expired,
        takes_what_has_expired,
        takes_twice_what_was_corrected,
        corrections_stand_alone,
        takes_from_others_first,
        follows_the_clock_back,
        revives_stale_points,
        grace_leaves_no_trace,
        time_runs_backwards,
        loses_big_batches,
    )
] + [Mutant("forgets_touched_lots", partial(_dropping, "touched_lots"))]
