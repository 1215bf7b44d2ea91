"""Keep a photo of the catalogue under the hash of its bytes; the same photo twice is kept once."""

import base64
import binascii
from dataclasses import dataclass

from points.catalogue.errors import PhotoUnfit
from points.catalogue.photos import Photo, read_photo
from points.engine import Decision, Flow
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepPhoto:
    """Keep a photo.

    Attributes:
        content: Its bytes in base 64.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    content: str


def encoded(content: bytes) -> str:
    """Return bytes as a command carries them."""
    return base64.b64encode(content).decode("ascii")


def _photo(command: KeepPhoto) -> Photo | PhotoUnfit:
    try:
        content = base64.b64decode(command.content, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    return read_photo(content)


def needs(command: KeepPhoto, keys: Keys) -> None:
    """See whether it is kept already; two that keep the same one collide on its key."""
    photo = _photo(command)
    if isinstance(photo, Photo):
        keys.catalogue.photos.add(photo.sha256)


def decide(command: KeepPhoto, on: WorkingSet) -> Decision:
    """Keep it, unless it is none that is taken."""
    photo = _photo(command)
    if isinstance(photo, PhotoUnfit):
        return photo
    on.shelf.keep(photo)
    done = {
        "sha256": photo.sha256,
        "media_type": photo.media_type,
        "width": photo.width,
        "height": photo.height,
    }
    on.trail.note("keep_photo", "catalogue", after=done)
    return done


FLOW = Flow("keep_photo", needs, decide)
