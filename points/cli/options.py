"""Options that many commands share, spelled once."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="sqlite:///FILE or postgresql://…; otherwise POINTS_DATABASE_URL",
    ),
]
AssociationOption = Annotated[
    str | None,
    typer.Option("--association", metavar="NAME", help="otherwise POINTS_ASSOCIATION"),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="print one JSON object and nothing else on stdout")
]
LanguageOption = Annotated[
    str, typer.Option("--lang", metavar="zh|en", help="language of what is printed")
]
PrefixOption = Annotated[
    str | None,
    typer.Option("--prefix", metavar="NAME", help="of the roles; otherwise points"),
]
InsecureOption = Annotated[
    bool,
    typer.Option("--insecure-dev", help="for trials only: start although the database is not safe"),
]
RulesOption = Annotated[
    Path | None,
    typer.Option("--rules", metavar="DIR", help="a folder of rules; the shipped ones otherwise"),
]


def instant(text: object) -> datetime | None:
    """Return an ISO 8601 instant that says its zone; None for anything else."""
    try:
        found = datetime.fromisoformat(text if isinstance(text, str) else "")
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
