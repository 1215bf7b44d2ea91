"""Promises about caps: never exceeded, and a member's total does not depend on what arrived first."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.rules import Facts, RuleSet, Tally, evaluate, granting
from tests.unit.rules.worlds import RULE, facts_of, ruleset_of

TREE = """caps:
  day: {window: day, max: 10, within: month}
  other: {window: day, max: 7, within: month}
  month: {window: month, max: 25, within: year}
  year: {window: year, max: 40}
rules:
"""
RULES = ruleset_of(
    TREE
    + "".join(
        f"{RULE}when: '{when}', points: event.hours, caps: [{cap}], measures: [wallet, rating]}}\n".replace("R1", name)
        for name, when, cap in (
            ("R1", "event.verified", "day"), ("R2", "!event.verified", "other"), ("R3", "event.hours > 5", "month"),
        )
    )
)  # fmt: skip
START = datetime.fromisoformat("2025-11-01T00:00:00+08:00")


def shift(number: int, day: int, hour: int, hours: int, *, verified: bool) -> Facts:
    at = START + timedelta(days=day, hours=hour)
    return facts_of({"hours": hours, "verified": verified}, at=at.isoformat(), name=f"a{number}")


SHIFTS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 2, 29, 30, 59, 60, 61, 62]),
        st.integers(0, 23),
        st.integers(0, 12),
        st.booleans(),
    ),
    max_size=14,
).map(lambda rows: [shift(n, d, h, w, verified=v) for n, (d, h, w, v) in enumerate(rows)])


def totals(ruleset: RuleSet, events: list[Facts]) -> tuple[dict[str, int], Tally]:
    tally, sums = Tally(), {"wallet": 0, "rating": 0}
    for facts in events:
        outcome = evaluate(facts, ruleset, tally, trace=False)
        for measure, points in outcome.totals.items():
            sums[measure] += points
        tally.record(facts, outcome)
    return sums, tally


def expected(events: list[Facts]) -> int:
    """Return the total of the cap tree, computed from the outside: no event by event at all."""
    days: dict[tuple[str, str], int] = {}
    loose: dict[str, int] = {}
    for facts in events:
        local = facts.occurred_at.astimezone(START.tzinfo)
        day, hours = local.date().isoformat(), int(facts.fields["hours"])
        cap = "day" if facts.fields["verified"] else "other"
        days[cap, day] = days.get((cap, day), 0) + hours
        if hours > 5:
            loose[day[:7]] = loose.get(day[:7], 0) + hours
    months = dict(loose)
    for (cap, day), hours in days.items():
        months[day[:7]] = months.get(day[:7], 0) + min(hours, {"day": 10, "other": 7}[cap])
    years: dict[str, int] = {}
    for month, points in months.items():
        years[month[:4]] = years.get(month[:4], 0) + min(points, 25)
    return sum(min(points, 40) for points in years.values())


@given(SHIFTS, st.randoms(use_true_random=False))
def test_totals_do_not_depend_on_the_order_of_arrival(events: list[Facts], chance: Any) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)
    assert totals(RULES, events)[0] == totals(RULES, shuffled)[0]
    assert totals(RULES, events)[0]["wallet"] == expected(events)


@given(SHIFTS)
def test_no_cap_is_ever_exceeded(events: list[Facts]) -> None:
    for key, spent in totals(RULES, events)[1].spendings.items():
        assert 0 < spent.points <= RULES.caps[key.cap].maximum


@given(SHIFTS)
def test_a_replay_is_identical(events: list[Facts]) -> None:
    first, second = Tally(), Tally()
    for facts in events:
        once, again = evaluate(facts, RULES, first), evaluate(facts, RULES, second)
        assert once == again
        first.record(facts, once)
        second.record(facts, again)


def test_a_cap_that_counted_what_was_asked_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: counting what was asked instead of what was granted makes the order matter."""
    events = [
        shift(0, 0, 1, 9, verified=True), shift(1, 0, 2, 9, verified=True),
        shift(2, 1, 1, 9, verified=False), shift(3, 29, 1, 12, verified=True),
    ]  # fmt: skip
    assert totals(RULES, events)[0]["wallet"] == expected(events)
    honest = granting.Granting._use

    def asked(self: Any, keys: Any, amount: int, uses: Any) -> None:
        honest(self, keys, amount + 3, uses)

    monkeypatch.setattr(granting.Granting, "_use", asked)
    assert totals(RULES, events)[0]["wallet"] != expected(events)


def test_windows_that_do_not_nest_would_be_noticed() -> None:
    """The control: a week and a month side by side do depend on the order, which is why trees nest."""
    rules = ruleset_of(
        "caps:\n  week: {window: week, max: 5}\n  month: {window: month, max: 5}\nrules:\n"
        f"{RULE}points: 5, caps: [week, month]}}\n"
    )
    # Saturday 31 January; Sunday 1 February, the same week; Monday 2 February, the same month.
    days = [
        facts_of(at=f"2026-{day}T12:00:00+08:00", name=day) for day in ("01-31", "02-01", "02-02")
    ]
    assert totals(rules, days)[0]["wallet"] == 10
    assert totals(rules, [days[1], days[0], days[2]])[0]["wallet"] == 5


@given(st.permutations(range(4)))
def test_the_best_of_a_group_does_not_depend_on_the_order(order: list[int]) -> None:
    rules = ruleset_of(
        "groups: {g: {mode: best_one, window: year}}\nrules:\n"
        f"{RULE}points: event.hours, group: g, measures: [wallet, rating]}}\n"
    )
    events = [shift(n, n, 1, hours, verified=True) for n, hours in enumerate((3, 8, 5, 8))]
    assert totals(rules, [events[n] for n in order])[0] == {"wallet": 8, "rating": 8}
