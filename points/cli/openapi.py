"""``points openapi``: the HTTP interface as a file, and whether the committed one is current."""

import json
from pathlib import Path
from typing import Annotated

import typer

from points.cli.options import LanguageOption
from points.cli.present import REFUSED, Presenter

FILE = Path("openapi/points.v1.json")


def command(
    check: Annotated[
        bool, typer.Option("--check", help="end with 1 where the file differs; write nothing")
    ] = False,
    path: Annotated[Path, typer.Option("--file", metavar="FILE")] = FILE,
    lang: LanguageOption = "zh",
) -> None:
    """Write the OpenAPI description.

    Example: points openapi --check
    """
    # Here: loading a server takes longer than most of the other commands run.
    from points.api.app import describe  # noqa: PLC0415

    present = Presenter(lang)
    described = json.dumps(describe(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if not check:
        path.parent.mkdir(exist_ok=True)
        path.write_text(described, encoding="utf-8")
        present.say(f"已写入 {path}", f"wrote {path}")
        return
    if not path.is_file() or path.read_text(encoding="utf-8") != described:
        present.say(
            f"{path} 与代码不一致，请运行 points openapi",
            f"{path} differs from the code: run points openapi",
        )
        raise typer.Exit(REFUSED)
