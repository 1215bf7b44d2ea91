"""Passwords: which may be chosen, and how they are kept (argon2id)."""

import re
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from points.identity.common_passwords import COMMON, WORDS
from points.kernel.errors import Unavailable

LENGTH_MIN, LENGTH_MAX = 12, 128
MEMORY_KIB, ROUNDS, LANES = 64 * 1024, 3, 1
"""More than the least that OWASP asks of argon2id (19 MiB, two rounds)."""

AT_ONCE, WAITING_MAX, PATIENCE_SECONDS = 2, 16, 8.0
"""A hash takes 64 MiB and a processor: so many at a time, so many in line, and not for ever."""

DIFFERENT_MIN = 5
_BESIDES = re.compile(r"[\W\d_]+")
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "01234567890123456789")


class Passwords:
    """Hashes and verifies. One for each process: it bounds how many hashes there are at once."""

    def __init__(
        self, *, memory_kib: int = MEMORY_KIB, rounds: int = ROUNDS, lanes: int = LANES
    ) -> None:
        """Take the cost of a hash; what was kept under another cost is still verified."""
        self._hasher = PasswordHasher(
            time_cost=rounds, memory_cost=memory_kib, parallelism=lanes, hash_len=32, salt_len=16
        )
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._line = threading.BoundedSemaphore(AT_ONCE + WAITING_MAX)
        self._nobodys: str | None = None

    def hash(self, password: str) -> str:
        """Return what is kept of a password.

        Raises:
            Unavailable: Too many wait for their turn.
        """
        with self._turn():
            return self._hasher.hash(_spelled(password))

    def verify(self, kept: str | None, password: str) -> bool:
        """Return whether a password is the one that was kept.

        Where none was kept a hash that nobody has is tried: that takes as long.

        Raises:
            Unavailable: Too many wait for their turn.
        """
        hashed = kept or self._nobody()
        with self._turn():
            try:
                self._hasher.verify(hashed, _spelled(password))
            except (VerificationError, InvalidHashError):
                return False
        return kept is not None

    def outdated(self, kept: str) -> bool:
        """Return whether a hash was made at another cost than today's."""
        return self._hasher.check_needs_rehash(kept)

    def _nobody(self) -> str:
        if self._nobodys is None:
            self._nobodys = self._hasher.hash("a password that nobody has")
        return self._nobodys

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._line.acquire(blocking=False):
            raise Unavailable("too many passwords are being checked")
        try:
            if not self._places.acquire(timeout=PATIENCE_SECONDS):
                raise Unavailable("too many passwords are being checked")
            try:
                yield
            finally:
                self._places.release()
        finally:
            self._line.release()


def weakness(password: str, *about: str) -> str | None:
    """Return why a password may not be chosen, or None.

    Length and a list of what is guessed first; no rules of composition, no expiry (NIST SP
    800-63B).

    Args:
        password: The chosen one.
        about: The account's and the association's name, which are guessed first too.
    """
    spelled = _spelled(password)
    if len(spelled) < LENGTH_MIN:
        return "too_short"
    if len(spelled) > LENGTH_MAX:
        return "too_long"
    lowered = spelled.lower()
    bare = _BESIDES.sub("", lowered)
    named = tuple(each.lower() for each in about if each)
    if lowered in COMMON or _made_of(bare, (*WORDS, *named)) or _regular(lowered):
        return "too_common"
    return None


def _spelled(password: str) -> str:
    # The same text is typed in more than one way on different machines.
    return unicodedata.normalize("NFKC", password)


def _made_of(bare: str, words: tuple[str, ...]) -> bool:
    """Return whether nothing is left without digits, signs and the words that everybody tries."""
    for word in sorted(words, key=len, reverse=True):
        bare = bare.replace(word, "")
    return not bare


def _regular(lowered: str) -> bool:
    """Return whether it has hardly any different characters, or only runs along the keys."""
    if len(set(lowered)) < DIFFERENT_MIN:
        return True
    half = len(lowered) // 2
    if any(lowered == lowered[:n] * (len(lowered) // n) for n in range(1, half + 1)):
        return True
    return any(lowered in row * 3 or lowered[::-1] in row * 3 for row in _ROWS)
