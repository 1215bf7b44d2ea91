"""A console: the command line on a database of its own, in an empty folder."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner, Result

from points.cli.app import app
from points.wiring import authored
from tests.databases import MASTER_KEY, SqliteDatabases, migrate

TREE = cache(typer.main.get_command)
"""The tree of commands is the same each time, and takes longer to build than most take to run."""


def reading_once(read: Callable[..., Any]) -> Callable[..., Any]:
    """Return a reader that reads each text once; what it makes of one is frozen, and so shared."""
    known: dict[tuple[object, ...], tuple[Any, dict[str, object]]] = {}

    def read_once(text: str, **around: object) -> Any:
        key = (text, *(each if isinstance(each, str) else id(each) for each in around.values()))
        if key not in known:
            # Kept with what stands around it: else another might one day have its identity.
            known[key] = read(text, **around), around
        return known[key][0]

    return read_once


READ_ONCE = {
    name: reading_once(getattr(authored, name))
    for name in (
        *("load_activity_types", "load_ruleset", "load_lint_policy", "load_duties", "load_watch"),
        *("load_vouchers", "load_offline", "load_budget", "load_benefits"),
        *("read_notices", "read_schedule"),
    )
}


@dataclass
class Console:
    """Types commands and reads what they print."""

    folder: Path

    def run(self, *words: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(app, list(words), input=typed)

    def says(self, *words: str, status: int = 0, typed: str | None = None) -> str:
        """Return what a command tells people; stdout and stderr together."""
        done = self.run(*words, typed=typed)
        assert done.exit_code == status, (done.output, done.exception)
        return done.output

    def answers(self, *words: str, status: int = 0, typed: str | None = None) -> dict[str, Any]:
        """Return what a command tells programs: one JSON object and nothing else."""
        done = self.run(*words, "--json", typed=typed)
        assert done.exit_code == status, (done.output, done.exception)
        # A prompt stands before the object where something had to be typed.
        text = done.stdout if typed is None else done.stdout[done.stdout.index("{") :]
        found: dict[str, Any] = json.loads(text)
        return found

    def refused(self, *words: str, status: int = 1, typed: str | None = None) -> str:
        """Return the code of a refusal."""
        error = self.answers(*words, status=status, typed=typed)["error"]
        assert error["zh"]
        assert error["en"]
        return str(error["code"])

    def file(self, name: str, content: bytes | str) -> str:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)


@pytest.fixture
def console(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_databases: SqliteDatabases
) -> Iterator[Console]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("typer.testing._get_command", TREE)
    # Every command reads the rules anew, which takes longer than to open all the rest does.
    for name, read_once in READ_ONCE.items():
        monkeypatch.setattr(authored, name, read_once)
    with sqlite_databases.copy(sqlite_databases.template(migrate)) as url:
        monkeypatch.setenv("POINTS_DATABASE_URL", url)
        monkeypatch.setenv("POINTS_ASSOCIATION", "panjin")
        monkeypatch.setenv("POINTS_SESSION_FILE", str(tmp_path / "session"))
        monkeypatch.setenv("POINTS_SECRET", "a secret of at least thirty-two bytes")
        monkeypatch.setenv("POINTS_MASTER_KEY", MASTER_KEY)
        yield Console(tmp_path)


@pytest.fixture
def own_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped rules, without the demo's files, that a test may change."""
    shipped = Path(__file__).parents[2] / "rules"
    folder = tmp_path / "rules"
    shutil.copytree(shipped, folder, ignore=shutil.ignore_patterns("demo"))
    (folder / "demo").mkdir()
    monkeypatch.setenv("POINTS_RULES_DIR", str(folder))
    return folder
