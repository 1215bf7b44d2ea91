"""What a run found, as a table for people and as plain JSON for programs."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from points.cli.bench.measure import Line, Measured, Ratio

EXPLANATION = (
    "一笔 = 请求编号 + 交易 + 两条分录 + 锁内更新的余额；引擎另写批次投影并记录每个请求的答复。\n"
    "A posting = operation id + transaction + two entries + the balance under its lock; the engine "
    "also writes lots, checks every fact, and records each command's answer.\n"
    "纯 SQL 写同样的表、索引、外键、触发器，同样落盘；比值取各轮之比的中位数。\n"
    "Plain SQL writes the same tables with their indexes, foreign keys, triggers and syncs; a "
    "ratio is the median of the rounds' own ratios."
)


def as_json(measured: Measured, *, kind: str, seconds: float) -> dict[str, Any]:
    """Return plain JSON values.

    Args:
        measured: What was found.
        kind: ``postgresql`` or ``sqlite``.
        seconds: How long each way was driven a round.
    """
    return {
        "database": kind,
        "seconds": seconds,
        "lines": [_line(line) for line in measured.lines],
        "ratios": [_ratio(ratio) for ratio in measured.ratios],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "code": line.way.code,
        "zh": line.way.zh,
        "en": line.way.en,
        "postings_per_second": round(line.rate, 1),
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


def as_tables(measured: Measured, *, kind: str) -> RenderableType:
    """Return what a terminal shows: rates, ratios, and what a line is."""
    return Group(_rates(measured, kind), _ratios(measured), Text(EXPLANATION, style="dim"))


def _rates(measured: Measured, kind: str) -> Table:
    table = Table(title=f"每秒笔数 · postings a second · {kind}")
    table.add_column("方式 · way", no_wrap=True)
    table.add_column("中位数 · median", justify="right")
    table.add_column("各轮 · rounds", justify="right")
    for line in measured.lines:
        rounds = "  ".join(f"{each:,.0f}" for each in line.rates)
        table.add_row(f"{line.way.zh}\n{line.way.en}", f"{line.rate:,.0f}", rounds)
    return table


def _ratios(measured: Measured) -> Table:
    table = Table(title="引擎 ÷ 纯 SQL · engine ÷ plain SQL")
    for heading in ("引擎\nengine", "纯 SQL\nplain SQL"):
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
