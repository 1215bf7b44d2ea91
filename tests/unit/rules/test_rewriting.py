"""A form changes one value of a file and not one character besides."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from points.rules import load_activity_types, load_ruleset, rewriting
from points.rules.rewriting import Unwritable, found, rewrite, writable
from points.rules.yaml_positions import Mapping, Node, Scalar, Sequence, plain, read_yaml

SHIPPED = [Path("rules") / name for name in ("party.yaml", "health.yaml", "activities.yaml")]
TEXTS = [path.read_text("utf-8") for path in SHIPPED]


def paths(node: Node | None, at: rewriting.Path = ()) -> list[rewriting.Path]:
    """Return the paths of all values of a file."""
    if isinstance(node, Scalar):
        return [at]
    if isinstance(node, Sequence):
        return [each for n, item in enumerate(node.items) for each in paths(item, (*at, n))]
    assert isinstance(node, Mapping)
    return [each for key, value in node.values.items() for each in paths(value, (*at, key))]


ROOTS = [root for text in TEXTS if (root := read_yaml(text, file="")[0])]
PLACES = [
    (number, path)
    for number, root in enumerate(ROOTS)
    for path in paths(root)
    if writable(found(root, path))
]
SAID = st.one_of(
    st.integers(0, 10**6),
    st.sampled_from(["no", "12", "a: b", "#x", "'", '"', "!a", "a, b", "[x", "- a", "是", "true", "~", " x ", "event.hours >= 2 && event.verified", "a ? 1 : 2", "*x", "&x", "%", "@", "`", "<<", "12:30", "0x1F", "_", "1_000"]),
    st.text(st.characters(exclude_categories=("C", "Z")), min_size=0, max_size=30),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(place=st.sampled_from(PLACES), value=SAID)
def test_only_that_value_changes(place: tuple[int, rewriting.Path], value: int | str) -> None:
    number, path = place
    text = TEXTS[number]
    try:
        changed = rewrite(text, {path: value})
    except Unwritable:
        return
    node = found(ROOTS[number], path)
    assert isinstance(node, Scalar)
    end = node.index + node.end_column - node.column
    assert changed.startswith(text[: node.index])
    assert changed.endswith(text[end:])
    root, findings = read_yaml(changed, file="")
    assert not findings
    new = found(root, path)
    assert isinstance(new, Scalar)
    assert new.value == value
    assert changed.count("#") >= text[: node.index].count("#") + text[end:].count("#")


@settings(max_examples=15, deadline=None)
@given(place=st.sampled_from(PLACES))
def test_a_value_put_back_gives_the_very_file(place: tuple[int, rewriting.Path]) -> None:
    number, path = place
    node = found(ROOTS[number], path)
    assert isinstance(node, Scalar)
    if isinstance(node.value, int | str) and not isinstance(node.value, bool):
        other = rewrite(TEXTS[number], {path: "别的"})
        back = rewrite(other, {path: node.value})
        assert plain_of(back) == plain(ROOTS[number])


def plain_of(text: str) -> object:
    root, _ = read_yaml(text, file="")
    assert root is not None
    return plain(root)


def test_several_values_at_once_and_the_rest_is_byte_for_byte() -> None:
    text = TEXTS[0]
    changed = rewrite(
        text, {("version",): 2, ("caps", "vol_day", "max"): 30, ("title", "zh"): "新规则"}
    )
    differing = [
        (old, new)
        for old, new in zip(text.splitlines(), changed.splitlines(), strict=True)
        if old != new
    ]
    assert [new for _, new in differing] == [
        "version: 2",
        "title: {zh: 新规则, en: Party points}",
        "  vol_day:         {window: day, max: 30, within: vol_month, title: {zh: 志愿服务每日上限, en: Volunteering a day}}",
    ]
    types, _ = load_activity_types(TEXTS[2], file="a")
    assert types is not None
    loaded, _ = load_ruleset(changed, file="p", types=types)
    assert loaded is not None
    assert (loaded.version, loaded.caps["vol_day"].maximum) == (2, 30)


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        ("a: 'it''s'  # why\n", ("a",), "isn't", "a: 'isn''t'  # why\n"),
        ('a: "x"\n', ("a",), 'say "y"', 'a: "say \\"y\\""\n'),
        ("a: x\n", ("a",), "no", "a: no\n"),
        ("a: x\n", ("a",), "true", 'a: "true"\n'),
        ("a: x\n", ("a",), "12", 'a: "12"\n'),
        ("a: {b: x, c: y}\n", ("a", "b"), "p, q", 'a: {b: "p, q", c: y}\n'),
        ("a: [x, y]\r\nb: z\r\n", ("a", 1), "event.hours >= 2", "a: [x, event.hours >= 2]\r\nb: z\r\n"),
        ('from: "2026-01-01"\n', ("from",), "2027-01-01", 'from: "2027-01-01"\n'),
    ],
)  # fmt: skip
def test_quotes_are_kept_or_added_where_needed(
    text: str, path: rewriting.Path, value: str, expected: str
) -> None:
    assert rewrite(text, {path: value}) == expected


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("a: |\n  x\n", ("a",), "y"),
        ("a: x\n  y\n", ("a",), "z"),
        ("a: x\n", ("b",), "z"),
        ("a: x\n", ("a", 0), "z"),
        ("a: [x]\n", ("a", 1), "z"),
        ("a: [x]\n", ("a",), "z"),
        ("a:\nb: x\n", ("a",), "z"),
        ("a: x\n", ("a",), "y\nz"),
        ("a: x\n", ("a",), "y" * 3000),
        ("a: [\n", ("a",), "y"),
    ],
)
def test_what_is_not_one_value_on_one_line_is_left_alone(
    text: str, path: rewriting.Path, value: str
) -> None:
    with pytest.raises(Unwritable):
        rewrite(text, {path: value})


def test_a_careless_writer_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without quotes a comma would cut the value short: the file is read again and refused."""
    monkeypatch.setattr(rewriting, "_spelled", lambda _node, value: str(value))
    with pytest.raises(Unwritable):
        rewrite("a: {b: x, c: y}\n", {("a", "b"): "p, q"})
    with pytest.raises(Unwritable):
        rewrite("a: x  # why\n", {("a",): "y #z"})
