"""Looks into a workbook's archive before anything opens it.

A workbook is a zip of XML. Small archives unpack to gigabytes, and a sheet with one cell at A1 and
one at XFD1048576 makes a reader lay out seventeen thousand million cells. Both are found here: by
the declared sizes, to which unpacking in pieces holds the archive (``zipfile`` gives no byte beyond
them and then finds the checksum wrong), and by the cells' own addresses.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from points.flows.import_.files.tables import Unreadable

ENTRIES_MAX = 2_000
UNPACKED_BYTES_MAX = 400_000_000
RATIO_MAX = 250
RATIO_FREE_BYTES = 10_000_000
"""An archive that unpacks to less than this may be as dense as it likes."""
AREA_CELLS_MAX = 8_000_000
PIECE_BYTES = 1 << 20
OVERLAP_BYTES = 128

_CELL = re.compile(
    rb"""<(?:\w+:)?c\s[^<>]{0,32}?\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']([^<>]{0,48})"""
)
_FAILED = re.compile(rb"""\bt\s*=\s*["']e["']""")


def examine(content: bytes) -> int:
    """Return how many cells hold a failed formula, once a workbook is known to be safe to open.

    Raises:
        Unreadable: It is no workbook, damaged, or grows beyond all measure.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return _examine(archive, len(content))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError):
        raise Unreadable("sheet.unreadable") from None


def is_workbook(content: bytes) -> bool:
    """Return whether an archive holds a workbook."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return False


def _examine(archive: zipfile.ZipFile, packed: int) -> int:
    entries = archive.infolist()
    if len(entries) > ENTRIES_MAX:
        raise Unreadable("sheet.archive_bomb")
    budget = min(UNPACKED_BYTES_MAX, max(RATIO_FREE_BYTES, packed * RATIO_MAX))
    if sum(entry.file_size for entry in entries) > budget:
        raise Unreadable("sheet.archive_bomb")
    failed = 0
    for entry in entries:
        cells = _Cells()
        for piece in _pieces(archive, entry):
            if entry.filename.startswith("xl/worksheets/"):
                cells.take(piece)
        failed += len(cells.failed)
    return failed


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as stream:
        while piece := stream.read(PIECE_BYTES):
            yield piece


class _Cells:
    """What the cells of one worksheet say about themselves, read piece by piece."""

    def __init__(self) -> None:
        self.failed: set[tuple[bytes, bytes]] = set()
        self._rows, self._columns, self._carried = 0, 0, b""

    def take(self, piece: bytes) -> None:
        """Take the next piece of the sheet's XML.

        Raises:
            Unreadable: The cells reach further than any reader should lay out.
        """
        xml = self._carried + piece
        cells = _CELL.findall(xml)
        self._carried = xml[-OVERLAP_BYTES:]
        self._rows = max(self._rows, max((int(row) for _, row, _ in cells), default=0))
        columns = {letters for letters, _, _ in cells}
        self._columns = max(self._columns, max(map(_number, columns), default=0))
        # Few different attributes stand on many cells: look at each once.
        failing = {rest for rest in {rest for _, _, rest in cells} if _FAILED.search(rest)}
        self.failed.update((column, row) for column, row, rest in cells if rest in failing)
        if self._rows * self._columns > AREA_CELLS_MAX:
            raise Unreadable("sheet.too_wide")


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
