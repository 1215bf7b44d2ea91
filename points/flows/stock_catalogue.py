"""Publish a version of the catalogue, now or from a day to come; vouchers keep their terms."""

from dataclasses import dataclass

from points.catalogue.errors import CatalogueNotAhead, PhotoMissing, VersionOutdated
from points.catalogue.model import CatalogueVersion, Reward
from points.engine import Decision, Flow
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class StockCatalogue:
    """Publish a catalogue that was read without a mistake; its photos are kept before."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    version: CatalogueVersion
    rewards: tuple[Reward, ...]


def needs(command: StockCatalogue, keys: Keys) -> None:
    """Read the version in force; two publishers of one version collide on its key."""
    keys.catalogue.version = True
    keys.catalogue.photos |= {each.photo for each in command.rewards if each.photo}


def decide(command: StockCatalogue, on: WorkingSet) -> Decision:
    """Publish, unless as new a version was published, begun or not."""
    current, version = on.shelf.version, command.version
    if on.shelf.highest >= version.version:
        return VersionOutdated(current=on.shelf.highest)
    if on.shelf.new_version is not None:
        return VersionOutdated(current=on.shelf.new_version.version)
    if version.starts_at is not None and version.day(version.starts_at) < version.day(on.now):
        return CatalogueNotAhead()
    if any(each.photo and each.photo not in on.shelf.photos for each in command.rewards):
        return PhotoMissing()
    on.shelf.publish(version, list(command.rewards), command.actor)
    done = {
        "version": version.version,
        "sha256": version.sha256,
        "rewards": len(command.rewards),
        "starts_at": version.starts_at.isoformat() if version.starts_at else None,
    }
    before = None if current is None else {"version": current.version, "sha256": current.sha256}
    on.trail.note("stock_catalogue", "catalogue", before=before, after=done)
    return done


FLOW = Flow("stock_catalogue", needs, decide)
