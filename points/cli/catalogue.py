"""``points catalogue``: put rewards in force, fund the pools that pay for them, look at both."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from points.catalogue.changes import Change, changes
from points.catalogue.model import Source
from points.catalogue.store import (
    find_pools,
    find_published,
    find_version,
    list_rewards,
    list_versions,
    rewards_of,
)
from points.cli import gates
from points.cli.opened import Terminal, opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import REFUSED, Presenter
from points.flows.fund import Fund
from points.flows.publish_catalogue import Reading, commands, read_for
from points.flows.quote import quote
from points.flows.redeem import Redeem
from points.identity.policy import Action
from points.kernel.amounts import Fen
from points.kernel.errors import NotFound
from points.kernel.findings import Severity
from points.kernel.ids import MemberId, OutletId, RewardId
from points.rules import read_file
from points.web.shown import when
from points.wiring import RulesRefused

app = typer.Typer(no_args_is_help=True, help="兑换目录与经费 · Rewards and what pays for them.")
app.add_typer(gates.app, name="gate")
NO_VERSION = NotFound(noun="version of the catalogue", noun_zh="目录版本")
FileArgument = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="the shipped catalogue otherwise")
]


@app.command("publish")
def publish(
    file: FileArgument = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Publish a catalogue with its photos; vouchers issued before keep their terms.

    Example: points catalogue publish rules/catalogue.yaml
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_CATALOGUE) as here:
        reading = _read(present, here, file)
        if reading.catalogue is None:
            raise RulesRefused(reading.findings)
        present.findings(reading.findings)
        result: Mapping[str, Any] = {}
        stem = here.ids.next()
        for command in commands(
            reading,
            here.association,
            here.actor,
            lambda step: here.named(f"console-{stem}-{step}"),
        ):
            result = here.carry_out(command)
        _say_changes(present, reading.changed)
        begins = result["starts_at"]
        present.say(
            f"目录第 {result['version']} 版{f'将于 {begins} 生效' if begins else '已生效'}，"
            f"共 {result['rewards']} 项",
            f"Version {result['version']} is {f'to begin {begins}' if begins else 'in force'}: "
            f"{result['rewards']} rewards.",
        )
        present.result({**result, "changes": _changes(reading.changed)})


@app.command("lint")
def lint(
    file: FileArgument = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Say everything that is wrong with a catalogue, its photos and outlets, and what it changes.

    Ends with 1 when there are errors. Example: points catalogue lint rules/catalogue.yaml
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_CATALOGUE) as here:
        reading = _read(present, here, file)
        present.findings(reading.findings)
        errors = sum(each.severity is Severity.ERROR for each in reading.findings)
        if reading.catalogue is not None:
            _say_changes(present, reading.changed)
        others = len(reading.findings) - errors
        present.say(f"{errors} 个错误，{others} 个警告", f"{errors} errors, {others} warnings")
        present.result(
            {
                "errors": errors,
                "findings": [each.as_json() for each in reading.findings],
                "changes": _changes(reading.changed),
            }
        )
        if reading.catalogue is None:
            raise typer.Exit(REFUSED)


@app.command("versions")
def versions(
    before: Annotated[
        int | None, typer.Option(metavar="VERSION", help="the last one of the page before")
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List versions, the highest first; of those that have begun the highest is in force.

    Example: points catalogue versions
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_CATALOGUE) as here:
        with here.engine.reading(here.association) as connection:
            current = find_version(connection, here.association, here.clock.now())
            found = list_versions(connection, here.association, before=before)
        names = (("版本", "version"), ("项目数", "rewards"), ("发布", "published"))
        table = Table(*(present.pick(*each) for each in (*names, ("生效", "begins"), ("", ""))))
        for each in found:
            starts, published = each.version.starts_at, each.published_at
            standing = current is not None and current.version == each.version.version
            table.add_row(
                str(each.version.version),
                str(each.rewards),
                when(published),
                when(starts or published),
                present.pick("现行", "in force") if standing else "",
            )
        present.show(table)
        present.result(
            {
                "in_force": current.version if current else None,
                "versions": [
                    {
                        "version": each.version.version,
                        "rewards": each.rewards,
                        "published_at": each.published_at,
                        "published_by": each.published_by,
                        "starts_at": each.version.starts_at,
                        "sha256": each.version.sha256,
                    }
                    for each in found
                ],
            }
        )


@app.command("show")
def show(
    version: Annotated[int, typer.Argument(metavar="VERSION", min=1)],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Print the file of a version as staff wrote it.

    Example: points catalogue show 3
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_CATALOGUE) as here:
        with here.engine.reading(here.association) as connection:
            found = find_published(connection, here.association, version)
        if found is None:
            present.refuse(NO_VERSION)
        text = found.version.text
        present.say(*([text] * 2 if text else ("此版本没有保存原文", "its file was not kept")))
        present.result({"version": version, "sha256": found.version.sha256, "text": text})


@app.command("diff")
def diff(
    old: Annotated[int, typer.Argument(metavar="OLD", min=1, help="a version")],
    new: Annotated[int, typer.Argument(metavar="NEW", min=1, help="another")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Say what changed between two versions: prices, tariffs, stock, limits.

    A file that was not published yet is compared by ``lint``. Example: points catalogue diff 1 2
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_REWARDS) as here:
        with here.engine.reading(here.association) as connection:
            sides = [rewards_of(connection, here.association, each) for each in (old, new)]
        if not all(sides):
            present.refuse(NO_VERSION)
        changed = changes(*sides)
        _say_changes(present, changed)
        present.result({"old": old, "new": new, "changes": _changes(changed)})


def _read(present: Presenter, here: Terminal, file: Path | None) -> Reading:
    path = file or here.rules_dir / "catalogue.yaml"
    if not path.is_file():
        present.end("no_file", f"找不到文件 {path.name}", f"there is no file {path.name}", status=2)
    return read_for(
        here.engine,
        here.association,
        read_file(path),
        file=path.name,
        policy=here.installation.limits,
        folder=path.parent,
    )


def _changes(changed: list[Change]) -> list[dict[str, str]]:
    return [
        {
            "reward_id": each.reward_id,
            "field": each.field,
            "zh": each.sentence("zh"),
            "en": each.sentence("en"),
        }
        for each in changed
    ]


def _say_changes(present: Presenter, changed: list[Change]) -> None:
    for each in changed:
        present.say(each.sentence("zh"), each.sentence("en"))
    if not changed:
        present.say("没有改动", "nothing changed")


@app.command("quote")
def quote_command(
    member: Annotated[str, typer.Argument(metavar="MEMBER", help="the member's id")],
    reward: Annotated[str, typer.Argument(metavar="REWARD", help="as C12")],
    programme: Annotated[str, typer.Option(help="whose points pay: party or health")],
    outlet: Annotated[str | None, typer.Option(metavar="OUTLET", help="where")] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Say whether a member could draw a reward now, and if not every reason and what mends it.

    Example: points catalogue quote 01J9… C12 --programme health
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_BALANCE) as here:
        here.needs_member(MemberId(member))
        command = Redeem(
            **here.acting(),
            member_id=MemberId(member),
            reward_id=RewardId(reward),
            programme=programme,
            outlet_id=OutletId(outlet) if outlet else None,
        )
        found = quote(here.engine, command, here.ids)
        if not found.reasons:
            present.say(
                f"可以兑换：{found.points} 分，现有 {found.available} 分",
                f"It can be drawn: {found.points} points of {found.available}.",
            )
        for each in found.reasons:
            present.say(
                f"{each.refusal.text('zh')}。{each.mend.zh} [{each.refusal.code}]",
                f"{each.refusal.text('en')}; {each.mend.en} [{each.refusal.code}]",
            )
        present.result(
            {
                "allowed": not found.reasons,
                "points": found.points,
                "available": found.available,
                "missing": found.missing,
                "reasons": [
                    {
                        "code": each.refusal.code,
                        "zh": each.refusal.text("zh"),
                        "en": each.refusal.text("en"),
                        "mend_zh": each.mend.zh,
                        "mend_en": each.mend.en,
                        "mends_at": each.mends_at,
                    }
                    for each in found.reasons
                ],
            }
        )


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
