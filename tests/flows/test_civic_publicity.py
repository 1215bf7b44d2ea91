"""From approval through publicity to points: lists are masked, objections stop the clock."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from points.activities import reads, store
from points.activities.model import State, Step
from points.flows import publicity
from points.flows.answer import Answer
from points.flows.declare_holiday import DeclareHoliday
from points.flows.mature import Mature
from points.flows.object import ObjectTo
from points.flows.publish import Publish
from points.flows.reverse import Reverse
from points.kernel.ids import ActivityId, MemberId
from points.ledger.reads import balances
from points.rules import ActivityTypes
from tests.flows.town import HERE, NOON, Town, activity_types, town


@pytest.fixture
def here(module_database_url: str) -> Iterator[Town]:
    with town(module_database_url) as it:
        yield it


def wallet(here: Town, member: MemberId) -> tuple[int, int]:
    """Return what is pending and what is available in the party wallet."""
    with here.engine.reading(HERE) as connection:
        held = balances(connection, HERE, member, here.clock.now())
    found = next(b for b in held if b.measure == "party.wallet")
    return found.pending, found.available


def maturing(here: Town, member: MemberId, activity: str) -> Mature:
    command: Mature = here.command(Mature, "system:mature", activity_id=activity, member_id=member)
    return command


def objecting(here: Town, activity: str, actor: str = "public:1", **other: Any) -> ObjectTo:
    everyday = {"activity_id": activity, "reason": "当天没有看到本人"}
    command: ObjectTo = here.command(ObjectTo, actor, **(everyday | other))
    return command


def answering(here: Town, activity: str, actor: str = "staff:sun", **other: Any) -> Answer:
    everyday = {"activity_id": activity, "upheld": False, "reason": "签到签退记录齐全"}
    command: Answer = here.command(Answer, actor, **(everyday | other))
    return command


def until(here: Town, activity: str) -> datetime:
    found = here.filed(activity).claim.publicity_until
    assert found is not None
    return found


# Noon of a Monday in Shanghai: five working days end with the next Monday.
FIVE_DAYS = datetime.fromisoformat("2026-03-10T00:00:00+08:00")


def test_points_are_pending_until_the_publicity_is_over(here: Town) -> None:
    member = here.person()
    activity = here.in_publicity(member)
    assert until(here, activity) == FIVE_DAYS
    assert wallet(here, member) == (20, 0)
    assert here.refused(maturing(here, member, activity)) == "claim_state"
    with here.engine.reading(HERE) as connection:
        early = reads.due(connection, HERE, FIVE_DAYS - timedelta(seconds=1), limit=1000)
        due = reads.due(connection, HERE, FIVE_DAYS, limit=1000)
    assert activity not in [each.activity_id for each in early]
    assert activity in [each.activity_id for each in due]
    here.clock.set(FIVE_DAYS)
    assert here.refused(objecting(here, activity)) == "publicity_over"
    here.done(maturing(here, member, activity))
    assert wallet(here, member) == (0, 20)
    assert here.state(activity) == "posted"


def test_a_dismissed_objection_lets_the_clock_run_on(here: Town) -> None:
    member = here.person()
    activity = here.in_publicity(member)
    here.clock.set(NOON + timedelta(days=3))  # Thursday: Friday and Monday are left
    here.done(objecting(here, activity))
    assert here.state(activity) == "objected"
    assert here.refused(objecting(here, activity)) == "claim_state"
    here.clock.set(NOON + timedelta(days=20))  # a Sunday, long after the publicity would be over
    assert here.refused(maturing(here, member, activity)) == "claim_state"
    here.done(answering(here, activity))
    ends = datetime.fromisoformat("2026-03-25T00:00:00+08:00")  # after Monday and Tuesday
    assert until(here, activity) == ends
    here.clock.set(ends)
    here.done(maturing(here, member, activity))
    assert wallet(here, member) == (0, 20)


def test_after_a_dismissal_at_least_one_working_day_is_left(here: Town) -> None:
    activity = here.in_publicity(here.person())
    here.clock.set(FIVE_DAYS - timedelta(hours=1))
    here.done(objecting(here, activity))
    here.clock.set(FIVE_DAYS)
    here.done(answering(here, activity))
    assert until(here, activity) == FIVE_DAYS + timedelta(days=2)  # all of Wednesday


def test_an_upheld_objection_takes_the_points_back(here: Town) -> None:
    member = here.person()
    activity = here.in_publicity(member)
    here.done(objecting(here, activity))
    answer = here.done(answering(here, activity, upheld=True, reason="经核实不在场"))
    assert answer["state"] == "upheld"
    with here.engine.reading(HERE) as connection:
        waiting = reads.in_state(connection, HERE, [State.UPHELD], limit=1000)
    claim = next(each for each in waiting if each.activity_id == activity)
    assert list(claim.transactions) == answer["to_reverse"]
    here.done(
        here.command(
            Reverse,
            activity_id=activity,
            member_id=member,
            transactions=claim.transactions,
            reason="objection_upheld",
        )
    )
    assert here.state(activity) == "reversed"
    assert wallet(here, member) == (0, 0)
    # The room under the caps is there again: the same shift, filed anew, is worth as much.
    again = here.in_publicity(member)
    assert wallet(here, member) == (20, 0)
    assert here.state(again) == "publicity"


def test_the_history_keeps_who_said_what(here: Town) -> None:
    activity = here.in_publicity(here.person())
    here.done(objecting(here, activity))
    here.done(answering(here, activity))
    with here.engine.reading(HERE) as connection:
        steps = reads.history(connection, HERE, ActivityId(activity))
    said = [(each.step, each.actor, each.reason) for each in steps[-2:]]
    assert said == [
        (Step.OBJECTED, "public:1", "当天没有看到本人"),
        (Step.DISMISSED, "staff:sun", "签到签退记录齐全"),
    ]


def test_whoever_is_involved_does_not_answer(here: Town) -> None:
    member = here.person()
    activity = here.in_publicity(member)
    assert here.refused(answering(here, activity)) == "claim_state"
    here.done(objecting(here, activity, "staff:qian"))
    assert here.refused(answering(here, activity, "staff:wang")) == "same_person"  # reviewed it
    assert here.refused(answering(here, activity, "staff:qian")) == "same_person"  # objects
    assert here.refused(answering(here, activity, "source:roster")) == "own_claim"
    assert here.refused(answering(here, activity, person=member)) == "own_claim"
    assert here.refused(answering(here, activity, reason="")) == "reason_needed"


def test_an_objection_says_why_and_names_nobody(here: Town) -> None:
    activity = here.in_publicity(here.person())
    assert here.refused(objecting(here, activity, reason="")) == "reason_needed"
    assert here.refused(objecting(here, activity, reason="13812345678")) == "personal_in_text"
    waiting = str(here.done(here.shift(here.person()))["activity_id"])
    assert here.refused(objecting(here, waiting)) == "claim_state"
    assert here.refused(objecting(here, "none")) == "not_found"
    assert here.refused(answering(here, "none")) == "not_found"


def listing(here: Town, *activities: str, **other: Any) -> Publish:
    everyday = {"activity_ids": activities, "batch": "2026-03", "working_days": 7}
    command: Publish = here.command(Publish, **(everyday | other))
    return command


def test_a_list_gives_everyone_the_same_time(here: Town) -> None:
    first, second = (here.in_publicity(here.person()) for _ in range(2))
    here.clock.advance(timedelta(days=1))
    done = here.done(listing(here, first, second, first))
    assert done["claims"] == 2
    assert until(here, first) == until(here, second) == FIVE_DAYS + timedelta(days=3)
    assert here.filed(first).claim.publicity_batch == "2026-03"
    assert here.refused(listing(here, first)) == "already_listed"


def test_no_publicity_becomes_shorter(here: Town) -> None:
    activity = here.in_publicity(here.person())
    here.done(listing(here, activity, working_days=1))
    assert until(here, activity) == FIVE_DAYS


def test_a_list_is_published_whole_or_not_at_all(here: Town) -> None:
    good = here.in_publicity(here.person())
    waiting = str(here.done(here.shift(here.person()))["activity_id"])
    assert here.refused(listing(here, good, waiting)) == "claim_state"
    assert here.refused(listing(here, good, "none")) == "not_found"
    assert here.filed(good).claim.publicity_batch is None
    assert here.refused(listing(here)) == "list_length"
    assert here.refused(listing(here, *map(str, range(501)))) == "list_length"
    assert here.refused(listing(here, good, working_days=0)) == "publicity_length"
    assert here.refused(listing(here, good, working_days=61)) == "publicity_length"


def test_the_associations_holidays_count(database_url: str) -> None:
    with town(database_url) as here:
        tuesday = datetime.fromisoformat("2026-03-03").date()
        here.done(here.command(DeclareHoliday, day=tuesday, kind="off", title="停工"))
        assert until(here, here.in_publicity(here.person())) == FIVE_DAYS + timedelta(days=1)
        here.done(here.command(DeclareHoliday, day=tuesday, kind="plain"))
        assert until(here, here.in_publicity(here.person())) == FIVE_DAYS
        with here.engine.reading(HERE) as connection:
            assert store.load_calendar(connection, HERE).entries == {tuesday: "plain"}


@pytest.mark.parametrize("other", [{"kind": "maybe"}, {"kind": "off", "title": "长" * 81}])
def test_a_calendar_entry_says_something(here: Town, other: dict[str, str]) -> None:
    command = here.command(DeclareHoliday, day=NOON.date(), **other)
    assert here.refused(command) == "holiday_invalid"


def health_lecture(here: Town, member: MemberId) -> str:
    """A health item in publicity whose activity type itself is ordinary."""
    fields = {"kind": "health_lecture", "channel": "offline", "complete": True}
    return here.in_publicity(member, type="training.session", fields=fields)


def page(here: Town, types: ActivityTypes) -> list[publicity.PublicLine]:
    lines, following = [], ""
    while True:
        found, following = publicity.publicity(here.engine, HERE, types, after=following, limit=2)
        lines += found
        if not following:
            return lines


def test_the_published_list_is_masked_and_shows_no_health(database_url: str) -> None:
    with town(database_url) as here:
        shown = [here.in_publicity(here.person()) for _ in range(3)]
        hidden = health_lecture(here, here.person(("party", "health")))
        here.done(objecting(here, shown[1]))
        lines = page(here, activity_types())
        assert [line.activity_id for line in lines] == shown
        assert {line.name for line in lines} == {"张*"}
        assert lines[0].points == {"party.wallet": 20, "party.rating": 20}
        assert [line.until for line in lines] == [FIVE_DAYS, None, FIVE_DAYS]
        assert lines[0].title_zh == "志愿服务班次"
        assert hidden not in repr(lines)


def test_the_control_without_the_health_rule_it_would_be_shown(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publicity, "HEALTH", "chess")
    with town(database_url) as here:
        hidden = health_lecture(here, here.person(("party", "health")))
        assert [line.activity_id for line in page(here, activity_types())] == [hidden]


def test_health_types_are_not_public() -> None:
    public = publicity.public_types(activity_types())
    kinds = activity_types().types
    assert "volunteer.shift" in public
    assert all(kinds[name].privacy == "ordinary" for name in public)
    assert not {name for name, kind in kinds.items() if kind.programmes == ("health",)} & {*public}


def test_no_types_no_lines(here: Town) -> None:
    with here.engine.reading(HERE) as connection:
        assert reads.published(connection, HERE, []) == []


def test_awards_explain_a_transaction(here: Town) -> None:
    member = here.person()
    activity = here.in_publicity(member)
    claim = here.filed(activity).claim
    with here.engine.reading(HERE) as connection:
        awards = [
            award
            for transaction in claim.transactions
            for award in reads.of_transaction(connection, HERE, transaction)
        ]
    assert {(award.rule_id, award.measure, award.points) for award in awards} == {
        ("P06", "party.wallet", 20),
        ("P06", "party.rating", 20),
    }
    assert all(award.trace and award.ruleset_sha256 for award in awards)
