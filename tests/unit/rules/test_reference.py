"""The reference page tells the truth: its examples load, its lists are complete."""

import re
from pathlib import Path

import pytest

from points.rules import ActivityTypes, load_activity_types, load_ruleset, read_file, run_cases
from points.rules.load_limits import CAP_KEYS
from points.rules.load_rule import RULE_KEYS
from points.rules.outcome import REASONS
from points.rules.parser import FUNCTIONS

ROOT = Path(__file__).parents[3]
PAGE = read_file(ROOT / "docs" / "reference" / "rules.md")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
SHIPPED = load_activity_types(read_file(ROOT / "rules" / "activities.yaml"), file="a.yaml")[0]
SHOWN = load_activity_types(
    read_file(ROOT / "rules" / "examples" / "activities.yaml"), file="b.yaml"
)[0]
assert SHIPPED is not None
assert SHOWN is not None
TYPES = ActivityTypes(version=1, types={**SHOWN.types, **SHIPPED.types})


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block[:30].replace("\n", " "))
def test_every_example_loads_without_a_finding(block: str) -> None:
    if block.startswith("version"):
        assert load_activity_types(block, file="doc.yaml")[1] == []
    elif "tests:" in block:
        source = read_file(ROOT / "rules" / "party.yaml")
        party = load_ruleset(source, file="party.yaml", types=TYPES)[0]
        report = run_cases(block, file="doc.yaml", load=lambda _: party)
        assert (report.failures, report.passed) == ((), 1)
    else:
        assert load_ruleset(block, file="doc.yaml", types=TYPES)[1] == []


@pytest.mark.parametrize("word", sorted({*RULE_KEYS, *CAP_KEYS, *REASONS, *FUNCTIONS}))
def test_every_key_and_word_is_named(word: str) -> None:
    assert word in PAGE
