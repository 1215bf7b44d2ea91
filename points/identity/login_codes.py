"""Codes that are sent to telephones: six digits, for five minutes, five tries and one use."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from points.kernel.ensure import ensure
from points.kernel.ids import AssociationId

KEY_BYTES_MIN = 32
DIGITS = 6
TTL = timedelta(minutes=5)
TRIES_MAX = 5
TEMPLATE = "login_code"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginCode:
    """The newest code of a telephone; an older one is forgotten when it is written.

    Attributes:
        phone_index: The number's blind index.
        code_hash: Keyed, and bound to number and association; six digits alone would be found by
            trying them all.
        tries: How many codes were tried against it, the right one too.
    """

    phone_index: str
    code_hash: str
    expires_at: datetime
    tries: int = 0
    used_at: datetime | None = None

    def dead(self, now: datetime) -> bool:
        """Return whether no code opens anything any more, not even the right one."""
        return self.used_at is not None or self.tries >= TRIES_MAX or now >= self.expires_at

    def tried(self, code_hash: str, now: datetime) -> tuple["LoginCode", bool]:
        """Return the code after a try, and whether that was right."""
        after = replace(self, tries=self.tries + 1)
        right = hmac.compare_digest(code_hash, self.code_hash) and not self.dead(now)
        return (replace(after, used_at=now) if right else after), right


def code_hash(key: bytes, association: AssociationId, phone_index: str, code: str) -> str:
    """Return what is kept of a code."""
    ensure(len(key) >= KEY_BYTES_MIN, "codes are hashed under a secret")
    return hmac.new(key, f"{association}|{phone_index}|{code}".encode(), hashlib.sha256).hexdigest()
