"""Rows of an ``.xlsx`` workbook, through calamine."""

from collections.abc import Iterator
from io import BytesIO

import python_calamine as calamine

from points.flows.import_.files.archive import examine
from points.flows.import_.files.tables import Opened, Table, Unreadable
from points.flows.import_.model import Place, Row

Merges = dict[int, list[tuple[int, int]]]


def open_workbook(content: bytes) -> Opened:
    """Return a workbook's visible sheets; each is laid out only when its rows are asked for.

    Raises:
        Unreadable: Damaged, or unsafe to open.
    """
    failed = examine(content)
    try:
        book = calamine.CalamineWorkbook.from_filelike(BytesIO(content))
        sheets = [sheet for sheet in book.sheets_metadata if _holds_cells(sheet)]
        seen = [
            sheet.name for sheet in sheets if sheet.visible == calamine.SheetVisibleEnum.Visible
        ]
    except calamine.CalamineError:
        raise Unreadable("sheet.unreadable") from None
    return Opened(
        tables=tuple(Table(sheet=name, rows=_rows(book, name)) for name in seen),
        failed_cells=failed,
        hidden=tuple(sheet.name for sheet in sheets if sheet.name not in seen),
    )


def _holds_cells(sheet: calamine.SheetMetadata) -> bool:
    return bool(sheet.typ == calamine.SheetTypeEnum.WorkSheet)


def _rows(book: calamine.CalamineWorkbook, name: str) -> Iterator[Row]:
    try:
        sheet = book.get_sheet_by_name(name)
        lines = sheet.to_python(skip_empty_area=False)
        merged = _merged_below(sheet.merged_cell_ranges or [], len(lines))
    except calamine.CalamineError:
        raise Unreadable("sheet.unreadable") from None
    for number, line in enumerate(lines):
        for column, top in merged.get(number, ()):
            line[column] = lines[top][column]
        yield Row(place=Place(sheet=name, row=number + 1), cells=tuple(line))


def _merged_below(ranges: list[tuple[tuple[int, int], tuple[int, int]]], height: int) -> Merges:
    """Return, per row, which cells belong to a merged cell that begins in a row above.

    A merged cell holds its value once, at its top left; people mean it for every row it spans.
    """
    below: Merges = {}
    for (top, left), (bottom, _right) in ranges:
        for row in range(top + 1, min(bottom + 1, height)):
            below.setdefault(row, []).append((left, top))
    return below
