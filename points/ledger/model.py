"""The ledger's facts: who owns which points, in which state, and every movement of them.

A member's *account* is a holding in one measure of one programme. Its points lie in four states:
``pending`` (in publicity), ``available``, ``held`` (set aside for a voucher), and ``debt`` (never
above zero: what a clawback took beyond the balance). Points arrive as *lots*, one per award and
expiry; every later change of a lot is one *movement*. Entries follow from movements, so that

    account = pending + available + held + debt = open lots + debt        (I2)

and a transaction's entries sum to zero per programme and measure (I1), the other side being a
system account that is never materialised.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from points.kernel.amounts import Points
from points.kernel.ensure import ensure
from points.kernel.ids import (
    AccountId,
    Actor,
    HoldId,
    LotId,
    MemberId,
    OperationId,
    TransactionId,
)


class State(StrEnum):
    """Where points of an account are, or, for ``system``, that they are on the other side."""

    PENDING = "pending"
    AVAILABLE = "available"
    HELD = "held"
    DEBT = "debt"
    SYSTEM = "system"

    # An enum's own hash runs in Python, and every entry of every posting asks for it.
    __hash__ = str.__hash__


class Place(StrEnum):
    """Where the points of a lot are: three inside the account, five outside it."""

    PENDING = "pending"
    AVAILABLE = "available"
    HELD = "held"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    REVERSED = "reversed"
    REPAID = "repaid"
    DONATED = "donated"

    __hash__ = str.__hash__


INSIDE = (Place.PENDING, Place.AVAILABLE, Place.HELD)


class Kind(StrEnum):
    """What a transaction does."""

    EARN = "earn"
    GRANT = "grant"
    MATURE = "mature"
    HOLD = "hold"
    RELEASE = "release"
    CAPTURE = "capture"
    REFUND = "refund"
    EXPIRE = "expire"
    REVERSE = "reverse"
    CORRECT = "correct"
    DONATE = "donate"
    RELIEVE = "relieve"
    RETURN = "return"


COUNTERPART = {
    Place.REDEEMED: "redemption",
    Place.EXPIRED: "breakage",
    Place.REVERSED: "issuance",
    Place.DONATED: "fund",
}
"""The system account on the other side of a movement out of an account."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of a programme, as ``party.rating`` or ``health.wallet``."""

    programme: str
    name: str

    def __str__(self) -> str:
        """Return the spelling that accounts carry."""
        return f"{self.programme}.{self.name}"

    @classmethod
    def parse(cls, text: str) -> "Measure":
        """Return the measure that a spelling names."""
        programme, _, name = text.partition(".")
        return cls(programme, name)


def account_id(member: MemberId, measure: Measure | str) -> AccountId:
    """Return the id of a member's account in a measure."""
    return AccountId(f"{member}.{measure}")


def member_of(account: AccountId) -> MemberId:
    """Return whose account it is."""
    return MemberId(account.partition(".")[0])


def measure_of(account: AccountId) -> str:
    """Return the account's measure, as ``health.wallet``."""
    return account.partition(".")[2]


def system_account(name: str, measure: str) -> AccountId:
    """Return a system account of a measure: issuance, redemption, breakage, fund."""
    return AccountId(f"system:{name}.{measure}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A set of entries that happened together.

    Attributes:
        transaction_id: Sorts by when it was recorded.
        kind: What it does.
        operation_id: The operation that asked for it.
        member_id: Whose points move.
        effective_at: When it counts from, for reads on the axis of effect.
        recorded_at: When it was written; never runs backwards within an account.
        actor: Who caused it.
        reason: A stable code or a rule's id; never personal.
        reverses: The transaction that this one takes back.
        corrects: The first transaction of the award that this one gives more of, or less.
        origin: Plain references to what it is about: activity, rule set and its hash, voucher.
    """

    transaction_id: TransactionId
    kind: Kind
    operation_id: OperationId
    member_id: MemberId
    effective_at: datetime
    recorded_at: datetime
    actor: Actor
    reason: str
    reverses: TransactionId | None = None
    corrects: TransactionId | None = None
    origin: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One immutable movement of points in one state of one account.

    Member entries carry the account's gapless ``version`` and the state's balance after them;
    system entries carry neither.
    """

    transaction_id: TransactionId
    line: int
    account: AccountId
    state: State
    points: Points
    version: int | None = None
    balance_after: Points | None = None

    def __post_init__(self) -> None:
        ensure(self.points != 0, "an entry moves points")
        ensure((self.version is None) == (self.state is State.SYSTEM), "members' entries count")
        if self.balance_after is not None:
            sound = self.balance_after <= 0 if self.state is State.DEBT else self.balance_after >= 0
            ensure(sound, "a balance stays on its side of zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Points of one award with one expiry; never changed after it was written.

    Attributes:
        lot_id: Sorts by when it was made.
        account: Whose.
        transaction_id: The grant.
        points: How many, above zero.
        born: ``pending`` while in publicity, else ``available``.
        expires_at: The first instant at which it can no longer be spent; None for never.
    """

    lot_id: LotId
    account: AccountId
    transaction_id: TransactionId
    points: Points
    born: Place
    expires_at: datetime | None

    def __post_init__(self) -> None:
        ensure(self.points > 0, "a lot holds points")
        ensure(self.born in (Place.PENDING, Place.AVAILABLE), "a lot is born pending or available")


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Points of one lot going from one place to another.

    Attributes:
        lot_id: Of which lot.
        transaction_id: In which transaction.
        line: Which of the transaction's movements.
        source: From where.
        target: To where.
        points: How many, above zero.
        hold_id: For which hold, when the movement pins, spends or frees held points.
        expires_at: The lot's new expiry, where a grace period gives it one.
    """

    lot_id: LotId
    transaction_id: TransactionId
    line: int
    source: Place
    target: Place
    points: Points
    hold_id: HoldId | None = None
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        ensure(self.points > 0, "a movement moves points")
        ensure(self.source is not self.target, "a movement goes somewhere")


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account holds.

    Attributes:
        measure: As ``health.wallet``.
        version: Of the account; every change raises it by one or more.
        pending: In publicity.
        available: Spendable now: lots past their expiry do not count, swept or not.
        held: Set aside for vouchers.
        debt: Zero or below: what a reversal took beyond the balance.
    """

    measure: str
    version: int
    pending: Points
    available: Points
    held: Points
    debt: Points


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingClose:
    """A year's rating as it was closed; never changed.

    Attributes:
        rating: What counted from within the year, reversals taken off.
        stars: By the bands of the rule set then in force; none where a rule vetoed them.
        vetoed_by: The rule that did, if one did.
    """

    account: AccountId
    year: int
    rating: Points
    stars: int
    ruleset_sha256: str
    operation_id: OperationId
    recorded_at: datetime
    vetoed_by: str | None = None
