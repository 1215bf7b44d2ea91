"""Accounts of staff: what happened to each, and how it stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from points.identity.roles import Grant, Role, read_grant
from points.kernel.ensure import ensure
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import Actor, MemberId

CONSOLE = Actor("staff:console")
UNKNOWN = Actor("staff:unknown")
"""Who tried to log in and did not prove to be anybody."""

RESERVED = frozenset({"console", "unknown", "system", "nobody", "everybody"})
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")
BORROWED_REST = timedelta(hours=24)
"""Whoever has broken the glass does not do so again for so long."""


class Change(StrEnum):
    """What happens to an account."""

    ADDED = "added"
    DISABLED = "disabled"
    ENABLED = "enabled"
    GRANTED = "granted"
    REVOKED = "revoked"
    LINKED = "linked"
    RESET = "reset"
    BORROWED = "borrowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of staff as it stands: a projection of its events.

    Attributes:
        staff_id: The name with which the person logs in; ``staff:li`` acts.
        version: Of the last event.
        active: Whether the person may log in.
        grants: What the person may do; some end by themselves.
        person: The member that the person also is, if any.
        borrowed_at: When the person last broke the glass.
        sign_on: Keyed hash of who the person is at the issuer of single sign-on, if linked.
    """

    staff_id: str
    version: int
    active: bool = True
    grants: tuple[Grant, ...] = ()
    person: MemberId | None = None
    borrowed_at: datetime | None = None
    sign_on: str | None = None

    @property
    def actor(self) -> Actor:
        """How facts name the person."""
        return Actor(f"staff:{self.staff_id}")

    def roles(self, now: datetime) -> tuple[Grant, ...]:
        """Return what the person may do at a moment."""
        return tuple(each for each in self.grants if each.counts(now)) if self.active else ()

    def has(self, role: Role, now: datetime) -> bool:
        """Return whether the person has a role at a moment."""
        return any(each.role is role for each in self.roles(now))

    def with_grant(self, grant: Grant) -> "Account":
        """Return the account with a grant; one that goes as far is replaced."""
        return replace(self, grants=(*self.without(grant.spelled).grants, grant))

    def without(self, spelled: str) -> "Account":
        """Return the account without a grant."""
        kept = tuple(each for each in self.grants if each.spelled != spelled)
        return replace(self, grants=kept)

    def standing(self) -> dict[str, Any]:
        """Return how the account stands, as it is kept; events hold what follows from them."""
        return {
            "active": self.active,
            "borrowed_at": None if self.borrowed_at is None else self.borrowed_at.isoformat(),
            "grants": [
                {"grant": each.spelled, "until": each.until and each.until.isoformat()}
                for each in self.grants
            ],
            "person": self.person,
            "sign_on": self.sign_on,
        }

    @classmethod
    def of(cls, staff_id: str, version: int, standing: Mapping[str, Any]) -> "Account":
        """Return the account that a kept standing describes."""
        return cls(
            staff_id=staff_id,
            version=version,
            active=standing["active"],
            grants=tuple(_grant(each) for each in standing["grants"]),
            person=standing["person"],
            borrowed_at=_moment(standing["borrowed_at"]),
            sign_on=standing["sign_on"],
        )


def _grant(kept: Mapping[str, Any]) -> Grant:
    found = read_grant(kept["grant"], until=_moment(kept["until"]))
    if found is None:
        raise BrokenInvariant("what is kept of a grant can be read")
    return found


def _moment(kept: str | None) -> datetime | None:
    return None if kept is None else datetime.fromisoformat(kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffEvent:
    """One thing that happened to an account; never changed after it was written.

    Attributes:
        version: Gapless per account, from one.
        reason: In the words of whoever acted; never personal.
        standing: How the account stands from then on.
    """

    staff_id: str
    version: int
    change: Change
    actor: Actor
    reason: str
    standing: Mapping[str, Any]
    recorded_at: datetime

    def __post_init__(self) -> None:
        ensure(self.version > 0, "versions start at one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """With what somebody logs in. Secrets, all of it: never in events, answers or logs.

    Attributes:
        password_hash: argon2id.
        factor: The sealed secret of the second factor.
        factor_step: The last time step of which a code was taken.
        recovery: Keyed hashes of the recovery codes that are left.
        set_up_hash: Keyed hash of the code with which the account is set up, while it is open.
        set_up_until: When that code ends.
        pending_password: Chosen while setting up, not in force yet.
        pending_factor: The same of the second factor.
    """

    staff_id: str
    password_hash: str | None = field(default=None, repr=False)
    factor: str | None = field(default=None, repr=False)
    factor_step: int = 0
    recovery: tuple[str, ...] = field(default=(), repr=False)
    set_up_hash: str | None = field(default=None, repr=False)
    set_up_until: datetime | None = None
    pending_password: str | None = field(default=None, repr=False)
    pending_factor: str | None = field(default=None, repr=False)

    @property
    def ready(self) -> bool:
        """Whether one can log in with it; never without a second factor."""
        return self.password_hash is not None and self.factor is not None

    def may_be_set_up(self, code_hash: str, now: datetime) -> bool:
        """Return whether a set-up code is this account's and has not ended."""
        return (
            self.set_up_hash == code_hash
            and self.set_up_until is not None
            and now < self.set_up_until
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that a person of staff should know.

    Attributes:
        recipient: The account.
        code: Stable: ``glass_broken``, ``new_device``, ``account_reset``, ``pool_low``.
        subject: The id of what it is about.
        said: Plain values.
    """

    notice_id: str
    recipient: str
    code: str
    subject: str
    said: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime
    read_at: datetime | None = None


def name_ok(name: str) -> bool:
    """Return whether an account may be called so."""
    return _NAME.fullmatch(name) is not None and name not in RESERVED


def typed_name(typed: str) -> str:
    """Return the account that somebody typed; a name that none can have becomes nobody's."""
    name = typed.strip().lower()
    return name if name_ok(name) else "nobody"
