"""Errors and refusals as a contract."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from points.kernel.errors import (
    Conflict,
    Misused,
    NotFound,
    PointsError,
    Refusal,
    Unavailable,
    refusals,
)
from points.ledger.errors import InsufficientPoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch(InsufficientPoints):
    """A refusal below another one, with a code of its own."""

    code: ClassVar[str] = "test_branch"


def test_a_refusal_speaks_both_languages() -> None:
    refusal = InsufficientPoints(asked=5, available=3)
    assert refusal.text() == "积分不足：需要 5 分，可用 3 分"
    assert refusal.text("en") == "5 points are needed, 3 are available"


@pytest.mark.parametrize(
    "refusal",
    [Conflict(), NotFound(noun="hold", noun_zh="预占"), InsufficientPoints(asked=5, available=3)],
)
def test_a_stored_refusal_comes_back_as_it_was(refusal: Refusal) -> None:
    assert Refusal.restore(refusal.code, refusal.details()) == refusal


def test_every_refusal_is_known_by_its_code() -> None:
    known = refusals()
    assert known["operation_conflict"] is Conflict
    assert known["test_branch"] is Branch
    assert known["insufficient_points"] is InsufficientPoints
    assert "" not in known


def test_a_misuse_names_itself() -> None:
    error = Misused("no_such_thing", "没有", "there is none")
    assert (error.code, error.zh, error.en) == ("no_such_thing", "没有", "there is none")
    assert str(error) == "no_such_thing: there is none"
    assert isinstance(error, PointsError)
    assert Unavailable.code == "unavailable"
