"""Devices of members: each holds a key of its own and renews its short token with it.

An access token lives ten minutes and opens with a proof by the device's key only (RFC 9449). A
refresh token is good once (RFC 9700). Both are keyed functions of device and generation, as voucher
codes are: to whoever lacks the installation's secret they are as good as chance, nothing readable
is stored, and an answer that was lost can be given again.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from points.kernel.ensure import ensure
from points.kernel.ids import AssociationId, MemberId

KEY_BYTES_MIN = 32
ACCESS_TTL = timedelta(minutes=10)
IDLE_TTL = timedelta(days=90)
GRACE = timedelta(seconds=30)
"""For so long the same refresh is answered with the same tokens: two at once, or a lost answer. One
generation has one successor in any case; later the same token is a replay and ends the device."""

_TOKEN = re.compile(r"pr_([a-z0-9][a-z0-9-]{0,38})_([0-9A-Z]{26})_([0-9]{1,9})_([A-Za-z0-9_-]{43})")


class Renewal(StrEnum):
    """What becomes of a refresh token that is presented."""

    NEXT = "next"
    AGAIN = "again"
    REPLAYED = "replayed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A telephone or a program of a member that logged in.

    Attributes:
        device_id: Also the id of its session.
        thumbprint: Of its key (RFC 7638).
        generation: How many times it renewed its tokens; only the newest refresh token is good.
        renewed_at: When it last did.
    """

    device_id: str
    member_id: MemberId
    name: str
    thumbprint: str
    generation: int = 1
    created_at: datetime
    renewed_at: datetime
    ended_at: datetime | None = None
    ended_because: str = ""

    def __post_init__(self) -> None:
        ensure(self.generation > 0, "generations start at one")
        ensure(bool(self.thumbprint), "a device has a key")

    def counts(self, now: datetime) -> bool:
        """Return whether it may still renew its tokens."""
        return self.ended_at is None and now < self.renewed_at + IDLE_TTL

    def renewal(self, generation: int, thumbprint: str, now: datetime) -> Renewal:
        """Return what becomes of a genuine refresh token of a generation, proved by a key."""
        if not self.counts(now) or not hmac.compare_digest(thumbprint, self.thumbprint):
            return Renewal.REFUSED
        if generation == self.generation:
            return Renewal.NEXT
        if generation == self.generation - 1 and now - self.renewed_at <= GRACE:
            return Renewal.AGAIN
        return Renewal.REPLAYED if generation < self.generation else Renewal.REFUSED

    def renewed(self, now: datetime) -> "Device":
        """Return the device with the next generation of its tokens."""
        return replace(self, generation=self.generation + 1, renewed_at=now)


@dataclass(frozen=True, slots=True)
class PresentedRefresh:
    """A refresh token as a device presents it, taken apart and found genuine."""

    association_id: AssociationId
    device_id: str
    generation: int


def access_secret(key: bytes, association: AssociationId, device_id: str, generation: int) -> str:
    """Return the secret part of a generation's access token."""
    return _drawn(key, b"device access", association, device_id, generation)


def spell_refresh(key: bytes, association: AssociationId, device_id: str, generation: int) -> str:
    """Return a generation's refresh token as its device keeps it."""
    secret = _drawn(key, b"device refresh", association, device_id, generation)
    spelled = f"pr_{association}_{device_id}_{generation}_{secret}"
    ensure(_TOKEN.fullmatch(spelled), "tokens have one spelling")
    return spelled


def read_refresh(key: bytes, spelled: str) -> PresentedRefresh | None:
    """Return a refresh token taken apart, or None where this installation did not make it."""
    found = _TOKEN.fullmatch(spelled)
    if found is None:
        return None
    association, device_id, generation = AssociationId(found[1]), found[2], int(found[3])
    made = spell_refresh(key, association, device_id, generation)
    if not hmac.compare_digest(made.encode(), spelled.encode()):
        return None
    return PresentedRefresh(association, device_id, generation)


def _drawn(
    key: bytes, purpose: bytes, association: AssociationId, device_id: str, generation: int
) -> str:
    ensure(len(key) >= KEY_BYTES_MIN, "tokens are drawn under a secret")
    about = f"{association}|{device_id}|{generation}".encode()
    drawn = blake2b(about, key=key, digest_size=32, person=purpose).digest()
    return urlsafe_b64encode(drawn).decode().rstrip("=")
