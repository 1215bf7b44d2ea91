"""What the documentation says about sheets is so."""

import contextlib
import io
import re
from collections.abc import Mapping

import pytest

from points.flows.import_.codes import CODES
from points.flows.import_.profiles.columns import TYPES
from points.flows.import_.profiles.expressions import Compiler
from points.flows.import_.profiles.file import KEYS, read_profile
from points.flows.import_.profiles.model import Profile
from points.kernel.findings import Severity
from points.rules.reading import Reader
from tests.unit.import_.samples import ROOT

REFERENCE = (ROOT / "docs/reference/sheets.md").read_text(encoding="utf-8")
HOW_TO = (ROOT / "docs/how-to/import-a-sheet.md").read_text(encoding="utf-8")


def undocumented(codes: Mapping[str, object], text: str) -> set[str]:
    return {code for code in codes if f"| `{code}` |" not in text}


def fenced(language: str, text: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_every_code_is_documented_in_its_own_words() -> None:
    for code, wording in CODES.items():
        mark = "warning" if wording.severity is Severity.WARNING else ""
        assert f"| `{code}` | {wording.zh} | {wording.en} | {mark} |" in REFERENCE
    documented = set(re.findall(r"^\| `(sheet\.\w+)` ", REFERENCE, re.MULTILINE))
    assert documented == set(CODES)


def test_a_code_without_a_line_would_be_noticed() -> None:
    assert undocumented({**CODES, "sheet.new": None}, REFERENCE) == {"sheet.new"}


def test_every_code_in_the_how_to_exists() -> None:
    assert set(re.findall(r"`(sheet\.\w+)`", HOW_TO)) <= set(CODES)


@pytest.mark.parametrize("name", sorted(TYPES))
def test_every_column_type_is_documented(name: str) -> None:
    assert f"| `{name}` |" in REFERENCE


def test_every_operator_and_key_is_documented() -> None:
    operators = Compiler(Reader("x"), (), None)._operators  # type: ignore[arg-type]
    assert {name for name in operators if f"{{{name}: " not in REFERENCE} == set()
    assert {key for key in KEYS if f"{key}:" not in REFERENCE} == set()


def test_every_profile_is_documented(profiles: Mapping[str, Profile]) -> None:
    for name, profile in profiles.items():
        (line,) = re.findall(rf"^\| `{name}` \|.*$", REFERENCE, re.MULTILINE)
        assert {one.type for one in profile.yields if one.kind == "activity"} <= set(
            re.findall(r"`([\w.]+)`", line)
        )


def test_the_example_of_a_profile_is_one() -> None:
    (example, *_) = fenced("yaml", REFERENCE)
    profile, findings = read_profile(example, file="example.yaml")
    assert findings == []
    assert profile is not None


def test_the_how_to_s_program_prints_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (program,), (printed,) = fenced("python", HOW_TO), fenced("text", HOW_TO)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(program, "import-a-sheet.md", "exec"), {})  # noqa: S102 - our own page
    assert out.getvalue() == printed
