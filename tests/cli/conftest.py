"""A console: the command line on a database of its own, in an empty folder."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner, Result

from points.cli.app import app
from tests.databases import MASTER_KEY, SqliteDatabases, migrate
from tests.read_once import rules_read_once

TREE = cache(typer.main.get_command)
"""The tree of commands is the same each time, and takes longer to build than most take to run."""


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
        assert done.stdout, (done.output, done.exception)
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
    template = sqlite_databases.template(migrate)
    # Every command reads the rules anew, which takes longer than to open all the rest does.
    with rules_read_once(), sqlite_databases.copy(template) as url:
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
