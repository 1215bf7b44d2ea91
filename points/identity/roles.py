"""Roles, how far each one goes, and how people spell them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from points.kernel.ensure import ensure


class Kind(StrEnum):
    """What kind of caller it is."""

    STAFF = "staff"
    MEMBER = "member"
    PARTNER = "partner"
    SOURCE = "source"


class Role(StrEnum):
    """What a caller is there for; a person of staff may have several."""

    ADMIN = "admin"
    REGISTRAR = "registrar"
    REVIEWER = "reviewer"
    OFFICER = "officer"
    APPROVER = "approver"
    TREASURER = "treasurer"
    PRIVACY = "privacy"
    AUDITOR = "auditor"
    CONSOLE = "console"
    MEMBER = "member"
    PARTNER = "partner"
    TILL = "till"
    OFFICE = "office"
    SOURCE = "source"


TITLES: dict[Role, tuple[str, str]] = {
    Role.ADMIN: ("系统管理员", "accounts of staff, keys; no points"),
    Role.REGISTRAR: ("登记员", "takes members and sheets in"),
    Role.REVIEWER: ("审核员", "reviews claims: of the association, a branch, a grid, an industry"),
    Role.OFFICER: ("积分专员", "publishes, answers objections, freezes, proposes adjustments"),
    Role.APPROVER: ("审批人", "the second person"),
    Role.TREASURER: ("财务", "pools, partners, statements"),
    Role.PRIVACY: ("个人信息保护负责人", "exports, erasures, retention"),
    Role.AUDITOR: ("审计员", "sees everything masked, changes nothing"),
    Role.CONSOLE: ("机器控制台", "whoever sits at the machine itself and holds its secrets"),
    Role.MEMBER: ("会员", "a member"),
    Role.PARTNER: ("合作商户", "a partner's head office"),
    Role.TILL: ("门店收银", "an outlet's till and its operators"),
    Role.OFFICE: ("商户财务", "a partner's accounts office: its statements and tills, no counter"),
    Role.SOURCE: ("数据来源", "a machine that reports activities"),
}
"""What each role is called, and what it is for."""

_KINDS: dict[Role, Kind] = {
    Role.MEMBER: Kind.MEMBER,
    Role.PARTNER: Kind.PARTNER,
    Role.TILL: Kind.PARTNER,
    Role.OFFICE: Kind.PARTNER,
    Role.SOURCE: Kind.SOURCE,
}
AT_OUTLET = frozenset({Role.TILL, Role.OFFICE})
"""Roles of keys that are bound to an outlet, at which operators log in."""

STAFF_ROLES = tuple(role for role in Role if role not in _KINDS and role is not Role.CONSOLE)
"""The roles that a person of staff can be given."""


def kind_of(role: Role) -> Kind:
    """Return what kind of caller has a role."""
    return _KINDS.get(role, Kind.STAFF)


class Level(StrEnum):
    """As whom somebody acts; a branch and a grid see their own alone."""

    INDUSTRY = "industry"
    ASSOCIATION = "association"
    PROVIDER = "provider"
    BRANCH = "branch"
    GRID = "grid"


LIMITED = frozenset({Level.BRANCH, Level.GRID})


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role that somebody has, and how far it goes.

    Attributes:
        level: The association's unless said otherwise; only reviewers act as anything else.
        place: The branch or grid of a limited grant.
        until: When it ends, if it does: break-glass does.
    """

    role: Role
    level: Level = Level.ASSOCIATION
    place: str = ""
    until: datetime | None = None

    def __post_init__(self) -> None:
        ensure(_fits(self.role, self.level, self.place), "a grant's parts fit together")

    def reaches(self, branch: str | None, grid: str | None) -> bool:
        """Return whether what belongs to a branch and a grid lies within it."""
        if self.level is Level.BRANCH:
            return branch == self.place
        return self.level is not Level.GRID or grid == self.place

    def counts(self, now: datetime) -> bool:
        """Return whether it has not ended."""
        return self.until is None or now < self.until

    @property
    def spelled(self) -> str:
        """How people type it: ``officer``, ``reviewer:industry``, ``reviewer:branch:第一支部``."""
        if self.level is Level.ASSOCIATION:
            return self.role.value
        return ":".join(filter(None, (self.role.value, self.level.value, self.place)))


def _fits(role: Role, level: Level, place: str) -> bool:
    """Return whether only reviewers act as something else, and only a limited grant has a place."""
    if level is not Level.ASSOCIATION and role is not Role.REVIEWER:
        return False
    return (level in LIMITED) == bool(place)


def read_grant(spelled: str, *, until: datetime | None = None) -> Grant | None:
    """Return the grant that somebody typed, or None where it is none."""
    named, _, rest = spelled.partition(":")
    at, _, place = rest.partition(":")
    try:
        role, level = Role(named), Level(at) if at else Level.ASSOCIATION
    except ValueError:
        return None
    if not _fits(role, level, place):
        return None
    return Grant(role=role, level=level, place=place, until=until)
