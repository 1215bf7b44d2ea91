"""Back-tests on what is stored: the version in force gives what was posted, point for point."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from points.activities.reads import of_member
from points.activities.store import awards_of
from points.flows.backtest.run import backtest
from points.flows.backtest.scoring import Bench
from points.flows.backtest.stored import Stored
from points.flows.backtest.trial import Trial
from points.flows.reverse import Reverse
from points.kernel.errors import Misused
from points.kernel.ids import MemberId
from points.rules import RuleSet, load_ruleset
from points.rules.impact import Impact
from tests.flows.town import HERE, RULES, Town, activity_types, civic_context, town

SINCE, UNTIL = date(2026, 1, 1), date(2026, 7, 1)


@pytest.fixture
def here(database_url: str) -> Iterator[Town]:
    with town(database_url) as it:
        yield it


def draft(*changes: tuple[str, str]) -> RuleSet:
    """Return the shipped party rules with some words changed, as version 2."""
    text = (RULES / "party.yaml").read_text("utf-8")
    for old, new in (("version: 1", "version: 2"), *changes):
        assert old in text
        text = text.replace(old, new, 1)
    found, findings = load_ruleset(text, file="draft.yaml", types=activity_types())
    assert found is not None, findings
    return found


def trial(**said: Any) -> Trial:
    about: dict[str, Any] = {"since": SINCE, "until": UNTIL, "stored": True}
    return Trial(programme="party", book=civic_context().rules, **(about | said))


def bench(here: Town, tried: Trial) -> Bench:
    source = Stored(
        engine=here.engine,
        association=HERE,
        programme="party",
        as_of=here.clock.now(),
        since=tried.reads_since,
    )
    return Bench(tried, source)


def busy_days(here: Town, seed: int, people: int = 2, shifts: int = 30) -> list[MemberId]:
    """Let some people work, and score it in another order than it happened."""
    chance = Random(seed)
    members = [here.person() for _ in range(people)]
    activities = []
    for member in members:
        for number in range(shifts):
            ago = timedelta(days=chance.randrange(1, 62), hours=number)
            hours = str(chance.choice([1, 2, 3, 4]))
            recording = here.shift(member, hours=hours, ago=ago, source="venue_qr", trusted=True)
            outcome = here.submit(recording)
            if outcome.refusal is None:
                activities.append(str(outcome.result["activity_id"]))
    chance.shuffle(activities)
    for activity in activities:
        here.clock.advance(timedelta(seconds=chance.randrange(90)))
        if here.state(activity) != "approved":
            here.approve(activity)
        here.score(activity)
    return members


def posted(here: Town, members: list[MemberId], since: date, until: date) -> dict[str, int]:
    """Return the points that were posted for what happened in a period, per measure."""
    zone = civic_context().rules.of("party").zone
    sums: dict[str, int] = {}
    with here.engine.reading(HERE) as connection:
        for member in members:
            filed = [each.activity for each in of_member(connection, HERE, member, limit=1000)]
            inside = [
                each.activity_id
                for each in filed
                if since <= each.occurred_at.astimezone(zone).date() < until
            ]
            for awards in awards_of(connection, HERE, inside).values():
                for award in awards:
                    name = award.measure.removeprefix("party.")
                    sums[name] = sums.get(name, 0) + award.points
    return {name: points for name, points in sums.items() if points}


def totals(found: Impact, side: str) -> dict[str, int]:
    return {each["measure"]: each[side] for each in found.as_json()["measures"] if each[side]}


PERIODS = ((SINCE, UNTIL), (date(2026, 1, 15), date(2026, 2, 10)), (date(2025, 12, 20), SINCE))


def test_the_version_in_force_gives_what_was_posted(here: Town) -> None:
    members = busy_days(here, seed=1)
    for since, until in PERIODS:
        found = backtest(bench(here, trial(since=since, until=until)))
        assert totals(found, "after") == posted(here, members, since, until)
        assert totals(found, "before") == totals(found, "after")
        assert found.part.changed == found.part.otherwise == 0
    assert posted(here, members, *PERIODS[1]), "the period is not empty"


def test_control_a_window_off_by_a_day_is_caught(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = busy_days(here, seed=1)
    monkeypatch.setattr(
        Trial, "compares", lambda tried, entry: tried.begins < entry.facts.occurred_at - timedelta(days=1) < tried.ends
    )  # fmt: skip
    found = [backtest(bench(here, trial(since=since, until=until))) for since, until in PERIODS]
    assert any(
        totals(each, "after") != posted(here, members, *period)
        for each, period in zip(found, PERIODS, strict=True)
    )


def test_control_what_was_granted_before_the_period_counts(here: Town) -> None:
    members = busy_days(here, seed=1)
    since, until = PERIODS[1]
    tried = bench(here, trial(since=since, until=until))
    source = replace(tried.source, since=tried.trial.begins)  # type: ignore[type-var]
    found = backtest(Bench(tried.trial, source))
    assert totals(found, "after") != posted(here, members, since, until)
    assert found.part.otherwise, "and the report says that something else was posted"


def test_a_draft_changes_what_its_words_say(here: Town) -> None:
    busy_days(here, seed=2)
    strict = draft(("event.hours >= 0.5", "event.hours >= 2"))
    found = backtest(bench(here, trial(after=strict))).as_json()
    (wallet,) = [each for each in found["measures"] if each["measure"] == "wallet"]
    assert wallet["delta"] < 0
    assert found["after"]["sha256"] == strict.sha256
    assert found["before"]["kind"] == "stored"
    assert {each["rule"] for each in found["by"]["rule"]} == {"P06"}
    (first, *_) = found["largest"]["activities"]
    assert first["reasons"][0]["code"] == "refused"
    assert "hours at least 2 h; actually 1 hours" in first["reasons"][0]["said"]["en"]
    assert found["largest"]["members"][0]["reasons"]


def test_two_versions_are_compared_with_each_other(here: Town) -> None:
    busy_days(here, seed=2)
    one, other = draft(), draft(("event.hours >= 0.5", "event.hours >= 2"))
    there = backtest(bench(here, trial(stored=False, before=one, after=other)))
    back = backtest(bench(here, trial(stored=False, before=other, after=one)))
    assert totals(there, "before") == totals(back, "after")
    assert totals(there, "after") == totals(back, "before")
    assert there.part.changed == back.part.changed > 0


def test_what_was_reversed_never_counted(here: Town) -> None:
    (member,) = busy_days(here, seed=3, people=1, shifts=1)
    with here.engine.reading(HERE) as connection:
        (filed,) = of_member(connection, HERE, member)
    before = backtest(bench(here, trial()))
    reversal = here.command(
        Reverse,
        activity_id=filed.activity.activity_id,
        member_id=member,
        transactions=filed.claim.transactions,
        reason="error",
    )
    early = bench(here, trial())
    here.clock.advance(timedelta(hours=1))
    here.done(reversal)
    assert backtest(early).sha256 == before.sha256, "as of then it still stood"
    assert backtest(bench(here, trial())).part.activities == 0


def test_activities_that_come_meanwhile_are_noticed(here: Town) -> None:
    busy_days(here, seed=3, people=1, shifts=1)
    tried = bench(here, trial())

    def meanwhile(_done: int, _all: int) -> None:
        busy_days(here, seed=4, people=1, shifts=1)

    here.clock.advance(timedelta(days=-1))
    with pytest.raises(Misused, match=r"backtest\.moved"):
        backtest(tried, watch=meanwhile)


def test_all_at_once_is_the_same_as_one_after_another(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy_days(here, seed=2)
    tried = bench(here, trial(after=draft(("event.hours >= 0.5", "event.hours >= 2"))))
    apart = backtest(tried)
    monkeypatch.setattr(Trial, "shared", property(lambda _: True))
    assert backtest(tried).as_json() == apart.as_json()


def test_periods_and_programmes_are_checked(here: Town) -> None:
    with pytest.raises(Misused, match=r"backtest\.period"):
        trial(since=UNTIL, until=SINCE)
    with pytest.raises(Misused, match=r"backtest\.programme"):
        replace(trial(), programme="health", after=draft())
    assert here.engine is not None
