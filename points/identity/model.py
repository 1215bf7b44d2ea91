"""Principals and the keys that stand for them."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from points.kernel.ensure import ensure
from points.kernel.ids import Actor, AssociationId

KEY_BYTES = 32
_KEY = re.compile(r"pk_(live|test)_([a-z0-9][a-z0-9-]{0,38})_([0-9A-Z]{26})_([A-Za-z0-9_-]{43})")


class Role(StrEnum):
    """What kind of caller it is."""

    STAFF = "staff"
    MEMBER = "member"
    PARTNER = "partner"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks.

    Attributes:
        association_id: The one association that it belongs to.
        role: What kind of caller it is.
        subject: The member's id, the partner's, the source's name, or the staff member's.
        outlet: The one outlet that a partner's key is bound to, if it is.
        branch: The one branch that a reviewer sees, if limited.
        grid: The one grid that a reviewer sees, if limited.
    """

    association_id: AssociationId
    role: Role
    subject: str
    outlet: str | None = None
    branch: str | None = None
    grid: str | None = None

    @property
    def actor(self) -> Actor:
        """Return how operations and facts name this caller."""
        place = f"@{self.outlet}" if self.outlet else ""
        return Actor(f"{self.role.value}:{self.subject}{place}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A machine key; its secret part is known to its holder alone.

    Attributes:
        key_id: Public part.
        principal: Whom it stands for.
        secret_hash: SHA-256 of the secret part, which has 256 bits of its own.
        created_at: When it was issued.
        revoked_at: When it ceased to count, if it did.
    """

    key_id: str
    principal: Principal
    secret_hash: str
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Presented:
    """A key as a caller presents it, taken apart."""

    association_id: AssociationId
    key_id: str
    secret: str

    def opens(self, key: ApiKey) -> bool:
        """Return whether this is that key, compared in constant time."""
        return hmac.compare_digest(secret_hash(self.secret), key.secret_hash)


def fresh_secret() -> str:
    """Return 256 random bits as 43 characters."""
    return secrets.token_urlsafe(KEY_BYTES)


def secret_hash(secret: str) -> str:
    """Return what is stored of a secret; it has enough chance in it to need no stretching."""
    return hashlib.sha256(secret.encode()).hexdigest()


def spell_key(association: AssociationId, key_id: str, secret: str, *, live: bool = True) -> str:
    """Return a key as its holder keeps it."""
    spelled = f"pk_{'live' if live else 'test'}_{association}_{key_id}_{secret}"
    ensure(_KEY.fullmatch(spelled), "keys have one spelling")
    return spelled


def read_key(spelled: str) -> Presented | None:
    """Return a presented key taken apart, or None where it is none of ours."""
    found = _KEY.fullmatch(spelled)
    if found is None:
        return None
    return Presented(AssociationId(found[2]), found[3], found[4])
