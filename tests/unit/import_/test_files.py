"""Files of every format, damaged, disguised or malicious."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from points.flows.import_.files import archive, extent, opening
from points.flows.import_.files.lines import decoded
from points.flows.import_.files.opening import open_file
from points.flows.import_.files.tables import BrokenLine, Unreadable
from points.flows.import_.model import Row
from points.flows.import_.reading import read_file
from tests.unit.import_.samples import DEMO, all_profiles, workbook

FORMATS = ("xlsx", "csv", "jsonl")
ENCODINGS = ("utf-8-sig", "gb18030")


def rows(content: bytes) -> list[Row]:
    (table,) = open_file(content, FORMATS, ENCODINGS).tables
    return list(table.rows)


def refused(content: bytes, formats: tuple[str, ...] = FORMATS) -> str:
    with pytest.raises(Unreadable) as why:
        [list(table.rows) for table in open_file(content, formats, ENCODINGS).tables]
    return why.value.code


def rezipped(content: bytes, **changed: bytes) -> bytes:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
        for name, data in changed.items():
            new.writestr(name, data)
    return buffer.getvalue()


def test_a_file_is_what_it_holds_not_what_it_is_called() -> None:
    book = workbook({"甲": [["姓名"], ["张三"]]})
    assert [row.cells for row in rows(book)] == [("姓名",), ("张三",)]
    assert [row.cells for row in rows("姓名\r\n张三\r\n".encode())] == [("姓名",), ("张三",)]
    assert [row.cells for row in rows('{"姓名": "张三"}\n'.encode())] == [("姓名",), ("张三",)]


def test_formats_that_the_profile_does_not_take() -> None:
    assert refused(workbook({"甲": [[1]]}), ("csv",)) == "sheet.wrong_format"
    assert refused(b"a,b\n", ("xlsx",)) == "sheet.wrong_format"
    assert refused(rezipped(b"PK\x05\x06" + bytes(18), note=b"x")) == "sheet.wrong_format"
    assert refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100)) == "sheet.old_format"


def test_encodings_are_told_apart_and_never_guessed() -> None:
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        assert decoded("姓名,手机号\n㐱山,1".encode(encoding), ENCODINGS) == "姓名,手机号\n㐱山,1"
    for content in (
        "姓名".encode("utf-16"), "姓名".encode("big5") + b"\xff", b"\xef\xbb\xbf\xc4\xe3",
        "姓\ufffd名".encode(), "锟斤拷".encode(), "张三\x00".encode(),
    ):  # fmt: skip
        assert refused(content) == "sheet.bad_encoding"
    with pytest.raises(Unreadable):
        decoded("姓名".encode("gb18030"), ("utf-8-sig",))


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=6, max_size=60))
def test_chinese_text_comes_back_from_either_encoding(text: str) -> None:
    if "锟斤拷" not in text and "烫烫烫" not in text:
        assert decoded(text.encode(), ENCODINGS) == text
        assert decoded(text.encode("utf-8-sig"), ENCODINGS) == text


def test_csv_with_quotes_and_line_breaks_keeps_its_row_numbers() -> None:
    found = rows(b'a,b\r\n"1\n1",2\r\n\r\n3,"4,""5"""\r\n')
    assert [(row.place.row, row.cells) for row in found] == [
        (1, ("a", "b")), (2, ("1\n1", "2")), (3, ()), (4, ("3", '4,"5"')),
    ]  # fmt: skip
    assert refused(b'a,b\n"1,2\n') == "sheet.bad_csv"
    assert refused(b'a,b\n"1"x,2\n') == "sheet.bad_csv"


def test_lines_that_are_no_json_objects_are_single_bad_rows() -> None:
    text = '{"a": 1, "b": 2.50}\n{"a": 1,\n[1]\n\n{"a": 1, "a": 2}\n{"a": NaN}\n{"b": null, "c": "x"}\n'
    header, *found = rows(text.encode())
    assert (header.place.row, header.cells) == (0, ("a", "b", "c"))
    assert [row.place.row for row in found] == [1, 2, 3, 5, 6, 7]
    broken = [isinstance(row.cells[0], BrokenLine) for row in found]
    assert broken == [False, True, True, True, True, False]
    assert found[-1].cells == (None, None, "x")


def test_deep_and_endless_json_is_a_bad_row() -> None:
    deep = '{"a":' * 3_000 + "1" + "}" * 3_000
    digits = '{"a": ' + "9" * 5_000 + "}"
    found = rows(f'{{"a": 1}}\n{deep}\n{digits}\n'.encode())
    assert [isinstance(row.cells[0], BrokenLine) for row in found[1:]] == [False, True, True]


def test_a_workbook_that_unpacks_to_gigabytes_is_not_unpacked() -> None:
    bomb = rezipped(workbook({"甲": [[1]]}), **{"xl/media/zeros.bin": bytes(60_000_000)})
    assert len(bomb) < 100_000
    assert refused(bomb) == "sheet.archive_bomb"


def test_a_workbook_that_lies_about_its_size_is_not_believed() -> None:
    small = rezipped(workbook({"甲": [[1]]}), **{"xl/lie.xml": b"a" * 40_000})
    at = small.rindex(b"PK\x01\x02")
    lying = small[: at + 24] + (1).to_bytes(4, "little") + small[at + 28 :]
    assert refused(lying) == "sheet.unreadable"


def test_a_sheet_with_one_cell_at_the_far_corner_is_not_laid_out() -> None:
    book = workbook({"甲": [["姓名"], ["张三"]]})
    with zipfile.ZipFile(io.BytesIO(book)) as old:
        sheet = old.read("xl/worksheets/sheet1.xml")
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    wide = sheet.replace(b"</sheetData>", far)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, wide if name == "xl/worksheets/sheet1.xml" else old.read(name))
    assert refused(buffer.getvalue()) == "sheet.too_wide"


def test_the_far_corner_is_found_across_the_pieces_in_which_a_sheet_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archive, "PIECE_BYTES", 7)
    monkeypatch.setattr(extent, "AREA_CELLS_MAX", 5)
    assert refused(workbook({"甲": [[1, 2], [1, 2], [1, 2]]})) == "sheet.too_wide"
    monkeypatch.setattr(extent, "AREA_CELLS_MAX", 6)
    assert len(rows(workbook({"甲": [[1, 2], [1, 2], [1, 2]]}))) == 3


def test_a_file_that_is_too_large_is_not_even_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "FILE_MEGABYTES_MAX", 0)
    path = tmp_path / "大.csv"
    path.write_bytes(b"a,b\n")
    monkeypatch.setattr(Path, "read_bytes", lambda _self: pytest.fail("it was opened"))
    result = read_file(path, "大.csv", all_profiles()["volunteer"])
    assert result.counts() == {"sheet.too_big": 1}
    assert not result.readable


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_files_are_findings_never_errors(data: st.DataObject) -> None:
    name, profile = data.draw(
        st.sampled_from([
            ("合作药房门店.xlsx", "outlets"), ("应急运输任务.csv", "emergency_runs"),
            ("网格上报_2025.jsonl", "grid_report"),
        ])
    )  # fmt: skip
    content = bytearray((DEMO / name).read_bytes()[:6_000])
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=5)):
        content[at] = data.draw(st.integers(0, 255))
    result = read_file(bytes(content), name, all_profiles()[profile])
    assert result.rows == result.accepted + len(result.refused) + result.duplicates
    assert result.rows or result.findings
