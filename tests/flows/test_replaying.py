"""What was scored is read back in the order in which it counted."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from points import unit_of_work
from points.activities.scored import scored_one, scored_stream
from points.flows.join import Join
from points.flows.replaying import member_pages, past_of
from points.flows.reverse import Reverse
from points.kernel.ids import ActivityId, MemberId
from tests.flows.town import HERE, Town, town


@pytest.fixture
def here(database_url: str) -> Iterator[Town]:
    with town(database_url) as it:
        yield it


def _shifts(here: Town, member: MemberId, days: tuple[int, ...]) -> list[str]:
    ids = []
    for day in days:
        recording = here.shift(member, ago=timedelta(days=day), source="venue_qr", trusted=True)
        ids.append(str(here.done(recording)["activity_id"]))
    return ids


def test_scored_order_is_not_the_order_of_happening(here: Town) -> None:
    member, other = here.person(), here.person()
    first, second, third = _shifts(here, member, (1, 3, 2))
    (foreign,) = _shifts(here, other, (5,))
    waiting = _shifts(here, member, (9,))
    for activity in (third, first, foreign, second):
        here.clock.advance(timedelta(minutes=1))
        here.score(activity)
    found = past_of(here.engine, HERE, [member])
    assert [each.entry.facts.activity_id for each in found] == [third, first, second]
    assert all(each.reversed_at is None for each in found)
    assert {name: set(each) for name, each in (found[0].entry.measures or {}).items()} == {
        "party": {"rating", "wallet"}
    }
    both = past_of(here.engine, HERE, [member, other])
    assert [each.entry.facts.activity_id for each in both] == [third, first, foreign, second]
    with unit_of_work.snapshot(here.engine.database, HERE) as connection:
        streamed = [each.activity.activity_id for each in scored_stream(connection, HERE)]
    assert streamed == [third, first, foreign, second]
    assert waiting[0] not in streamed


def test_a_period_is_when_it_happened(here: Town) -> None:
    member = here.person()
    shifts = _shifts(here, member, (1, 3, 2))
    for activity in shifts:
        here.score(activity)
    since, until = (here.clock.now() - timedelta(days=days) for days in (2.5, 1.5))
    found = past_of(here.engine, HERE, [member], since=since, until=until)
    assert [each.entry.facts.activity_id for each in found] == [shifts[2]]
    with unit_of_work.snapshot(here.engine.database, HERE) as connection:
        streamed = list(scored_stream(connection, HERE, since=since, until=until))
    assert [each.activity.activity_id for each in streamed] == [shifts[2]]


def test_what_was_reversed_says_since_when(here: Town) -> None:
    member = here.person()
    (activity,) = _shifts(here, member, (1,))
    with here.engine.reading(HERE) as connection:
        assert scored_one(connection, HERE, ActivityId(activity)) is None
    here.score(activity)
    here.clock.advance(timedelta(hours=1))
    reversal = here.command(
        Reverse,
        activity_id=activity,
        member_id=member,
        transactions=here.filed(activity).claim.transactions,
        reason="error",
    )
    here.done(reversal)
    (found,) = past_of(here.engine, HERE, [member])
    assert found.reversed_at == here.clock.now()
    assert found.scored_at == here.clock.now() - timedelta(hours=1)


def test_members_come_in_pages(here: Town) -> None:
    members = sorted(here.person() for _ in range(5))
    here.person()
    for member in members:
        here.score(_shifts(here, member, (1,))[0])
    assert list(member_pages(here.engine, HERE, limit=2)) == [
        members[:2],
        members[2:4],
        members[4:],
    ]


def test_measures_are_those_that_the_member_had_by_then(here: Town) -> None:
    member = here.person()
    before, after = _shifts(here, member, (1, 2))
    here.score(before)
    here.clock.advance(timedelta(hours=1))
    here.done(here.command(Join, member_id=member, programme="health"))
    here.score(after)
    found = past_of(here.engine, HERE, [member])
    assert [sorted(each.entry.measures or {}) for each in found] == [["party"], ["health", "party"]]
