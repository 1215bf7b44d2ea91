"""The script of the documentation recomputes hash and totals from the canonical form alone."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from points.flows.statement_files import StatementFiles
from points.flows.statement_pdf import shown
from points.kernel.yuan import capitals
from points.partners.store import find_partner
from points.unit_of_work import reading
from tests.flows.market import PHARMACY, market
from tests.flows.test_settlement import march
from tests.flows.town import HERE

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "statements.md"


def test_the_script_finds_what_the_statement_says(sqlite_url: str, tmp_path: Path) -> None:
    [script] = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    with market(sqlite_url) as here:
        it = march(here)
        with reading(here.engine.database, HERE) as connection:
            found = find_partner(connection, HERE, PHARMACY)
        assert found is not None
        files = StatementFiles(
            engine=here.engine, association=HERE, partner=found[0], statement=it.statement
        )
        file = tmp_path / files.name("jsonl")
        file.write_bytes(b"".join(files.chunks("jsonl")))
        pdf = b"".join(files.chunks("pdf"))
        assert pdf == b"".join(files.chunks("pdf")), "the same statement, the same bytes"
        assert pdf.startswith(b"%PDF-")
    run = [sys.executable, "-c", script, str(file)]
    said = subprocess.run(run, check=True, capture_output=True, text=True).stdout  # noqa: S603 - ours
    assert f"sha256 {it.statement.totals.sha256} after nothing" in said
    assert "YF 2026-03 1 lines 2 total 1200 fees 0" in said
    file.write_bytes(file.read_bytes().replace(b",500,", b",501,"))
    other = subprocess.run(run, check=True, capture_output=True, text=True).stdout  # noqa: S603 - ours
    assert it.statement.totals.sha256 not in other


@pytest.mark.parametrize(
    ("fen", "said"),
    [
        (0, "零圆整"),
        (5, "伍分"),
        (105, "壹圆零伍分"),
        (1234, "壹拾贰圆叁角肆分"),
        (1010, "壹拾圆壹角整"),
        (10_700_053, "壹拾万柒仟圆伍角叁分"),
        (10_000_000_500, "壹亿零伍圆整"),
        (20_000_001, "贰拾万圆零壹分"),
        (-12_005, "负壹佰贰拾圆零伍分"),
    ],
)
def test_amounts_in_capitals(fen: int, said: str) -> None:
    assert capitals(fen) == said


def test_what_the_font_lacks_is_written_as_its_number() -> None:
    assert shown("示例大药房 YF") == "示例大药房 YF"
    assert shown("𠮷\x00") == "[U+20BB7][U+0000]"
