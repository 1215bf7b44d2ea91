"""Every command explains itself, with an example."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from points.cli import app as module
from points.cli import start
from points.cli.app import app
from tests.cli.conftest import TREE, Console

MEANT_FOR_PEOPLE = {"serve", "openapi"}
"""These print no result; one serves until it is stopped, the other writes a file."""

BILINGUAL = {"bench"}
"""It prints both languages side by side."""


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield path
        return
    for name, each in below.items():
        yield from leaves(each, (*path, name))


def found(path: tuple[str, ...]) -> Any:
    command: Any = TREE(app)
    for name in path:
        command = command.commands[name]
    return command


@pytest.mark.parametrize("path", list(leaves(TREE(app))), ids=" ".join)
def test_help_shows_an_example(path: tuple[str, ...]) -> None:
    command = found(path)
    assert f"points {' '.join(path)}" in command.help.split("Example:")[-1]
    if path[0] not in MEANT_FOR_PEOPLE:
        assert any("--json" in option.opts for option in command.params)
    if path[0] not in BILINGUAL:
        assert any("--lang" in option.opts for option in command.params)


def test_help_is_printed(console: Console) -> None:
    assert "points import" in console.says("import", "--help")
    assert "demo" in console.says("--help")
    assert "worker" in console.run().output


def test_what_cannot_be_understood_ends_with_2(console: Console) -> None:
    for words in (["nothing"], ["import"], ["member", "list", "--lang", "fr"]):
        assert console.run(*words).exit_code == 2


def test_the_program_looks_for_garbage_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    usual, seen = gc.get_threshold(), []
    monkeypatch.setattr(module, "app", lambda: seen.append(gc.get_threshold()))
    try:
        module.main()
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
    assert seen == [module.GARBAGE_THRESHOLDS] != [usual]


def test_the_program_looks_for_none_while_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(gc, "disable", lambda: seen.append("off"))
    monkeypatch.setattr(gc, "enable", lambda: seen.append("on"))
    monkeypatch.setattr(module, "main", lambda: seen.append("runs"))
    start.main()
    assert seen == ["off", "on", "runs"]
