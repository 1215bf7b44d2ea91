"""Quotas against a model of twenty lines: never above, never refused below, whatever the order."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.duties.model import Ask, QuotaKey, QuotaName
from points.duties.roster import Roster

MOST = {QuotaName.POINTS: 50, QuotaName.CLAIMS: 5, QuotaName.BACKFILLS: 2}
DAYS = ("2026-03-01", "2026-03-02", "2026-03-03")

REVIEWS = st.lists(
    st.tuples(
        st.sampled_from(["staff:li", "staff:wang"]),
        st.sampled_from(range(len(DAYS))),
        st.integers(0, 40),
        st.booleans(),
    ),
    max_size=40,
)


class Forgetful(Roster):
    """The control: it decides each ask as if nothing had been counted today."""

    def spent(self, key: QuotaKey, today: str) -> int:  # noqa: ARG002
        return 0


def asks(reviewer: str, points: int, backfill: int) -> list[Ask]:
    amounts = {
        QuotaName.POINTS: points,
        QuotaName.CLAIMS: 1,
        QuotaName.BACKFILLS: backfill,
    }
    return [Ask(QuotaKey(reviewer, name), each, MOST[name]) for name, each in amounts.items()]


def run(roster: Roster, reviews: list[tuple[str, int, int, bool]]) -> None:
    """Review in the order given; days of different machines may run against each other."""
    latest: dict[tuple[str, QuotaName], int] = defaultdict(int)
    used: dict[tuple[str, QuotaName, int], int] = defaultdict(int)
    for reviewer, day, points, backfill in reviews:
        wanted = asks(reviewer, points, int(backfill))
        fits = True
        for ask in wanted:
            # A day that has begun for a quota does not end again.
            on = max(latest[reviewer, ask.key.quota], day)
            fits &= not ask.amount or used[reviewer, ask.key.quota, on] + ask.amount <= ask.most
        assert (roster.beyond(wanted, DAYS[day]) is None) == fits
        if not fits:
            continue
        counts = roster.count(wanted, DAYS[day])
        assert [each.amount for each in counts] == [ask.amount for ask in wanted if ask.amount]
        for ask in wanted:
            if ask.amount:
                on = latest[reviewer, ask.key.quota] = max(latest[reviewer, ask.key.quota], day)
                used[reviewer, ask.key.quota, on] += ask.amount
    assert all(amount <= MOST[name] for (_, name, _), amount in used.items())
    for key, kept in roster.used.items():
        on = latest[key.holder, key.quota]
        assert (kept.day, kept.amount) == (DAYS[on], used[key.holder, key.quota, on])


@given(REVIEWS)
def test_quotas_do_as_their_model(reviews: list[tuple[str, int, int, bool]]) -> None:
    run(Roster(), reviews)


def test_a_roster_that_forgets_is_caught() -> None:
    with pytest.raises(AssertionError):
        run(Forgetful(), [("staff:li", 0, 30, False)] * 2)


def test_several_asks_of_one_quota_count_together() -> None:
    ask = Ask(QuotaKey("staff:li", QuotaName.FILINGS), 1, 2)
    roster = Roster()
    assert roster.beyond([ask, ask], DAYS[0]) is None
    assert roster.beyond([ask, ask, ask], DAYS[0]) == ask
