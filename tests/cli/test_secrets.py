"""No secret is ever typed as an option: it would stand in the shell's history and in the process list."""

import re
from collections.abc import Iterator
from typing import Any

import typer
from typer.main import get_command

from points.cli.app import app

SECRET = re.compile(
    r"(?i)secret|passw|token|passphrase|pin\b|otp|recovery|private|(?<!spark_)(?<!spark-)master"
)


def options(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield every option and argument of every command."""
    for name, below in getattr(command, "commands", {}).items():
        yield from options(below, (*path, name))
    for parameter in command.params:
        yield " ".join(path), parameter


def takes_secrets(parameter: Any) -> bool:
    """Return whether a parameter takes a secret's value, rather than a flag or where a file lies."""
    kind = type(getattr(parameter, "type", None)).__name__
    if getattr(parameter, "is_flag", False) or kind in {"Path", "File"}:
        return False
    names = " ".join([parameter.name or "", *parameter.opts, str(parameter.metavar or "")])
    return SECRET.search(names) is not None


def test_no_command_takes_a_secret() -> None:
    found = [
        f"{path} {each.name}" for path, each in options(get_command(app)) if takes_secrets(each)
    ]
    assert found == []


def test_control_one_that_does_is_found() -> None:
    bad = typer.Typer()

    @bad.command()
    def log_in(password: str = "", *, secret_file: bool = False) -> None:
        """Take a password; a flag that only says so is none."""

    found = [each.name for _, each in options(get_command(bad)) if takes_secrets(each)]
    assert found == ["password"]
