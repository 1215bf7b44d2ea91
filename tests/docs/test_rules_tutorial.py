"""The first hour with rules, typed as it stands: every block that shows its output is run."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from points.cli.app import app
from points.web.texts import texts
from tests.cli.conftest import TREE

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial" / "rules.md").read_text("utf-8")
BLOCK = re.compile(r"```(bash run|text|yaml append \S+)\n(.*?)```", re.DOTALL)
ELLIPSIS = "…"


def steps(page: str) -> Iterator[tuple[str, str, str | None]]:
    """Yield each block with the output that stands below it, if one does."""
    blocks = BLOCK.findall(page)
    for number, (kind, text) in enumerate(blocks):
        if kind == "text":
            continue
        below = blocks[number + 1] if number + 1 < len(blocks) else ("", "")
        yield kind, text, below[1] if below[0] == "text" and kind == "bash run" else None


def run(text: str) -> str:
    """Run the lines of a block; our own program within this one, all else in a shell."""
    said = ""
    for line in text.splitlines():
        if line.startswith("points "):
            said += CliRunner().invoke(app, shlex.split(line)[1:]).output
        else:
            subprocess.run(["bash", "-c", line], check=True)  # noqa: S603, S607 - our own page
    return said


def says(shown: str, said: str) -> bool:
    """Return whether something was said as it is shown; an ellipsis stands for anything."""
    parts = [re.escape(part) for part in shown.replace(f"{ELLIPSIS}\n", ELLIPSIS).split(ELLIPSIS)]
    return re.fullmatch(".*".join(parts), said, re.DOTALL) is not None


def follow(page: str) -> int:
    """Do what a page says; return how many outputs were compared."""
    compared = 0
    for kind, text, shown in steps(page):
        if kind.startswith("yaml append"):
            path = Path(kind.split()[2])
            path.write_text((path.read_text("utf-8") if path.exists() else "") + text, "utf-8")
            continue
        said = run(text)
        if shown is not None:
            assert says(shown, said), f"{text}\n{said}"
            compared += 1
    return compared


def test_the_first_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("typer.testing._get_command", TREE)
    subprocess.run(["cp", "-r", str(ROOT / "rules"), "rules"], check=True)  # noqa: S603, S607
    assert follow(PAGE) == 10


def test_another_output_would_be_noticed() -> None:
    assert says("a\n…\nb\n", "a\nx\ny\nb\n")
    assert not says("a\n…\nb\n", "a\nx\nc\n")
    assert not says("1 个错误\n", "2 个错误\n")


def test_what_the_page_says_to_press_is_there_to_press() -> None:
    pressed = set(re.findall(r"\*\*([\u4e00-\u9fff]+)\*\*", PAGE))
    known = {pair for table in (texts("zh")._texts,) for pair in table.values()}
    assert len(pressed) >= 12
    assert pressed <= known, pressed - known
