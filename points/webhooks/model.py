"""Webhooks' facts: endpoints as they were registered, messages, and how each delivery went."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from points.kernel.ensure import ensure
from points.kernel.ids import Actor, PartnerId

URL_LENGTH_MAX = 500
DESCRIPTION_LENGTH_MAX = 120
ENDPOINTS_MAX = 20
"""So many endpoints may one owner keep that have not ended."""

OVERLAP = timedelta(hours=24)
"""For how long messages are signed with the former secret as well, after a rotation."""

LEASE = timedelta(minutes=2)
"""For how long a worker has a delivery to itself; longer than any answer is waited for."""

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
)
"""How long to wait after each failed attempt; after the last one the delivery has failed: two days
and some hours in all, so that a weekend's outage loses nothing."""

ATTEMPTS_MAX = len(PAUSES) + 1
JITTER_PERCENT = 20
GONE = 410
PORTS = frozenset({None, 443, 8443})
"""Where receivers listen; None stands for the usual one."""

_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,62}")
_PLAIN = re.compile(r"[\x21-\x7e]+")


class Kind(StrEnum):
    """What happened."""

    VOUCHER_ISSUED = "voucher.issued"
    VOUCHER_CAPTURED = "voucher.captured"
    VOUCHER_VOIDED = "voucher.voided"
    VOUCHER_EXPIRED = "voucher.expired"
    VOUCHER_REASSIGNED = "voucher.reassigned"
    STATEMENT_DRAWN_UP = "statement.drawn_up"
    STATEMENT_DISPUTED = "statement.disputed"
    STATEMENT_ACCEPTED = "statement.accepted"
    STATEMENT_REJECTED = "statement.rejected"
    STATEMENT_CONFIRMED = "statement.confirmed"
    STATEMENT_COUNTERSIGNED = "statement.countersigned"
    STATEMENT_PAID = "statement.paid"
    SETTLEMENT_ADJUSTED = "settlement.adjusted"
    CATALOGUE_PUBLISHED = "catalogue.published"
    POOL_LOW = "pool.low"
    TEST = "webhook.test"


FOR_PARTNERS = frozenset(
    {
        Kind.VOUCHER_CAPTURED,
        Kind.VOUCHER_VOIDED,
        Kind.STATEMENT_DRAWN_UP,
        Kind.STATEMENT_DISPUTED,
        Kind.STATEMENT_ACCEPTED,
        Kind.STATEMENT_REJECTED,
        Kind.STATEMENT_CONFIRMED,
        Kind.STATEMENT_COUNTERSIGNED,
        Kind.STATEMENT_PAID,
        Kind.SETTLEMENT_ADJUSTED,
        Kind.CATALOGUE_PUBLISHED,
    }
)
"""What a partner may be told: its own captures, what it is owed, and a new catalogue."""

EVERYBODY = PartnerId("*")
"""Stands for every partner; no partner is called so."""

SUBSCRIBED = tuple(kind for kind in Kind if kind is not Kind.TEST)
"""What can be subscribed to; a test goes where it is asked for."""


class Standing(StrEnum):
    """Whether messages go to an endpoint."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    ENDED = "ended"


class State(StrEnum):
    """How a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where messages go, as its last change left it.

    Attributes:
        partner_id: Whose it is; None for the association's own.
        kinds: What it is told.
        version: Gapless per endpoint, from one.
        secret_no: Number of its newest secret.
    """

    endpoint_id: str
    partner_id: PartnerId | None
    url: str
    description: str
    kinds: tuple[Kind, ...]
    standing: Standing
    version: int = 1
    secret_no: int = 1

    def __post_init__(self) -> None:
        ensure(self.version > 0 and self.secret_no > 0, "versions start at one")
        ensure(bool(self.kinds), "an endpoint is told something")
        told = FOR_PARTNERS if self.partner_id else frozenset(SUBSCRIBED)
        ensure(told.issuperset(self.kinds), "nobody is told what is not theirs to know")

    @property
    def host(self) -> str:
        """Where it is, without a path that may hold a secret."""
        return host_of(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """With what an endpoint's messages are signed.

    Attributes:
        number: Gapless per endpoint, from one; the highest is the newest.
        sealed: Opened only to sign.
        drawn_at: Since when; the one before it still signs for ``OVERLAP``.
    """

    endpoint_id: str
    number: int
    sealed: str = field(repr=False)
    drawn_at: datetime


def signing(secrets: list[Secret], now: datetime) -> list[Secret]:
    """Return the secrets that sign now, the newest first."""
    ordered = sorted(secrets, key=lambda each: each.number, reverse=True)
    return [
        each
        for at, each in enumerate(ordered)
        if at == 0 or now < ordered[at - 1].drawn_at + OVERLAP
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something that happened, as it is told; the same words in every attempt.

    Attributes:
        message_id: The same wherever it is sent and however often.
        partner_id: The only partner that may be told, or ``EVERYBODY``; None where no partner may.
        about: The voucher, statement or version.
        data: What is told besides; ids and amounts, nothing personal.
    """

    message_id: str
    kind: Kind
    partner_id: PartnerId | None = None
    about: str
    data: Mapping[str, Any]
    happened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message on its way to an endpoint: a projection of its attempts and replays.

    Attributes:
        attempts: How often it was tried, in all.
        tries: How often since it was last asked for by hand.
        due_at: When it is tried next.
        leased_until: Until when one worker has it to itself.
    """

    endpoint_id: str
    message_id: str
    state: State = State.PENDING
    attempts: int = 0
    tries: int = 0
    due_at: datetime
    leased_until: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Endpoint and message."""
        return self.endpoint_id, self.message_id

    def may_be_taken(self, now: datetime) -> bool:
        """Return whether a worker may try it now."""
        free = self.leased_until is None or self.leased_until <= now
        return self.state is State.PENDING and self.due_at <= now and free

    def tried(self, attempt: "Attempt") -> "Delivery":
        """Return it after an attempt: delivered, due again later, or failed."""
        tries = self.tries + 1
        if attempt.taken:
            state, due_at = State.DELIVERED, attempt.ended_at
        elif tries >= ATTEMPTS_MAX or attempt.status == GONE:
            state, due_at = State.FAILED, attempt.ended_at
        else:
            state, due_at = State.PENDING, attempt.ended_at + self._pause(tries)
        return replace(
            self,
            state=state,
            attempts=self.attempts + 1,
            tries=tries,
            due_at=due_at,
            leased_until=None,
        )

    def asked_again(self, now: datetime) -> "Delivery":
        """Return it as somebody asks for it by hand: due now, with all tries before it."""
        return replace(self, state=State.PENDING, tries=0, due_at=now, leased_until=None)

    def _pause(self, tries: int) -> timedelta:
        """Return how long to wait, spread a little: receivers that come back are not overrun.

        The spread is drawn from the names, so the same facts say the same.
        """
        pause = PAUSES[tries - 1]
        about = f"{self.endpoint_id}|{self.message_id}|{self.attempts}".encode()
        drawn = int.from_bytes(blake2b(about, digest_size=2).digest(), "big") % JITTER_PERCENT
        return pause + pause * drawn // 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to deliver a message; nothing of the answer is kept but its status.

    Attributes:
        number: Gapless per delivery, from one.
        status: Of the answer; None where none came.
        error: Why none came, as a stable code; empty otherwise.
    """

    endpoint_id: str
    message_id: str
    number: int
    status: int | None
    error: str = ""
    milliseconds: int
    ended_at: datetime

    def __post_init__(self) -> None:
        ensure(self.number > 0 and self.milliseconds >= 0, "attempts are counted")
        ensure((self.status is None) == bool(self.error), "an answer or a reason")

    @property
    def taken(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - of success


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Somebody asked for a message again."""

    replay_id: str
    endpoint_id: str
    message_id: str
    actor: Actor
    asked_at: datetime


def host_of(url: str) -> str:
    """Return the host that an address names."""
    return urlsplit(url).hostname or ""


def url_fits(url: str, *, insecure: bool = False) -> bool:
    """Return whether messages may be registered to go to a URL.

    ``https``, a name with a dot that is no address, nothing that says who we are, nothing after a
    number sign; all of it in the one spelling in which it may leave. Where it leads is looked at
    anew each time something is sent.

    Args:
        url: As somebody wrote it.
        insecure: Whether this is a trial, where ``http`` and the own machine will do.
    """
    if len(url) > URL_LENGTH_MAX or _PLAIN.fullmatch(url) is None or "\\" in url or "#" in url:
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    # In capitals, or with a port that is empty or begins with a zero, nothing would ever be sent.
    named = f"{host}:{port}" if port else host
    if parts.netloc != named or not url.startswith(f"{parts.scheme}://"):
        return False
    if insecure and parts.scheme in {"http", "https"} and host in {"127.0.0.1", "localhost"}:
        return True
    return parts.scheme == "https" and port in PORTS and _HOST.fullmatch(host) is not None
