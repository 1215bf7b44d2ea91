"""Drafts and versions of rules as facts: who wrote, who submitted, who approved, when it holds."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from points.kernel.canonical import canonical_json
from points.kernel.ensure import ensure
from points.kernel.ids import Actor, DraftId, OperationId

TEXT_CHARACTERS_MAX = 400_000
CASE_FILES_MAX = 60
CASES_CHARACTERS_MAX = 800_000
NAME_LENGTH_MAX = 100
NOTE_LENGTH_MAX = 500
VERSION_MAX = 999_999


class Step(StrEnum):
    """What happens to a draft."""

    SAVED = "saved"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class DraftState(StrEnum):
    """Where a draft stands. A new revision opens all but submitted and approved ones again."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


AFTER: dict[Step, DraftState] = {
    Step.SAVED: DraftState.DRAFT,
    Step.SUBMITTED: DraftState.SUBMITTED,
    Step.APPROVED: DraftState.APPROVED,
    Step.REJECTED: DraftState.REJECTED,
    Step.WITHDRAWN: DraftState.WITHDRAWN,
}
"""Where each step leaves a draft."""


class Phase(StrEnum):
    """Where a published version stands; it follows from the clock and from what came after it."""

    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    RETIRED = "retired"


def digest_of(text: str, cases: Mapping[str, str]) -> str:
    """Return the SHA-256 of a rule file and its case files, byte for byte."""
    return hashlib.sha256(canonical_json([text, dict(cases)]).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One revision of a draft, word for word as it was written; never changed.

    Attributes:
        revision: From one; each saving is a new one.
        programme: Whose rules it would change.
        text: The rule file, comments and order included.
        cases: Case files, by name.
        note: What it is for, in words.
        digest: Of text and cases, byte for byte.
    """

    draft_id: DraftId
    revision: int
    programme: str
    text: str
    cases: Mapping[str, str]
    note: str
    digest: str
    author: Actor
    saved_at: datetime

    def __post_init__(self) -> None:
        ensure(self.revision > 0, "revisions start at one")
        ensure(self.digest == digest_of(self.text, self.cases), "a draft is what its digest says")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftEvent:
    """One step of a draft.

    Attributes:
        sequence: Gapless per draft, from one.
        submitted_by: Who submitted the revision that is approved or rejected.
        reason: In words; a rejection needs one.
        detail: Of a submission what the gate found, the attached back-test included.
    """

    draft_id: DraftId
    sequence: int
    step: Step
    revision: int
    actor: Actor
    operation_id: OperationId
    recorded_at: datetime
    submitted_by: Actor | None = None
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ensure(self.sequence > 0, "sequences start at one")
        decided = self.step in (Step.APPROVED, Step.REJECTED)
        ensure(decided == (self.submitted_by is not None), "a decision says who submitted")
        ensure(self.actor != self.submitted_by, "another person decides")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A draft as it stands.

    Attributes:
        draft: Its newest revision.
        sequence: Of its last event.
        writers: Who saved any of its revisions.
        submission: The event that submitted the newest revision, while it stands submitted or has
            been decided.
    """

    draft: Draft
    state: DraftState
    sequence: int
    writers: frozenset[Actor]
    submission: DraftEvent | None = None

    @property
    def owners(self) -> frozenset[Actor]:
        """Everybody who may not decide on it: who wrote any part of it, and who submitted it."""
        submitter = {self.submission.actor} if self.submission is not None else set()
        return self.writers | submitter


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A published version of a programme's rules; never changed.

    Attributes:
        sha256: Of the canonical content, as it stands on every award.
        digest: Of text and cases, byte for byte.
        starts_at: The instant from which it holds for what happens.
        ends_at: The instant from which it holds no longer.
        correction_id: Of the correction batch that brings it in for the past, if one does.
    """

    programme: str
    version: int
    sha256: str
    digest: str
    starts_at: datetime
    ends_at: datetime
    draft_id: DraftId
    revision: int
    submitted_by: Actor
    approved_by: Actor
    published_at: datetime
    operation_id: OperationId
    correction_id: str | None = None

    def __post_init__(self) -> None:
        ensure(self.version > 0, "versions start at one")
        ensure(self.starts_at < self.ends_at, "a version holds for a while")
        ensure(self.submitted_by != self.approved_by, "two people publish")
        ahead = self.published_at < self.starts_at
        ensure(ahead or self.correction_id is not None, "only a correction reaches back")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """The end that somebody gave a version before its own.

    Attributes:
        ends_at: From when it holds no longer; its own beginning where it never begins.
        correction_id: Of the correction batch that takes it back for the past, if one does.
    """

    programme: str
    version: int
    ends_at: datetime
    actor: Actor
    reason: str
    operation_id: OperationId
    recorded_at: datetime
    correction_id: str | None = None

    def __post_init__(self) -> None:
        ahead = self.recorded_at < self.ends_at
        ensure(ahead or self.correction_id is not None, "nothing ends in the past")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """A published version with the end that was given to it, if one was."""

    version: Version
    retirement: Retirement | None = None

    @property
    def ends_at(self) -> datetime:
        """The instant from which it holds no longer."""
        own = self.version.ends_at
        return own if self.retirement is None else min(own, self.retirement.ends_at)

    def covers(self, at: datetime) -> bool:
        """Return whether it may hold for what happens at an instant."""
        return self.version.starts_at <= at < self.ends_at


def phase_of(one: Shelved, all_of_programme: Iterable[Shelved], now: datetime) -> Phase:
    """Return where a version stands: a higher one that covers the instant takes its place."""
    if one.ends_at <= max(now, one.version.starts_at):
        return Phase.RETIRED
    if now < one.version.starts_at:
        return Phase.SCHEDULED
    number = one.version.version
    later = (each for each in all_of_programme if each.version.version > number)
    return Phase.RETIRED if any(each.covers(now) for each in later) else Phase.IN_FORCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A rule file of the installation's folder, kept when it first scored something."""

    programme: str
    version: int
    sha256: str
    text: str
