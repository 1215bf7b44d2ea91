# ruff: noqa: INP001, S603, T201 - a script that prints, and runs our own commands
"""Files that are made from the code are what the code makes of them.

python .ci/generated.py write   renew them
python .ci/generated.py check   say which differ
"""

import html
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parent.parent

Made = dict[str, str]
"""Path below the root to the text that belongs there."""


def printed(*command: str) -> str:
    """Return what a program prints.

    Raises:
        subprocess.CalledProcessError: It failed; its own message is on stderr.
    """
    ran = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True, stdout=-1)
    return ran.stdout.decode("utf-8")


def interface() -> Made:
    """Return the HTTP interface."""
    described = import_module("points.api.app").describe()
    text = json.dumps(described, ensure_ascii=False, indent=1, sort_keys=True)
    return {"openapi/points.v1.json": text + "\n"}


def commands() -> Made:
    """Return the reference of the command line."""
    text = printed("typer", "points.cli.app", "utils", "docs", "--name", "points")
    # What is meant for HTML is spelled for HTML; here it is read as text.
    return {"docs/reference/cli.md": html.unescape(text)}


def operations() -> Made:
    """Return the page that lists every operation of the HTTP interface, with its action."""
    lines = [
        "# Operations of the HTTP interface · 接口一览",
        "",
        (
            "Made from the routes. What a caller needs for an action stands in "
            "[who may do what](permissions.md); `-` needs no caller."
        ),
        "",
        "| operation | 说明 | action |",
        "|---|---|---|",
    ]
    described = import_module("points.api.app").describe()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            action = operation.get("x-action")
            said = f"`{action}`" if action else "-"
            lines.append(f"| `{method.upper()} {path}` | {operation['summary']} | {said} |")
    return {"docs/reference/operations.md": "\n".join(lines) + "\n"}


def permissions() -> Made:
    """Return the page that says who may do what."""
    return {"docs/reference/permissions.md": printed("points.cli", "permissions", "--markdown")}


def counter_refusals() -> Made:
    """Return the page of everything that a counter can be refused with."""
    import_module("points.flows.table")  # every refusal is known once everything is
    listed = import_module("points.flows.counter_advice").ADVICE
    known = import_module("points.kernel.errors").refusals()
    lines = [
        "# Refusals at the counter · 核销台拒绝原因",
        "",
        (
            "Made from the code: the fixed list of everything that authorisations, captures, voids "
            "and their look-ups can be refused with. `say` is read out to the customer, `action` "
            "is what the clerk does next; `again` says whether the very same request, with its "
            "number, may succeed when it is sent again. Any other reason is said as `not_now`."
        ),
        "",
        "| code | say 读给顾客 | action 店员接下来 | | again |",
        "|---|---|---|---|---|",
    ]
    for code, advice in listed.items():
        say = known[code].zh if code in known else "-"
        again = "yes" if advice.retryable else "no"
        lines.append(f"| `{code}` | {say} | {advice.zh} | {advice.en} | {again} |")
    return {"docs/reference/counter-refusals.md": "\n".join(lines) + "\n"}


def editor_schemas() -> Made:
    """Return what editors check authored rules against."""
    schemas = import_module("points.rules").schemas()
    catalogue = import_module("points.flows.catalogue_schema")
    schemas = {**schemas, catalogue.NAME: catalogue.schema()}
    return {
        f"rules/schema/{name}": json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
        for name, schema in schemas.items()
    }


def bill_of_materials() -> Made:
    """Return what ships, as a bill and as the container installs it."""
    sys.path.insert(0, str(Path(__file__).parent))
    made: Made = import_module("sbom").generated()
    return made


# Each generator stands with the module and the name in it without which it cannot run.
GENERATORS: dict[Callable[[], Made], tuple[str, str]] = {
    interface: ("points.api.app", "describe"),
    commands: ("points.cli.__main__", "__doc__"),
    operations: ("points.api.app", "describe"),
    permissions: ("points.cli.permissions", "command"),
    counter_refusals: ("points.flows.counter_advice", "ADVICE"),
    editor_schemas: ("points.rules", "schemas"),
    bill_of_materials: ("packaging.requirements", "Requirement"),
}
PLACES = (
    "openapi/*.json",
    "rules/schema/*.json",
    "docs/reference/cli.md",
    "docs/reference/permissions.md",
    "docs/reference/operations.md",
    "docs/reference/counter-refusals.md",
    "docs/reference/*.cdx.json",
    ".container/requirements.txt",
)
"""Where nothing stands that was written by hand."""


def exists(module: str, name: str) -> bool:
    """Return whether a module is there and defines a name; importing may not run a program."""
    if find_spec(module) is None:
        return False
    return name == "__doc__" or hasattr(import_module(module), name)


def made() -> Made:
    """Return every generated file as the code makes it now."""
    files: Made = {}
    for generator, (module, name) in GENERATORS.items():
        if exists(module, name):
            files |= generator()
    return files


def orphans(files: Made) -> Iterator[str]:
    """Yield the files that stand where generated ones do, and that nothing makes."""
    for pattern in PLACES:
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            if name not in files:
                yield name


def differing(files: Made) -> Iterator[str]:
    """Yield the files that are not what the code makes."""
    for name, text in files.items():
        path = ROOT / name
        if not path.is_file() or path.read_text("utf-8") != text:
            yield name


def main(arguments: list[str]) -> int:
    """Write or check; return 1 when something differs, 2 when asked for neither."""
    if arguments not in (["write"], ["check"]):
        print(__doc__, file=sys.stderr)
        return 2
    files = made()
    names = list(differing(files))
    if arguments == ["write"]:
        for name in names:
            (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / name).write_text(files[name], "utf-8")
        return 0
    print(
        "\n".join(f"{name} is not what the code makes" for name in names) or f"{len(files)} files"
    )
    return bool(names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
