"""Consents by purpose, disclosures, requests for erasure, and impact assessments, as facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from points.kernel.ensure import ensure
from points.kernel.ids import Actor, MemberId

ZONE = ZoneInfo("Asia/Shanghai")
"""Whose midnight a notice takes effect at, and whose days a limit counts."""

ERASURE_WITHIN = timedelta(days=15)
"""A request for erasure is carried out or declined within fifteen days."""

UNMASKINGS_A_DAY_MAX = 50
"""So often a day one member of staff may look at what is masked."""

ASSESSMENT_KEPT = timedelta(days=3 * 366)
"""Assessments are kept three years at least; nothing here deletes one."""


class Purpose(StrEnum):
    """What personal data is used for; each is agreed to by itself."""

    PARTY = "party"
    HEALTH = "health"
    LEADERBOARD = "leaderboard"
    LOCATION = "location"
    CONTACT = "contact"


class How(StrEnum):
    """How somebody agreed: by themselves here, or on a form that the association keeps."""

    SELF = "self"
    PAPER = "paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a member is told before they agree; a change of it is a new version.

    Attributes:
        effective: From when on it is the one in force.
        sensitive: Whether it concerns sensitive personal information.
        renew: Whether those who agreed to an earlier version are to be asked again.
        sha256: Of title and text in both languages.
    """

    purpose: Purpose
    version: int
    effective: date
    sensitive: bool
    renew: bool
    title: Words
    text: Words
    sha256: str


@dataclass(frozen=True, slots=True)
class Notices:
    """Every version of every notice."""

    notices: tuple[Notice, ...] = ()

    def in_force(self, purpose: Purpose, at: datetime) -> Notice | None:
        """Return the notice that holds at an instant, or None before the first one."""
        found = [n for n in self.notices if n.purpose is purpose and n.effective <= _day(at)]
        return max(found, key=lambda notice: notice.version, default=None)

    def needed(self, purpose: Purpose, at: datetime) -> int:
        """Return the lowest version that an agreement must be of, not to be asked again; or 0."""
        renewing = [
            n.version
            for n in self.notices
            if n.purpose is purpose and n.renew and n.effective <= _day(at)
        ]
        return max(renewing, default=0)


def _day(at: datetime) -> date:
    return at.astimezone(ZONE).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """A member agreed to something, or took it back; never changed after it was written.

    Attributes:
        version: Gapless per member and purpose, from one.
        notice: Which version of the notice they were shown.
        how: By themselves, or on paper; then ``actor`` attests it.
    """

    member_id: MemberId
    purpose: Purpose
    version: int
    given: bool
    notice: int
    how: How
    actor: Actor
    recorded_at: datetime

    def __post_init__(self) -> None:
        ensure(self.version > 0, "versions start at one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a member last said about one purpose: a projection."""

    member_id: MemberId
    purpose: Purpose
    given: bool
    notice: int
    version: int
    changed_at: datetime


class Look(StrEnum):
    """In which way somebody's data was disclosed."""

    UNMASK = "unmask"
    EXPORT = "export"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """Somebody looked at what is masked; written before it is shown.

    Attributes:
        day: Whose count it is in: the day in :data:`ZONE`.
        number: Gapless per actor, kind and day, from one.
        fields: What was shown.
        reason: A stable code.
        words: Why, in words.
    """

    actor: Actor
    kind: Look
    day: str
    number: int
    member_id: MemberId
    fields: tuple[str, ...]
    reason: str
    words: str
    recorded_at: datetime


class Step(StrEnum):
    """What becomes of a request to be erased."""

    REQUESTED = "requested"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    CARRIED_OUT = "carried_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureStep:
    """One step of a request; never changed after it was written.

    Attributes:
        reason: ``request``, ``retention``, ``court`` or another stable code; for a refusal, words.
        due_at: By when it is to be carried out or declined.
    """

    member_id: MemberId
    version: int
    step: Step
    actor: Actor
    reason: str
    recorded_at: datetime
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The record of a personal information protection impact assessment.

    Attributes:
        version: Gapless, from one.
        body: Scope, lawfulness, risks, measures, conclusion.
        document_sha256: Of the signed document, which is kept elsewhere.
    """

    version: int
    title: str
    made_on: str
    author: str
    body: Mapping[str, Any] = field(default_factory=dict)
    document_sha256: str
    actor: Actor
    recorded_at: datetime
