"""Names of things: distinct types, so that no two are mixed up."""

import random
import secrets
import threading
from datetime import UTC, datetime
from typing import NewType, Protocol

from points.kernel.clock import Clock

AssociationId = NewType("AssociationId", str)
OperationId = NewType("OperationId", str)
MemberId = NewType("MemberId", str)
ActivityId = NewType("ActivityId", str)
AccountId = NewType("AccountId", str)
TransactionId = NewType("TransactionId", str)
LotId = NewType("LotId", str)
HoldId = NewType("HoldId", str)
RewardId = NewType("RewardId", str)
VoucherId = NewType("VoucherId", str)
PartnerId = NewType("PartnerId", str)
OutletId = NewType("OutletId", str)
StatementId = NewType("StatementId", str)
ProposalId = NewType("ProposalId", str)
CorrectionId = NewType("CorrectionId", str)
DraftId = NewType("DraftId", str)
HandoutId = NewType("HandoutId", str)
ReturnId = NewType("ReturnId", str)
AdjustmentId = NewType("AdjustmentId", str)
AlertId = NewType("AlertId", str)
Actor = NewType("Actor", str)
"""Who acts: ``staff:li``, ``member:01J…``, ``outlet:YF01``, ``source:grid``, ``system:mature``."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""


_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
"""Two digits at a time: every posting draws several ids."""


def base32(number: int, length: int) -> str:
    """Return a number in Crockford's base 32, padded with zeros to a length."""
    pairs = []
    for _ in range((length + 1) // 2):
        pairs.append(_PAIRS[number & 1023])
        number >>= 10
    pairs.reverse()
    return "".join(pairs)[-length:]


class IdSource(Protocol):
    """Draws fresh ids that sort by when they were drawn."""

    def next(self) -> str:
        """Return 26 characters: 10 of milliseconds, 16 of chance."""
        ...


class Ids:
    """Draws ULID-shaped ids: time first, so that indexes grow at their right edge.

    Ids drawn within one millisecond count upwards from a random start, so they sort in the order
    in which they were drawn.
    """

    def __init__(self, clock: Clock, chance: random.Random | None = None) -> None:
        """Draw from a clock and a source of chance, the operating system's by default."""
        self._clock, self._chance = clock, chance or secrets.SystemRandom()
        self._lock, self._millisecond, self._count = threading.Lock(), -1, 0
        self._prefix = ""

    def next(self) -> str:
        """Return the next id."""
        millisecond = int(self._clock.now().timestamp() * 1000)
        with self._lock:
            if millisecond != self._millisecond:
                self._millisecond = millisecond
                chance = self._chance.getrandbits(70)
                self._prefix = base32(millisecond, 10) + base32(chance >> 20, 10)
                self._count = chance & 0xFFFFF
            self._count += 1
            return self._prefix + base32(self._count, 6)


def drawn_at(identifier: str) -> datetime:
    """Return when an id was drawn, to the millisecond."""
    milliseconds = 0
    for character in identifier[:10]:
        milliseconds = milliseconds * 32 + ALPHABET.index(character)
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
