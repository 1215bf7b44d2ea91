# ruff: noqa: INP001, T201 - a script that prints
"""What ships: the packages that a running installation needs, and no others.

They are the closure of ``[project] dependencies`` over what is installed, for Linux and the oldest
Python that is supported, at the versions of ``requirements.lock``. From it come a bill of materials
in CycloneDX 1.6 and the requirements of the container; both are the same bytes each time.

    python .ci/sbom.py    print the bill
"""

import json
import re
import sys
import tomllib
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
BILL = "docs/reference/sbom.cdx.json"
CONTAINER = ".container/requirements.txt"
ENVIRONMENT = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.4",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_system": "Linux",
    "platform_version": "",
    "python_full_version": "3.11.4",
    "python_version": "3.11",
    "sys_platform": "linux",
}
"""For which the markers of requirements are judged, wherever this runs."""


def needed(requirements: list[str], extras: frozenset[str] = frozenset()) -> list[Requirement]:
    """Return the requirements that count in the environment, with the extras that were asked."""
    parsed = [Requirement(each) for each in requirements]
    return [
        each
        for each in parsed
        if each.marker is None
        or any(each.marker.evaluate({**ENVIRONMENT, "extra": extra}) for extra in extras | {""})
    ]


def closure(dependencies: list[str]) -> dict[str, set[str]]:
    """Return every package that is needed, each with those that it needs itself."""
    found: dict[str, set[str]] = {}
    asked: set[tuple[str, frozenset[str]]] = set()
    waiting = needed(dependencies)
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in asked:
            continue
        asked.add((name, extras))
        below = needed(distribution(name).requires or [], extras)
        found.setdefault(name, set()).update(canonicalize_name(each.name) for each in below)
        waiting += below
    return dict(sorted(found.items()))


def locked(lock: str) -> dict[str, str]:
    """Return each package's part of a lock file, hashes and all."""
    parts = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)
    return {canonicalize_name(re.split(r"==", part)[0]): part.rstrip() for part in parts if part}


def version(part: str) -> str:
    """Return the version that a part of a lock file pins."""
    found = re.match(r"\S+?==([^\s;\\]+)", part)
    if found is None:
        raise ValueError("a package is not pinned")
    return found[1]


def licence(package: Distribution) -> str:
    """Return what a package says of its licence."""
    return " OR ".join(sorted(import_module("licences").licences(package)))


def bill(project: Mapping[str, Any], lock: str) -> dict[str, Any]:
    """Return the bill of materials."""
    parts = locked(lock)
    packages = closure(project["dependencies"])
    links = {name: f"pkg:pypi/{name}@{version(parts[name])}" for name in packages}
    ours = f"pkg:pypi/{project['name']}@{project['version']}"
    direct = {canonicalize_name(each.name) for each in needed(project["dependencies"])}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "bom-ref": ours,
                "type": "application",
                "name": project["name"],
                "version": project["version"],
                "purl": ours,
                "licenses": [{"license": {"name": project["license"]}}],
            }
        },
        "components": [
            {
                "bom-ref": links[name],
                "type": "library",
                "name": name,
                "version": version(parts[name]),
                "purl": links[name],
                "scope": "required",
                "licenses": [{"license": {"name": licence(distribution(name))}}],
            }
            for name in packages
        ],
        "dependencies": [
            {"ref": ours, "dependsOn": sorted(links[name] for name in direct)},
            *(
                {"ref": links[name], "dependsOn": sorted(links[each] for each in below)}
                for name, below in packages.items()
            ),
        ],
    }


def generated() -> dict[str, str]:
    """Return both files that are made from it."""
    sys.path.insert(0, str(Path(__file__).parent))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    parts = locked(lock)
    shipped = "\n".join(parts[name] for name in closure(project["dependencies"]))
    return {
        BILL: json.dumps(bill(project, lock), ensure_ascii=False, indent=1) + "\n",
        CONTAINER: shipped + "\n",
    }


if __name__ == "__main__":
    print(generated()[BILL], end="")
