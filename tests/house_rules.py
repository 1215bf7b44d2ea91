"""The rules of the house, each a function that yields what breaks it.

They take what they look at as an argument, so that a test can show each of them something bad.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import lru_cache
from string import Formatter
from typing import Any

from sqlalchemy import ForeignKeyConstraint, MetaData, Table, UniqueConstraint

from points.kernel.errors import Refusal

TENANT = "association_id"

TOP_LEVEL = frozenset(
    [
        "points",
        "rules",
        "alembic",
        "tests",
        "openapi",
        "docs",
        "README.md",
        "README.zh.md",
        "CHANGELOG.md",
        "LICENSE",
        "pyproject.toml",
        "requirements.lock",
        "compose.yaml",
    ]
)
VAGUE = frozenset(["util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"])
WHERE_TRANSACTIONS_BEGIN = frozenset({"points/unit_of_work.py"})
WHERE_MOMENTS_ARE_SPELLED = ("points/cli/bench/", "points/cli/rules/shown.py")
"""Benches name their files; a rule set's days are those of its own time zone."""
WHERE_TIME_IS_READ = frozenset({"points/kernel/clock.py"})
WHERE_THE_ENVIRONMENT_IS_READ = frozenset({"points/settings.py"})

# Put together from parts, so that this file does not hold what it looks for.
LEFTOVERS = re.compile(
    r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "TB" + "D"]) + r")\b"
)
# Raised, not caught: the standard library says so of archives that it cannot read.
UNFINISHED = re.compile(r"\braise NotImplemented" + "Error")
MACHINE_PATH = re.compile(
    r"(?<![\w.{}/-])/(?:" + "|".join(["wor" + "k", "far" + "m", "roo" + "t"]) + ")/"
)
REGISTRY_HOST = re.compile(
    "|".join(
        (
            *("py" + r"pi\.org", "python" + r"hosted\.org", "npm" + r"js\.(?:org|com)"),
            *("deb" + r"\.debian\.org", "proxy" + r"\.golang\.org", "crates" + r"\.io"),
        )
    )
)
MACHINE_TIME = re.compile(r"(datetime\.)?(datetime|date)\.(now|utcnow|today)|time\.time(_ns)?")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@lru_cache(maxsize=1)
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Return everything in a tree: every rule wants that of the same one, walked once."""
    return tuple(ast.walk(tree))


def calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the spelling of everything that is called."""
    for node in nodes(tree):
        if isinstance(node, ast.Call):
            yield node.lineno, spelled(node.func)


def spelled(node: ast.expr) -> str:
    """Return how something is written; names with full stops, which most are, take no time."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{spelled(node.value)}.{node.attr}"
    return ast.unparse(node)


def imports(tree: ast.AST, library: str) -> bool:
    """Return whether a module imports from a library."""
    froms = {node.module or "" for node in nodes(tree) if isinstance(node, ast.ImportFrom)}
    plain = {a.name for node in nodes(tree) if isinstance(node, ast.Import) for a in node.names}
    return any(name.split(".")[0] == library for name in froms | plain)


def ends_transactions(path: str, tree: ast.Module) -> Iterator[str]:
    """One batch, one transaction, opened in one place, and never ended by hand."""
    names = {"commit", "rollback"}
    if path not in WHERE_TRANSACTIONS_BEGIN and imports(tree, "sqlalchemy"):
        names |= {"begin", "begin_nested"}
    for line, called in calls(tree):
        if "." in called and called.rsplit(".", 1)[1] in names:
            yield f"{path}:{line}: begins or ends a transaction"


def reads_the_time(path: str, tree: ast.Module) -> Iterator[str]:
    """Time comes from a Clock."""
    if path not in WHERE_TIME_IS_READ:
        for line, called in calls(tree):
            if MACHINE_TIME.fullmatch(called):
                yield f"{path}:{line}: reads the machine's clock"


def reads_the_environment(path: str, tree: ast.Module) -> Iterator[str]:
    """Settings are read once, in one place."""
    if path in WHERE_THE_ENVIRONMENT_IS_READ:
        return
    for node in nodes(tree):
        spelled = isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
        imported = isinstance(node, ast.ImportFrom) and node.module == "os"
        if spelled or (imported and {"environ", "getenv"} & {each.name for each in node.names}):
            yield f"{path}:{node.lineno}: reads the environment"


def spells_a_moment(path: str, tree: ast.Module) -> Iterator[str]:
    """A command's words tell moments by the clock of here, in one way; for programs they are whole.

    What goes into ``present.result`` is for programs. A date needs no clock.
    """
    if not path.startswith("points/cli/") or path.startswith(WHERE_MOMENTS_ARE_SPELLED):
        return
    results = [node for node in nodes(tree) if _is_result(node)]
    for_programs = {id(each) for found in results for each in ast.walk(found)}
    for node in nodes(tree):
        if id(node) not in for_programs and _spells(node):
            yield f"{path}:{node.lineno}: spells a moment itself"  # type: ignore[attr-defined]


def _is_result(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and spelled(node.func).endswith("present.result")


def _spells(node: ast.AST) -> bool:
    if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
        return "%H" in ast.unparse(node.format_spec)
    if isinstance(node, ast.Subscript):
        return bool(re.search(r"_at\W*\]\[:", ast.unparse(node)))
    if not isinstance(node, ast.Call):
        return False
    called = spelled(node.func)
    whole = called.endswith(".isoformat") and any(each.arg == "timespec" for each in node.keywords)
    return whole or called.endswith(".strftime") or bool(re.search(r"_at\.date$", called))


LOGGING = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})


def logs_what_varies(path: str, tree: ast.Module) -> Iterator[str]:
    """A log line's event is a constant; what varies goes into fields of the allow-list."""
    for node in nodes(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        logger = spelled(node.func.value).rsplit(".", 1)[-1]
        if logger not in {"_log", "_access", "logger", "logging"} or node.func.attr not in LOGGING:
            continue
        constant = len(node.args) == 1 and isinstance(node.args[0], ast.Constant)
        if not constant or "%" in ast.unparse(node.args[0]):
            yield f"{path}:{node.lineno}: logs what varies"


def lacks_docstring(path: str, tree: ast.Module) -> Iterator[str]:
    """Every file says what it is."""
    if not ast.get_docstring(tree):
        yield f"{path}:1: has no docstring"


def declares_a_table(path: str, tree: ast.Module) -> Iterator[str]:
    """No breach: the modules that have tables, which the schema has to know."""
    if any(called.rsplit(".", 1)[-1] == "tenant_table" for _, called in calls(tree)):
        yield path


def has_vague_name(path: str, _tree: ast.Module) -> Iterator[str]:
    """A module is a noun that means something."""
    for part in path.removesuffix(".py").split("/"):
        if part.strip("_") in VAGUE or re.search(r"_\d+$", part):
            yield f"{path}: {part!r} says nothing"


def lines_with(text: str, *patterns: re.Pattern[str]) -> Iterator[int]:
    """Yield the number of each line in which something is found."""
    for pattern in patterns:
        for found in pattern.finditer(text):
            yield text.count("\n", 0, found.start()) + 1


def leaves_work(path: str, text: str) -> Iterator[str]:
    """What is committed is finished."""
    for number in lines_with(text, LEFTOVERS, UNFINISHED):
        yield f"{path}:{number}: promises to be finished later"


def names_a_machine(path: str, text: str) -> Iterator[str]:
    """Nothing in the tree holds only here: no folder of one machine, no package registry."""
    for number in lines_with(text, MACHINE_PATH):
        yield f"{path}:{number}: names a folder of one machine"
    for number in lines_with(text, REGISTRY_HOST):
        yield f"{path}:{number}: names a package registry"


def stands_at_the_top(paths: Iterable[str]) -> Iterator[str]:
    """The top level holds what a reader expects there, and dotfiles."""
    for name in sorted({path.split("/")[0] for path in paths}):
        if name not in TOP_LEVEL and not name.startswith("."):
            yield f"{name}: does not belong at the top level"


def shadows_alembic(paths: Iterable[str]) -> Iterator[str]:
    """With an ``__init__.py`` the folder would be imported instead of the library."""
    if "alembic/__init__.py" in paths:
        yield "alembic/__init__.py: shadows the library"


def keys(table: Table) -> Iterator[tuple[str, list[str]]]:
    """Yield the name and columns of every key, on both of its sides."""
    yield "primary key", [column.name for column in table.primary_key.columns]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield str(constraint.name), [column.name for column in constraint.columns]
        if isinstance(constraint, ForeignKeyConstraint):
            yield str(constraint.name), [column.name for column in constraint.columns]
            referred = [element.target_fullname.split(".")[-1] for element in constraint.elements]
            yield f"{constraint.name} (referred)", referred
    for index in table.indexes:
        if index.unique:
            yield str(index.name), [getattr(each, "name", "?") for each in index.expressions]


def crosses_tenants(metadata: MetaData) -> Iterator[str]:
    """Every key begins with the association: tenancy today, the shard key tomorrow."""
    for table in metadata.tables.values():
        for name, columns in keys(table):
            if columns[:1] != [TENANT]:
                yield f"{table.name}: {name} begins with {columns[:1]}"


def cascades(metadata: MetaData) -> Iterator[str]:
    """No foreign key deletes or changes rows by itself."""
    for table in metadata.tables.values():
        for constraint in table.foreign_key_constraints:
            if constraint.ondelete or constraint.onupdate:
                yield f"{table.name}: {constraint.name} acts by itself"


def kinds_of(root: type[Refusal]) -> Iterator[type[Refusal]]:
    """Yield every refusal, those with equal codes too."""
    for kind in root.__subclasses__():
        # ``dataclass(slots=True)`` makes each class anew; the discarded one may still be listed.
        if "__slots__" in kind.__dict__:
            yield kind
        yield from kinds_of(kind)


def refuses_badly(kinds: Iterable[type[Refusal]]) -> Iterator[str]:
    """Every refusal has a code of its own and both sentences, over its own fields."""
    kinds = [kind for kind in kinds if kind.code or not kind.__subclasses__()]
    for code, count in Counter(kind.code for kind in kinds).items():
        if count > 1:
            yield f"{code}: {count} refusals share this code"
    for kind in kinds:
        if not re.fullmatch(r"[a-z][a-z0-9_.]*", kind.code):
            yield f"{kind.__name__}: {kind.code!r} is no code"
        if not CHINESE.search(kind.zh) or not kind.en or CHINESE.search(kind.en):
            yield f"{kind.__name__}: lacks a sentence in Chinese or in English"
        for text in (kind.zh, kind.en):
            if unknown := _placeholders(text) - {field.name for field in fields(kind)}:
                yield f"{kind.__name__}: {sorted(unknown)} are no fields of it"


def _placeholders(text: str) -> set[str]:
    parsed: Iterable[tuple[Any, ...]] = Formatter().parse(text)
    return {name for _, name, _, _ in parsed if name is not None}


def lacks_a_check(path: str, text: str, existing: frozenset[str]) -> Iterator[str]:
    """A decision names what enforces it: a rule without a check is a preference."""
    lines = [line for line in text.splitlines() if line.startswith("Enforced by:")]
    if not lines:
        yield f"{path}: names no check"
    for named in re.findall(r"`([\w./-]+/[\w./-]+)`", "".join(lines)):
        if named not in existing and not any(path.startswith(f"{named}/") for path in existing):
            yield f"{path}: names {named}, which does not exist"


def hides_its_phase(path: str, tree: ast.Module) -> Iterator[str]:
    """A migration says whether it expands or contracts, and can be taken back."""
    if not re.match(r"(expand|contract)\b", (ast.get_docstring(tree) or "").lower()):
        yield f"{path}:1: the docstring does not begin with 'expand' or 'contract'"
    if not {"upgrade", "downgrade"} <= {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef)
    }:
        yield f"{path}:1: lacks upgrade or downgrade"
