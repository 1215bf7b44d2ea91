"""What the documentation tells a reader to type, open or look up is there."""

import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.exceptions import TyperException

from points.catalogue.verify import PHOTOS
from points.cli.app import app
from points.flows.verify_acts import CHECKS as ACT_CHECKS
from points.handouts.verify import LISTS
from points.ledger.model import Kind, Place, State
from tests.cli.conftest import TREE
from tests.properties.mutants import MUTANTS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SHELL = re.compile(r"^```(?:bash|sh|console)\n(.*?)^```", re.DOTALL | re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"(?<!`)`points ([a-z][^`\n]*)`")
TYPED = re.compile(r"(?:^|[{;&|] |uv run -q )points ([a-z][^|;>]*)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
INSTALL = "python3 -m pip install -q --target .tools uv && .tools/bin/uv run -q "


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def typed(text: str) -> Iterator[str]:
    """Yield the arguments of every ``points`` that stands in a block for the shell."""
    for block in SHELL.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            yield from TYPED.findall(line)


def find(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that words name, and what is left of them."""
    command: Any = TREE(app)
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        found = command.commands.get(words[0])
        assert found is not None, f"there is no command {words[0]!r}"
        command, words = found, words[1:]
    return command, words


def parse(line: str) -> None:
    """Parse a line as the program would, without running it."""
    command, words = find(shlex.split(line.rstrip("} "), comments=True))
    if "$@" in words:
        known(line)
        return
    for parameter in command.params:
        if getattr(parameter, "prompt", None):
            words += [parameter.opts[0], "asked for"]
    if words[:1] != ["--help"]:
        command.make_context(command.name, words)


def known(line: str) -> None:
    """Check that a command and its options exist; what stands for a value is left alone."""
    command, words = find(line.split())
    options = {"--help"} | {name for each in command.params for name in each.opts}
    for word in words:
        assert not word.startswith("--") or word in options, f"{line}: no option {word}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_can_be_typed(page: Path) -> None:
    text = page.read_text("utf-8")
    for line in typed(text):
        parse(line)
    for line in INLINE.findall(FENCED.sub("", text)):
        known(line)


@pytest.mark.parametrize(
    "line", ["demos", "rules lint --colour", "rules lin", "partner statement", "serve --port x"]
)
def test_a_wrong_line_is_noticed(line: str) -> None:
    found = list(typed(f"```bash\npoints {line}\n```\n"))
    assert found == [line]
    with pytest.raises((AssertionError, TyperException)):
        parse(line)


def test_a_wrong_option_in_a_sentence_is_noticed() -> None:
    assert INLINE.findall("say `points rules lint --colour`") == ["rules lint --colour"]
    with pytest.raises(AssertionError):
        known("rules lint --colour")


def headings(page: Path) -> set[str]:
    """Return the anchors of a page, as its readers' programs make them."""
    titles = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def dead(page: Path, text: str) -> Iterator[str]:
    """Yield the links to files or headings that do not exist."""
    for link in LINK.findall(FENCED.sub("", text)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        lost = (
            anchor
            and target.is_file()
            and target.suffix == ".md"
            and anchor not in headings(target)
        )
        if lost or not target.exists():
            yield link


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    assert list(dead(page, page.read_text("utf-8"))) == []


def test_a_dead_link_is_noticed() -> None:
    page = ROOT / "README.md"
    assert list(dead(page, "[x](docs/gone.md) [y](#gone) [z](LICENSE)")) == [
        "docs/gone.md",
        "#gone",
    ]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_are_named_exist(page: Path) -> None:
    named = re.findall(r"`((?:tests|points|rules|docs)/[\w./-]+)`", page.read_text("utf-8"))
    assert [each for each in named if not (ROOT / each).exists()] == []


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_the_two_commands_are_those_of_the_checks(readme: str) -> None:
    text = (ROOT / readme).read_text("utf-8")
    shell = "".join(SHELL.findall(text)).splitlines()
    assert [line for line in shell if "pip install" in line] == [
        INSTALL + "points demo",
        INSTALL + "pytest",
    ]
    assert f"readonly TESTS='{INSTALL}pytest'" in (ROOT / ".ci/run").read_text("utf-8")


def test_the_ledger_reference_is_complete() -> None:
    text = (ROOT / "docs/reference/ledger.md").read_text("utf-8")
    named = set(re.findall(r"`(\w+)`", text))
    nouns = sorted(path.parent.name for path in (ROOT / "points").glob("*/verify.py"))
    lists = [import_module(f"points.{noun}.verify").CHECKS for noun in nouns if noun != "flows"]
    checks = [check for checks in lists for check in checks]
    assert len(lists) > 15
    words = {each.value for kind in (State, Place, Kind) for each in kind}
    words |= {PHOTOS, LISTS, *ACT_CHECKS}
    assert sorted(({check.name for check in checks} | words) - named) == []


def test_mutants_that_are_named_exist() -> None:
    text = (ROOT / "docs/reference/ledger.md").read_text("utf-8")
    promises = [line for line in text.splitlines() if re.match(r"\| I\d", line)]
    assert len(promises) == 10
    named = {name for line in promises for name in re.findall(r"`(\w+)`", line.split("|")[-2])}
    assert named <= {mutant.name for mutant in MUTANTS}
    assert named
