"""``points catalogue``: put rewards in force, fund the pools that pay for them, look at both."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from points.catalogue.model import Source
from points.catalogue.store import find_pools, list_rewards
from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.catalogue_file import read_catalogue
from points.flows.fund import Fund
from points.flows.stock_catalogue import StockCatalogue
from points.identity.policy import Action
from points.kernel.amounts import Fen
from points.rules import read_file
from points.wiring import RulesRefused

app = typer.Typer(no_args_is_help=True, help="兑换目录与经费 · Rewards and what pays for them.")


@app.command("publish")
def publish(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="the shipped catalogue otherwise")
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Put a catalogue in force; vouchers issued before keep their terms.

    Example: points catalogue publish rules/catalogue.yaml
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_CATALOGUE) as here:
        path = file or here.rules_dir / "catalogue.yaml"
        if not path.is_file():
            present.end(
                "no_file", f"找不到文件 {path.name}", f"there is no file {path.name}", status=2
            )
        catalogue, findings = read_catalogue(read_file(path), file=path.name)
        if catalogue is None:
            raise RulesRefused(findings)
        result = here.carry_out(
            StockCatalogue(**here.acting(), version=catalogue.version, rewards=catalogue.rewards),
        )
        present.say(
            f"目录第 {result['version']} 版已生效，共 {result['rewards']} 项",
            f"Version {result['version']} is in force: {result['rewards']} rewards.",
        )
        present.result(result)


@app.command("fund")
def fund(
    programme: Annotated[str, typer.Argument(metavar="PROGRAMME", help="party or health")],
    yuan: Annotated[int, typer.Argument(metavar="YUAN", min=1, help="whole yuan")],
    source: Annotated[Source, typer.Option(help="who gives it")] = Source.ASSOCIATION,
    note: Annotated[str, typer.Option(help="as the resolution's number; never personal")] = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Put money into a programme's pool; redemption stops before it would run out.

    Example: points catalogue fund party 50000 --source union
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.FUND) as here:
        result = here.carry_out(
            Fund(
                **here.acting(),
                programme=programme,
                amount_fen=Fen(yuan * 100),
                source=source,
                note=note,
            ),
        )
        free = f"{result['free_fen'] / 100:.2f}"
        present.say(f"可用经费 {free} 元", f"{free} yuan are free.")
        present.result(result)


@app.command("list")
def list_command(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List the rewards in force, and what is left in each pool.

    Example: points catalogue list --lang en
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_REWARDS) as here:
        with here.engine.reading(here.association) as connection:
            rewards = list_rewards(connection, here.association, here.clock.now())
            pools = find_pools(connection, here.association)
        table = Table(
            *(present.pick(*each) for each in (("编号", "code"), ("名称", "title"))),
            *(present.pick(*each) for each in (("积分", "points"), ("项目", "programmes"))),
        )
        for reward in rewards:
            title = present.pick(reward.title_zh, reward.title_en)
            table.add_row(reward.reward_id, title, str(reward.price), "、".join(reward.programmes))
        present.show(table)
        for name, pool in sorted(pools.items()):
            free, reserved = f"{pool.free / 100:.2f}", f"{pool.reserved / 100:.2f}"
            present.say(
                f"{name} 经费：可用 {free} 元，已承诺 {reserved} 元",
                f"{name}: {free} yuan free, {reserved} promised",
            )
        present.result(
            {
                "rewards": [
                    {"code": r.reward_id, "price": r.price, "programmes": list(r.programmes)}
                    for r in rewards
                ],
                "pools": {
                    name: {
                        "funded_fen": pool.funded,
                        "reserved_fen": pool.reserved,
                        "spent_fen": pool.spent,
                        "free_fen": pool.free,
                    }
                    for name, pool in pools.items()
                },
            }
        )
