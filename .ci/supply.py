# ruff: noqa: INP001, T201 - a script that prints
"""What can be known of the supply chain without asking anybody; needs no network.

Every package that ships is pinned with hashes, has a licence that may be used, came from an archive
and not from somebody's folder, holds the very bytes that its archive said, and runs nothing merely
because Python starts. Whether a vulnerability is known is another question: ``pip-audit`` asks it.
"""

import base64
import hashlib
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import Distribution, distribution
from pathlib import Path

ROOT = Path(__file__).parent.parent
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
STARTS = frozenset({"_virtualenv.pth", "distutils-precedence.pth"})
"""Files with which an environment itself begins."""


def unpinned(name: str, part: str | None) -> Iterator[str]:
    """Yield what is wrong with a package's part of the lock file."""
    if part is None:
        yield f"{name} is not in requirements.lock"
    elif not HASH.search(part):
        yield f"{name} has no hash"


def altered(package: Distribution) -> Iterator[str]:
    """Yield the files of a package that are not what its archive said."""
    for file in package.files or ():
        if file.hash is None or file.suffix == ".pyc":
            continue
        path = Path(str(file.locate()))
        digest = hashlib.new(file.hash.mode, path.read_bytes() if path.is_file() else b"").digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
            yield f"{package.name}: {file} is not what its archive said"


def begins(package: Distribution) -> Iterator[str]:
    """Yield the files by which a package would run whenever Python starts."""
    for file in package.files or ():
        if file.suffix == ".pth" and file.name not in STARTS:
            yield f"{package.name}: {file} runs whenever Python starts"


def foreign(package: Distribution) -> Iterator[str]:
    """Yield a package that came from a folder or a repository."""
    if package.read_text("direct_url.json"):
        yield f"{package.name} did not come from an archive of a registry"


def breaches() -> Iterator[str]:
    """Yield everything that is wrong with what ships."""
    sbom, licences = import_module("sbom"), import_module("licences")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    parts = sbom.locked((ROOT / "requirements.lock").read_text("utf-8"))
    for name in sbom.closure(project["dependencies"]):
        package = distribution(name)
        yield from unpinned(name, parts.get(name))
        if licences.refused(package.name, licences.licences(package)):
            yield f"{name} has no licence that may be used"
        yield from altered(package)
        yield from begins(package)
        yield from foreign(package)


if __name__ == "__main__":
    found = list(breaches())
    print("\n".join(found) or "what ships is pinned, licensed, unaltered, and starts nothing")
    sys.exit(bool(found))
