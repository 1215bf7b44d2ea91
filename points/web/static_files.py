"""Scripts and styles: read once, named by their content, kept by browsers for a year."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
FOR_EVER = "public, max-age=31536000, immutable"
"""What a name stands for never changes: another content has another name."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Files by the names under which browsers ask for them.

    Attributes:
        urls: Each file's address, by its plain name.
        contents: Each file's bytes and type, by its hashed name.
    """

    urls: dict[str, str]
    contents: dict[str, tuple[bytes, str]]

    def answer(self, name: str) -> Response | None:
        """Return a file, or None where there is none of this name."""
        found = self.contents.get(name)
        if found is None:
            return None
        return Response(found[0], 200, {"Cache-Control": FOR_EVER}, found[1])


def load_shelf(folder: Path = FOLDER) -> Shelf:
    """Return every file of the folder that browsers may ask for."""
    urls, contents = {}, {}
    for path in sorted(folder.iterdir()):
        if path.suffix not in TYPES:
            continue
        content = path.read_bytes()
        name = f"{path.stem}.{sha256(content).hexdigest()[:16]}{path.suffix}"
        urls[path.name] = f"/static/{name}"
        contents[name] = (content, TYPES[path.suffix])
    return Shelf(urls, contents)


async def serve(request: Request) -> Response:
    """Answer a request for a file."""
    shelf: Shelf = request.app.state.house.shelf
    return shelf.answer(request.path_params["name"]) or Response(None, 404)
