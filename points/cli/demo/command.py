"""Runs the story and prints it: for people step by step, for programs as one JSON object."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table

from points import wiring
from points.cli.demo import plan
from points.cli.demo.story import Story, Tell
from points.cli.options import JsonOption, LanguageOption
from points.cli.present import REFUSED, Presenter, understood
from points.flows import verify
from points.kernel.clock import ManualClock
from points.kernel.errors import Misused
from points.kernel.ids import AssociationId
from points.members.reads import page

FILE = Path("points-demo.db")
ASSOCIATION = "demo"


def command(
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            metavar="URL",
            help=f"otherwise a fresh SQLite file, {FILE}, in this folder",
        ),
    ] = None,
    association: Annotated[
        str, typer.Option("--association", metavar="NAME", help="must not exist yet")
    ] = ASSOCIATION,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Run a synthetic association's year: import, score, publish, redeem, settle, verify.

    Example: points demo --lang en
    """
    present = Presenter(lang, as_json)
    started = time.monotonic()
    clock = ManualClock(plan.REGISTER[0].when)
    chosen = wiring.settings(
        database_url=database or _fresh_file(), association=association, insecure_dev=True
    )
    with understood(present), wiring.open_installation(chosen, clock=clock, migrate=True) as here:
        _refuse_used(here)
        present.say(
            "积分引擎演示：一个虚构协会的一年（人物、号码均为虚构）",
            "Points: a synthetic association's year (every person and number is invented)",
        )
        story = Story(here, clock)
        with present.progress() as bars:
            _tell_all(story, present, bars)
            task = bars.add_task(present.pick("验证账本", "verify"), total=verify.CHECKS)
            proof = story.prove(lambda n: bars.advance(task, n))
        account = story.account(proof, time.monotonic() - started)
        _print(present, account)
        present.result(account)
        present.say(
            f"数据库：{chosen.database_url}，用时 {account['seconds']} 秒",
            f"Database: {chosen.database_url}, {account['seconds']} seconds",
        )
        if not proof.ok:
            raise typer.Exit(REFUSED)


def _fresh_file() -> str:
    """Return the URL of an empty demo file; an earlier demo's file is replaced."""
    for path in (FILE, Path(f"{FILE}-wal"), Path(f"{FILE}-shm")):
        path.unlink(missing_ok=True)
    return f"sqlite:///{FILE}"


def _refuse_used(here: wiring.Installation) -> None:
    with here.engine.reading(here.association) as connection:
        if page(connection, AssociationId(here.association), here.context, limit=1):
            raise Misused(
                "association_in_use",
                "该数据库中已有此协会的数据，请用 --association 另取名称",
                "this database already has such an association: choose another --association",
            )


def _tell_all(story: Story, present: Presenter, bars: Progress) -> None:
    def step(zh: str, en: str, act: Callable[[Tell], None]) -> None:
        task = bars.add_task(present.pick(zh, en), total=None)
        act(lambda n: bars.advance(task, n))
        bars.remove_task(task)

    story.prepare()
    step("导入花名册与门店", "roster and outlets", lambda t: story.import_files(plan.REGISTER, t))
    step("发放年度基础分", "base points", story.open_year)
    step("导入活动记录", "activities", lambda t: story.import_files(plan.ACTIVITIES, t))
    step("初审、复审", "two reviews", story.review)
    step("按规则计分", "score", story.score)
    step("公示", "publicity", story.publish)
    step("异议与答复", "objections", lambda _: story.object())
    step("公示期满入账", "mature", story.mature)
    step("兑换", "redeem", story.redeem)
    step("药房核销", "capture", story.capture)
    step("核销预警", "watch", lambda _: story.watch())
    step("年度评价", "yearly rating", story.close_year)
    step("月度结算", "settle", lambda _: story.settle())
    step("过期处理", "expire", lambda _: story.expire())


def _print(present: Presenter, account: dict[str, Any]) -> None:
    present.show(_imports(present, account["import"]))
    present.say(
        f"会员 {account['members']} 人；活动计分 {account['awards']['scored']} 条，"
        f"公示期满入账 {account['awards']['matured']} 条",
        f"{account['members']} members; {account['awards']['scored']} activities scored, "
        f"{account['awards']['matured']} matured after publicity",
    )
    present.show(_points(present, account["points"]))
    stars = "，".join(f"{n} 星 {count} 人" for n, count in account["awards"]["stars"].items())
    present.say(
        f"年度评价（党员）：{stars}；异议成立冲正 {account['awards']['reversed']} 条",
        f"Yearly rating of party members, stars: {account['awards']['stars']}; "
        f"{account['awards']['reversed']} taken back after an objection",
    )
    vouchers = account["vouchers"]
    present.say(
        f"兑换券：签发 {vouchers['issued']}，核销 {vouchers['captured']}，"
        f"撤销 {vouchers['voided']}，过期 {vouchers['expired']}",
        f"Vouchers: {vouchers['issued']} issued, {vouchers['captured']} captured, "
        f"{vouchers['voided']} voided, {vouchers['expired']} expired",
    )
    present.say(
        f"核销预警 {account['alerts']} 条（points watch list）",
        f"The watch over counters tells {account['alerts']} things (points watch list)",
    )
    for each in account["statements"]:
        yuan = f"{each['total_fen'] / 100:.2f}"
        present.say(
            f"结算单 {each['partner']} {each['period']}：{each['lines']} 行，合计 {yuan} 元，"
            f"校验 {each['sha256'][:16]}…",
            f"Statement {each['partner']} {each['period']}: {each['lines']} lines, "
            f"{yuan} yuan, hash {each['sha256'][:16]}…",
        )
    verdict = account["verify"]
    present.say(
        f"验证：{'通过' if verdict['ok'] else '不符'}，核对 {verdict['checked']} 行"
        + ("" if verdict["ok"] else f"，第一处：{verdict['first_difference']}"),
        f"Verify: {'sound' if verdict['ok'] else 'NOT sound'}, {verdict['checked']} rows checked"
        + ("" if verdict["ok"] else f", first difference: {verdict['first_difference']}"),
    )


def _imports(present: Presenter, files: list[dict[str, Any]]) -> Table:
    names = (("文件", "file"), ("行", "rows"), ("收", "taken"), ("退", "refused"), ("重", "again"))
    table = Table(
        *(present.pick(*each) for each in names), present.pick("首个问题", "first finding")
    )
    for each in files:
        first = next((f for f in each["findings"] if f.get("row")), None)
        said = (
            ""
            if first is None
            else f"{first.get('sheet', '')} {first['row']}: {first[present.language]}"
        )
        figures = (each["rows"], each["accepted"], each["refused"], each["duplicates"])
        table.add_row(each["file"], *map(str, figures), said.strip())
    return table


def _points(present: Presenter, measures: list[dict[str, Any]]) -> Table:
    names = (
        ("项目", "measure"),
        ("发放", "issued"),
        ("待生效", "pending"),
        ("可用", "available"),
        ("占用", "held"),
        ("已兑换", "redeemed"),
        ("已过期", "expired"),
        ("已冲正", "reversed"),
    )
    table = Table(*(present.pick(*each) for each in names))
    for each in measures:
        table.add_row(each["measure"], *(str(each[name]) for _, name in names[1:]))
    return table
