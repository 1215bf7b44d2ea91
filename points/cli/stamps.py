"""``points stamps``: the kinds of stamp cards, and how each fares."""

import typer
from rich.table import Table

from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.card_desk import card_figures
from points.identity.policy import Action

app = typer.Typer(no_args_is_help=True, help="集章卡 · Stamp cards.")


@app.command("list")
def list_command(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List the kinds of cards: who has stamps, how many, and how many cards gave.

    Example: points stamps list
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_STAMP_CARDS) as here:
        found = card_figures(here.engine, here.association)
        names = (
            *(("卡", "card"), ("名称", "title"), ("集满", "needed")),
            *(("持卡人", "holders"), ("印章", "stamps"), ("已发奖励", "given")),
        )
        table = Table(*(present.pick(*each) for each in names))
        for each in found:
            title = present.pick(each.rule.title.zh, each.rule.title.en)
            counts = (each.rule.stamps, each.holders, each.stamps, each.given)
            table.add_row(each.rule.code, title, *map(str, counts))
        present.show(table)
        shown = [
            {
                "card": each.rule.code,
                "needed": each.rule.stamps,
                "holders": each.holders,
                "stamps": each.stamps,
                "given": each.given,
            }
            for each in found
        ]
        present.result({"cards": shown})
