"""What is answered about personal data."""

from datetime import date, datetime
from typing import Any

from pydantic import ConfigDict

from points.client.answers import Read


class Notice(Read):
    """What a member is told; its version is what an agreement names."""

    purpose: str
    version: int
    effective: date
    sensitive: bool
    title: str
    text: str
    sha256: str


class Notices(Read):
    """The notices in force."""

    items: list[Notice]


class Consent(Read):
    """What a member last said about a purpose."""

    purpose: str
    given: bool
    notice: int
    changed_at: datetime
    renew: bool


class Consents(Read):
    """What a member said; a purpose that is missing was never asked about."""

    member_id: str
    items: list[Consent]


class Said(Read):
    """What holds now."""

    member_id: str
    purpose: str
    programmes: list[str]


class Evidence(Read):
    """What went with a claim."""

    activity_id: str
    recorded_at: datetime
    note: str
    fields: dict[str, Any]


class Unmasked(Read):
    """What was asked for."""

    member_id: str
    name: str | None = None
    phone: str | None = None
    identity_number: str | None = None
    evidence: list[Evidence] | None = None


class Export(Read):
    """Everything about somebody: each section is a field of its own, a list of rows."""

    model_config = ConfigDict(frozen=True, extra="allow")

    format: str
    association: str
    member_id: str
    exported_at: datetime
    personal: list[dict[str, Any]]


class Erased(Read):
    """A person who was erased."""

    member_id: str
    erased_at: datetime


class Requested(Read):
    """A request for erasure, and by when it is answered."""

    member_id: str
    due_at: datetime


class Ended(Read):
    """What became of a request."""

    member_id: str
    step: str
