"""Rows of an ``.xlsx`` workbook, through calamine."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import python_calamine as calamine

from points.flows.import_.files.archive import examine
from points.flows.import_.files.tables import Opened, Table, Unreadable
from points.flows.import_.model import Place, Row

MERGED_CELLS_MAX = 1_000_000
Merges = dict[int, list[tuple[int, int]]]


def open_workbook(content: bytes) -> Opened:
    """Return a workbook's visible sheets; each is laid out only when its rows are asked for.

    Raises:
        Unreadable: Damaged, or unsafe to open.
    """
    failed = examine(content)
    with _reading():
        book = calamine.CalamineWorkbook.from_filelike(BytesIO(content))
        sheets = [sheet for sheet in book.sheets_metadata if _holds_cells(sheet)]
        seen = [
            sheet.name for sheet in sheets if sheet.visible == calamine.SheetVisibleEnum.Visible
        ]
    return Opened(
        tables=tuple(Table(sheet=name, rows=_rows(book, name)) for name in seen),
        failed_cells=failed,
        hidden=tuple(sheet.name for sheet in sheets if sheet.name not in seen),
    )


def _holds_cells(sheet: calamine.SheetMetadata) -> bool:
    return bool(sheet.typ == calamine.SheetTypeEnum.WorkSheet)


@contextmanager
def _reading() -> Iterator[None]:
    """Turn whatever the reader stumbles over into an unreadable file.

    Its own defects come as a class that derives from no ordinary exception.
    """
    try:
        yield
    except calamine.CalamineError:
        raise Unreadable("sheet.unreadable") from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise Unreadable("sheet.unreadable") from None


def _rows(book: calamine.CalamineWorkbook, name: str) -> Iterator[Row]:
    with _reading():
        sheet = book.get_sheet_by_name(name)
        lines = sheet.to_python(skip_empty_area=False)
        merged = _merged_below(sheet.merged_cell_ranges or [], len(lines))
    for number, line in enumerate(lines):
        for column, top in merged.get(number, ()):
            if column < len(line):
                line[column] = lines[top][column]
        yield Row(place=Place(sheet=name, row=number + 1), cells=tuple(line))


def _merged_below(ranges: list[tuple[tuple[int, int], tuple[int, int]]], height: int) -> Merges:
    """Return, per row, which cells belong to a merged cell that begins in a row above.

    A merged cell holds its value once, at its top left; people mean it for every row it spans.
    """
    below: Merges = {}
    spanned = sum(max(0, min(bottom + 1, height) - top - 1) for (top, _), (bottom, _) in ranges)
    if spanned > MERGED_CELLS_MAX:
        raise Unreadable("sheet.too_wide")
    for (top, left), (bottom, _right) in ranges:
        for row in range(top + 1, min(bottom + 1, height)):
            below.setdefault(row, []).append((left, top))
    return below
