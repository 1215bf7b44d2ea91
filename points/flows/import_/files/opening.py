"""Which kind of file it is, by its content: names lie."""

from collections.abc import Sequence
from pathlib import Path

from points.flows.import_.files.archive import is_workbook
from points.flows.import_.files.lines import decoded, open_csv, open_json_lines
from points.flows.import_.files.tables import FILE_MEGABYTES_MAX, Opened, Unreadable
from points.flows.import_.files.workbook import open_workbook

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
MEGABYTE = 1_000_000


def bytes_of(content: bytes | Path) -> bytes:
    """Return a file's bytes, unless there are too many.

    Raises:
        Unreadable: Larger than ``FILE_MEGABYTES_MAX``; a path is not even opened then.
    """
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    if size > FILE_MEGABYTES_MAX * MEGABYTE:
        raise Unreadable("sheet.too_big", limit=FILE_MEGABYTES_MAX)
    return content.read_bytes() if isinstance(content, Path) else content


def open_file(content: bytes, formats: Sequence[str], encodings: Sequence[str]) -> Opened:
    """Return a file's tables.

    Args:
        content: The whole file.
        formats: Those that the profile takes: ``xlsx``, ``csv``, ``jsonl``.
        encodings: Those that a text file may have: ``utf-8-sig``, ``gb18030``.

    Raises:
        Unreadable: Another format, damaged, unsafe, or in no known encoding.
    """
    if content.startswith(OLE_MAGIC):
        raise Unreadable("sheet.old_format")
    kind = _kind(content)
    if kind not in formats:
        raise Unreadable("sheet.wrong_format", formats="、".join(formats))
    if kind == "xlsx":
        return open_workbook(content)
    text = decoded(content, encodings)
    return open_json_lines(text) if kind == "jsonl" else open_csv(text)


def _kind(content: bytes) -> str:
    if content.startswith(ZIP_MAGIC):
        return "xlsx" if is_workbook(content) else "zip"
    if content.startswith(UTF16_MARKS):
        raise Unreadable("sheet.bad_encoding")
    head = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return "jsonl" if head == b"{" else "csv"
