"""The expected share by hand, within its bounds, and blind to the order of facts."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from points.ledger.runoff import Left, run_off


def redeemed(cohort: int, month: int, points: int) -> Left:
    return Left(cohort=cohort, month=month, redeemed=True, points=points)


def expired(cohort: int, month: int, points: int) -> Left:
    return Left(cohort=cohort, month=month, redeemed=False, points=points)


def test_two_cohorts_by_hand() -> None:
    # Month 0: 100 issued, 20 redeemed at once, 40 in the next month, 40 expired in the third.
    # Month 1: 100 issued, 10 redeemed at once, 45 in the next. It is month 3 now.
    left = [
        redeemed(0, 0, 20),
        redeemed(0, 1, 40),
        expired(0, 2, 40),
        redeemed(1, 1, 10),
        redeemed(1, 2, 45),
        redeemed(1, 3, 99),  # this month is not over
    ]
    found = run_off({0: 100, 1: 100}, left, 3)
    at_once, next_month = Fraction(30, 200), Fraction(85, 170)
    assert found.at(2) == (0, 0)  # what was left then expired
    assert found.at(1) == (next_month, next_month)
    assert found.at(0)[1] == at_once + (1 - at_once) * next_month
    assert found.at(3) == (0, 1)  # nobody has seen that age
    share = found.expected({1: 30, 3: 10})
    assert share is not None
    assert (share.low_ppm, share.high_ppm) == (375_000, 625_000)


def test_nothing_known_is_between_nothing_and_everything() -> None:
    share = run_off({}, [], 5).expected({0: 7})
    assert share is not None
    assert (share.low_ppm, share.high_ppm) == (0, 1_000_000)
    assert run_off({}, [], 5).expected({}) is None


def test_what_came_back_never_makes_a_share_below_zero() -> None:
    found = run_off({0: 10}, [redeemed(0, 0, 10), redeemed(0, 1, -10)], 3)
    assert all(0 <= low <= high <= 1 for low, high in map(found.at, range(4)))


cells = st.builds(Left, st.integers(0, 5), st.integers(0, 6), st.booleans(), st.integers(-50, 200))


@given(st.dictionaries(st.integers(-1, 5), st.integers(1, 500)), st.lists(cells, max_size=30))
def test_shares_are_shares_whatever_the_order(issued: dict[int, int], left: list[Left]) -> None:
    found, again = run_off(issued, left, 6), run_off(issued, reversed(left), 6)
    assert (found.low, found.high) == (again.low, again.high)
    assert all(0 <= low <= high <= 1 for low, high in zip(found.low, found.high, strict=True))
