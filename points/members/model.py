"""Members: who takes part, in what role, and everything that has happened to their standing.

What identifies a person (name, telephone, identity number) is in :class:`Personal` and nowhere
else, so that it can be erased while every fact about points stays. It is sealed with a key of the
person's own, and erasing destroys that key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from points.kernel.ensure import ensure
from points.kernel.ids import Actor, MemberId

PROGRAMMES = ("party", "health")
NAME_LENGTH_MAX = 40


class MemberKind(StrEnum):
    """What a member does for a living."""

    COURIER = "courier"
    RIDER = "rider"
    TRUCK_DRIVER = "truck_driver"
    RIDE_HAILING_DRIVER = "ride_hailing_driver"
    TAXI_DRIVER = "taxi_driver"


class Role(StrEnum):
    """What a member does for the community."""

    GRID_AGENT = "grid_agent"
    POLICY_SPEAKER = "policy_speaker"
    OPINION_COURIER = "opinion_courier"
    FOOD_SAFETY_SUPERVISOR = "food_safety_supervisor"
    PIONEER = "pioneer"


class Change(StrEnum):
    """What has happened to a member's standing."""

    JOINED = "joined"
    AMENDED = "amended"
    ENROLLED = "enrolled"
    LEFT = "left"
    FROZEN = "frozen"
    THAWED = "thawed"
    YEAR_OPENED = "year_opened"
    LISTED = "listed"
    UNLISTED = "unlisted"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What rules may ask about a member; nothing in it identifies a person.

    Attributes:
        branch: Code of the party branch, if any.
        grid: Code of the grid, if any.
        mobile_party_member: A party member away from their branch (流动党员).
        probationary: A party member on probation (预备党员).
    """

    kind: MemberKind
    branch: str | None = None
    grid: str | None = None
    party_member: bool = False
    mobile_party_member: bool = False
    probationary: bool = False
    roles: frozenset[Role] = frozenset()

    @property
    def consistent(self) -> bool:
        """Whether the party status makes sense."""
        return self.party_member or not (self.mobile_party_member or self.probationary)

    def facts(self) -> dict[str, Any]:
        """Return the member as rules see them: plain values; unknown ones are left out."""
        known = {
            "kind": self.kind.value,
            "branch": self.branch,
            "grid": self.grid,
            "party_member": self.party_member,
            "mobile_party_member": self.mobile_party_member,
            "probationary": self.probationary,
            "roles": sorted(role.value for role in self.roles),
        }
        return {name: value for name, value in known.items() if value is not None}

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "Profile":
        """Return the profile that facts describe."""
        return cls(
            kind=MemberKind(facts["kind"]),
            branch=facts.get("branch"),
            grid=facts.get("grid"),
            party_member=bool(facts["party_member"]),
            mobile_party_member=bool(facts["mobile_party_member"]),
            probationary=bool(facts["probationary"]),
            roles=frozenset(Role(role) for role in facts["roles"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """What identifies a person; can be erased. Numbers are in their one spelling.

    Its ``repr`` names nobody: what is printed by mistake ends up in a log.
    """

    member_id: MemberId
    name: str = field(repr=False)
    phone: str = field(repr=False)
    identity_number: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEvent:
    """One thing that happened to a member's standing; never changed after it was written.

    Attributes:
        version: Gapless per member, from one.
        programme: Which programme it concerns, if one.
        detail: Plain values; never personal.
        reason: A stable code, or what staff wrote; never personal.
    """

    member_id: MemberId
    version: int
    change: Change
    actor: Actor
    recorded_at: datetime
    programme: str | None = None
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ensure(self.version > 0, "versions start at one")


@dataclass(slots=True, kw_only=True)
class Enrolment:
    """A member's part in a programme.

    Attributes:
        left_at: When they left; None while they take part.
        opened_year: The last year whose base points were granted; 0 for none.
        frozen_because: Why spending is stopped; None while it is not.
    """

    programme: str
    enrolled_at: datetime
    left_at: datetime | None = None
    opened_year: int = 0
    frozen_because: str | None = None

    @property
    def active(self) -> bool:
        """Whether the member takes part."""
        return self.left_at is None


@dataclass(slots=True, kw_only=True)
class Member:
    """A member as they stand: a projection of their events.

    Attributes:
        erased_at: Since when nothing says who they were; None for everybody else.
    """

    member_id: MemberId
    profile: Profile
    joined_on: date | None = None
    version: int = 0
    erased_at: datetime | None = None
    enrolments: dict[str, Enrolment] = field(default_factory=dict)

    def enrolled(self, programme: str) -> bool:
        """Return whether the member takes part in a programme."""
        return programme in self.enrolments and self.enrolments[programme].active

    def frozen(self, programme: str) -> bool:
        """Return whether spending in a programme is stopped."""
        enrolment = self.enrolments.get(programme)
        return enrolment is not None and enrolment.frozen_because is not None

    @property
    def programmes(self) -> frozenset[str]:
        """The programmes in which the member takes part."""
        return frozenset(name for name, each in self.enrolments.items() if each.active)
