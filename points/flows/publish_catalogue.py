"""From a file as staff wrote it to a version: everything around it is looked at, then published.

Photos lie beside the file where there is a folder. Where only its text was sent, a photo is found
under the path by which a version already published shows it, or by its hash.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from points.catalogue.changes import Change, changes
from points.catalogue.errors import PhotoUnfit
from points.catalogue.kept_photos import kept_photos
from points.catalogue.photos import BYTES_MAX, Photo, read_photo
from points.catalogue.store import highest_version, rewards_of
from points.engine import Command, Engine
from points.flows.catalogue_file import CatalogueFile, read_catalogue
from points.flows.catalogue_parts import HASHED, Around
from points.flows.context import Context
from points.flows.keep_photo import KeepPhoto, encoded
from points.flows.stock_catalogue import StockCatalogue
from points.kernel.findings import Finding
from points.kernel.ids import Actor, AssociationId, OperationId
from points.partners.store import agreed_tariffs, outlet_categories, partner_ids
from points.rules import Policy, lint_catalogue


@dataclass(slots=True, kw_only=True)
class Reading:
    """A catalogue as it was read, and what it would change.

    Attributes:
        catalogue: None where there is an error among the findings.
        photos: Those beside the file, by their hash.
        version_before: The highest that was published.
        changed: What is another than in that one.
    """

    catalogue: CatalogueFile | None
    findings: list[Finding]
    photos: dict[str, Photo] = field(default_factory=dict)
    version_before: int = 0
    changed: list[Change] = field(default_factory=list)


def read_for(
    engine: Engine,
    association: AssociationId,
    text: str,
    *,
    file: str,
    policy: Policy,
    folder: Path | None = None,
) -> Reading:
    """Return a catalogue with every finding, judged by what the association has.

    Args:
        engine: Where its outlets and its last version are.
        association: Whose catalogue.
        text: The file.
        file: Its name, for the findings.
        policy: What must be free.
        folder: Where its photos lie; None where only the text was sent.
    """
    known: Context = engine.context_of(association)
    with engine.reading(association) as connection:
        highest = highest_version(connection, association)
        before = rewards_of(connection, association, highest)
        outlets = outlet_categories(connection, association)
        partners = partner_ids(connection, association)
        agreed = agreed_tariffs(connection, association, engine.clock.now())
        named = {_hash_in(line) for line in text.splitlines() if HASHED in line}
        kept = kept_photos(connection, association, named)
    photos: dict[str, Photo] = {}
    published = {each.photo_path: each.photo for each in before if each.photo}
    published |= {HASHED + each: each for each in kept}

    def find(path: str) -> str | PhotoUnfit | None:
        if folder is None or path.startswith(HASHED):
            return published.get(path)
        return _beside(folder / path, photos)

    around = Around(
        photos=find, outlets=outlets, partners=partners, rated=_rated(known), agreed=agreed
    )
    catalogue, findings = read_catalogue(text, file=file, around=around)
    findings = _merged(findings, lint_catalogue(text, file=file, policy=policy))
    if catalogue is None or any(each.severity == "error" for each in findings):
        return Reading(catalogue=None, findings=findings, version_before=highest)
    changed = changes(before, catalogue.rewards)
    return Reading(
        catalogue=catalogue,
        findings=findings,
        photos=photos,
        version_before=highest,
        changed=changed,
    )


def _hash_in(line: str) -> str:
    return line.partition(HASHED)[2].strip().strip("\"'")[:64]


def _beside(path: Path, photos: dict[str, Photo]) -> str | PhotoUnfit | None:
    """Return the hash of a photo in the file's folder, and keep it at hand."""
    if not path.is_file() or path.is_symlink():
        return None
    with path.open("rb") as opened:
        photo = read_photo(opened.read(BYTES_MAX + 1))
    if isinstance(photo, PhotoUnfit):
        return photo
    photos[photo.sha256] = photo
    return photo.sha256


def _rated(known: Context) -> frozenset[str]:
    return frozenset(
        programme
        for programme in known.rules.programmes()
        if any(each.stars for each in known.rules.all_of(programme))
    )


def _merged(found: list[Finding], more: list[Finding]) -> list[Finding]:
    """Return what both say, once where they say the same of the same place."""
    places = {(each.line, each.column) for each in found if "free" in each.code}
    added = [each for each in more if (each.line, each.column) not in places]
    return sorted([*found, *added], key=lambda each: (each.line or 0, str(each.column)))


def commands(
    reading: Reading,
    association: AssociationId,
    actor: Actor,
    named: Callable[[str], OperationId],
) -> Iterator[Command]:
    """Yield what publishes a catalogue: its photos, then the version.

    Args:
        reading: One without an error.
        association: Whose.
        actor: Who publishes.
        named: Names the operations; told apart by what it is given.
    """
    if reading.catalogue is None:
        return
    for sha256, photo in sorted(reading.photos.items()):
        yield KeepPhoto(
            association_id=association,
            operation_id=named(f"photo-{sha256[:16]}"),
            actor=actor,
            content=encoded(photo.content),
        )
    yield StockCatalogue(
        association_id=association,
        operation_id=named("version"),
        actor=actor,
        version=reading.catalogue.version,
        rewards=reading.catalogue.rewards,
    )
