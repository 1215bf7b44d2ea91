"""Rows of text files: CSV and JSON lines."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from io import StringIO
from typing import Any, Never

from points.flows.import_.files.tables import ROWS_MAX, BrokenLine, Opened, Table, Unreadable
from points.flows.import_.model import Place, Row

UTF8_MARK = b"\xef\xbb\xbf"
LINE_CHARACTERS_MAX = 20_000
KEYS_MAX = 200
LINES_MAX = 2 * ROWS_MAX
"""Blank ones and continued cells included; what follows is one list of them in memory."""

# What is left when one encoding was once taken for another, or a character was lost for good.
_MOJIBAKE = re.compile("[\ue000-\uf8ff\ufffd\x00]|锟斤拷|烫烫烫")


def decoded(content: bytes, encodings: Sequence[str]) -> str:
    """Return a file's text: UTF-8 if it is that, else GB18030 where the profile allows it.

    UTF-8 is tried first because Chinese in GB18030 is practically never valid UTF-8, while the
    reverse is; a text that decodes to debris is refused, never taken.

    Raises:
        Unreadable: In none of the encodings, or damaged by an earlier conversion.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        if encoding not in encodings:
            continue
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            if content.startswith(UTF8_MARK):
                break
            continue
        if _MOJIBAKE.search(text):
            break
        if max(text.count("\n"), text.count("\r")) > LINES_MAX:
            raise Unreadable("sheet.too_many_rows", limit=ROWS_MAX)
        return text
    raise Unreadable("sheet.bad_encoding")


def open_csv(text: str) -> Opened:
    """Return the one table of a CSV text.

    Raises:
        Unreadable: Quotes that do not close, or a cell of more than 128 KB.
    """
    return Opened(tables=(Table(sheet=None, rows=_csv_rows(text)),))


def _csv_rows(text: str) -> Iterator[Row]:
    number = 0
    try:
        for number, cells in enumerate(csv.reader(StringIO(text, newline=""), strict=True), 1):
            yield Row(place=Place(sheet=None, row=number), cells=tuple(cells))
    except csv.Error:
        raise Unreadable("sheet.bad_csv", row=number + 1) from None


def open_json_lines(text: str) -> Opened:
    """Return the one table of a JSON-lines text; as row 0 its header, the keys of all objects."""
    lines = [(number, _object(line)) for number, line in _numbered(text)]
    keys: dict[str, None] = {}
    for _, found in lines:
        if isinstance(found, dict):
            keys.update(dict.fromkeys(found))
    if len(keys) > KEYS_MAX:
        raise Unreadable("sheet.too_wide")
    return Opened(tables=(Table(sheet=None, rows=_object_rows(lines, tuple(keys))),))


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line.strip()


def _object_rows(
    lines: Iterable[tuple[int, dict[str, Any] | BrokenLine]], keys: tuple[str, ...]
) -> Iterator[Row]:
    yield Row(place=Place(sheet=None, row=0), cells=keys)
    for number, found in lines:
        cells = (found,) if isinstance(found, BrokenLine) else tuple(found.get(key) for key in keys)
        yield Row(place=Place(sheet=None, row=number), cells=cells)


def _object(line: str) -> dict[str, Any] | BrokenLine:
    try:
        if len(line) > LINE_CHARACTERS_MAX:
            return BrokenLine(text=line[:LINE_CHARACTERS_MAX])
        found = json.loads(
            line, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_once
        )
    except (ValueError, RecursionError):
        return BrokenLine(text=line)
    return found if isinstance(found, dict) else BrokenLine(text=line)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is written twice")
    return found


def _refuse(_constant: str) -> Never:
    raise ValueError("NaN and Infinity are no numbers")
