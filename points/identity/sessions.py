"""Sessions of people who logged in: how their tokens are spelled, and when they open."""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from points.identity.keys import secret_hash
from points.identity.roles import Kind
from points.kernel.ensure import ensure
from points.kernel.ids import AssociationId

STAFF_IDLE, STAFF_LONGEST = timedelta(minutes=30), timedelta(hours=12)
"""After how long without a request, and after how long in any case, staff log in again."""

TILL_IDLE, TILL_LONGEST = timedelta(minutes=60), timedelta(hours=12)
"""The same for operators at a till: at most a shift."""

SEEN_EVERY = timedelta(minutes=1)
"""So often at most is written that a session is in use; it ends that much earlier at the worst."""

_TOKEN = re.compile(r"ps_([a-z0-9][a-z0-9-]{0,38})_([0-9A-Z]{26})_([A-Za-z0-9_-]{43})")


class Binding(StrEnum):
    """What holds a token to the device that it was given to."""

    NONE = "none"
    COOKIE = "cookie"
    DPOP = "dpop"


class Ended(StrEnum):
    """Why a session ended before its time."""

    LOGGED_OUT = "logged_out"
    BY_ADMIN = "by_admin"
    PASSWORD = "password_changed"  # noqa: S105 - why, not which
    SECOND_FACTOR = "second_factor_changed"
    DISABLED = "disabled"
    ERASED = "erased"
    REVOKED = "revoked"
    FROZEN = "frozen"
    REPLAYED = "replayed"


@dataclass(frozen=True, slots=True)
class Held:
    """How a token was presented.

    Attributes:
        binding: Bare, from a cookie, or with a proof of a device's key.
        thumbprint: Of that key (RFC 7638); the proof has been checked.
    """

    binding: Binding = Binding.NONE
    thumbprint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One log-in of one person on one device.

    Attributes:
        session_id: Public part of the token.
        token_hash: SHA-256 of its secret part.
        kind: Staff, a member, or a partner's operator.
        subject: The staff account, the member's id, or the partner's.
        outlet: Where an operator works.
        operator: Which one.
        till_key: The key of the till at which an operator logged in; without it the session opens
            nothing.
        device: What the person's program calls itself.
        address: From where they logged in.
        binding: What holds the token to the device.
        thumbprint: Of the device's key, where it is bound to one.
        seen_at: When it was last in use, to the minute.
        idle_seconds: Without use for so long, it is over.
        expires_at: When it is over in any case.
        verified_at: When the person last proved the second factor, or the code sent to them.
        ended_at: When it was ended, if it was.
    """

    session_id: str
    token_hash: str
    kind: Kind
    subject: str
    outlet: str | None = None
    operator: str | None = None
    till_key: str | None = None
    device: str = ""
    address: str = ""
    binding: Binding = Binding.NONE
    thumbprint: str = ""
    created_at: datetime
    seen_at: datetime
    idle_seconds: int
    expires_at: datetime
    verified_at: datetime | None = None
    ended_at: datetime | None = None
    ended_because: str = ""

    def __post_init__(self) -> None:
        ensure(self.created_at < self.expires_at, "a session lasts")
        ensure(self.idle_seconds > 0, "a session may rest a while")
        bound = self.binding is Binding.DPOP
        ensure(bound == bool(self.thumbprint), "a bound session knows its key")
        at_till = self.kind is Kind.PARTNER
        ensure(at_till == bool(self.till_key), "an operator's session knows its till")
        ensure(at_till == bool(self.outlet and self.operator), "and who stands there")

    def counts(self, now: datetime) -> bool:
        """Return whether it has neither ended, nor expired, nor been left alone for too long."""
        rested = now - self.seen_at
        return (
            self.ended_at is None
            and now < self.expires_at
            and rested < timedelta(seconds=self.idle_seconds)
        )


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """A session's token as a caller presents it, taken apart."""

    association_id: AssociationId
    session_id: str
    secret: str

    def opens(self, session: Session, held: Held) -> bool:
        """Return whether this is that session's token, presented as it has to be."""
        right = hmac.compare_digest(secret_hash(self.secret), session.token_hash)
        bound = hmac.compare_digest(held.thumbprint, session.thumbprint)
        return right and bound and held.binding is session.binding


def spell_token(association: AssociationId, session_id: str, secret: str) -> str:
    """Return a token as its holder keeps it; its secret comes from ``keys.fresh_secret``."""
    spelled = f"ps_{association}_{session_id}_{secret}"
    ensure(_TOKEN.fullmatch(spelled), "tokens have one spelling")
    return spelled


def read_token(spelled: str) -> PresentedToken | None:
    """Return a presented token taken apart, or None where it is none of ours."""
    found = _TOKEN.fullmatch(spelled)
    if found is None:
        return None
    return PresentedToken(AssociationId(found[1]), found[2], found[3])
