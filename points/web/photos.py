"""Photos of the catalogue, for whoever is logged in at a door."""

from starlette.responses import Response

from points.catalogue.kept_photos import find_photo
from points.web.stops import Missing
from points.web.visit import Visit

HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}


def photo(visit: Visit, sha256: str) -> Response:
    """Return a photo by its hash; browsers keep it, for it never changes.

    Raises:
        Missing: There is none of this hash.
    """
    with visit.engine.reading(visit.association) as connection:
        found = find_photo(connection, visit.association, sha256)
    if found is None:
        raise Missing
    return Response(found.content, media_type=found.media_type, headers=HEADERS)
