"""The checklist of security is complete, and names nothing that is not there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECKLIST = (ROOT / "docs/reference/asvs.md").read_text("utf-8")
LEVEL_ONE_AND_TWO = 253
"""So many requirements of ASVS 5.0.0 are of level 1 (70) or 2 (183)."""

STANDINGS = {"met", "does not apply", "operator", "**not met**"}


def rows(text: str) -> list[tuple[str, str, str, str]]:
    return re.findall(r"^\| (V[\d.]+) \| ([^|]+) \| ([^|]*) \| ([^|]*) ?\|$", text, re.MULTILINE)


def faults(text: str) -> list[str]:
    """Return what is wrong with a checklist."""
    found = rows(text)
    numbers = [tuple(map(int, number[1:].split("."))) for number, *_ in found]
    wrong = [] if len(found) == LEVEL_ONE_AND_TWO else [f"{len(found)} requirements"]
    wrong += [] if numbers == sorted(set(numbers)) else ["not in order, or twice"]
    for number, standing, how, tests in found:
        if standing.strip() not in STANDINGS:
            wrong.append(f"{number}: {standing}")
        if standing.strip() != "met" and not how.strip():
            wrong.append(f"{number}: without a reason")
        if standing.strip() == "met" and not (how.strip() or tests.strip()):
            wrong.append(f"{number}: says nothing")
        missing = [name for name in re.findall(r"`([^`]+)`", tests) if not (ROOT / name).is_file()]
        wrong += [f"{number}: there is no {name}" for name in missing]
    return wrong


def test_the_checklist_is_complete_and_names_what_exists() -> None:
    assert faults(CHECKLIST) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("`tests/api/test_edge.py`", "`tests/api/test_gone.py`"),
        ("| V1.2.1 |", "| V1.2.99 |"),
        ("| met |", "| surely |"),
        ("no LDAP", ""),
    ],
)
def test_control_a_worse_checklist_is_found(old: str, new: str) -> None:
    assert old in CHECKLIST
    assert faults(CHECKLIST.replace(old, new, 1))
