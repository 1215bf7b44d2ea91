"""The scripts of the house notice what they are there for."""

import importlib.util
import json
from importlib.metadata import FileHash, PackagePath
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).parent.parent / ".ci"

HASH = "sha256:" + "0" * 64
OTHER = "sha256:" + "1" * 64
LOCK = f"anyio==4.16.0 \\\n    --hash={HASH}\npytest==9.2.0 ; python_version > '3' \\\n    --hash={HASH}\n"
PROJECT = """[project]
dependencies = ["anyio>=4"]
[dependency-groups]
dev = ["pytest>=8"]
[tool.uv]
# pins: begin (python .ci/pins.py write)
constraint-dependencies = [
  "anyio==4.16.0",
  "pytest==9.2.0 ; python_version > '3'",
]
# pins: end
"""


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"ci_{name}", SCRIPTS / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pins() -> ModuleType:
    pytest.importorskip("packaging")
    return script("pins")


def test_pins_that_agree(pins: ModuleType) -> None:
    assert list(pins.disagreements(LOCK, PROJECT)) == []
    assert list(pins.strangers(LOCK, {"anyio": "4.16.0", "points-engine": "0.1.0"})) == []


@pytest.mark.parametrize(
    ("lock", "project", "said"),
    [
        (LOCK.replace("4.16.0", "4.15.0"), PROJECT, "different versions"),
        (LOCK, PROJECT.replace('"anyio>=4"', '"anyio>=4", "httpx2"'), "httpx2 is asked for"),
        (LOCK.replace(HASH, ""), PROJECT, "anyio has no hash"),
    ],
)
def test_pins_that_do_not_agree(pins: ModuleType, lock: str, project: str, said: str) -> None:
    assert said in "\n".join(pins.disagreements(lock, project))


def test_a_package_that_is_not_pinned(pins: ModuleType) -> None:
    found = list(pins.strangers(LOCK, {"anyio": "4.15.0", "stranger": "1"}))
    assert [line.split()[0] for line in found] == ["anyio", "stranger"]


def test_a_file_with_another_hash(pins: ModuleType) -> None:
    resolved = '[[package]]\nname = "anyio"\nsdist = {{ hash = "{}" }}\n'
    assert list(pins.foreign_hashes(LOCK, resolved.format(HASH))) == []
    assert list(pins.foreign_hashes(LOCK, resolved.format(OTHER)))


def test_the_mark_is_renewed_and_nothing_else(pins: ModuleType) -> None:
    emptied = pins.embed(PROJECT, [])
    assert "anyio==4.16.0" not in emptied
    assert pins.embed(emptied, pins.pins(LOCK)) == PROJECT


@pytest.mark.parametrize(
    ("name", "offered", "refused"),
    [
        ("a", {"MIT"}, False),
        ("a", {"GPL-3.0-ONLY"}, True),
        ("a", {"GPL-3.0-ONLY", "MIT"}, False),
        ("a", {"MIT AND GPL-3.0-ONLY"}, True),
        ("psycopg", {"LGPL-3.0-ONLY"}, False),
        ("a", {"LGPL-3.0-ONLY"}, True),
        ("a", {""}, True),
    ],
)
def test_licences(name: str, offered: set[str], refused: bool) -> None:  # noqa: FBT001
    assert script("licences").refused(name, offered) is refused


def report(folder: Path, covered: int) -> Path:
    summary = {
        "num_statements": 8,
        "covered_lines": covered,
        "num_branches": 2,
        "covered_branches": 2,
        "percent_covered": 10.0 * (covered + 2),
    }
    file = {"summary": summary, "missing_lines": [3], "missing_branches": [[1, 2]]}
    path = folder / "coverage.json"
    path.write_text(json.dumps({"files": {"points/ledger/model.py": file}}), "utf-8")
    return path


def test_a_missed_gate_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    coverage = script("coverage")
    monkeypatch.setattr(coverage, "ENFORCED", True)
    assert coverage.main(report(tmp_path, 8)) == 0
    assert coverage.main(report(tmp_path, 7)) == 1
    assert "points/ledger/model.py 90.0 %" in capsys.readouterr().out


def test_a_generated_file_that_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generated = script("generated")
    monkeypatch.setattr(generated, "ROOT", tmp_path)
    (tmp_path / "same.json").write_text("{}", "utf-8")
    (tmp_path / "old.json").write_text("{}", "utf-8")
    files = {"same.json": "{}", "old.json": "[]", "new.json": ""}
    assert list(generated.differing(files)) == ["old.json", "new.json"]


def test_a_generated_file_that_nothing_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generated = script("generated")
    monkeypatch.setattr(generated, "ROOT", tmp_path)
    (tmp_path / "openapi").mkdir()
    (tmp_path / "openapi" / "points.v1.json").write_text("{}", "utf-8")
    assert list(generated.orphans({"openapi/points.v1.json": "{}"})) == []
    assert list(generated.orphans({})) == ["openapi/points.v1.json"]


@pytest.fixture
def supply(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    pytest.importorskip("packaging")
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return script("supply")


class Package:
    """An installed package, as the standard library shows one."""

    name = "sample"

    def __init__(self, folder: Path, *files: str) -> None:
        self._folder, self._files = folder, files

    @property
    def files(self) -> list[PackagePath]:
        found = []
        for name in self._files:
            path = PackagePath(name)
            path.hash = FileHash("sha256=" + "A" * 43)
            path.dist = self  # type: ignore[assignment]
            found.append(path)
        return found

    def locate_file(self, path: object) -> Path:
        return self._folder / str(path)

    def read_text(self, name: str) -> str | None:
        path = self._folder / name
        return path.read_text("utf-8") if path.is_file() else None


def test_what_ships_is_as_it_came(supply: ModuleType) -> None:
    assert list(supply.breaches()) == []


def test_a_package_that_was_altered_or_runs_by_itself(supply: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("changed", "utf-8")
    package = Package(tmp_path, "a.py", "evil.pth")
    assert len(list(supply.altered(package))) == 2
    assert len(list(supply.begins(package))) == 1
    assert list(supply.foreign(package)) == []
    (tmp_path / "direct_url.json").write_text("{}", "utf-8")
    assert list(supply.foreign(package))
    assert list(supply.unpinned("a", None))
    assert list(supply.unpinned("a", "a==1"))


def test_the_bill_of_materials_is_the_same_each_time(
    supply: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert supply
    sbom = script("sbom")
    first, second = sbom.generated(), sbom.generated()
    assert first == second
    bill = json.loads(first[sbom.BILL])
    names = {each["name"] for each in bill["components"]}
    assert {"fastapi", "psycopg-binary", "sqlalchemy"} <= names
    assert not {"pytest", "ruff", "schemathesis", "cyclonedx-bom"} & names
    assert "timestamp" not in first[sbom.BILL]
    assert "serialNumber" not in bill
    real = sbom.closure
    monkeypatch.setattr(sbom, "closure", lambda asked: real([*asked, "pytest"]))
    assert "pytest" in sbom.generated()[sbom.BILL], "control: one more is seen"
