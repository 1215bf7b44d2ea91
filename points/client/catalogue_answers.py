"""What is answered about the catalogue: its versions, its photos, its gates and its outlets."""

from datetime import datetime
from typing import Any

from points.client.answers import Read, Reward


class Offering(Read):
    """An outlet where a reward is had."""

    outlet_id: str
    name: str
    district: str
    address: str
    phone: str
    opening_hours: str
    left: int | None = None
    metres: int | None = None


class Offerings(Read):
    """Where a reward is had, the nearest first."""

    items: list[Offering]


class CatalogueVersion(Read):
    """A version that was published."""

    version: int
    published_at: datetime
    starts_at: datetime | None = None
    published_by: str | None = None
    rewards: int
    sha256: str
    in_force: bool


class CatalogueDetail(CatalogueVersion):
    """A version with its file and its rewards."""

    text: str | None = None
    items: list[Reward]


class CatalogueChange(Read):
    """One thing that is another than before."""

    reward_id: str
    field: str
    sentence: str


class CatalogueChecked(Read):
    """What is wrong with a file, and what it would change."""

    errors: int
    warnings: int
    findings: list[dict[str, Any]]
    version: int | None = None
    changes: list[CatalogueChange]


class CataloguePublished(Read):
    """A version that was published."""

    version: int
    sha256: str
    rewards: int
    starts_at: datetime | None = None
    changes: list[CatalogueChange]


class Photo(Read):
    """A photo that is kept."""

    sha256: str
    media_type: str
    width: int
    height: int


class GateOpened(Read):
    """A gate that is open for a member, once."""

    grant_id: str
    reward_id: str
    gate: str
    valid_until: datetime


class Gate(GateOpened):
    """A grant with what became of it."""

    seen_by: str
    granted_at: datetime
    voucher_id: str | None = None
    ended_at: datetime | None = None


class Gates(Read):
    """A member's grants, the newest first."""

    items: list[Gate]


class GateClosed(Read):
    """A grant that was taken back."""

    grant_id: str
    reward_id: str
