"""YAML is read as YAML 1.2, with places, and without what makes YAML dangerous."""

import time
import tracemalloc
from decimal import Decimal

import pytest

from points.rules.yaml_positions import Mapping, plain, read_yaml, resolve


def codes(text: str) -> list[str]:
    return [finding.code for finding in read_yaml(text, file="f.yaml")[1]]


def test_words_and_numbers_mean_what_they_say() -> None:
    root, findings = read_yaml(
        "on: no\ntime: 12:30\nten: 010\nhalf: 0.50\nyes: true\nnone: ~\nq: '5'\nlist: [a, -3]\n",
        file="f.yaml",
    )
    assert findings == []
    assert root is not None
    assert plain(root) == {
        "on": "no", "time": "12:30", "ten": 10, "half": Decimal("0.50"), "yes": True, "none": None,
        "q": "5", "list": ["a", -3],
    }  # fmt: skip


@pytest.mark.parametrize("text", ["1" * 31, "0x1F", ".inf", "1_000", "2026-01-01", "1e5000"])
def test_what_is_no_plain_number_stays_text(text: str) -> None:
    assert resolve(text) == text


def test_every_key_and_value_has_its_place() -> None:
    root, _ = read_yaml("a: 1\n\nbee:   two\n", file="f.yaml")
    assert isinstance(root, Mapping)
    assert (root.keys["bee"].line, root.keys["bee"].column) == (3, 1)
    assert (root.values["bee"].line, root.values["bee"].column) == (3, 8)


BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 30)
)
ATTACKS = {
    "aliases": BOMB,
    "depth in flow": "[" * 30_000 + "]" * 30_000,
    "depth in blocks": "".join(" " * n + "a:\n" for n in range(1_200)),
    "one scalar": "a: " + "x" * 10_000_000,
    "one folded scalar": "a: >\n" + "  x\n" * 300_000,
    "keys": "".join(f"k{n}: 1\n" for n in range(80_000)),
    "one key again and again": "k: 1\n" * 80_000,
    "merge keys": "a: {<<: {<<: {<<: {}}}}\n" * 20_000,
    "tags": "a: !!python/object/apply:os.system ['true']\n" * 20_000,
    "comments": "#" * 999_000 + "\na: 1\n",
    "escapes": 'a: "' + "\\x41" * 200_000 + '"',
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_takes_little_memory_and_little_time(name: str) -> None:
    began = time.process_time()
    tracemalloc.start()
    _, findings = read_yaml(ATTACKS[name], file="f.yaml")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert findings or name in {"comments", "one folded scalar", "escapes"}
    assert len(findings) <= 201
    assert peak < 64_000_000
    assert time.process_time() - began < 10  # measured while counting memory, which is slow


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: 1\na: 2", "yaml.duplicate_key"),
        ("a: &x 1\nb: *x", "yaml.anchor"),
        ("a: !secret 1", "yaml.tag"),
        ("a: !event.verified", "yaml.tag"),
        ("a: {<<: {b: 1}}", "yaml.merge_key"),
        ("a: 1\n---\nb: 2", "yaml.documents"),
        ("? [a]\n: 1", "yaml.key"),
        ("a: [1", "yaml.syntax"),
        ("a: b ? c : d", "yaml.unquoted"),
        ("", "yaml.empty"),
        ("[" * 30_000, "yaml.too_deep"),
        ("- [1, 1]\n" * 19_000, "yaml.too_many_nodes"),
        ("a: " + "x" * 10_000_000, "yaml.too_big"),
        ("a: " + "积" * 400_000, "yaml.too_big"),
        ("a: \ud800", "yaml.too_big"),
        ("a: \x00", "yaml.syntax"),
    ],
)
def test_traps_are_findings(text: str, code: str) -> None:
    assert code in codes(text)


def test_a_bomb_of_aliases_is_refused_and_never_unfolded() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    root, findings = read_yaml(bomb, file="f.yaml")
    assert {finding.code for finding in findings} == {"yaml.anchor"}
    assert plain(root) == {
        "a": ["x", "x"],
        **{key: [None, None] for key in "bcdefghi"},
    }


def test_an_unquoted_conditional_gets_a_hint() -> None:
    finding = read_yaml("points: has(event.x) ? 1 : 2", file="f.yaml")[1][0]
    assert "in quotes" in finding.en
    assert finding.place() == "f.yaml:1:9"
    assert "in quotes" not in read_yaml("a: [1", file="f.yaml")[1][0].en


def test_the_first_of_two_equal_keys_counts() -> None:
    root, findings = read_yaml("a: 1\nb: 2\na: 3", file="f.yaml")
    assert plain(root) == {"a": 1, "b": 2}
    assert findings[0].place() == "f.yaml:3:1"
    assert "line 1" in findings[0].en


def test_a_key_that_is_no_text_does_not_swallow_its_value() -> None:
    root, _ = read_yaml("? {x: 1}\n: 2\nb: 3", file="f.yaml")
    assert plain(root)["b"] == 3
