"""``points rules draft``: saves a rule file with its cases as a draft, word for word."""

from pathlib import Path
from typing import Annotated

import typer

from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.save_draft import SaveDraft
from points.identity.policy import Action
from points.kernel.errors import Misused
from points.kernel.ids import DraftId
from points.rules import read_file

BYTES_MAX = 4 << 20

DraftArgument = Annotated[str, typer.Argument(metavar="DRAFT", help="the draft's id")]
NoteOption = Annotated[
    str, typer.Option("--note", help="what it is for, in words; nothing personal")
]
RevisionOption = Annotated[
    int, typer.Option("--revision", min=1, help="the one that was looked at; `rules show` says it")
]


def draft_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="the rule file")],
    programme: Annotated[str, typer.Option(help="party or health")],
    cases: Annotated[
        list[Path] | None,
        typer.Option(
            "--cases", metavar="PATH", help="a case file, or a folder of them; repeatable"
        ),
    ] = None,
    draft: Annotated[
        str | None, typer.Option("--draft", metavar="DRAFT", help="the one that goes on")
    ] = None,
    revision: Annotated[
        int, typer.Option("--revision", min=0, help="of that draft, the one that was looked at")
    ] = 0,
    note: NoteOption = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Save a rule file with its cases as a draft; with --draft as its next revision.

    Example: points rules draft party.yaml --programme party --cases cases/party --note 春季调整
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.WRITE_RULES) as here:
        command = SaveDraft(
            **here.acting(),
            programme=programme,
            text=read_text(file),
            cases=_cases(cases or []),
            note=note,
            draft_id=None if draft is None else DraftId(draft),
            revision=revision,
        )
        tell_saved(present, here.carry_out(command))


def tell_saved(present: Presenter, result: dict[str, object]) -> None:
    """Say which draft a text became."""
    name, number = result["draft_id"], result["revision"]
    present.say(f"草稿 {name} 第 {number} 版", f"draft {name}, revision {number}")
    present.result(result)


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        Misused: It is not there, far too long, or no UTF-8.
    """
    if not path.is_file():
        raise Misused("no_file", f"找不到文件 {path.name}", f"there is no file {path.name}")
    if path.stat().st_size > BYTES_MAX:
        raise Misused("file_too_large", f"{path.name} 过大", f"{path.name} is too large")
    try:
        return read_file(path)
    except UnicodeDecodeError:
        raise Misused(
            "no_text", f"{path.name} 不是 UTF-8 文本", f"{path.name} is no UTF-8 text"
        ) from None


def _cases(paths: list[Path]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in paths:
        files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
        for each in files:
            if each.name in found:
                raise Misused(
                    "case_name_twice",
                    f"两个用例文件同名：{each.name}",
                    f"two case files are called {each.name}",
                )
            found[each.name] = read_text(each)
    return found
