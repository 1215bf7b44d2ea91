"""Which rule files a command is about."""

from pathlib import Path
from typing import Annotated

import typer

from points import wiring
from points.kernel.errors import Misused

FilesArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FILE]...", help="rule set files; all of the folder's otherwise"),
]


def chosen_files(files: list[Path] | None, folder: Path) -> list[Path]:
    """Return the named files, or the rule sets of a folder.

    Raises:
        Misused: One is not there.
    """
    chosen = files or [folder / name for name in wiring.RULESETS if (folder / name).is_file()]
    for path in chosen:
        if not path.is_file():
            raise Misused("no_file", f"找不到文件 {path.name}", f"there is no file {path.name}")
    return chosen
