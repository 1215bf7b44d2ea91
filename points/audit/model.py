"""Events of the audit trail, where they came from, and how each is chained to the one before."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from points.kernel.canonical import digest
from points.kernel.ensure import ensure
from points.kernel.ids import Actor, AssociationId, OperationId

GENESIS = "0" * 64
"""What stands before the first event of an association."""

FORMAT = "points-audit-1/sha256"
"""Is hashed with every event: which fields, in which spelling, by which function."""

TEXT_LENGTH_MAX = 120
SUBJECT_LENGTH_MAX = 80
DOCUMENT_CHARACTERS_MAX = 65_536

PERSONAL = frozenset(
    {"name", "real_name", "phone", "mobile", "identity", "identity_number", "id_number", "email"}
)
"""Fields that identify a person; no document of an event may hold one."""

_ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_CODE = re.compile(r"[A-Za-z0-9._~@:/-]{1,80}")
_NUMBER = re.compile(r"[0-9](?:[._~@:/-]?[0-9]){10}")
WITHHELD = "withheld"
"""Stands for a subject that was asked for, may be personal, and was not found."""


class Channel(StrEnum):
    """By which way a command came."""

    API = "api"
    WEB = "web"
    CLI = "cli"
    WORKER = "worker"
    SYSTEM = "system"


class Result(StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """From where something was asked; what cannot be printed is left out, what is long is cut.

    Attributes:
        channel: By which way.
        address: The network address of whoever asked.
        session: The session, or the public part of the key, that they asked with.
        device: The user agent, or the account of the operating system and the host.
    """

    channel: Channel = Channel.SYSTEM
    address: str = ""
    session: str = ""
    device: str = ""

    def __post_init__(self) -> None:
        for name in ("address", "session", "device"):
            said = "".join(filter(str.isprintable, getattr(self, name)))
            object.__setattr__(self, name, said[:TEXT_LENGTH_MAX])


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a flow says about what it did; the engine knows who, when and from where.

    Attributes:
        action: Stable, as ``freeze``; the flow's name where nothing was said.
        subject: The id of what it was done to, never a name or a number of a person.
        before: Plain values that it replaced.
        after: Plain values that hold from now on.
        reason: In the words of whoever acted.
        detail: Anything else, plain.
        outcome: Whether it was done or refused.
        code: The refusal's.
    """

    action: str
    subject: str = ""
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    reason: str = ""
    detail: Mapping[str, Any] | None = None
    outcome: Result = Result.DONE
    code: str = ""

    def document(self) -> dict[str, Any]:
        """Return what is kept beside the columns; what was not said is left out."""
        said = {
            "before": self.before,
            "after": self.after,
            "reason": self.reason,
            "detail": self.detail,
        }
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who asked for what, of a command that is to be put on the trail."""

    actor: Actor
    flow: str
    subject: str
    operation_id: OperationId
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where an association's chain ends.

    Attributes:
        sequence: Of the last event; 0 where there is none.
        hash: Of the last event.
        recorded_at: Its moment; no later event bears an earlier one.
    """

    sequence: int = 0
    hash: str = GENESIS
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event as it is kept.

    Attributes:
        sequence: Counts up without gaps within the association, from 1.
        document: ``before``, ``after``, ``reason`` and ``detail``, as far as they were said.
        flow: The flow that carried it out.
        previous_hash: Of the event before, or ``GENESIS``.
        hash: Of everything in this event, the previous hash included.
    """

    association_id: AssociationId
    sequence: int
    recorded_at: datetime
    actor: Actor
    action: str
    subject: str
    outcome: Result
    code: str
    flow: str
    operation_id: OperationId
    origin: Origin
    document: Mapping[str, Any] = field(default_factory=dict)
    previous_hash: str
    hash: str = ""

    @classmethod
    def chained(cls, **fields: Any) -> Self:  # noqa: ANN401 - the fields of an event
        """Return an event with the hash that follows from its fields."""
        bare = cls(**fields)
        return cls(**fields, hash=digest(bare.content()))

    def content(self) -> dict[str, Any]:
        """Return everything that is hashed, as plain JSON values."""
        return {
            "format": FORMAT,
            "association_id": self.association_id,
            "sequence": self.sequence,
            "recorded_at": self.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": self.actor,
            "action": self.action,
            "subject": self.subject,
            "outcome": self.outcome.value,
            "code": self.code,
            "flow": self.flow,
            "operation_id": self.operation_id,
            "channel": self.origin.channel.value,
            "address": self.origin.address,
            "session": self.origin.session,
            "device": self.origin.device,
            "document": self.document,
            "previous_hash": self.previous_hash,
        }

    @property
    def right(self) -> bool:
        """Whether the hash follows from the fields."""
        return self.hash == digest(self.content())


def asked_for(identifier: str) -> str:
    """Return what may be kept of an id that somebody asked for in vain.

    Whoever types a name or a telephone number where an id belongs must not put it on the trail.
    Ids of our own and codes without long numbers stay as they are.
    """
    if not identifier or _ULID.fullmatch(identifier):
        return identifier
    if _CODE.fullmatch(identifier) is None or _NUMBER.search(identifier):
        return WITHHELD
    return identifier


def refuse_personal(said: object) -> None:
    """Make sure that no field of a document is one that identifies a person.

    Raises:
        BrokenInvariant: One is.
    """
    if isinstance(said, Mapping):
        ensure(PERSONAL.isdisjoint(said), "the audit trail holds nothing that identifies a person")
        for value in said.values():
            refuse_personal(value)
    elif isinstance(said, (list, tuple)):
        for value in said:
            refuse_personal(value)
