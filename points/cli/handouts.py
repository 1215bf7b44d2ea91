"""``points voucher bulk``: one reward for many members, by two people, counted to the last fen."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from points.cli.opened import Terminal, opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.choosing_members import conditioned, in_sheet, listed
from points.flows.decide_handout import DecideHandout, Verdict
from points.flows.hand_out import PrintHandout
from points.flows.handing_out import hand_out
from points.flows.handout_desk import find, handout_shown, standing_shown
from points.flows.handout_export import (
    codes_as_xlsx,
    results_as_csv,
    results_as_xlsx,
    results_of,
)
from points.flows.import_.files.opening import bytes_of
from points.flows.propose_handout import ProposeHandout, WithdrawHandout
from points.handouts.model import Mode, State
from points.handouts.reads import Filed, list_handouts
from points.identity.policy import Action
from points.kernel.canonical import plain
from points.kernel.errors import Misused, Refusal
from points.kernel.ids import HandoutId, MemberId, OutletId, RewardId
from points.web.shown import when
from points.web.texts import LANGUAGES, texts
from points.web.texts.words import HANDOUT_STATE, REFUSED_FOR

app = typer.Typer(
    no_args_is_help=True, help="批量发券 · One reward for many members, by two people."
)

HandoutArgument = Annotated[str, typer.Argument(metavar="ID", help="the handout's id")]
ToOption = Annotated[
    Path | None,
    typer.Option("--to", metavar="FILE", help="write every result to a .csv or .xlsx file"),
]
WRITERS = {".csv": results_as_csv, ".xlsx": results_as_xlsx}


@app.command("propose")
def propose_command(
    reward: Annotated[str, typer.Argument(metavar="REWARD", help="as C05")],
    programme: Annotated[str, typer.Option(help="whose pool pays")],
    note: Annotated[str, typer.Option(help="why, in words; kept for ever, nothing personal")],
    sheet: Annotated[
        Path | None,
        typer.Option(
            "--sheet", metavar="FILE", help=".xlsx or .csv: ids or telephones in its first column"
        ),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option("--where", metavar="CONDITION", help="a condition on members"),
    ] = None,
    outlet: Annotated[
        str | None, typer.Option(metavar="OUTLET", help="of rewards had at chosen outlets")
    ] = None,
    mode: Annotated[Mode, typer.Option(help="paper: codes are printed, once")] = Mode.PHONE,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Propose to give a reward to many members, free of points; another person decides.

    Example: points voucher bulk propose C14 --programme party --note 高温慰问 --sheet 名单.xlsx
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.HAND_OUT) as here:
        result = here.carry_out(
            ProposeHandout(
                **here.acting(),
                reward_id=RewardId(reward),
                programme=programme,
                outlet_id=None if outlet is None else OutletId(outlet),
                mode=mode,
                members=_chosen(here, programme, sheet, where),
                source=where or "",
                note=note,
            )
        )
        present.say(
            f"已提出 {result['handout_id']}：{result['members']} 人，"
            f"批准时预留 {result['reserved_fen']} 分（人民币）；须由另一人审批",
            f"proposed as {result['handout_id']}: {result['members']} members, "
            f"{result['reserved_fen']} fen to be set aside; another person decides",
        )
        present.result(result)


def _chosen(
    here: Terminal, programme: str, sheet: Path | None, where: str | None
) -> tuple[MemberId, ...]:
    if (sheet is None) == (where is None):
        raise Misused(
            "one_list",
            "请用 --sheet 给出名单，或用 --where 给出会员条件",
            "give a list with --sheet, or a condition with --where",
        )
    if sheet is not None:
        found = listed(here.engine, here.association, in_sheet(bytes_of(sheet)))
    else:
        found = conditioned(here.engine, here.association, programme, where or "")
    return here.present.refuse(found) if isinstance(found, Refusal) else found


@app.command("list")
def list_command(
    state: Annotated[State | None, typer.Option(help="where they stand")] = None,
    before: Annotated[str, typer.Option(metavar="ID", help="the last one of the page before")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List handouts, newest first, each with how far it is; page on with --before.

    Example: points voucher bulk list --state approved
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_HANDOUTS) as here:
        with here.engine.reading(here.association) as connection:
            found = list_handouts(connection, here.association, state, before=before, limit=limit)
        shown = [standing_shown(each, here.clock.now()) for each in found]
        names = (
            *(("商品", "reward"), ("状态", "state"), ("人数", "members"), ("已发", "issued")),
            *(("未发", "refused"), ("剩余", "left"), ("提出人", "by")),
        )
        folding = (Column(present.pick(*each), overflow="fold") for each in names)
        table = Table(Column("id", no_wrap=True), *folding)
        for each in shown:
            table.add_row(
                *(each["handout_id"], each["reward_id"]),
                present.pick(*HANDOUT_STATE[each["state"]]),
                *(str(each[key]) for key in ("members", "issued", "refused", "left")),
                each["proposed_by"],
            )
        present.show(table)
        present.result(plain({"handouts": shown}))


@app.command("show")
def show_command(
    handout: HandoutArgument,
    to: ToOption = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show a handout: who decided, how far it is, what adds up to what; --to writes its results.

    Example: points voucher bulk show 01J9… --to 结果.xlsx
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_HANDOUTS) as here:
        _tell(here, _found(here, handout), to)


@app.command("approve")
def approve_command(
    handout: HandoutArgument,
    reason: Annotated[str, typer.Option(help="in words, if there is something to say")] = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Approve somebody else's handout: all its money is set aside, the worker gives it out.

    Example: points voucher bulk approve 01J9…
    """
    _decide(Presenter(lang, as_json), database, association, handout, Verdict.APPROVE, reason)


@app.command("reject")
def reject_command(
    handout: HandoutArgument,
    reason: Annotated[str, typer.Option(help="why, in words; kept for ever")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Reject somebody else's handout, with a reason.

    Example: points voucher bulk reject 01J9… --reason 名单有误
    """
    _decide(Presenter(lang, as_json), database, association, handout, Verdict.REJECT, reason)


@app.command("withdraw")
def withdraw_command(
    handout: HandoutArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Withdraw one's own handout before somebody decides it.

    Example: points voucher bulk withdraw 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.HAND_OUT) as here:
        result = here.carry_out(WithdrawHandout(**here.acting(), handout_id=HandoutId(handout)))
        present.say("已撤回", "withdrawn")
        present.result(result)


@app.command("run")
def run_command(
    handout: HandoutArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Give out what is left of an approved handout now; the worker would do the same.

    Safe to stop and to start again: each member gets one.
    Example: points voucher bulk run 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.DECIDE_HANDOUT) as here:
        standing = _found(here, handout).standing
        with present.progress() as progress:
            task = progress.add_task(present.pick("发放", "issuing"), total=standing.left)
            hand_out(
                here.engine,
                here.association,
                standing.handout,
                lambda number: progress.advance(task, number),
            )
        _tell(here, _found(here, handout), None)


@app.command("print")
def print_command(
    handout: HandoutArgument,
    to: Annotated[Path, typer.Option("--to", metavar="FILE.xlsx", help="a new file")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Write the codes of a paper handout into a workbook, once; it is on the audit trail.

    Example: points voucher bulk print 01J9… --to 券码.xlsx
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.PRINT_CODES) as here:
        fact = _found(here, handout).standing.handout
        if to.exists():
            raise Misused("file_exists", "文件已存在", "the file exists already")
        # Opened first: codes that cannot be written down would be lost, for they are given once.
        with to.open("xb") as file:
            to.chmod(0o600)
            outcome = here.submit(PrintHandout(**here.acting(), handout_id=fact.handout_id))
            if outcome.refusal is None:
                file.write(codes_as_xlsx(here.engine, here.association, fact))
        if outcome.refusal is not None:
            to.unlink()
            present.refuse(outcome.refusal)
        present.say(f"已写入 {to}；券码如同现金", f"written to {to}; codes are as good as money")
        present.result(outcome.result)


def _found(here: Terminal, handout: str) -> Filed:
    filed = find(here.engine, here.association, HandoutId(handout))
    return here.present.refuse(filed) if isinstance(filed, Refusal) else filed


def _tell(here: Terminal, filed: Filed, to: Path | None) -> None:
    present, fact = here.present, filed.standing.handout
    shown = handout_shown(here.engine, here.association, filed)
    sums: dict[str, Any] = shown["reconciliation"]
    state, refused = HANDOUT_STATE[shown["state"]], sum(sums["refused"].values())
    present.say(
        f"{fact.reward_id}：{state[0]}。名单 {sums['asked']} = 已发 {sums['issued']}"
        f" + 未发 {refused} + 剩余 {sums['left']}",
        f"{fact.reward_id}: {state[1]}. {sums['asked']} on the list = {sums['issued']} issued"
        f" + {refused} refused + {sums['left']} left",
    )
    for code, count in sums["refused"].items():
        zh, en = REFUSED_FOR.get(code, (code, code))
        present.say(f"　{zh} {count}", f"  {en} {count}")
    if wait := shown["waits"]:
        until = when(wait["until"])
        zh, en = (
            said.handout_waits.format(said.word("window", wait["window"]), wait["most"], until)
            for said in map(texts, LANGUAGES)
        )
        present.say(f"　{zh}", f"  {en}")
    present.say(
        f"预留 {sums['reserved_fen']} = 转入各券 {sums['passed_fen']} + 退回 {sums['freed_fen']}"
        f" + 仍预留 {sums['held_fen']}（分，人民币）",
        f"set aside {sums['reserved_fen']} = to vouchers {sums['passed_fen']}"
        f" + back {sums['freed_fen']} + held {sums['held_fen']} fen",
    )
    if to is not None:
        _write(here, filed, to)
    present.result(plain(shown))


def _write(here: Terminal, filed: Filed, to: Path) -> None:
    writer = WRITERS.get(to.suffix.lower())
    if writer is None:
        raise Misused(
            "bad_suffix", "文件名应以 .csv 或 .xlsx 结尾", "write to a .csv or an .xlsx file"
        )
    to.write_bytes(writer(results_of(here.engine, here.association, filed.standing.handout)))
    here.present.say(f"已写入 {to}", f"written to {to}")


def _decide(
    present: Presenter,
    database: str | None,
    association: str | None,
    handout: str,
    verdict: Verdict,
    reason: str,
) -> None:
    with opened(present, database, association, Action.DECIDE_HANDOUT) as here:
        fact = _found(here, handout).standing.handout
        result = here.carry_out(
            DecideHandout(
                **here.acting(),
                handout_id=fact.handout_id,
                programme=fact.programme,
                proposed_by=fact.proposed_by,
                verdict=verdict,
                reason=reason,
                person=here.principal.person,
            )
        )
        zh, en = HANDOUT_STATE[result["state"]]
        present.say(f"已办结：{zh}", f"ended: {en}")
        present.result(result)
