"""Machine keys: how they are spelled, what is kept of them, and when they open."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from points.identity.model import Principal
from points.kernel.ensure import ensure
from points.kernel.ids import AssociationId

KEY_BYTES = 32
SANDBOX = "-test"
"""How the name of an association ends in which everything is for trying; its keys say so too."""

ENDS_SOON = timedelta(days=14)
UNUSED = timedelta(days=90)

_ASSOCIATION = re.compile(r"[a-z0-9][a-z0-9-]{0,38}")
_KEY = re.compile(r"pk_(live|test)_([a-z0-9][a-z0-9-]{0,38})_([0-9A-Z]{26})_([A-Za-z0-9_-]{43})")


class Concern(StrEnum):
    """What somebody should look at."""

    ENDS_SOON = "ends_soon"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A machine key; its secret part is known to its holder alone.

    Attributes:
        key_id: Public part.
        principal: Whom it stands for.
        secret_hash: SHA-256 of the secret part, which has 256 bits of its own.
        created_at: When it was issued.
        expires_at: When it ceases to count by itself, if it does.
        superseded_by: The key that was issued in its place, if one was.
        superseded_at: When it ceases to count because of that.
        revoked_at: When it ceased to count, if it did.
        last_used_on: The day on which it last opened something, if it did.
    """

    key_id: str
    principal: Principal
    secret_hash: str
    created_at: datetime
    expires_at: datetime | None = None
    superseded_by: str | None = None
    superseded_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_on: date | None = None

    @property
    def ends_at(self) -> datetime | None:
        """When it ceases to count by itself, whatever the reason; None for never."""
        return min(filter(None, (self.expires_at, self.superseded_at)), default=None)

    def counts(self, now: datetime) -> bool:
        """Return whether it may still open anything."""
        return self.revoked_at is None and (self.ends_at is None or now < self.ends_at)

    def warnings(self, now: datetime) -> tuple[Concern, ...]:
        """Return what somebody should look at; nothing of a key that opens nothing any more."""
        if not self.counts(now):
            return ()
        ends_soon = self.ends_at is not None and self.ends_at - now <= ENDS_SOON
        last = self.last_used_on or self.created_at.date()
        return (
            *((Concern.ENDS_SOON,) if ends_soon else ()),
            *((Concern.UNUSED,) if now.date() - last > UNUSED else ()),
        )


@dataclass(frozen=True, slots=True)
class Presented:
    """A key as a caller presents it, taken apart."""

    association_id: AssociationId
    key_id: str
    secret: str

    def opens(self, key: ApiKey) -> bool:
        """Return whether this is that key, compared in constant time."""
        return hmac.compare_digest(secret_hash(self.secret), key.secret_hash)


def is_sandbox(association: AssociationId) -> bool:
    """Return whether everything in an association is for trying."""
    return association.endswith(SANDBOX)


def sandbox_of(association: AssociationId) -> AssociationId | None:
    """Return the association beside another in which its partners try things; None for none."""
    twin = f"{association}{SANDBOX}"
    if is_sandbox(association) or _ASSOCIATION.fullmatch(twin) is None:
        return None
    return AssociationId(twin)


def fresh_secret() -> str:
    """Return 256 random bits as 43 characters."""
    return secrets.token_urlsafe(KEY_BYTES)


def secret_hash(secret: str) -> str:
    """Return what is stored of a secret; it has enough chance in it to need no stretching."""
    return hashlib.sha256(secret.encode()).hexdigest()


def spell_key(association: AssociationId, key_id: str, secret: str) -> str:
    """Return a key as its holder keeps it; a sandbox's begin with ``pk_test_``."""
    mode = "test" if is_sandbox(association) else "live"
    spelled = f"pk_{mode}_{association}_{key_id}_{secret}"
    ensure(_KEY.fullmatch(spelled), "keys have one spelling")
    return spelled


def read_key(spelled: str) -> Presented | None:
    """Return a presented key taken apart, or None where it is none of ours."""
    found = _KEY.fullmatch(spelled)
    if found is None or (found[1] == "test") != found[2].endswith(SANDBOX):
        return None
    return Presented(AssociationId(found[2]), found[3], found[4])
