"""What is answered of drafts and versions of rules; what a newer server adds is left alone."""

from datetime import datetime
from typing import Any

from points.client.answers import Read


class DraftSaved(Read):
    """A revision that was saved."""

    draft_id: str
    revision: int
    digest: str
    state: str


class RuleFinding(Read):
    """One mistake and where it is."""

    code: str
    zh: str
    en: str
    file: str = ""
    line: int | None = None
    column: int | str | None = None
    subject: str = ""
    severity: str


class DraftImported(DraftSaved):
    """The draft that a bundle became, and what is missing or different there."""

    differences: list[RuleFinding]


class DraftBrief(Read):
    """A draft in a list."""

    draft_id: str
    revision: int
    programme: str
    state: str
    author: str
    saved_at: datetime
    note: str
    digest: str


class DraftStep(Read):
    """Something that happened to a draft."""

    step: str
    revision: int
    actor: str
    recorded_at: datetime
    reason: str
    detail: dict[str, Any]


class RuleDraft(DraftBrief):
    """A draft as it stands, word for word."""

    text: str
    cases: dict[str, str]
    owners: list[str]
    steps: list[DraftStep]


class DraftChecked(Read):
    """What the gate finds about a draft; without reasons it may be submitted."""

    digest: str
    programme: str
    version: int
    sha256: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    findings: list[RuleFinding]
    cases_passed: int
    case_failures: list[RuleFinding]
    never_hit: list[str]
    never_refused: list[str]
    backtest_sha256: str
    reasons: list[str]


class DraftEnded(Read):
    """Where a draft stands after a step; an approved one is a version."""

    draft_id: str
    state: str
    revision: int | None = None
    programme: str | None = None
    version: int | None = None
    sha256: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    warnings: int | None = None


class RuleVersion(Read):
    """A version, and where it stands now."""

    programme: str
    version: int
    sha256: str
    phase: str
    origin: str
    starts_at: datetime
    ends_at: datetime
    draft_id: str | None = None
    revision: int | None = None
    submitted_by: str | None = None
    approved_by: str | None = None
    published_at: datetime | None = None
    correction_id: str | None = None
    retired_by: str | None = None
    retired_reason: str | None = None


class RuleVersions(Read):
    """Every version, by programme, the newest first."""

    items: list[RuleVersion]


class RuleVersionText(RuleVersion):
    """A version, word for word."""

    text: str
    cases: dict[str, str]


class VersionRetired(Read):
    """The end that a version was given."""

    programme: str
    version: int
    ends_at: datetime


class RuleBundle(Read):
    """A version that travels."""

    bundle: dict[str, Any]
