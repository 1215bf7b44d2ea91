"""The same summary as sentences, tables, files and a page."""

import csv
import io
import json
import re
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from openpyxl import load_workbook
from rich.console import Console

from points.cli.rules.impact_text import as_text
from points.flows.backtest.files import as_csv, as_xlsx
from points.flows.backtest.run import backtest
from points.flows.backtest.scoring import Bench
from points.rules.impact import Basis, Impact, Line, Pair, Partial, Side
from points.rules.impact.words import headlines, named, signed, yuan
from points.web.impact import shown
from points.web.impact_file import standalone
from tests.unit.backtest.cities import SINCE, UNTIL, city, trial
from tests.unit.rules.test_impact import subject

LANGUAGES = ("zh", "en")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@cache
def impact() -> Impact:
    return backtest(Bench(trial(budget_fen=100), city()))


@cache
def found() -> dict[str, Any]:
    return impact().as_json()


@cache
def nothing() -> dict[str, Any]:
    """A back-test of no activity at all: an association that is new."""
    return made(Partial())


def made(part: Partial, kind: str = "stored") -> dict[str, Any]:
    basis = Basis(kind=kind, version=3, sha256="a" * 64)
    return Impact(
        programme="party", since=SINCE, until=UNTIL, timezone="Asia/Shanghai", before=basis,
        after=basis, engine="exact", data="b" * 64, fen_a_point=20, budget_fen=None, part=part,
    ).as_json()  # fmt: skip


def part(pair: Pair, otherwise: int = 0) -> Partial:
    one = Partial(otherwise=otherwise)
    one.add(pair)
    one.close()
    return one


HOSTILE = part(
    Pair(
        subject("<script>a", "<b>m"),
        Side(),
        Side(lines=(Line("R<i>", "wallet", 5000, 2, (("=cap", 2),)),)),
    ),
    otherwise=2,
)


# --- words ------------------------------------------------------------------------------------


def test_the_summary_is_said_in_a_few_sentences() -> None:
    said = headlines(found())
    assert len(said) == 4
    assert "第 2 版对比现行规则" in said[0].zh
    assert "version 2 against the rules in force" in said[0].en
    assert all(CHINESE.search(each.zh) and not CHINESE.search(each.en) for each in said)
    assert "超出预算 ¥1.00" in said[-1].zh
    within = backtest(Bench(trial(budget_fen=10**9), city(5))).as_json()
    assert "在预算 ¥10,000,000.00 之内" in headlines(within)[-1].zh


def test_troubles_are_said() -> None:
    failed = part(Pair(subject("a", "m"), Side(), Side(failed=("R1", "arithmetic"))), otherwise=3)
    *_, aside, otherwise = headlines(made(failed, kind="file"))
    assert aside.en == "1 activities would be set aside because a rule fails on them."
    assert otherwise.zh.startswith("3 项活动的入账结果与现行规则重算不同")
    assert "已入账的积分" in headlines(nothing())[0].zh


@pytest.mark.parametrize(
    ("fen", "change", "expected"),
    [
        (0, True, "¥0.00"),
        (5, True, "+¥0.05"),
        (-123456, False, "−¥1,234.56"),
        (100, False, "¥1.00"),
    ],
)
def test_money_is_said_in_yuan(fen: int, change: object, expected: str) -> None:
    assert yuan(fen, change=bool(change)) == expected


def test_changes_have_a_sign_and_names_are_known() -> None:
    assert [signed(n) for n in (0, 5, -1200)] == ["0", "+5", "−1,200"]
    assert named(found(), "kind", "rider").en == "riders"
    assert named(found(), "branch", "-").zh == "未登记"
    assert named(found(), "branch", "b1").zh == "b1"
    assert named(found(), "rule", "P06").en != "P06"
    assert named(found(), "rule", "P99").en == "P99"


# --- files ------------------------------------------------------------------------------------


def test_every_table_is_a_file_and_a_sheet() -> None:
    files = as_csv(found(), impact().sha256)
    book = load_workbook(io.BytesIO(as_xlsx(found(), impact().sha256)))
    assert len(files) == len(book.sheetnames) == 12
    rows = list(csv.DictReader(io.StringIO(files["measures.csv"].decode("utf-8-sig"))))
    assert [int(row["变化 change"]) for row in rows] == [
        each["delta"] for each in found()["measures"]
    ]
    by_rule = list(csv.reader(io.StringIO(files["by_rule.csv"].decode("utf-8-sig"))))
    assert len(by_rule) == len(found()["by"]["rule"]) + 1
    assert impact().sha256 in files["summary.csv"].decode()
    sheet = book["按规则 by rule"]
    assert [cell.value for cell in sheet[2]][:2] == by_rule[1][:2]
    assert isinstance(sheet.cell(2, 5).value, int)


def test_the_same_summary_gives_the_same_bytes() -> None:
    assert as_xlsx(found(), "x") == as_xlsx(found(), "x")
    assert as_csv(nothing(), "x")["quarantined.csv"]


# --- pages ------------------------------------------------------------------------------------


class Balanced(HTMLParser):
    """Sees that what is opened is closed, and what asks for something elsewhere."""

    VOID = frozenset({"meta", "link", "br", "rect", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.foreign += [name for name, _ in attrs if name in {"src", "href"}]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("summary", [found, nothing, lambda: made(HOSTILE)])
def test_a_report_is_one_whole_file(summary: Any, language: str) -> None:
    text = standalone(summary(), "c" * 64, language)
    page = Balanced()
    page.feed(text)
    assert page.open == []
    assert page.foreign == []
    assert "http" not in text.replace("http-equiv", "")
    assert "<script" not in text
    assert "c" * 64 in text
    body = text[text.index("<body>") :]
    assert bool(CHINESE.search(body)) == (language == "zh")


def test_what_others_typed_stays_text() -> None:
    text = standalone(made(HOSTILE), "c", "zh")
    assert "<b>m" not in text
    assert "&lt;script&gt;a" in text
    assert "R&lt;i&gt;" in text


def test_bars_stay_within_their_hundred() -> None:
    view = shown(found(), "c", "zh")
    bars = [*view["totals"], *(bar for chart in view["months"] for bar in chart.rows)]
    assert bars
    assert all(0 <= bar.before_width <= 100 and 0 <= bar.after_width <= 100 for bar in bars)
    assert max(max(bar.before_width, bar.after_width) for bar in view["totals"]) == 100
    charts = [*view["members"], *(each for charts in view["by"].values() for each in charts)]
    swings = [row for chart in charts for row in chart.rows]
    assert swings
    assert all(0 <= each.x <= 50 and each.x + each.width <= 100 for each in swings)
    assert {each.x == 50 for each in swings if each.value > 0} <= {True, False}
    assert view["totals"][0].delta == found()["measures"][0]["delta"]


def test_the_largest_band_has_no_end() -> None:
    (row,) = shown(made(HOSTILE), "c", "zh")["members"][0].rows
    assert row.label == "增加 1000 分以上"
    assert shown(made(HOSTILE), "c", "en")["members"][0].rows[0].label == "1000 or more gained"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_terminal_shows_bars_and_reasons(language: str) -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(as_text(found(), impact().sha256, language))
    text = console.export_text()
    assert "█" in text
    assert impact().sha256 in text
    assert ("变化最大的会员" if language == "zh" else "largest changes") in text
    console.print(as_text(nothing(), "c", language))
    console.print(as_text(made(HOSTILE), "c", language))
    text = console.export_text()
    assert ("触顶次数不同的封顶" if language == "zh" else "Caps that cut more") in text
    assert "0 → 2" in text


def test_the_summary_says_what_its_hash_says() -> None:
    assert json.loads(impact().canonical) == found()
    assert impact().canonical == backtest(Bench(trial(budget_fen=100), city())).canonical
