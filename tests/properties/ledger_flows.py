"""Small flows that move points directly on a draft: what the promises of the ledger are tried with.

Production flows decide more; these decide only what a ledger must, so that a model can follow.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from points.engine import Decision, Flow
from points.flows import expire
from points.kernel.clock import ManualClock
from points.kernel.errors import NotFound
from points.kernel.ids import AccountId, Actor, AssociationId, HoldId, OperationId, TransactionId
from points.ledger.books import Draft
from points.ledger.errors import (
    AlreadyReversed,
    InsufficientPoints,
    NoAccount,
    NothingToDo,
    NotReversible,
)
from points.ledger.model import Kind
from points.unit_of_work import Keys, WorkingSet

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
TESTER = Actor("system:test")
NO_HOLD = NotFound(noun="hold", noun_zh="预占")


@dataclass(slots=True)
class CountingIds:
    """Ids that count, so that a run can be repeated."""

    drawn: int = 0

    def next(self) -> str:
        self.drawn += 1
        return f"{self.drawn:026d}"


def manual_clock() -> ManualClock:
    """Return a clock that stands at the start."""
    return ManualClock(START)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnAccount:
    """Something that is done to one account."""

    association_id: AssociationId
    operation_id: OperationId
    account_id: AccountId
    actor: Actor = TESTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Open(OnAccount):
    """Open the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earn(OnAccount):
    """Grant points, in publicity or at once."""

    points: int
    expires_at: datetime | None = None
    pending: bool = False
    effective_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mature(OnAccount):
    """End publicity for everything that is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside(OnAccount):
    """Hold points."""

    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OnHold(OnAccount):
    """Capture, void, release or refund points of a hold."""

    verb: str
    hold_id: HoldId
    points: int
    grace_days: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverse(OnAccount):
    """Take a grant back."""

    transaction_id: TransactionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct(OnAccount):
    """Let another number of points stand of a grant."""

    transaction_id: TransactionId
    before: int
    standing: int
    expires_at: datetime | None = None
    pending: bool = False


def draft(command: OnAccount, on: WorkingSet, kind: Kind) -> Draft:
    """Return a transaction in the making for a command."""
    return Draft(
        books=on.books,
        ids=on.ids,
        kind=kind,
        operation_id=command.operation_id,
        actor=command.actor,
        reason="test",
        now=on.now,
    )


def need_account(command: OnAccount, keys: Keys) -> None:
    """Lock the account alone."""
    keys.ledger.accounts.add(command.account_id)


def need_lots(command: OnAccount, keys: Keys) -> None:
    """Lock the account and read its lots."""
    need_account(command, keys)
    keys.ledger.lots_of.add(command.account_id)


def need_hold(command: OnHold, keys: Keys) -> None:
    """Read the hold as well."""
    need_lots(command, keys)
    keys.ledger.holds.add(command.hold_id)


def need_grant(command: Reverse | Correct, keys: Keys) -> None:
    """Read what was granted as well."""
    need_lots(command, keys)
    keys.ledger.grants.add(command.transaction_id)


def open_account(command: Open, on: WorkingSet) -> Decision:
    """Open an account at zero."""
    on.books.open_account(command.account_id)
    return {}


def earn(command: Earn, on: WorkingSet) -> Decision:
    """Grant one lot."""
    if on.books.account(command.account_id) is None:
        return NoAccount()
    made = draft(command, on, Kind.EARN)
    made.effective_at = command.effective_at
    made.grant(
        command.account_id,
        command.points,
        expires_at=command.expires_at,
        pending=command.pending,
    )
    return {"transaction_id": made.post().transaction_id}


def mature(command: Mature, on: WorkingSet) -> Decision:
    """Make every pending lot available, oldest first."""
    account = on.books.account(command.account_id)
    if account is None:
        return NoAccount()
    lots = sorted(
        (lot for lot in account.open_lots().values() if lot.pending), key=lambda lot: lot.lot_id
    )
    if not lots:
        return NothingToDo()
    made = draft(command, on, Kind.MATURE)
    made.mature(command.account_id, lots)
    return {"transaction_id": made.post().transaction_id}


def set_aside(command: SetAside, on: WorkingSet) -> Decision:
    """Hold points if they can be spent."""
    account = on.books.account(command.account_id)
    if account is None:
        return NoAccount()
    available = account.spendable_points(on.now)
    if available < command.points:
        return InsufficientPoints(asked=command.points, available=available)
    made = draft(command, on, Kind.HOLD)
    hold_id = made.hold(command.account_id, command.points)
    return {"hold_id": hold_id, "transaction_id": made.post().transaction_id}


KINDS = {
    "capture": Kind.CAPTURE,
    "void": Kind.CAPTURE,
    "release": Kind.RELEASE,
    "refund": Kind.REFUND,
}


def on_hold(command: OnHold, on: WorkingSet) -> Decision:
    """Do what the verb says to points of the hold, if it has as many."""
    hold = on.books.holds.get(command.hold_id)
    if hold is None or hold.account != command.account_id:
        return NO_HOLD
    here = hold.held_points if command.verb in ("capture", "release") else hold.redeemed_points
    if here < command.points:
        return InsufficientPoints(asked=command.points, available=here)
    made = draft(command, on, KINDS[command.verb])
    grace = timedelta(days=command.grace_days)
    verbs = {
        "capture": lambda: made.capture(hold, command.points),
        "void": lambda: made.rehold(hold, command.points),
        "release": lambda: made.release(hold, command.points, grace=grace),
        "refund": lambda: made.refund(hold, command.points, grace=grace),
    }
    verbs[command.verb]()
    return {"transaction_id": made.post().transaction_id}


def reverse(command: Reverse, on: WorkingSet) -> Decision:
    """Take a grant back once."""
    grants = on.books.granted.get(command.transaction_id, [])
    if not grants or grants[0].account != command.account_id:
        return NotReversible()
    if command.transaction_id in on.books.reversed:
        return AlreadyReversed()
    if not on.books.over(grants[0], 0):
        return NothingToDo()
    made = draft(command, on, Kind.REVERSE)
    made.reverses = command.transaction_id
    made.take_back(grants[0])
    return {"transaction_id": made.post().transaction_id}


def correct(command: Correct, on: WorkingSet) -> Decision:
    """Grant what is missing as a lot of its own, or take back what is too much."""
    grants = on.books.granted.get(command.transaction_id, [])
    if not grants or grants[0].account != command.account_id:
        return NotReversible()
    if command.transaction_id in on.books.reversed:
        return AlreadyReversed()
    made = draft(command, on, Kind.CORRECT)
    made.corrects = command.transaction_id
    if command.standing > command.before:
        more = command.standing - command.before
        made.grant(command.account_id, more, expires_at=command.expires_at, pending=command.pending)
    elif not on.books.over(grants[0], command.standing):
        return NothingToDo()
    else:
        made.take_back(grants[0], standing=command.standing)
    return {"transaction_id": made.post().transaction_id}


FLOWS: dict[type, Flow] = {
    Open: Flow("test_open", need_account, open_account),
    Earn: Flow("test_earn", need_account, earn),
    Mature: Flow("test_mature", need_lots, mature),
    SetAside: Flow("test_hold", need_lots, set_aside),
    OnHold: Flow("test_on_hold", need_hold, on_hold),
    Reverse: Flow("test_reverse", need_grant, reverse),
    Correct: Flow("test_correct", need_grant, correct),
    expire.Expire: expire.FLOW,
}
