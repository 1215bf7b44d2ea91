# ruff: noqa: INP001, S603, T201 - a script that prints, and runs the uv beside it
"""Pins every package without naming where it came from.

``requirements.lock`` holds versions and hashes; the same versions stand as constraints in
``pyproject.toml`` between two marks, so that ``uv run`` resolves to exactly these.

    python .ci/pins.py write [--upgrade]   resolve anew, write both
    python .ci/pins.py check               both agree, suffice, and are what is installed
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
BEGIN, END = "# pins: begin (python .ci/pins.py write)", "# pins: end"
OURS = "points-engine"
HASH = re.compile(r"sha256:[0-9a-f]{64}")
# uv makes an environment without these, pip's own way brings them along: nobody imports them.
INSTALLERS = frozenset({"pip", "setuptools", "wheel", "uv"})


def resolve(lock: Path, *options: str) -> None:
    """Let uv resolve the project and all its groups into a file, keeping the pins found there."""
    command = [
        *(str(ROOT / ".tools/bin/uv"), "pip", "compile", "--quiet", str(PROJECT)),
        *("--group", "dev", "--group", "lint", "--universal", "--python-version", "3.11"),
        *("--generate-hashes", "--no-annotate", "--no-header", "--no-emit-index-url"),
        *("--output-file", str(lock), *options),
    ]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def pins(lock: str) -> list[str]:
    """Return the requirements of a lock file, without their hashes."""
    lines = (line.rstrip(" \\") for line in lock.splitlines() if line[:1].isalnum())
    return [re.sub(r"\s*;\s*", " ; ", line) for line in lines]


def block(requirements: list[str]) -> str:
    """Return the marked part of ``pyproject.toml``."""
    rows = "".join(f'  "{requirement}",\n' for requirement in requirements)
    return f"{BEGIN}\nconstraint-dependencies = [\n{rows}]\n{END}"


def embed(project: str, requirements: list[str]) -> str:
    """Return ``pyproject.toml`` with its marked part renewed."""
    before, rest = project.split(BEGIN)
    return before + block(requirements) + rest.split(END)[1]


def write(options: list[str]) -> None:
    """Resolve and write both files."""
    # Constraints of yesterday would stop a resolution that has to move one of them.
    PROJECT.write_text(embed(PROJECT.read_text("utf-8"), []), "utf-8")
    resolve(LOCK, *options)
    PROJECT.write_text(embed(PROJECT.read_text("utf-8"), pins(LOCK.read_text("utf-8"))), "utf-8")


def disagreements(lock: str, project: str) -> Iterator[str]:
    """Yield where the two files differ, or hold less than the project asks for."""
    if embed(project, pins(lock)) != project:
        yield "pyproject.toml and requirements.lock pin different versions"
    pinned = {canonicalize_name(Requirement(pin).name) for pin in pins(lock)}
    settings = tomllib.loads(project)
    groups = settings["dependency-groups"].values()
    asked = [*settings["project"]["dependencies"], *(item for group in groups for item in group)]
    for requirement in map(Requirement, asked):
        if canonicalize_name(requirement.name) not in pinned:
            yield f"{requirement.name} is asked for and not pinned"
    for name, count in hashes(lock).items():
        if not count:
            yield f"{name} has no hash"


def hashes(lock: str) -> dict[str, set[str]]:
    """Return the hashes that a lock file allows for each package."""
    found: dict[str, set[str]] = {}
    name = ""
    for line in lock.splitlines():
        if line[:1].isalnum():
            name = canonicalize_name(Requirement(line.rstrip(" \\")).name)
            found.setdefault(name, set())
        found.setdefault(name, set()).update(HASH.findall(line))
    return found


def strangers(lock: str, installed: dict[str, str]) -> Iterator[str]:
    """Yield what is installed and not pinned to just that version."""
    pinned: dict[str, set[str]] = {}
    for requirement in map(Requirement, pins(lock)):
        name = canonicalize_name(requirement.name)
        pinned.setdefault(name, set()).add(str(requirement.specifier).removeprefix("=="))
    for name, version in sorted(installed.items()):
        if name not in INSTALLERS | {OURS} and version not in pinned.get(name, set()):
            allowed = ", ".join(sorted(pinned.get(name, {"nothing"})))
            yield f"{name} {version} is installed, pinned is {allowed}"


def foreign_hashes(lock: str, resolved: str) -> Iterator[str]:
    """Yield the packages that uv resolved and whose files we have not pinned."""
    allowed = hashes(lock)
    for package in tomllib.loads(resolved).get("package", []):
        files = [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
        seen = {file["hash"] for file in files if "hash" in file}
        if seen and not seen & allowed.get(canonicalize_name(package["name"]), set()):
            yield f"{package['name']}: none of its files has a pinned hash"


def moved(lock: str) -> Iterator[str]:
    """Yield when the project, resolved today, needs other packages than the lock holds."""
    with tempfile.TemporaryDirectory() as folder:
        today = Path(folder) / "requirements.lock"
        today.write_text(lock, "utf-8")
        resolve(today)
        if pins(today.read_text("utf-8")) != pins(lock):
            yield "requirements.lock is not what pyproject.toml resolves to"


def check() -> list[str]:
    """Return everything that is wrong with the pins."""
    lock, project = LOCK.read_text("utf-8"), PROJECT.read_text("utf-8")
    installed = {canonicalize_name(found.name): found.version for found in distributions()}
    resolved = ROOT / "uv.lock"
    return [
        *disagreements(lock, project),
        *strangers(lock, installed),
        *(foreign_hashes(lock, resolved.read_text("utf-8")) if resolved.exists() else ()),
        *moved(lock),
    ]


def main(arguments: list[str]) -> int:
    """Write or check; return 1 when something is wrong, 2 when asked for neither."""
    if arguments[:1] == ["write"]:
        write(arguments[1:])
        return 0
    if arguments != ["check"]:
        print(__doc__, file=sys.stderr)
        return 2
    wrong = check()
    print("\n".join(wrong) or f"{len(pins(LOCK.read_text('utf-8')))} packages pinned")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
