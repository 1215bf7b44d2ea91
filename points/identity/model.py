"""Principals: who asks, and in which roles."""

from dataclasses import dataclass, field
from datetime import datetime

from points.identity.roles import AT_OUTLET, Grant, Kind, Role, kind_of
from points.kernel.ensure import ensure
from points.kernel.ids import Actor, AssociationId, MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a request has to show besides its token.

    Attributes:
        networks: From where it has to come, as ``10.0.0.0/8``; anywhere where there are none.
        feed_secret: The sealed secret that signs what a source feeds.
        device_key: The thumbprint of the key that has to sign every request (RFC 9449).
    """

    networks: tuple[str, ...] = ()
    feed_secret: str | None = field(default=None, repr=False)
    device_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks.

    Attributes:
        association_id: The one association that it belongs to.
        kind: What kind of caller it is.
        subject: The member's id, the partner's, the source's name, or the staff member's.
        grants: Its roles.
        outlet: The one outlet that a till is bound to.
        till: The one registered till of that outlet that it speaks for; None for any of them that
            has no key of its own.
        operator: The clerk at the till, where one has logged in.
        person: The member that a person of staff also is, if any.
        actions: What a key is limited to, by the actions' names; None for all that its roles allow.
        session: The session of a person who logged in; None for a machine's key.
        verified_at: When that person last proved the second factor.
        conditions: What its requests have to show besides the token.
    """

    association_id: AssociationId
    kind: Kind
    subject: str
    grants: tuple[Grant, ...]
    outlet: str | None = None
    till: str | None = None
    operator: str | None = None
    person: MemberId | None = None
    actions: frozenset[str] | None = None
    session: str | None = None
    verified_at: datetime | None = None
    conditions: Conditions = Conditions()

    def __post_init__(self) -> None:
        ensure(all(kind_of(each.role) is self.kind for each in self.grants), "roles fit the kind")
        bound = any(each.role in AT_OUTLET for each in self.grants)
        ensure(self.outlet is not None or not bound, "a till or office is bound to an outlet")
        ensure(self.outlet is not None or self.till is None, "a till stands in an outlet")

    @property
    def actor(self) -> Actor:
        """Return how operations and facts name this caller."""
        place = f"@{self.outlet}" if self.outlet else ""
        if self.operator:
            # Two operators of one outlet share no names of operations.
            place = f"{place}:{self.operator}"
        return Actor(f"{self.kind.value}:{self.subject}{place}")


def console(association: AssociationId) -> Principal:
    """Return whoever sits at the machine itself and holds its secrets."""
    grants = (Grant(role=Role.CONSOLE),)
    return Principal(association_id=association, kind=Kind.STAFF, subject="console", grants=grants)
