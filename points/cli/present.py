"""What every command prints, and how it ends.

Exit codes: 0 it is done, 1 it was understood and the answer is no, 2 it could not be understood.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from points.kernel.canonical import plain
from points.kernel.errors import Misused, Refusal, Unavailable
from points.kernel.findings import Finding

REFUSED, MISUNDERSTOOD = 1, 2
LANGUAGES = ("zh", "en")
ID = re.compile(r"[0-9A-Z]{26}")
WIDEST = 10_000
"""So wide that no table of ours meets it."""
NEXT = {"second_factor_needed": "points verify"}
"""What to type next, where a refusal says what to do and a command does it."""


def verbatim(*, stderr: bool) -> Console:
    """Return a console that prints what it is given.

    Rich would take ``staff:chair:`` for a picture, and what stands in brackets for a colour.
    """
    return Console(stderr=stderr, markup=False, emoji=False)


@dataclass(slots=True)
class Presenter:
    """Where a command's words go: people read stdout, programs read one JSON object there."""

    language: str = "zh"
    as_json: bool = False
    out: Console = field(default_factory=lambda: verbatim(stderr=False))
    aside: Console = field(default_factory=lambda: verbatim(stderr=True))

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise typer.BadParameter("zh | en", param_hint="--lang")

    def pick(self, zh: str, en: str) -> str:
        """Return the text in the chosen language."""
        return zh if self.language == "zh" else en

    def say(self, zh: str, en: str) -> None:
        """Print a line for people; nothing where a program reads."""
        if not self.as_json:
            self.out.print(self.pick(zh, en), highlight=False, markup=False, soft_wrap=True)

    def show(self, renderable: object) -> None:
        """Print a table or a tree for people; of a table's cells nothing is left out."""
        if not self.as_json:
            if isinstance(renderable, Table):
                _keep_whole(renderable)
                _move_together(renderable, self.out)
            self.out.print(renderable)

    def result(self, value: Mapping[str, Any]) -> None:
        """Print the one JSON object for programs; nothing for people."""
        if self.as_json:
            typer.echo(json.dumps(value, ensure_ascii=False, default=plain))

    def refuse(self, refusal: Refusal) -> NoReturn:
        """Say why not, and end with 1."""
        zh, en = refusal.zh.format(**refusal.details()), refusal.text("en")
        if command := NEXT.get(refusal.code):
            zh, en = f"{zh}：{command}", f"{en}: {command}"
        self.end(refusal.code, zh, en)

    def end(self, code: str, zh: str, en: str, *, status: int = REFUSED) -> NoReturn:
        """Say what is wrong, with its stable code, and end."""
        if self.as_json:
            typer.echo(
                json.dumps({"error": {"code": code, "zh": zh, "en": en}}, ensure_ascii=False)
            )
        said = f"{self.pick(zh, en)} [{code}]"
        self.aside.print(said, highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(status)

    def findings(self, findings: list[Finding]) -> None:
        """Print findings with their places."""
        for finding in findings:
            self.aside.print(
                f"{finding.place()}: {self.pick(finding.zh, finding.en)} [{finding.code}]",
                highlight=False,
                markup=False,
            )

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Show progress bars on stderr while a long step runs; none where a program reads."""
        bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.aside,
            transient=True,
            disable=self.as_json or not self.aside.is_terminal,
        )
        with bars:
            yield bars


def _keep_whole(table: Table) -> None:
    """Break long cells over lines rather than cut them, and let columns of ids give way last.

    An id that a list cuts off cannot be typed into the command that asks for it.
    """
    for column in table.columns:
        if column.overflow == "ellipsis":
            column.overflow = "fold"
        if ID.fullmatch(str(next(iter(column.cells), ""))):
            column.no_wrap = True


def _move_together(table: Table, console: Console) -> None:
    """Take the space beside the lines away where a table would else be broken for it."""
    anyhow = console.options.update(width=WIDEST)
    if console.measure(table, options=anyhow).maximum > console.width:
        table.padding = (0, 0)


@contextmanager
def understood(presenter: Presenter) -> Iterator[None]:
    """Turn what the engine raises into a sentence and an exit code."""
    try:
        yield
    except Misused as misuse:
        presenter.findings(list(getattr(misuse, "findings", ())))
        presenter.end(misuse.code, misuse.zh, misuse.en, status=MISUNDERSTOOD)
    except Unavailable:
        presenter.end(
            "unavailable",
            "数据库没有响应，或拒绝登录：请检查 POINTS_DATABASE_URL，再重试",
            "the database does not answer, or lets this role not in: "
            "check POINTS_DATABASE_URL, then try again",
        )
