"""Looks into a workbook's archive before anything opens it.

A workbook is a zip of XML. Small archives unpack to gigabytes, and a sheet with one cell at A1 and
one at XFD1048576 makes a reader lay out seventeen thousand million cells. Both are found here, by
unpacking in pieces and reading the cells' own addresses; declared sizes are not believed.
"""

import re
import zipfile
import zlib
from io import BytesIO

from points.flows.import_.files.tables import Unreadable

ENTRIES_MAX = 2_000
UNPACKED_BYTES_MAX = 400_000_000
RATIO_MAX = 250
RATIO_FREE_BYTES = 10_000_000
"""An archive that unpacks to less than this may be as dense as it likes."""
AREA_CELLS_MAX = 8_000_000
PIECE_BYTES = 1 << 20
OVERLAP_BYTES = 64

_CELL = re.compile(rb"""<(?:\w+:)?c\s[^<>]{0,32}?\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']""")


def examine(content: bytes) -> None:
    """Return when a workbook is safe to open.

    Raises:
        Unreadable: It is no workbook, damaged, or grows beyond all measure.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            _examine(archive, len(content))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError):
        raise Unreadable("sheet.unreadable") from None


def is_workbook(content: bytes) -> bool:
    """Return whether an archive holds a workbook."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return False


def _examine(archive: zipfile.ZipFile, packed: int) -> None:
    entries = archive.infolist()
    if len(entries) > ENTRIES_MAX:
        raise Unreadable("sheet.archive_bomb")
    budget = min(UNPACKED_BYTES_MAX, max(RATIO_FREE_BYTES, packed * RATIO_MAX))
    if sum(entry.file_size for entry in entries) > budget:
        raise Unreadable("sheet.archive_bomb")
    for entry in entries:
        budget -= _unpack(archive, entry, budget)


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: int) -> int:
    measured, rows, columns, carried = 0, 0, 0, b""
    sheet = entry.filename.startswith("xl/worksheets/")
    with archive.open(entry) as stream:
        while piece := stream.read(PIECE_BYTES):
            measured += len(piece)
            if measured > budget:
                raise Unreadable("sheet.archive_bomb")
            if sheet:
                rows, columns = _reach(carried + piece, rows, columns)
                carried = piece[-OVERLAP_BYTES:]
    if rows * columns > AREA_CELLS_MAX:
        raise Unreadable("sheet.too_wide")
    return measured


def _reach(xml: bytes, rows: int, columns: int) -> tuple[int, int]:
    addresses = _CELL.findall(xml)
    lowest = max((int(row) for _, row in addresses), default=0)
    rightmost = max((_number(letters) for letters in {c for c, _ in addresses}), default=0)
    return max(rows, lowest), max(columns, rightmost)


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
