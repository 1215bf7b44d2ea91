"""What a run found, as a table for people and as plain JSON for programs."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from points.cli.bench.measure import Line, Measured, Ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a bench's tables say.

    Attributes:
        unit: The key of a rate in JSON: ``postings_per_second``.
        rates: The title over the rates.
        ratios: The title over the ratios.
        columns: Headings of what is compared and of what it is compared with.
        explanation: What a line is.
    """

    unit: str
    rates: str
    ratios: str
    columns: tuple[str, str]
    explanation: str


POSTINGS = Wording(
    unit="postings_per_second",
    rates="每秒笔数 · postings a second",
    ratios="引擎 ÷ 纯 SQL · engine ÷ plain SQL",
    columns=("引擎\nengine", "纯 SQL\nplain SQL"),
    explanation=(
        "一笔 = 请求编号 + 交易 + 两条分录 + 锁内更新的余额；"
        "引擎另写批次投影并记录每个请求的答复。\n"
        "A posting = operation id + transaction + two entries + the balance under its lock; the "
        "engine also writes lots, checks every fact, and records each command's answer.\n"
        "纯 SQL 写同样的表、索引、外键、触发器，同样落盘；比值取各轮之比的中位数。\n"
        "Plain SQL writes the same tables with their indexes, foreign keys, triggers and syncs; a "
        "ratio is the median of the rounds' own ratios."
    ),
)


SCORINGS = Wording(
    unit="activities_per_second",
    rates="每秒活动数（单核）· activities a second, one core",
    ratios="规则引擎 ÷ 手写 Python · rules engine ÷ Python by hand",
    columns=("引擎\nengine", "手写\nby hand"),
    explanation=(
        "一条活动 = 随机的一条城市活动，按出厂规则计分并计入封顶；手写的函数只算得分，不留过程、"
        "不管审核与到期。\n"
        "An activity is one of a generated city, scored by the shipped rule sets, counted under "
        "their caps; the function by hand only says the points: no review, no expiry, no version."
    ),
)


def as_json(measured: Measured, wording: Wording, *, seconds: float) -> dict[str, Any]:
    """Return plain JSON values.

    Args:
        measured: What was found.
        wording: What the bench calls its rates.
        seconds: How long each way was driven a round.
    """
    return {
        "seconds": seconds,
        "lines": [_line(line, wording.unit) for line in measured.lines],
        "ratios": [_ratio(ratio) for ratio in measured.ratios],
    }


def _line(line: Line, unit: str) -> dict[str, Any]:
    return {
        "code": line.way.code,
        "zh": line.way.zh,
        "en": line.way.en,
        unit: round(line.rate, 1),
        "rounds": [round(each, 1) for each in line.rates],
    }


def _ratio(ratio: Ratio) -> dict[str, Any]:
    return {
        "engine": ratio.pair.engine.code,
        "reference": ratio.pair.reference.code,
        "ratio": round(ratio.ratio, 3),
        "rounds": [round(each, 3) for each in ratio.ratios],
        "goal": ratio.pair.goal,
        "reached": ratio.reached,
    }


def as_tables(measured: Measured, wording: Wording, *, subject: str) -> RenderableType:
    """Return what a terminal shows: rates, ratios, and what a line is.

    Args:
        measured: What was found.
        wording: The words.
        subject: On what it was measured, for the title.
    """
    return Group(
        _rates(measured, f"{wording.rates} · {subject}"),
        _ratios(measured, wording),
        Text(wording.explanation, style="dim"),
    )


def _rates(measured: Measured, title: str) -> Table:
    table = Table(title=title)
    table.add_column("方式 · way", no_wrap=True)
    table.add_column("中位数 · median", justify="right")
    table.add_column("各轮 · rounds", justify="right")
    for line in measured.lines:
        rounds = "  ".join(f"{each:,.0f}" for each in line.rates)
        table.add_row(f"{line.way.zh}\n{line.way.en}", f"{line.rate:,.0f}", rounds)
    return table


def _ratios(measured: Measured, wording: Wording) -> Table:
    table = Table(title=wording.ratios)
    for heading in wording.columns:
        table.add_column(heading, no_wrap=True)
    for heading in ("比值\nratio", "各轮\nrounds", "目标\ngoal"):
        table.add_column(heading, justify="right")
    for ratio in measured.ratios:
        table.add_row(
            ratio.pair.engine.code,
            ratio.pair.reference.code,
            f"{ratio.ratio:.2f}",
            "  ".join(f"{each:.2f}" for each in ratio.ratios),
            _goal(ratio),
        )
    return table


def _goal(ratio: Ratio) -> str:
    if ratio.pair.goal is None:
        return ""
    verdict = "达到 reached" if ratio.reached else "未达到 missed"
    return f"≥ {ratio.pair.goal:g}\n{verdict}"
