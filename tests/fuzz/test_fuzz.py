"""Nothing that people can write crashes what reads it, or makes it slow or large."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, time
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from points.rules import load, reading, yaml_positions
from points.rules.yaml_positions import read_yaml
from tests.fuzz.attacks import BOMB, EXPRESSIONS, FILES
from tests.fuzz.measure import slowness_of
from tests.fuzz.targets import TARGETS, fuzz_expression, fuzz_ruleset, fuzz_yaml

ROOT = Path(__file__).parents[2]
CPU_SECONDS_MAX = 0.05
"""For each eight thousand characters begun; whatever is refused for its length takes no more than that."""
PIECE = 8_192
TRACED = 1 if sys.gettrace() is None else 4
"""What is watched line by line, for coverage, takes so much longer."""
NO_ATHERIS = "atheris is not installed: it is made for Python up to 3.11 on Linux"


def measured(inputs: list[tuple[str, str]], folder: Path) -> list[dict[str, Any]]:
    """Return what three small ones and each input took, in processes of their own with 64 MB to spare."""
    path = folder / "inputs.json"
    path.write_text(json.dumps(inputs), "utf-8")
    command = [sys.executable, "-m", "tests.fuzz.measure", str(path)]
    ran = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603
    return list(json.loads(ran.stdout))


def faults(inputs: list[tuple[str, str]], results: list[dict[str, Any]], scale: float) -> list[str]:
    found = []
    for (target, text), took in zip(inputs, results, strict=True):
        pieces = 1 if len(text) > yaml_positions.BYTES_MAX else -(-len(text) // PIECE) or 1
        if took["failed"]:
            found.append(f"{target} of {text[:60]!r}: {took['failed']}")
        elif took["cpu"] > CPU_SECONDS_MAX * pieces * scale:
            found.append(f"{target} of {text[:60]!r} took {took['cpu']:.3f} s")
    return found


@pytest.mark.parametrize("name", FILES)
def test_a_file_made_to_hurt_is_refused_with_its_finding(name: str) -> None:
    text, code = FILES[name]
    found = fuzz_ruleset(text)
    assert code in {each.code for each in found}
    assert all(each.place() and len(each.en) < 1_000 for each in found)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_made_to_hurt_is_refused_with_its_fault(name: str) -> None:
    text, code = EXPRESSIONS[name]
    found = fuzz_expression(text)
    assert code in found if code else found == []


def test_what_is_made_to_hurt_takes_little_time_and_memory(tmp_path: Path) -> None:
    inputs = [("yaml", text) for text, _ in FILES.values()]
    inputs += [("ruleset", text) for text, _ in FILES.values()]
    inputs += [("expression", text) for text, _ in EXPRESSIONS.values()]
    assert slow_or_failed(inputs, tmp_path) == []


def slow_or_failed(inputs: list[tuple[str, str]], folder: Path) -> list[str]:
    """Return what took too much, on a machine as fast as this one is at the moment."""
    results = measured(inputs, folder)
    return faults(inputs, results[3:], slowness_of(results[:3]) * TRACED)


def test_without_the_cap_on_nesting_the_measure_would_notice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: a reader without bounds follows thirty thousand brackets to the end."""
    refused = read_yaml(FILES["thirty thousand brackets"][0], file="f.yaml")[1]
    assert [each.code for each in refused] == ["yaml.too_deep"]
    monkeypatch.setattr(yaml_positions, "DEPTH_MAX", 10**6)
    with pytest.raises(RecursionError):
        fuzz_yaml("[" * 3_000 + "]" * 3_000)


def test_without_the_refusal_of_anchors_a_bomb_would_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: aliases are findings, and only because we look for them."""
    assert "yaml.anchor" in {each.code for each in fuzz_yaml(BOMB)}
    monkeypatch.setattr(yaml_positions, "_forbidden", lambda _event: iter(()))
    assert "yaml.anchor" not in {each.code for each in fuzz_yaml(BOMB)}


def unbounded_midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def test_a_crash_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a reader that takes any year meets one that no calendar has."""
    text = FILES["first year of all"][0]
    assert [each.code for each in fuzz_ruleset(text)] == ["file.bad_value"]
    monkeypatch.setattr(reading, "YEARS", range(10_000))
    monkeypatch.setattr(load, "midnight", unbounded_midnight)
    with pytest.raises(OverflowError):
        fuzz_ruleset(text)


def fuzz(seconds: int, folder: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz.run", str(seconds), str(folder)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert ran.returncode == 0, ran.stderr[-3_000:]
    inputs = [tuple(each) for each in json.loads((folder / "slowest.json").read_text("utf-8"))]
    assert slow_or_failed(inputs, folder) == []


@pytest.mark.skipif(find_spec("atheris") is None, reason=NO_ATHERIS)
def test_a_few_seconds_of_fuzzing_find_nothing(tmp_path: Path) -> None:
    fuzz(2, tmp_path)


@pytest.mark.nightly
@pytest.mark.skipif(find_spec("atheris") is None, reason=NO_ATHERIS)
def test_an_hour_of_fuzzing_finds_nothing(tmp_path: Path) -> None:
    fuzz(3_600, tmp_path)


def test_every_target_takes_what_ships() -> None:
    shipped = (ROOT / "rules" / "health.yaml").read_text("utf-8")
    for target in TARGETS.values():
        target(shipped)
