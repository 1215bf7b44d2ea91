"""One spelling for every value: equal things have equal hashes, different things do not."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.kernel.canonical import (
    UNSPELLED,
    canonical_json,
    decimal_text,
    digest,
    plain,
    spell_plain,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(), each, max_size=3),
    max_leaves=8,
)


class Colour(StrEnum):
    """Something with names."""

    RED = "red"


@dataclass(frozen=True, slots=True)
class Before:
    """A command as it was first hashed."""

    amount: int


@dataclass(frozen=True, slots=True)
class After:
    """The same, with fields that came later."""

    amount: int
    note: str = ""
    tags: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Proven:
    """The same, and how it was proven who asks, which is no part of what is asked."""

    amount: int
    proven: bool = field(default=False, metadata=UNSPELLED)


@dataclass(frozen=True, slots=True)
class Listed:
    """Something whose default is made anew each time."""

    tags: list[str] = field(default_factory=list)


@given(JSON)
def test_plain_json_stays_as_it_is(value: object) -> None:
    assert plain(value) == value
    assert json.loads(canonical_json(value)) == value
    assert canonical_json(value) == spell_plain(plain(value))


@given(st.dictionaries(st.text(), st.integers(), max_size=5))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert digest(dict(reversed(value.items()))) == digest(value)


def test_everything_has_one_spelling() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    value = {
        Colour.RED: (Colour.RED, Decimal("1.50"), noon, date(2026, 3, 1), time(8, 30)),
        "set": frozenset({2, 1}),
    }
    assert canonical_json(value) == (
        '{"red":["red","1.5","2026-03-01T12:00:00+00:00","2026-03-01","08:30:00"],"set":[1,2]}'
    )


def test_chinese_stays_readable() -> None:
    assert canonical_json("积分") == '"积分"'


def test_a_field_at_its_default_does_not_change_the_hash() -> None:
    assert digest(Before(3)) == digest(After(3))
    assert digest(After(3)) != digest(After(3, note="x"))
    assert plain(Listed()) == {"tags": []}


def test_how_something_is_proven_does_not_change_the_hash() -> None:
    assert digest(Before(3)) == digest(Proven(3)) == digest(Proven(3, proven=True))
    assert digest(Proven(3)) != digest(Proven(4))


@pytest.mark.parametrize("value", [1.5, object(), b"x"])
def test_what_has_no_one_spelling_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="has no plain spelling"):
        plain(value)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_equal_decimals_are_spelled_alike(number: Decimal) -> None:
    text = decimal_text(number)
    assert Decimal(text) == number
    assert "E" not in text
    assert decimal_text(number.normalize()) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [("1E+2", "100"), ("100", "100"), ("1.50", "1.5"), ("0.00", "0"), ("-0.0", "0")],
)
def test_decimals_have_neither_exponent_nor_trailing_zeros(number: str, text: str) -> None:
    assert decimal_text(Decimal(number)) == text
