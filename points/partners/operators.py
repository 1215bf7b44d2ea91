"""Operators of outlets: what happened to each, with what they log in, and a batch's part."""

import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from points.kernel.ensure import ensure
from points.kernel.ids import Actor, OutletId

Seat = tuple[OutletId, str]
"""An outlet and the number that it gives to one of its operators."""

NUMBER_LENGTH_MAX = 40
SET_UP_LASTS = timedelta(hours=72)
_NUMBER = re.compile(r"[A-Za-z]{0,8}[-._]?[0-9]{1,12}")


class OperatorChange(StrEnum):
    """What happens to an operator."""

    ADDED = "added"
    SET_UP = "set_up"
    RESET = "reset"
    DISABLED = "disabled"
    ENABLED = "enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorAccount:
    """An operator as they stand: a projection of their events.

    Attributes:
        version: Of the last event.
        active: Whether they may log in.
    """

    outlet_id: OutletId
    operator_id: str
    version: int = 0
    active: bool = True

    @property
    def seat(self) -> Seat:
        """Where, and under which number."""
        return self.outlet_id, self.operator_id

    @property
    def actor(self) -> Actor:
        """How facts name the operator."""
        return Actor(f"outlet:{self.outlet_id}:{self.operator_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorEvent:
    """One thing that happened to an operator; never changed after it was written.

    Attributes:
        version: Gapless per operator, from one.
        active: Whether they may log in from then on.
    """

    outlet_id: OutletId
    operator_id: str
    version: int
    change: OperatorChange
    actor: Actor
    active: bool
    recorded_at: datetime

    def __post_init__(self) -> None:
        ensure(self.version > 0, "versions start at one")


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorCredential:
    """With what an operator logs in. Secrets: never in events, answers or logs.

    Attributes:
        pin_hash: argon2id.
        set_up_hash: Keyed hash of the code with which the PIN is chosen, while it is open.
        set_up_until: When that code ends.
    """

    outlet_id: OutletId
    operator_id: str
    pin_hash: str | None = field(default=None, repr=False)
    set_up_hash: str | None = field(default=None, repr=False)
    set_up_until: datetime | None = None

    @property
    def ready(self) -> bool:
        """Whether one can log in with it."""
        return self.pin_hash is not None

    def may_be_set_up(self, code_hash: str, now: datetime) -> bool:
        """Return whether a set-up code is this operator's and has not ended."""
        return (
            self.set_up_hash == code_hash
            and self.set_up_until is not None
            and now < self.set_up_until
        )


def is_ready(account: OperatorAccount | None, credential: OperatorCredential | None) -> bool:
    """Return whether an operator may act: there is one, enabled, who has chosen a PIN."""
    return account is not None and account.active and credential is not None and credential.ready


@dataclass(slots=True)
class OperatorBook:
    """Operators that were loaded under their locks, and what is to be written."""

    accounts: dict[Seat, OperatorAccount] = field(default_factory=dict)
    credentials: dict[Seat, OperatorCredential] = field(default_factory=dict)
    events: list[OperatorEvent] = field(default_factory=list)
    touched: set[Seat] = field(default_factory=set)
    secured: set[Seat] = field(default_factory=set)
    _changes: int = 0

    def changes(self) -> int:
        """Return how much waits to be written; a refusal must not raise it."""
        return self._changes

    def happened(
        self, account: OperatorAccount, change: OperatorChange, actor: Actor, now: datetime
    ) -> OperatorAccount:
        """Append what happened to an operator, who stands as given from now on."""
        after = replace(account, version=account.version + 1)
        self.accounts[after.seat] = after
        self.touched.add(after.seat)
        event = OperatorEvent(
            outlet_id=after.outlet_id,
            operator_id=after.operator_id,
            version=after.version,
            change=change,
            actor=actor,
            active=after.active,
            recorded_at=now,
        )
        self.events.append(event)
        self._changes += 1
        return after

    def secure(self, credential: OperatorCredential) -> None:
        """Replace what an operator logs in with."""
        seat = (credential.outlet_id, credential.operator_id)
        self.credentials[seat] = credential
        self.secured.add(seat)
        self._changes += 1


def opened_anew(account: OperatorAccount, code_hash: str, now: datetime) -> OperatorCredential:
    """Return what an operator logs in with who has only a set-up code."""
    return OperatorCredential(
        outlet_id=account.outlet_id,
        operator_id=account.operator_id,
        set_up_hash=code_hash,
        set_up_until=now + SET_UP_LASTS,
    )


def typed_number(typed: str) -> str:
    """Return the number that somebody typed, on whatever keyboard."""
    number = unicodedata.normalize("NFKC", typed).strip()
    return number if number.isprintable() and len(number) <= NUMBER_LENGTH_MAX else "nobody"


def number_ok(typed: str) -> bool:
    """Return whether an operator may be numbered so: ``07``, ``A-12``; never a name."""
    return _NUMBER.fullmatch(typed) is not None
