"""The tree keeps the rules of the house, and each rule would notice if it did not."""

import ast
import importlib
import pkgutil
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import pytest
from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, MetaData, Table

import points
from points.kernel.errors import Refusal
from tests import house_rules as house

ROOT = Path(__file__).parent.parent

TreeRule = Callable[[str, ast.Module], Iterator[str]]
TextRule = Callable[[str, str], Iterator[str]]

TREE_RULES: dict[TreeRule, str] = {
    house.ends_transactions: '"""."""\nconnection.commit()',
    house.reads_the_time: '"""."""\nnow = datetime.now(UTC)',
    house.reads_the_environment: '"""."""\nurl = os.environ["URL"]',
    house.lacks_docstring: "x = 1",
    house.logs_what_varies: '"""."""\n_log.warning(f"{phone} is wrong")',
}
OF_EVERY_MODULE = (
    *TREE_RULES,
    house.has_vague_name,
    house.declares_a_table,
    house.spells_a_moment,
)
SPELLED_MOMENTS = (
    'present.say(f"{at}", at.isoformat(timespec="minutes"))',
    'table.add_row(at.strftime("%Y"))',
    'table.add_row(f"{at:%Y-%m-%d %H:%M}")',
    "table.add_row(str(each.recorded_at.date()))",
    """present.say(result['due_at'][:10])""",
)
TEXT_RULES: dict[TextRule, list[str]] = {
    house.leaves_work: ["# TO" + "DO later", "TB" + "D.", "raise NotImplemented" + "Error"],
    house.names_a_machine: ["cd /wor" + "k/main", "https://py" + "pi.org/simple"],
}


@cache
def tracked() -> frozenset[str]:
    """Return the files that belong to the project, as git sees them."""
    listed = subprocess.run(  # noqa: S603 - a fixed command
        [shutil.which("git") or "git", *["ls-files", "-c", "-o", "--exclude-standard", "-z"]],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout: what belongs to the project is not known")
    names = listed.stdout.decode().split("\0")
    return frozenset(name for name in names if name and (ROOT / name).is_file())


def sources(top: str = "points") -> Iterator[tuple[str, ast.Module]]:
    """Yield every module of a folder, parsed; together their trees would hold a million objects."""
    for file in sorted((ROOT / top).rglob("*.py")):
        yield str(file.relative_to(ROOT)), ast.parse(file.read_text("utf-8"))


@cache
def found_in_modules() -> dict[TreeRule, list[str]]:
    """Return what every rule yields of every module, each of them parsed and walked once."""
    found: dict[TreeRule, list[str]] = {rule: [] for rule in OF_EVERY_MODULE}
    for path, tree in sources():
        for rule, breaches in found.items():
            breaches.extend(rule(path, tree))
    return found


@cache
def texts() -> dict[str, str]:
    """Return every tracked file that is text."""
    found = {}
    for name in sorted(tracked()):
        content = (ROOT / name).read_bytes()
        if b"\0" not in content[:8000]:
            found[name] = content.decode("utf-8", errors="replace")
    return found


@pytest.fixture(scope="module")
def everything() -> None:
    """Import every module, so that every table and refusal is known."""
    for module in pkgutil.walk_packages(points.__path__, "points."):
        if module.name.endswith(".__main__"):
            continue  # importing it would run it
        importlib.import_module(module.name)


@pytest.mark.parametrize("rule", [*TREE_RULES, house.has_vague_name, house.spells_a_moment])
def test_every_module_keeps(rule: TreeRule) -> None:
    assert found_in_modules()[rule] == []


@pytest.mark.parametrize(("rule", "bad"), TREE_RULES.items())
def test_a_module_is_caught(rule: TreeRule, bad: str) -> None:
    assert list(rule("points/flows/sample.py", ast.parse(bad)))


def test_vague_names_are_caught() -> None:
    empty = ast.parse("")
    assert list(house.has_vague_name("points/flows/utils.py", empty))
    assert list(house.has_vague_name("points/flows/redeem_2.py", empty))


@pytest.mark.parametrize("bad", SPELLED_MOMENTS)
def test_a_command_that_spells_a_moment_itself_is_caught(bad: str) -> None:
    assert list(house.spells_a_moment("points/cli/sample.py", ast.parse(bad)))
    assert not list(house.spells_a_moment("points/web/sample.py", ast.parse(bad)))


def test_a_moment_for_programs_is_whole() -> None:
    whole = "present.result({'at': at.isoformat(timespec='minutes')})"
    assert not list(house.spells_a_moment("points/cli/sample.py", ast.parse(whole)))


def test_a_transaction_begun_beside_the_unit_of_work_is_caught() -> None:
    begun = "with engine.begin() as connection: ..."
    bad = ast.parse(f"from sqlalchemy import Engine\n{begun}")
    assert list(house.ends_transactions("points/flows/sample.py", bad))
    assert not list(house.ends_transactions("points/unit_of_work.py", bad))
    assert not list(house.ends_transactions("points/rules/trace.py", ast.parse(begun)))


def test_a_clock_of_ones_own_is_no_breach() -> None:
    assert not list(house.reads_the_time("points/engine.py", ast.parse("clock.now()")))


@pytest.mark.parametrize("rule", TEXT_RULES)
def test_every_file_keeps(rule: TextRule) -> None:
    assert [breach for path, text in texts().items() for breach in rule(path, text)] == []


@pytest.mark.parametrize(("rule", "bad"), [(r, b) for r, all_ in TEXT_RULES.items() for b in all_])
def test_a_file_is_caught(rule: TextRule, bad: str) -> None:
    assert list(rule("points/sample.py", bad))


def test_the_top_level_is_tidy() -> None:
    assert list(house.stands_at_the_top(tracked())) == []
    assert list(house.shadows_alembic(tracked())) == []


def test_an_untidy_top_level_is_caught() -> None:
    assert list(house.stands_at_the_top(["scratch/notes.md"]))
    assert list(house.shadows_alembic(["alembic/__init__.py"]))


@pytest.mark.usefixtures("everything")
def test_every_key_begins_with_the_association() -> None:
    metadata = importlib.import_module("points.schema").metadata
    assert metadata.tables
    assert list(house.crosses_tenants(metadata)) == []
    assert list(house.cascades(metadata)) == []


def test_the_schema_knows_every_table() -> None:
    concepts = {path.split("/")[1] for path in found_in_modules()[house.declares_a_table]} - {"db"}
    assert concepts
    known = ast.unparse(ast.parse((ROOT / "points/schema.py").read_text("utf-8")))
    assert {concept for concept in concepts if f"points.{concept}" not in known} == set()


def bad_metadata(**foreign_key: str) -> MetaData:
    metadata = MetaData()
    Table("parent", metadata, Column("id", Integer, primary_key=True))
    Table(
        "child",
        metadata,
        Column("association_id", Integer, primary_key=True),
        Column("parent_id", Integer),
        ForeignKeyConstraint(["parent_id"], ["parent.id"], name="to_parent", **foreign_key),
        Index("uq_alone", "parent_id", unique=True),
    )
    return metadata


def test_keys_across_associations_are_caught() -> None:
    found = list(house.crosses_tenants(bad_metadata()))
    assert [line.split(":")[0] for line in found] == ["parent", "child", "child", "child"]
    assert list(house.cascades(bad_metadata(ondelete="CASCADE")))


@pytest.mark.usefixtures("everything")
def test_every_refusal_can_be_said() -> None:
    kinds = [kind for kind in house.kinds_of(Refusal) if kind.__module__.startswith("points.")]
    assert kinds
    assert list(house.refuses_badly(kinds)) == []


def test_refusals_that_cannot_be_said_are_caught() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Wrong(Refusal):
        """Has every fault at once."""

        code: ClassVar[str] = "Not a code"
        zh: ClassVar[str] = "no Chinese, {nothing}"
        en: ClassVar[str] = ""

    assert len(list(house.refuses_badly([Wrong, Wrong]))) == 7


def test_every_decision_names_its_check() -> None:
    decisions = {p: t for p, t in texts().items() if p.startswith("docs/adr/0")}
    assert decisions
    assert [b for p, t in decisions.items() for b in house.lacks_a_check(p, t, tracked())] == []


def test_a_decision_without_a_check_is_caught() -> None:
    assert list(house.lacks_a_check("docs/adr/1.md", "We like it.", frozenset()))
    assert list(house.lacks_a_check("docs/adr/1.md", "Enforced by: `tests/gone.py`", frozenset()))


def test_every_migration_states_its_phase() -> None:
    versions = list(sources("alembic/versions"))
    assert versions
    assert [b for path, tree in versions for b in house.hides_its_phase(path, tree)] == []


def test_a_migration_without_a_phase_is_caught() -> None:
    assert len(list(house.hides_its_phase("v.py", ast.parse('"""Add a column."""')))) == 2
