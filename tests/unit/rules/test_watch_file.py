"""Thresholds are read with their places; what is not said has its default, what is off is off."""

from pathlib import Path

import pytest

from points.rules import WatchPolicy, load_budget, load_watch, schemas
from points.rules.watch import SIGNS
from points.watch.model import Kind

RULES = Path(__file__).parents[3] / "rules"
HEAD = "version: 1\ntimezone: Asia/Shanghai\n"


def test_the_shipped_file_says_what_the_defaults_say() -> None:
    policy, findings = load_watch((RULES / "watch.yaml").read_text("utf-8"), file="watch.yaml")
    assert not findings
    assert policy is not None
    shipped = {name: dict(found) for name, found in policy.signs.items()}
    assert shipped == {n: f for n, f in WatchPolicy().signs.items() if n != "moving_till"}
    assert set(SIGNS) == {kind.value for kind in Kind}
    assert policy.sha256 != WatchPolicy().sha256


@pytest.mark.parametrize(
    "text",
    [
        "signs: {busy: {captures_max: 0}}",
        "signs: {busi: {}}",
        "signs: {one_outlet: {percent: 101}}",
        "signs: {busy: {disabled: 3}}",
        "signs: {}\nwindow_days: 6",
        "signs: {}\nwindow_days: 93",
        "signs: [busy]",
    ],
)
def test_mistakes_have_places(text: str) -> None:
    policy, findings = load_watch(HEAD + text, file="watch.yaml")
    assert policy is None
    assert {each.line for each in findings} <= {3, 4}


def test_a_zone_is_known_and_comments_change_no_hash() -> None:
    policy, findings = load_watch("version: 1\ntimezone: Mars\nsigns: {}\n", file="watch.yaml")
    assert policy is None
    assert [each.code for each in findings] == ["watch.timezone"]
    policy, findings = load_watch("version: 1\nsigns: {}\n", file="watch.yaml")
    assert (policy is None, [each.code for each in findings]) == (True, ["file.missing_key"])
    assert load_watch("version: 1\ntimezone: [a]\nsigns: {}\n", file="watch.yaml")[0] is None
    plain, _ = load_watch(HEAD + "signs: {}", file="watch.yaml")
    commented, _ = load_watch(f"# hello\n{HEAD}signs: {{}}", file="watch.yaml")
    assert plain is not None
    assert commented is not None
    assert plain.sha256 == commented.sha256
    assert load_watch("version: [1\n", file="watch.yaml")[0] is None


def test_margins_are_read_with_their_places() -> None:
    text = (RULES / "budget.yaml").read_text("utf-8")
    policy, findings = load_budget(text, file="budget.yaml")
    assert (policy is None, findings) == (False, [])
    good, _ = load_budget(
        "version: 1\npools: {health: {reserve_fen: 5, warn_days: 9}}", file="budget.yaml"
    )
    assert good is not None
    assert (good.of("health").reserve_fen, good.of("health").warn_days) == (5, 9)
    assert (good.of("party").reserve_fen, good.of("party").warn_days) == (0, 60)
    for bad in ("{moon: {}}", "{health: {reserve_fen: -1}}", "{health: {warn_days: 0}}"):
        assert load_budget(f"version: 1\npools: {bad}", file="budget.yaml")[0] is None
    assert load_budget("version: [1\n", file="budget.yaml")[0] is None


def test_both_files_have_a_schema() -> None:
    assert {"watch.v1.json", "budget.v1.json"} <= set(schemas())
