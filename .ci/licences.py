# ruff: noqa: INP001, T201 - a script that prints
"""Every installed package has a licence that may be used here; asks nobody, needs no network."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions

ALLOWED = frozenset(
    {
        *(
            "MIT",
            "MIT-0",
            "MIT-CMU",
            "0BSD",
            "BSD",
            "BSD-2-CLAUSE",
            "BSD-3-CLAUSE",
            "ISC",
            "APACHE-2.0",
        ),
        *("PSF-2.0", "PSFL", "UNLICENSE", "ZLIB"),
        "MPL-2.0",  # its terms hold for changes to its own files, and we make none
    }
)
ALLOWED_FOR = {
    # Used as it comes, through its interface, and replaceable: what the LGPL asks.
    "LGPL-3.0-ONLY": frozenset({"psycopg", "psycopg-binary", "psycopg-pool"}),
}
UNSAID = {"atheris": "APACHE-2.0"}
"""Packages whose metadata say nothing, and what their licence file says."""
SPELLINGS = {
    "MIT LICENSE": "MIT",
    "MIT STYLE": "MIT",
    "BSD LICENSE": "BSD",
    "BSD 2-CLAUSE LICENSE": "BSD-2-CLAUSE",
    "3-CLAUSE BSD LICENSE": "BSD-3-CLAUSE",
    "APACHE 2.0": "APACHE-2.0",
    "APACHE SOFTWARE LICENSE": "APACHE-2.0",
    "ISC LICENSE (ISCL)": "ISC",
    "ISC LICENSE": "ISC",
    "MOZILLA PUBLIC LICENSE 2.0 (MPL 2.0)": "MPL-2.0",
    "PYTHON SOFTWARE FOUNDATION LICENSE": "PSF-2.0",
    "THE UNLICENSE (UNLICENSE)": "UNLICENSE",
}


def licences(package: Distribution) -> set[str]:
    """Return the licences of a package, one of which may be chosen where it offers several."""
    metadata = package.metadata
    if expression := metadata.get("License-Expression"):
        return {part.strip("() ").upper() for part in re.split(r"\bOR\b", expression)}
    classified = [
        line.split("::")[-1].strip()
        for line in metadata.get_all("Classifier") or []
        if line.startswith("License ::")
    ]
    told = (metadata.get("License") or UNSAID.get(package.name, "")).split("\n")[0].strip()
    said = classified or [told]
    return {SPELLINGS.get(name.upper(), name.upper()) for name in said}


def refused(name: str, offered: set[str]) -> bool:
    """Return whether no licence that a package offers may be used."""
    allowed = (
        all(part.strip() in ALLOWED for part in one.split(" AND "))
        or name.lower() in ALLOWED_FOR.get(one, frozenset())
        for one in offered
    )
    return not any(allowed)


def breaches() -> Iterator[str]:
    """Yield the packages that may not be used."""
    for package in sorted(distributions(), key=lambda package: package.name.lower()):
        offered = licences(package)
        if refused(package.name, offered):
            yield f"{package.name}: {', '.join(sorted(offered)) or 'says nothing'}"


if __name__ == "__main__":
    found = list(breaches())
    print("\n".join(found) or "every licence is allowed")
    sys.exit(bool(found))
