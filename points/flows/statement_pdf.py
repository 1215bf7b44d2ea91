"""A statement as a PDF that can be signed and stamped: totals, net per outlet, every line.

The font is a part of the program, so a page looks alike on every machine; a character that it
lacks is written as its number, and never vanishes. Lines are taken as they come.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import islice
from typing import Any, BinaryIO

from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from points.flows.statement_export import KINDS, local
from points.kernel.yuan import capitals, grouped_yuan
from points.partners.model import Line, OutletTotal, Statement

FONT = "PointsSansSC"
WIDTH, HEIGHT = A4
MARGIN = 42.0
TOP, BOTTOM = HEIGHT - 48.0, 46.0
ROW = 15.0
SIZE, SMALL, LEAST = 9.0, 7.5, 4.5
LINES_A_PAGE = 46
OUTLETS_FIRST, OUTLETS_A_PAGE = 14, 46
"""How many outlets stand on the first page, and on each after it."""

Column = tuple[str, float, bool]
"""Its title, its width, and whether it is set to the right."""

_OUTLETS: tuple[Column, ...] = (
    ("门店 Outlet", 91, False),
    ("笔数 Lines", 52, True),
    ("核销 Captured", 74, True),
    ("撤销 Voided", 74, True),
    ("更正 Corrected", 74, True),
    ("服务费 Fees", 68, True),
    ("应付 Net", 78, True),
)
_LINES: tuple[Column, ...] = (
    ("序号 No", 36, True),
    ("类别 Kind", 66, False),
    ("时间 Booked at", 96, False),
    ("门店 Outlet", 58, False),
    ("项目 Reward", 54, False),
    ("尾号", 30, False),
    ("请求编号 Reference", 89, False),
    ("金额（元）", 52, True),
    ("服务费", 30, True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Between whom a statement is, and in whose time.

    Attributes:
        association: Its code or name.
        partner: Its name.
        zone: Of the partner's days.
    """

    association: str
    partner: str
    zone: str


def write_pdf(statement: Statement, lines: Iterable[Line], parties: Parties, out: BinaryIO) -> None:
    """Write the statement as a PDF; the same statement always gives the same bytes."""
    _register()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(f"{statement.partner_id} {statement.period}")
    _Pages(canvas, statement, parties).write(lines)
    canvas.save()


@cache
def _register() -> TTFont:
    file = resources.files("points.flows").joinpath("fonts/PointsSansSC.ttf")
    with file.open("rb") as opened:
        font = TTFont(FONT, opened)
    pdfmetrics.registerFont(font)
    return font


def shown(text: str) -> str:
    """Return a text with each character that the font lacks written as its number."""
    if text.isascii() and text.isprintable():
        return text
    known = _register().face.charToGlyph
    return "".join(each if ord(each) in known else f"[U+{ord(each):04X}]" for each in text)


def _width(text: str, size: float) -> float:
    """Return how wide a text is; a table of our own, for there may be very many cells."""
    widths = _widths()
    return sum(widths.get(each, 1.0) for each in text) * size


@cache
def _widths() -> dict[str, float]:
    face = _register().face
    return {chr(code): face.charWidths[code] / 1000 for code in face.charToGlyph}


class _Pages:
    """Writes one statement page by page; how many there are follows from its totals."""

    def __init__(self, canvas: Any, statement: Statement, parties: Parties) -> None:  # noqa: ANN401 - untyped library
        self._canvas, self._statement, self._parties = canvas, statement, parties
        outlets = max(len(statement.totals.outlets) - OUTLETS_FIRST, 0)
        self._pages = (
            1 + _pages(outlets, OUTLETS_A_PAGE) + _pages(statement.totals.count, LINES_A_PAGE)
        )
        self._page = 0

    def write(self, lines: Iterable[Line]) -> None:
        outlets = self._statement.totals.outlets
        y = self._first_page()
        self._table(_OUTLETS, [*map(_outlet, outlets[:OUTLETS_FIRST]), self._sum()], y)
        self._signatures()
        self._end()
        for at in range(OUTLETS_FIRST, len(outlets), OUTLETS_A_PAGE):
            self._page_of(_OUTLETS, list(map(_outlet, outlets[at : at + OUTLETS_A_PAGE])))
        rows = iter(lines)
        while page := list(islice(rows, LINES_A_PAGE)):
            self._page_of(_LINES, [_line(each, self._parties.zone) for each in page])

    def _page_of(self, columns: tuple[Column, ...], rows: list[list[str]]) -> None:
        self._text(MARGIN, TOP, self._name(), SMALL)
        self._table(columns, rows, TOP - ROW)
        self._end()

    def _name(self) -> str:
        s = self._statement
        return f"结算对账单 Statement  {s.partner_id}  {s.period}  第 {s.number} 号"

    def _first_page(self) -> float:
        """Write title, parties, totals and hash; return where the table of outlets begins."""
        s, t = self._statement, self._statement.totals
        self._text(WIDTH / 2, TOP - 6, "结算对账单", 20, "centre")
        self._text(WIDTH / 2, TOP - 22, "Statement of account", SIZE, "centre")
        if s.drawn_at is None:
            self._text(WIDTH - MARGIN, TOP - 6, "草稿 DRAFT", 14, "right")
        last = local(s.ends, self._parties.zone)
        rows = (
            ("甲方（协会） Association", self._parties.association),
            ("乙方（合作单位） Partner", f"{self._parties.partner}（{s.partner_id}）"),
            ("编号与账期 Number, period", f"第 {s.number} 号，{s.period}，截至 {last} 前"),
            ("核销 Captured", f"{grouped_yuan(t.captured_fen)} 元"),
            ("当日撤销 Voided", f"{grouped_yuan(t.voided_fen)} 元"),
            ("更正 Corrected", f"{grouped_yuan(t.corrected_fen)} 元"),
            ("服务费 Fees", f"{grouped_yuan(t.fees_fen)} 元"),
            ("应付合计 Net", f"{grouped_yuan(t.total_fen)} 元，共 {t.count} 行 lines"),
            ("大写 In capitals", f"人民币 {capitals(t.total_fen)}"),
            ("付款期限 Payment", f"双方确认后 {s.payment_days} 天内" if s.payment_days else "—"),
            ("校验 SHA-256", t.sha256),
            ("上期校验 Previous", s.previous_sha256 or "（首期 first）"),
        )
        y: float = TOP - 52
        for label, said in rows:
            self._text(MARGIN, y, label, SMALL)
            self._fitted(MARGIN + 130, y, said, WIDTH - 2 * MARGIN - 130, SIZE)
            y -= ROW
        return y - 10

    def _sum(self) -> list[str]:
        t = self._statement.totals
        sums = (t.captured_fen, t.voided_fen, t.corrected_fen, t.fees_fen, t.total_fen)
        return ["合计 Total", f"{t.count:,}", *map(grouped_yuan, sums)]

    def _table(self, columns: tuple[Column, ...], rows: Sequence[list[str]], y: float) -> None:
        self._rule(y - 4, 0.8)
        self._row(columns, [title for title, _, _ in columns], y)
        for row in rows:
            y -= ROW
            self._rule(y - 4, 0.25)
            self._row(columns, row, y)

    def _row(self, columns: tuple[Column, ...], cells: list[str], y: float) -> None:
        x = MARGIN
        for (_, width, right), cell in zip(columns, cells, strict=True):
            self._fitted(x, y, cell, width - 6, SMALL, right=right)
            x += width

    def _signatures(self) -> None:
        half, height = (WIDTH - 2 * MARGIN - 20) / 2, 92.0
        for x, party in ((MARGIN, "甲方（盖章）"), (MARGIN + half + 20, "乙方（盖章）")):
            self._canvas.rect(x, BOTTOM + 20, half, height)
            self._text(x + 8, BOTTOM + height + 4, party, SIZE)
            self._text(x + 8, BOTTOM + 48, "签字 Signed：", SIZE)
            self._text(x + 8, BOTTOM + 28, "日期 Date：        年    月    日", SIZE)

    def _end(self) -> None:
        self._page += 1
        said = f"第 {self._page} 页 / 共 {self._pages} 页  Page {self._page} of {self._pages}"
        self._text(MARGIN, BOTTOM - 16, f"SHA-256 {self._statement.totals.sha256[:16]}…", SMALL)
        self._text(WIDTH - MARGIN, BOTTOM - 16, said, SMALL, "right")
        self._canvas.showPage()

    def _rule(self, y: float, width: float) -> None:
        self._canvas.setLineWidth(width)
        self._canvas.line(MARGIN, y, WIDTH - MARGIN, y)

    def _fitted(
        self, x: float, y: float, text: str, width: float, size: float, *, right: bool = False
    ) -> None:
        """Write a text within a width: smaller where it is long, cut with a sign at the last."""
        said = shown(text)
        wide = _width(said, size)
        if wide > width:
            size = max(size * width / wide, LEAST)
            while (wide := _width(said, size)) > width:
                said = f"{said[:-2]}…"
        self._canvas.setFont(FONT, size)
        self._canvas.drawString(x + width - wide if right else x, y, said)

    def _text(self, x: float, y: float, text: str, size: float, side: str = "left") -> None:
        canvas = self._canvas
        canvas.setFont(FONT, size)
        draw: dict[str, Callable[[float, float, str], None]] = {
            "left": canvas.drawString,
            "right": canvas.drawRightString,
            "centre": canvas.drawCentredString,
        }
        draw[side](x, y, shown(text))


def _pages(rows: int, a_page: int) -> int:
    return -(-rows // a_page)


def _outlet(each: OutletTotal) -> list[str]:
    sums = (each.captured_fen, each.voided_fen, each.corrected_fen, each.fees_fen)
    name = each.outlet_id or "（无门店）"
    return [name, f"{each.count:,}", *map(grouped_yuan, sums), grouped_yuan(each.amount_fen)]


def _line(line: Line, zone: str) -> list[str]:
    return [
        str(line.number),
        KINDS[line.kind],
        local(line.booked_at, zone),
        line.outlet_id or "",
        line.reward_id,
        line.last4,
        line.reference,
        grouped_yuan(line.amount_fen),
        grouped_yuan(line.fee_fen) if line.fee_fen else "",
    ]
