"""Relations that staff declare, and what counts against a day's quota."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from points.kernel.ensure import ensure
from points.kernel.ids import Actor, MemberId

STAFF = "staff:"
"""How those actors begin who have relations and quotas."""


class RelationKind(StrEnum):
    """What a member is to a person of staff; ``self`` where they are one."""

    SELF = "self"
    SPOUSE = "spouse"
    PARENT = "parent"
    CHILD = "child"
    SIBLING = "sibling"
    OTHER = "other"


class RelationStep(StrEnum):
    """What happens to a relation."""

    DECLARED = "declared"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationEvent:
    """One step of a relation.

    Attributes:
        version: Gapless per person of staff and member, from one.
        actor: Who declared or withdrew it.
    """

    staff: Actor
    member_id: MemberId
    version: int
    step: RelationStep
    kind: RelationKind
    actor: Actor
    recorded_at: datetime

    def __post_init__(self) -> None:
        ensure(self.version > 0, "versions start at one")
        ensure(self.staff.startswith(STAFF), "only people of staff have relations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A relation as it stands: the projection of its events."""

    staff: Actor
    member_id: MemberId
    kind: RelationKind
    version: int
    active: bool


class QuotaName(StrEnum):
    """What is counted, by day."""

    POINTS = "points"
    CLAIMS = "claims"
    BACKFILLS = "backfills"
    FILINGS = "filings"
    ROWS = "rows"


QUOTA_TITLES: dict[QuotaName, tuple[str, str]] = {
    QuotaName.POINTS: ("审核分值", "points approved"),
    QuotaName.CLAIMS: ("审核条数", "claims approved"),
    QuotaName.BACKFILLS: ("补报审核条数", "backfills approved"),
    QuotaName.FILINGS: ("补报登记条数", "backfills filed"),
    QuotaName.ROWS: ("同类同日表格行数", "rows of one type and day"),
}
"""What each quota is called."""


class QuotaKey(NamedTuple):
    """Whose count of what: a person of staff, or one type and day of a sheet."""

    holder: str
    quota: QuotaName


class Used(NamedTuple):
    """What was done on the last day on which anything was done."""

    day: str = ""
    amount: int = 0


class Count(NamedTuple):
    """One thing that counts; the claim's event keeps it as a list."""

    quota: str
    holder: str
    day: str
    amount: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Something that is about to count, and the most that may."""

    key: QuotaKey
    amount: int
    most: int
