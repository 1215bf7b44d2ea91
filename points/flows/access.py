"""Who asks, what for, and how it is carried out: what every channel begins with.

Channels find out who somebody is in their own ways; from then on each asks here. Nothing here
decides: :mod:`points.identity.policy` does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Protocol

from points.audit.model import Origin
from points.audit.model import Result as Ending
from points.engine import Command, Engine, Outcome
from points.flows.context import Context
from points.flows.issuer import Issuer
from points.flows.note_access import NoteAccess
from points.identity.errors import Forbidden, PersonNeeded, SecondFactorNeeded
from points.identity.model import Principal
from points.identity.policy import Action, Areas, Needs, admit, areas, judge, sees
from points.identity.roles import Kind
from points.kernel.clock import Clock
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, IdSource, MemberId, OperationId
from points.members.reads import members
from points.rules import Policy
from points.vault.journal import Journal

NOBODY = ""
"""A subject that nobody has."""

LACKING: dict[Needs, Refusal] = {
    Needs.PERSON: PersonNeeded(),
    Needs.SECOND_FACTOR: SecondFactorNeeded(),
}
"""What is said where the role would do and something else is missing."""


class Installation(Protocol):
    """What a channel needs of a running installation."""

    @property
    def engine(self) -> Engine:
        """Carries out commands."""
        ...

    @property
    def context(self) -> Context:
        """Rules, activity types, codes."""
        ...

    @property
    def clock(self) -> Clock:
        """Says what time it is."""
        ...

    @property
    def ids(self) -> IdSource:
        """Draws fresh ids."""
        ...

    @property
    def rules_dir(self) -> Path:
        """Where the authored files lie."""
        ...

    @property
    def issuer(self) -> Issuer | None:
        """The issuer of single sign-on, where one was configured."""
        ...

    @property
    def journal(self) -> Journal:
        """Remembers erasures outside the database."""
        ...

    @property
    def limits(self) -> Policy:
        """What may never score and never have a price."""
        ...


@dataclass(slots=True, kw_only=True)
class Access:
    """Somebody who may ask for such a thing at all.

    Attributes:
        installation: A running one.
        principal: Who it is.
        action: What they ask for; the table of permissions knows nothing else.
        origin: From where, for the audit trail.
    """

    installation: Installation
    principal: Principal
    action: Action
    origin: Origin = field(default_factory=Origin)

    @property
    def engine(self) -> Engine:
        """Where commands go."""
        return self.installation.engine

    @property
    def context(self) -> Context:
        """Rules as they hold in their association, activity types, codes."""
        known: Context = self.engine.context_of(self.association)
        return known

    @property
    def clock(self) -> Clock:
        """Says what time it is."""
        return self.installation.clock

    @property
    def ids(self) -> IdSource:
        """Draws fresh ids."""
        return self.installation.ids

    @property
    def association(self) -> AssociationId:
        """The one association whose data this somebody can see."""
        return self.principal.association_id

    @property
    def actor(self) -> Actor:
        """How facts name this somebody."""
        return self.principal.actor

    @property
    def member(self) -> MemberId | None:
        """The member that it is, where it is one."""
        if self.principal.kind is Kind.MEMBER:
            return MemberId(self.principal.subject)
        return None

    @property
    def fresh_operation(self) -> OperationId:
        """An operation's id of our own: for what counts each time, however often it is asked."""
        return OperationId(f"{self.actor}:{self.ids.next()}")

    def named(self, key: str) -> OperationId:
        """Return an operation's id: somebody's key with them in it, so that no two meet."""
        return OperationId(f"{self.actor}:{key}")

    def may(self, owner: str | None) -> bool:
        """Return whether a thing of an owner is theirs to see or change."""
        return judge(self.principal, self.action, owner).allowed

    def sees(self, branch: str | None, grid: str | None) -> bool:
        """Return whether a thing lies in the part of the association that they see."""
        return sees(self.principal, self.action, branch, grid)

    @property
    def areas(self) -> Areas:
        """Which part of the association they see."""
        return areas(self.principal, self.action)

    @property
    def limited(self) -> bool:
        """Whether they see some branches or grids only."""
        return not self.areas.everything

    def sees_member(self, member: MemberId) -> bool:
        """Return whether they see a member; somebody unknown is seen by nobody limited."""
        if not self.limited:
            return True
        with self.engine.reading(self.association) as connection:
            found = members(connection, self.association, [member], self.context).get(member)
        return found is not None and self.sees(found.profile.branch, found.profile.grid)

    def submit(self, command: Command) -> Outcome:
        """Carry a command out, as asked from here, and wait for its answer."""
        return self.engine.submit(command, self.origin)

    def submit_many(self, commands: Iterable[Command]) -> list[Outcome]:
        """Carry commands out, in order, in as few transactions as they fit in."""
        return self.engine.submit_many(commands, self.origin)


def refuse_entry(
    installation: Installation, principal: Principal, action: Action
) -> Refusal | None:
    """Return why somebody may not ask for such a thing, or not yet; None where they may."""
    verdict = admit(principal, action, installation.clock.now())
    return None if verdict.allowed else LACKING.get(verdict.lacking, Forbidden())


def note_refusal(
    installation: Installation,
    principal: Principal,
    action: Action,
    refusal: Refusal,
    origin: Origin,
) -> None:
    """Put it on the audit trail that somebody was kept from something at the door."""
    command = NoteAccess(
        association_id=principal.association_id,
        operation_id=OperationId(f"{principal.actor}:refused-{installation.ids.next()}"),
        actor=principal.actor,
        action=action.value,
        outcome=Ending.REFUSED,
        code=refusal.code,
    )
    installation.engine.submit(command, origin)


def from_there(address: str, networks: Sequence[str]) -> bool:
    """Return whether an address lies in one of the networks; in any where there are none."""
    if not networks:
        return True
    # What is no address is nowhere: a key that is bound to places then opens nothing.
    try:
        near = ip_address(address)
    except ValueError:
        return False
    near = getattr(near, "ipv4_mapped", None) or near
    return any(near in ip_network(each) for each in networks)
