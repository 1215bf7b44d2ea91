"""Put a new version of the catalogue in force; vouchers issued before keep their terms."""

from dataclasses import dataclass

from points.catalogue.errors import VersionOutdated
from points.catalogue.model import CatalogueVersion, Reward
from points.engine import Decision, Flow
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class StockCatalogue:
    """Publish a catalogue that was read without a mistake."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    version: CatalogueVersion
    rewards: tuple[Reward, ...]


def needs(_command: StockCatalogue, keys: Keys) -> None:
    """Read the version in force; two publishers of one version collide on its key."""
    keys.catalogue.version = True


def decide(command: StockCatalogue, on: WorkingSet) -> Decision:
    """Publish, unless as new a version is in force."""
    current = on.shelf.version
    if current is not None and current.version >= command.version.version:
        return VersionOutdated(current=current.version)
    if on.shelf.new_version is not None:
        return VersionOutdated(current=on.shelf.new_version.version)
    on.shelf.publish(command.version, list(command.rewards))
    done = {
        "version": command.version.version,
        "sha256": command.version.sha256,
        "rewards": len(command.rewards),
    }
    before = None if current is None else {"version": current.version, "sha256": current.sha256}
    on.trail.note("stock_catalogue", "catalogue", before=before, after=done)
    return done


FLOW = Flow("stock_catalogue", needs, decide)
