"""Looks into a workbook's archive before anything opens it.

A workbook is a zip of XML. Small archives unpack to gigabytes; entries that overlap, names that
stand twice and a second directory in a comment let two readers see two different files; macros and
document type declarations have no place in a list of people. All of that is refused here. The
declared sizes are what unpacking in pieces holds the archive to: ``zipfile`` gives no byte beyond
them and then finds the checksum wrong. What a part says of its cells is taken by ``extent``.
"""

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from points.flows.import_.files.extent import AREA_CELLS_MAX, Extent
from points.flows.import_.files.tables import Unreadable

ENTRIES_MAX = 2_000
UNPACKED_BYTES_MAX = 200_000_000
RATIO_MAX = 250
RATIO_FREE_BYTES = 10_000_000
"""An archive that unpacks to less than this may be as dense as it likes."""
PIECE_BYTES = 1 << 20
OVERLAP_BYTES = 16
RELATIONS_BYTES_MAX = 1_000_000
RELATIONS = "xl/_rels/workbook.xml.rels"
XML = (".xml", ".rels")
AREAS_MAX = 3 * AREA_CELLS_MAX
TEXT_BYTES_MAX = 400_000_000
DIRECTORY_END = b"PK\x05\x06"
DIRECTORY_END_BYTES, HEADER_BYTES = 22, 30

_NAME = re.compile(r"\[Content_Types\]\.xml|(?:_rels|docProps|xl|customXml)/[^\\\x00-\x1f\x7f:]*")
_MACROS = re.compile(r"(?i)vba|macro|activex|workbook\.bin|xlm")
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)|vnd\.ms-excel\.[a-z.]*macroEnabled")
_TARGET = re.compile(rb"\bTarget\b")
_XML_TARGET = re.compile(rb"""\bTarget\s*=\s*["'][A-Za-z0-9_./-]+\.xml["']""")
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


def examine(content: bytes) -> int:
    """Return how many cells hold a failed formula, once a workbook is known to be safe to open.

    Raises:
        Unreadable: It is no workbook, damaged, or made to do harm.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return _examine(archive, content)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError):
        raise Unreadable("sheet.unreadable") from None


def is_workbook(content: bytes) -> bool:
    """Return whether an archive holds a workbook."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def _examine(archive: zipfile.ZipFile, content: bytes) -> int:
    entries = archive.infolist()
    if len(entries) > ENTRIES_MAX:
        raise Unreadable("sheet.archive_bomb")
    _check_names(entries)
    _check_layout(archive, entries, content)
    budget = min(UNPACKED_BYTES_MAX, max(RATIO_FREE_BYTES, len(content) * RATIO_MAX))
    if sum(entry.file_size for entry in entries) > budget:
        raise Unreadable("sheet.archive_bomb")
    _check_relations(archive, entries)
    # Every part of XML, wherever it lies: which of them are worksheets is said by a part itself,
    # and it may name no other kind.
    extents = [_extent(archive, entry) for entry in entries]
    if sum(each.area for each in extents) > AREAS_MAX:
        raise Unreadable("sheet.too_wide")
    longest = max((each.longest_text_bytes for each in extents), default=0)
    if longest * sum(each.texts for each in extents) > TEXT_BYTES_MAX:
        raise Unreadable("sheet.archive_bomb")
    return sum(len(each.failed) for each in extents)


def _check_names(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse what is no part of a workbook, could lead out of it, or stands twice.

    ``sharedStrings.xml`` and ``SharedStrings.xml`` are the same to those who read workbooks.
    """
    names = {entry.filename.lower() for entry in entries}
    if len(names) < len(entries):
        raise Unreadable("sheet.unreadable")
    for entry in entries:
        parts = entry.filename.split("/")
        if _MACROS.search(entry.filename):
            raise Unreadable("sheet.macros")
        if _NAME.fullmatch(entry.filename) is None or {"", ".", ".."} & set(parts[:-1]):
            raise Unreadable("sheet.unreadable")


def _check_layout(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], content: bytes) -> None:
    """Refuse an archive that another reader might take for another one."""
    end = len(content) - DIRECTORY_END_BYTES
    if not content.startswith(DIRECTORY_END, end) or archive.comment:
        raise Unreadable("sheet.unreadable")
    free_from = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        link = stat.S_ISLNK(entry.external_attr >> 16)
        if entry.flag_bits & 1 or link or entry.compress_type not in _METHODS:
            raise Unreadable("sheet.unreadable")
        if entry.header_offset < free_from or (free_from == 0 and entry.header_offset):
            raise Unreadable("sheet.archive_bomb")
        free_from = entry.header_offset + HEADER_BYTES + entry.compress_size
    if free_from > archive.start_dir:
        raise Unreadable("sheet.archive_bomb")


def _check_relations(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Refuse a workbook whose worksheets are not in parts of XML, which alone are looked into."""
    for entry in entries:
        if entry.filename.lower() == RELATIONS:
            if entry.file_size > RELATIONS_BYTES_MAX:
                raise Unreadable("sheet.archive_bomb")
            said = archive.read(entry)
            if len(_TARGET.findall(said)) != len(_XML_TARGET.findall(said)):
                raise Unreadable("sheet.unreadable")


def _extent(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Extent:
    extent, before = Extent(), b""
    if not entry.filename.lower().endswith(XML):
        return extent
    for piece in _pieces(archive, entry):
        text = before + piece
        if _DECLARED.search(text):
            raise Unreadable("sheet.macros" if b"acroEnabled" in text else "sheet.unreadable")
        if b"\x00" in piece:
            raise Unreadable("sheet.unreadable")  # UTF-16 hides what is looked for here
        extent.take(piece)
        before = text[-OVERLAP_BYTES:]
    extent.finish()
    return extent


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as stream:
        while piece := stream.read(PIECE_BYTES):
            yield piece
