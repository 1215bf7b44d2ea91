"""A back-test's summary for a terminal: sentences, and tables with bars."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from points.rules.impact.words import DIMENSION_TITLES, headlines, named, signed
from points.rules.rule_sentence import name_of
from points.rules.texts import Title

BAR = 20
ROWS_MAX = 10


def as_text(found: Mapping[str, Any], sha256: str, language: str) -> RenderableType:
    """Return the summary as a terminal shows it.

    Args:
        found: What ``Impact.as_json`` returns.
        sha256: Its hash.
        language: ``zh`` or ``en``.
    """
    lines = [Text(each.of(language)) for each in headlines(found)]
    proof = Title(f"摘要哈希 {sha256}", f"summary sha256 {sha256}")
    tables = [*_dimensions(found, language), *_caps(found, language), *_most(found, language)]
    return Group(*lines, *tables, Text(proof.of(language), style="dim"))


def _dimensions(found: Mapping[str, Any], language: str) -> Iterator[Table]:
    for dimension, title in DIMENSION_TITLES.items():
        rows = [row for row in found["by"][dimension] if row["delta"]]
        if not rows:
            continue
        rows.sort(key=lambda row: (-abs(row["delta"]), row["measure"]))
        table = _table(
            Title(f"按{title.zh}", f"By {title.en}").of(language),
            (title, Title("计量", "measure")),
            (Title("原", "before"), Title("新", "after"), Title("变化", "change")),
            language,
        )
        most = abs(rows[0]["delta"])
        shown = rows[:ROWS_MAX]
        if dimension == "month":  # A course of time is read in its order, and whole.
            shown = sorted(rows, key=lambda row: (row["measure"], row["month"]))
        for row in shown:
            table.add_row(
                named(found, dimension, row[dimension]).of(language),
                name_of(row["measure"]).of(language),
                *_changes(row, most),
            )
        yield table


def _caps(found: Mapping[str, Any], language: str) -> Iterator[Table]:
    rows = [cap for cap in found["caps"] if cap["hits_before"] != cap["hits_after"]]
    if not rows:
        return
    heading = Title("触顶次数不同的封顶（及其减少的分）", "Caps that cut more or less often").of(
        language
    )
    table = _table(
        heading,
        (Title("封顶", "cap"), Title("计量", "measure")),
        (Title("触顶", "hits"), Title("减少的分", "forgone")),
        language,
        bar=False,
    )
    for cap in rows[:ROWS_MAX]:
        table.add_row(
            named(found, "cap", cap["cap"]).of(language),
            name_of(cap["measure"]).of(language),
            f"{cap['hits_before']:,} → {cap['hits_after']:,}",
            f"{cap['forgone_before']:,} → {cap['forgone_after']:,}",
        )
    yield table


def _most(found: Mapping[str, Any], language: str) -> Iterator[Table]:
    headings = {
        "members": Title("变化最大的会员", "Members with the largest changes"),
        "activities": Title("变化最大的活动", "Activities with the largest changes"),
    }
    for of, heading in headings.items():
        rows = sorted(
            found["largest"][of], key=lambda row: (-abs(row["delta"]), row["measure"], row["id"])
        )
        if not rows:
            continue
        table = Table(title=heading.of(language), title_justify="left")
        for title in (Title("编号", "id"), Title("计量", "measure")):
            table.add_column(title.of(language), no_wrap=True)
        table.add_column(Title("变化", "change").of(language), justify="right")
        table.add_column(Title("原因", "why").of(language), overflow="fold")
        for row in rows[:ROWS_MAX]:
            table.add_row(
                row["id"],
                name_of(row["measure"]).of(language),
                signed(row["delta"]),
                _said(row["reasons"], language),
            )
        yield table


def _said(reasons: Iterable[Mapping[str, Any]], language: str) -> str:
    return "\n".join(f"{each['rule']} {each['said'][language]}" for each in reasons)


def _table(
    heading: str,
    names: Iterable[Title],
    figures: Iterable[Title],
    language: str,
    *,
    bar: bool = True,
) -> Table:
    table = Table(title=heading, title_justify="left")
    for title in names:
        # Folded, never cut short: branches of one kind differ only in how their names end.
        table.add_column(title.of(language), overflow="fold")
    for title in figures:
        table.add_column(title.of(language), justify="right", no_wrap=True)
    if bar:
        table.add_column("", no_wrap=True, min_width=BAR)
    return table


def _changes(row: Mapping[str, Any], most: int) -> tuple[str, str, str, Text]:
    long = max(1, round(BAR * abs(row["delta"]) / most))
    bar = Text("█" * long, style="red" if row["delta"] < 0 else "green")
    return f"{row['before']:,}", f"{row['after']:,}", signed(row["delta"]), bar
