"""Open a sandbox for a partner: a twin of its outlets and tills, with keys that open nothing else.

The twin is an association of its own, whose name ends in ``-test``: every key in the database
begins with the association, so nothing in it can meet what counts. Its clock is the real one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from points.audit.model import Origin
from points.catalogue.model import CatalogueVersion, Reward, Source
from points.catalogue.store import find_version, list_rewards
from points.engine import Command, Decision, Engine, Flow
from points.flows.add_partner import AddOutlet, AddPartner
from points.flows.catalogue_file import catalogue_hash, in_order_of
from points.flows.enrol import Enrol
from points.flows.fund import Fund
from points.flows.issue_key import IssueKey
from points.flows.stock_catalogue import StockCatalogue
from points.flows.till_standing import RegisterTill
from points.identity.errors import SandboxImpossible
from points.identity.keys import fresh_secret, sandbox_of, secret_hash, spell_key
from points.identity.roles import Grant, Role
from points.kernel.amounts import Fen
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, IdSource, OperationId, PartnerId
from points.members.model import MemberKind, Profile
from points.partners.counter_store import list_tills
from points.partners.errors import PartnerUnknown
from points.partners.model import Outlet, Partner
from points.partners.store import find_partner, list_outlets
from points.unit_of_work import Keys, WorkingSet

OUTLETS_MAX = 20
"""So many outlets are twinned, and have a key each; a program is tried at one or two."""

KEYS_LAST = timedelta(days=180)
FUNDS = Fen(100_000_000)
PROGRAMME = "health"
PHONES = 10**8


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSandbox:
    """Say, among what counts, that a sandbox is opened; nothing else changes there."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId


def needs(command: OpenSandbox, keys: Keys) -> None:
    """Read the partner."""
    keys.partners.partners.add(command.partner_id)


def decide(command: OpenSandbox, on: WorkingSet) -> Decision:
    """Note it on the trail, unless there can be no sandbox."""
    twin = sandbox_of(on.association_id)
    if twin is None:
        return SandboxImpossible()
    if command.partner_id not in on.contracts.partners:
        return PartnerUnknown()
    on.trail.note("open_sandbox", command.partner_id, after={"sandbox": twin})
    return {"sandbox": twin}


FLOW = Flow("open_sandbox", needs, decide, audited=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestKey:
    """A key of a sandbox.

    Attributes:
        outlet_id: Whose till it is; None for the head office's.
        key: Shown once; only its hash is kept.
    """

    __test__ = False  # no class of tests, whatever its name begins with

    outlet_id: str | None
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A sandbox that was opened, or opened again: what was in it stays."""

    association_id: AssociationId
    partner_id: PartnerId
    keys: tuple[TestKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """Opens sandboxes.

    Attributes:
        association: The one that counts.
        actor: Who opens them.
    """

    engine: Engine
    ids: IdSource
    association: AssociationId
    actor: Actor
    origin: Origin = field(default_factory=Origin)

    def open(self, operation: OperationId, partner_id: PartnerId) -> Sandbox | Refusal:
        """Make the twin, as far as it is not there yet, and issue fresh keys for it."""
        asked = OpenSandbox(
            association_id=self.association,
            operation_id=operation,
            actor=self.actor,
            partner_id=partner_id,
        )
        noted = self.engine.submit(asked, self.origin)
        if noted.refusal is not None:
            return noted.refusal
        twin = AssociationId(noted.result["sandbox"])
        with self.engine.reading(self.association) as connection:
            found = find_partner(connection, self.association, partner_id)
            outlets = list_outlets(connection, self.association, partner_id, most=OUTLETS_MAX)
        if found is None:
            return PartnerUnknown()
        # What stands in the twin already refuses to be added again, and stays as it is.
        self.engine.submit_many(self._commands(twin, found[0], outlets), self.origin)
        where = [None, *(each.outlet_id for each in outlets)]
        return Sandbox(
            association_id=twin,
            partner_id=partner_id,
            keys=tuple(self._key(twin, partner_id, each) for each in where),
        )

    def _commands(
        self, twin: AssociationId, partner: Partner, outlets: list[Outlet]
    ) -> Iterator[Command]:
        yield AddPartner(
            **self._by(twin),
            partner_id=partner.partner_id,
            category=partner.category,
            name=partner.name,
            cycle=partner.cycle,
            zone=partner.zone,
        )
        for outlet in outlets:
            yield AddOutlet(
                **self._by(twin),
                partner_id=partner.partner_id,
                outlet_id=outlet.outlet_id,
                name=outlet.name,
                opening_hours=outlet.opening_hours,
            )
        yield from self._tills(twin, partner.partner_id)
        yield from self._catalogue(twin)
        yield Fund(
            **self._by(twin, "sandbox:fund"),
            programme=PROGRAMME,
            amount_fen=FUNDS,
            source=Source.UNION,
        )
        yield Enrol(
            **self._by(twin, member_operation(partner.partner_id)),
            name="测试会员",
            phone=_phone(partner.partner_id),
            profile=Profile(kind=MemberKind.TAXI_DRIVER),
        )

    def _tills(self, twin: AssociationId, partner_id: PartnerId) -> Iterator[Command]:
        with self.engine.reading(self.association) as connection:
            found = list_tills(connection, self.association, partner_id=partner_id)
        for each in found:
            yield RegisterTill(**self._by(twin), outlet_id=each.outlet_id, device_id=each.device_id)

    def _catalogue(self, twin: AssociationId) -> Iterator[Command]:
        """Show the same rewards; their photos stay where they are."""
        with self.engine.reading(self.association) as connection:
            version = find_version(connection, self.association, self.engine.clock.now())
            rewards = list_rewards(connection, self.association, self.engine.clock.now())
        if version is not None:
            yield StockCatalogue(**self._by(twin), **_without_photos(version, rewards))

    def _key(self, twin: AssociationId, partner_id: PartnerId, outlet: str | None) -> TestKey:
        key_id, secret = self.ids.next(), fresh_secret()
        self.engine.submit(
            IssueKey(
                **self._by(twin),
                key_id=key_id,
                secret_hash=secret_hash(secret),
                grants=(Grant(role=Role.PARTNER if outlet is None else Role.TILL),),
                subject=partner_id,
                outlet=outlet,
                expires_at=self.engine.clock.now() + KEYS_LAST,
            ),
            self.origin,
        )
        return TestKey(outlet_id=outlet, key=spell_key(twin, key_id, secret))

    def _by(self, twin: AssociationId, name: str = "") -> dict[str, Any]:
        operation = name or f"sandbox:{self.ids.next()}"
        return {
            "association_id": twin,
            "operation_id": OperationId(operation),
            "actor": self.actor,
        }


def _without_photos(version: CatalogueVersion, rewards: list[Reward]) -> dict[str, Any]:
    """Return what a twin publishes, under a hash of its own: it begins at once and shows none."""
    bare = [replace(each, photo="", photo_path="") for each in rewards]
    begun = replace(version, starts_at=None)
    ordered = in_order_of(version.text, {str(each.reward_id): each for each in bare})
    return {
        "version": replace(begun, sha256=catalogue_hash(begun, ordered)),
        "rewards": tuple(ordered),
    }


def member_operation(partner_id: PartnerId) -> str:
    """Return under which operation a partner's made-up member was enrolled."""
    return f"sandbox:member:{partner_id}"


def _phone(partner_id: PartnerId) -> str:
    """Return a number that may be somebody's; from a sandbox no message goes there."""
    return f"199{int.from_bytes(partner_id.encode()) % PHONES:08}"
