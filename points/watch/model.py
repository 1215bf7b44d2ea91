"""What the watch sees, what it says of it, and what staff answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from points.kernel.ensure import ensure
from points.kernel.ids import (
    Actor,
    AlertId,
    MemberId,
    OperationId,
    OutletId,
    PartnerId,
    base32,
)

NOTE_LENGTH_MAX = 500
EVIDENCE_MAX = 50
"""So many events stand on an alert; how many there were stands in its figures."""

ID_LENGTH = 26


class Kind(StrEnum):
    """What looks odd."""

    BUSY = "busy"
    BUSY_HOUR = "busy_hour"
    ONE_OUTLET = "one_outlet"
    FEW_MEMBERS = "few_members"
    ONE_PAIR = "one_pair"
    OPERATOR_VOIDS = "operator_voids"
    OUTLET_VOIDS = "outlet_voids"
    LOOP = "loop"
    OUTSIDE_HOURS = "outside_hours"
    FAR_APART = "far_apart"
    SHARED_PHONE = "shared_phone"
    MOVING_TILL = "moving_till"
    TO_THE_CAP = "to_the_cap"
    AFTER_ISSUE = "after_issue"
    GUESSES = "guesses"


class State(StrEnum):
    """Where an alert stands."""

    OPEN = "open"
    LOOKED_AT = "looked_at"
    EXPLAINED = "explained"
    CONFIRMED = "confirmed"


ENDS = (State.EXPLAINED, State.CONFIRMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A capture or a void as the watch sees it; nothing here says who somebody is.

    Attributes:
        undoes: The capture that it takes back, of a void.
        whole: Whether an amount voucher was taken in one go, to its last fen; None for others.
        issued_at: When its voucher was drawn.
        outside_hours: As the counter found then.
    """

    event_id: str
    at: datetime
    voucher_id: str
    member_id: MemberId
    partner_id: PartnerId
    outlet_id: OutletId
    operator_id: str
    device_id: str
    cost_fen: int
    issued_at: datetime
    undoes: str | None = None
    whole: bool | None = None
    outside_hours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How often one operator of an outlet served one member in the trailing window."""

    outlet_id: OutletId
    operator_id: str
    member_id: MemberId
    captures: int
    voids: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """Codes that do not exist, tried at one device on one day."""

    outlet_id: OutletId
    device_id: str
    attempts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """One device that several members log in with."""

    device: str
    members: tuple[MemberId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Everything that one closed day is judged by.

    Attributes:
        day: As ``2026-03-02``, local.
        seen: Its captures and voids, by time.
        tallies: Of the trailing window that ends with the day.
        past: Captures by outlet for each earlier day of that window, oldest first.
        places: Of outlets, as latitude and longitude in millionths of a degree.
        hour_of: Local hours, by event.
    """

    day: str
    seen: tuple[Seen, ...]
    tallies: tuple[Tally, ...] = ()
    past: Mapping[OutletId, tuple[int, ...]] = field(default_factory=dict)
    places: Mapping[OutletId, tuple[int, int]] = field(default_factory=dict)
    attempts: tuple[Attempts, ...] = ()
    phones: tuple[Phone, ...] = ()
    hour_of: Mapping[str, int] = field(default_factory=dict)

    @property
    def month(self) -> str:
        """The month that the day lies in."""
        return self.day[: len("2026-03")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that looks odd, with what shows it.

    Attributes:
        window: The day or the month that it is about; the same thing is said once in it.
        subject: About what, as ``outlet:YF01`` or ``pair:YF01/07/01J…``.
        figures: Whole numbers by name.
        threshold: What they were held against.
        events: Ids of captures, voids or attempts, at most ``EVIDENCE_MAX``.
    """

    kind: Kind
    window: str
    subject: str
    figures: Mapping[str, int]
    threshold: Mapping[str, int]
    events: tuple[str, ...]
    outlet_id: OutletId | None = None
    member_id: MemberId | None = None

    def __post_init__(self) -> None:
        ensure(len(self.events) <= EVIDENCE_MAX, "evidence is bounded")

    @property
    def alert_id(self) -> AlertId:
        """The same finding always has the same id, whoever found it and how often."""
        said = f"{self.kind.value}\n{self.subject}\n{self.window}".encode()
        return AlertId(base32(int.from_bytes(sha256(said).digest()), ID_LENGTH))


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A finding that was told to staff; never changed.

    Attributes:
        day: Of the run that found it.
        policy_sha256: Of the thresholds that held then.
    """

    alert_id: AlertId
    finding: Finding
    day: str
    policy_sha256: str
    raised_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A step of an alert: somebody looked at it, or said what it was.

    Attributes:
        version: Gapless per alert.
        note: What was found out; needed to end it.
    """

    alert_id: AlertId
    version: int
    step: State
    actor: Actor
    note: str
    operation_id: OperationId
    recorded_at: datetime

    def __post_init__(self) -> None:
        ensure(self.step is not State.OPEN, "a step leads on")
        ensure((self.step in ENDS) is bool(self.note), "an end says why, a look says nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an alert stands, under its lock."""

    alert_id: AlertId
    state: State
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRun:
    """A closed day that the watch has judged; never judged again.

    Attributes:
        seen: How many captures and voids it saw.
        alerts: How many were new.
    """

    day: str
    policy_sha256: str
    seen: int
    alerts: int
    judged_at: datetime
