"""How far the cells of a part reach, how many there are, and how much text they would hold.

A reader lays out the whole rectangle between the first cell and the last: one at A1 and one at
XFD1048576 make seventeen thousand million. It also copies a shared text for every cell that names
it. So both are known before it begins. The usual spelling of a cell is counted fast; whatever is
spelled in another way is taken apart tag by tag, as the reader does, and refused where unclear.
"""

import re
from collections import Counter
from collections.abc import Iterator

from points.flows.import_.files.tables import Unreadable

AREA_CELLS_MAX = 4_000_000
MERGES_MAX = 20_000
TAG_BYTES_MAX = 65_536
RUN_BYTES_MAX = 4_000_000
"""A text between two tags; a cell holds 32,767 characters at most."""

_OPENS = re.compile(rb"<(?:[^\s<>/:!?]+:)?c(?=[\s/>])")
_USUAL = re.compile(
    rb"""<(?:\w+:)?c\s+((?:[a-z]+="[^"<>]*"\s+){0,3}?)"""
    rb"""r="([A-Z]{1,3})([0-9]{1,7})"((?:\s+[a-z]+="[^"<>]*"){0,4})\s*/?>"""
)
_TAG = re.compile(rb"<(?:[^\s<>/:!?]+:)?(row|c)(?=[\s/>])([^<>]*)>")
_PLACE = re.compile(rb"""(?:^|\s)r\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_CELL = re.compile(rb"([A-Z]{1,3})([0-9]{1,7})")
_AGAIN = re.compile(rb"\sr=")
_FAILED = re.compile(rb"""\st\s*=\s*["']e["']""")
_SHARED = re.compile(rb"""\st\s*=\s*["']s["']""")
_TEXT = re.compile(rb"<(?:[^\s<>/:!?]+:)?si(?=[\s/>])")
_MERGE = re.compile(rb"<(?:[^\s<>/:!?]+:)?mergeCell(?=[\s/>])")


class Extent:
    """What a part says about its cells, taken piece by piece.

    Attributes:
        failed: The addresses of cells that hold a failed formula.
        texts: How many cells name a shared text.
        longest_text_bytes: How long the longest of the part's shared texts may be.
    """

    def __init__(self) -> None:
        self.failed: set[tuple[int, int]] = set()
        self.texts = self.longest_text_bytes = 0
        self._cells = self._merges = self._rows = self._columns = 0
        self._row = self._column = 0
        self._at, self._text_at, self._carried = 0, -1, b""

    @property
    def area(self) -> int:
        """How many cells a reader lays out."""
        return self._rows * self._columns

    def take(self, piece: bytes) -> None:
        """Take the next piece; a tag that is not whole yet waits for the rest.

        Raises:
            Unreadable: The cells reach further than any reader should lay out.
        """
        xml = self._carried + piece
        whole = xml.rfind(b"<")
        if whole < 0:
            whole = len(xml)
        self._carried = xml[whole:]
        tag = b">" not in self._carried
        if len(self._carried) > (TAG_BYTES_MAX if tag else RUN_BYTES_MAX):
            raise Unreadable("sheet.unreadable")
        self._count(xml[:whole])

    def finish(self) -> None:
        """Take what is left."""
        self._count(self._carried)
        self._carried = b""
        if self._text_at >= 0:
            self._text_ends(self._at)

    def _count(self, xml: bytes) -> None:
        for found in _TEXT.finditer(xml):
            self._text_ends(self._at + found.start())
        self._at += len(xml)
        self._merges += len(_MERGE.findall(xml))
        usual = _USUAL.findall(xml)
        opened = len(_OPENS.findall(xml))
        self._cells += opened
        if opened == len(usual):
            self._usual(usual)
        else:
            self._tag_by_tag(xml)
        if max(self.area, self._cells) > AREA_CELLS_MAX:
            raise Unreadable("sheet.too_wide")
        if self._merges > MERGES_MAX:
            raise Unreadable("sheet.too_wide")

    def _text_ends(self, at: int) -> None:
        if self._text_at >= 0:
            self.longest_text_bytes = max(self.longest_text_bytes, at - self._text_at)
        self._text_at = at

    def _usual(self, cells: list[tuple[bytes, bytes, bytes, bytes]]) -> None:
        self._rows = max(self._rows, max((int(row) for _, _, row, _ in cells), default=0))
        columns = {letters for _, letters, _, _ in cells}
        self._columns = max(self._columns, max(map(_number, columns), default=0))
        self._row = max(self._row, self._rows)
        # Few different attributes stand on many cells: look at each once.
        said = Counter((b" " + before, after) for before, _, _, after in cells)
        if any(_AGAIN.search(after) for _, after in said):
            raise Unreadable("sheet.unreadable")
        self.texts += sum(n for both, n in said.items() if any(map(_SHARED.search, both)))
        failing = {both for both in said if any(map(_FAILED.search, both))}
        if failing:
            self.failed.update(
                (int(row), _number(letters))
                for before, letters, row, after in cells
                if (b" " + before, after) in failing
            )

    def _tag_by_tag(self, xml: bytes) -> None:
        seen = 0
        for kind, attributes in _tags(xml):
            given = _place(attributes)
            if kind == b"row":
                self._row = int(given) if given else self._row + 1
                self._column = 0
                continue
            seen += 1
            row, self._column = self._row, self._column + 1
            if given:
                found = _CELL.fullmatch(given)
                if found is None:
                    raise Unreadable("sheet.unreadable")
                row, self._column = int(found[2]), _number(found[1])
            self._rows, self._columns = max(self._rows, row), max(self._columns, self._column)
            self.texts += _SHARED.search(attributes) is not None
            if _FAILED.search(attributes):
                self.failed.add((row, self._column))
        if seen != len(_OPENS.findall(xml)):
            raise Unreadable("sheet.unreadable")


def _tags(xml: bytes) -> Iterator[tuple[bytes, bytes]]:
    for found in _TAG.finditer(xml):
        attributes = found[2]
        # A quoted ">" would end a tag too early for us, and hide what follows.
        if attributes.count(b'"') % 2 or attributes.count(b"'") % 2:
            raise Unreadable("sheet.unreadable")
        yield found[1], attributes


def _place(attributes: bytes) -> bytes:
    """Return the address that a tag has; none where it has none."""
    places = _PLACE.findall(attributes)
    if len(places) > 1 or (not places and re.search(rb"(?:^|\s)r\s*=", attributes)):
        raise Unreadable("sheet.unreadable")
    if not places:
        return b""
    place: bytes = places[0][0] or places[0][1]
    if not re.fullmatch(rb"[A-Z]{0,3}[0-9]{1,7}", place):
        raise Unreadable("sheet.unreadable")
    return place


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
