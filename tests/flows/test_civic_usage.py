"""What scoring asks of the past: caps used, grants within a cooldown, how often something happened."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from points.activities import store
from points.activities.model import Used, UseKey
from points.flows.context import Context, RuleBook
from points.flows.requeue import Requeue
from points.flows.reverse import Reverse
from points.flows.review import Review, Verdict
from points.kernel.ids import ActivityId, MemberId
from points.rules import load_ruleset
from tests.flows.town import HERE, Town, activity_types, civic_context, town

RULES = """
ruleset: party
version: 9
effective: {from: "2025-01-01", until: "2028-01-01"}
timezone: Asia/Shanghai
title: {zh: 试验, en: Trial}
measures: [wallet]
caps:
  lesson_month: {window: month, max: 3, title: {zh: 每月, en: A month}}
rules:
  - id: L1
    title: {zh: 微党课, en: Lesson}
    category: learn
    on: micro.lesson
    points: 2
    measures: [wallet]
    caps: [lesson_month]
    expires: {wallet: end_of_year}
  - id: T1
    title: {zh: 主题党日, en: Theme day}
    category: learn
    on: theme.day
    cooldown: P2D
    points: 5
    measures: [wallet]
    expires: {wallet: end_of_year}
  - id: H1
    title: {zh: 学满两课, en: Two lessons}
    category: learn
    on: branch.meeting
    when: history.count("micro.lesson", "P30D") >= 2
    points: 7
    measures: [wallet]
    expires: {wallet: end_of_year}
  - id: D1
    title: {zh: 授课, en: Lecture}
    category: learn
    on: lecture.given
    points: 100 / event.people
    measures: [wallet]
    expires: {wallet: end_of_year}
"""


@cache
def trial() -> Context:
    loaded, findings = load_ruleset(RULES, file="trial.yaml", types=activity_types())
    assert loaded is not None, findings
    return replace(civic_context(), rules=RuleBook((loaded,)))


@pytest.fixture
def here(module_database_url: str) -> Iterator[Town]:
    with town(module_database_url, context=trial()) as it:
        yield it


FIELDS: dict[str, dict[str, Any]] = {
    "micro.lesson": {"passed": True},
    "theme.day": {"present": True},
    "branch.meeting": {"kind": "party_class", "present": True},
    "lecture.given": {"people": 0},
}


def recorded(here: Town, member: MemberId, kind: str, days_ago: float) -> str:
    activity = here.shift(
        member,
        type=kind,
        fields=FIELDS[kind],
        ago=timedelta(days=days_ago),
        source="feed",
        trusted=True,
    )
    return str(here.done(activity)["activity_id"])


def points(here: Town, activity: str) -> int:
    return sum(award["points"] for award in here.score(activity)["awards"])


def test_a_cap_counts_across_batches_and_gives_room_back(here: Town) -> None:
    member = here.person()
    lessons = [recorded(here, member, "micro.lesson", 0.1 * n) for n in (3, 2, 1)]
    assert [points(here, lesson) for lesson in lessons] == [2, 1, 0]
    key = UseKey(member, "lesson_month", "party.wallet", "2026-03")
    assert used(here, key) == Used(3, 2)
    claim = here.filed(lessons[0]).claim
    reversal = here.command(
        Reverse,
        activity_id=lessons[0],
        member_id=member,
        transactions=claim.transactions,
        reason="error",
    )
    here.done(reversal)
    assert used(here, key) == Used(1, 1)
    assert points(here, recorded(here, member, "micro.lesson", 0.05)) == 2
    assert used(here, key) == Used(3, 2)


def used(here: Town, key: UseKey) -> Used:
    keys = store.ActivityKeys(usage={key})
    with here.engine.reading(HERE) as connection:
        return store.load_docket(connection, HERE, keys).spent(key)


def test_a_cooldown_sees_earlier_grants_and_forgets_reversed_ones(here: Town) -> None:
    member, other = here.person(), here.person()
    first = recorded(here, member, "theme.day", 3)
    assert points(here, first) == 5
    assert points(here, recorded(here, member, "theme.day", 1.5)) == 0
    assert points(here, recorded(here, other, "theme.day", 1.5)) == 5
    claim = here.filed(first).claim
    here.done(
        here.command(
            Reverse,
            activity_id=first,
            member_id=member,
            transactions=claim.transactions,
            reason="error",
        )
    )
    assert points(here, recorded(here, member, "theme.day", 1.4)) == 5


def test_one_batch_sees_its_own_grants(here: Town) -> None:
    member = here.person()
    days = [recorded(here, member, "theme.day", n) for n in (1.5, 1)]
    commands = [here.scoring(day) for day in days]
    outcomes = here.engine.submit_many(commands)
    assert [len(outcome.result["awards"]) for outcome in outcomes] == [1, 0]


def test_a_history_counts_what_was_scored_and_not_what_waits(here: Town) -> None:
    member = here.person()
    for days_ago in (40, 2):  # the first is too long ago
        here.score(recorded(here, member, "micro.lesson", days_ago))
    assert points(here, recorded(here, member, "branch.meeting", 1)) == 0
    waiting = recorded(here, member, "micro.lesson", 3)
    assert points(here, recorded(here, member, "branch.meeting", 1)) == 0
    here.score(waiting)
    assert points(here, recorded(here, member, "branch.meeting", 1)) == 7


def test_a_rule_that_looks_at_history_is_reviewed_by_whom_it_names(here: Town) -> None:
    meeting = here.shift(here.person(), type="branch.meeting", fields=FIELDS["branch.meeting"])
    # The rule asks nobody, so that nobody has to look, although nothing would be granted yet.
    assert here.done(meeting)["state"] == "approved"


def test_what_cannot_be_scored_is_set_aside_and_can_come_back(here: Town) -> None:
    activity = recorded(here, here.person(), "lecture.given", 1)
    assert here.filed(activity).claim.flags == ("rule_failed",)
    here.approve(activity)
    assert here.score(activity) == {
        "state": "quarantined",
        "error": "division_by_zero",
        "rule": "D1",
    }
    assert here.filed(activity).claim.transactions == ()
    assert here.done(here.command(Requeue, activity_id=activity))["state"] == "approved"
    assert here.refused(here.command(Requeue, activity_id=activity)) == "claim_state"
    assert here.refused(here.command(Requeue, activity_id="none")) == "not_found"
    here.score(activity)
    verdict = {"activity_id": activity, "level": "industry", "reason": "人数有误"}
    approving = here.command(Review, "staff:zhao", verdict=Verdict.APPROVE, **verdict)
    assert here.refused(approving) == "claim_state"
    rejecting = here.command(Review, "staff:zhao", verdict=Verdict.REJECT, **verdict)
    assert here.done(rejecting)["state"] == "rejected"


def test_awards_are_read_back_as_they_were_written(here: Town) -> None:
    activity = ActivityId(recorded(here, here.person(), "theme.day", 1))
    here.score(activity)
    with here.engine.reading(HERE) as connection:
        [award] = store.awards_of(connection, HERE, [activity])[activity]
    assert (award.rule_id, award.points, award.calculation) == ("T1", 5, 1)
    assert award.ruleset_sha256 == trial().rules.of("party").sha256
