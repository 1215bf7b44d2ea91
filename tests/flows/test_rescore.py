"""Room that a reversal frees is filled, what followed from it goes, and asking again does nothing."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from points.activities import store
from points.activities.model import Used, UseKey, latest
from points.flows import rescore, rescoring
from points.flows.rebuild import rebuild
from points.flows.rescoring import rescore_marked
from points.flows.reverse import Reverse
from points.flows.verify import verify
from points.kernel.ids import ActivityId, MemberId
from points.ledger import reads as ledger
from points.rules.recalculation import Failed, Recalculation
from tests.flows.test_civic_usage import points, recorded, trial
from tests.flows.town import HERE, Town, town


@pytest.fixture
def here(database_url: str) -> Iterator[Town]:
    with town(database_url, context=trial()) as it:
        yield it


def reverse(here: Town, activity: str) -> None:
    claim = here.filed(activity).claim
    here.done(
        here.command(
            Reverse,
            activity_id=activity,
            member_id=claim.member_id,
            transactions=claim.transactions,
            reason="error",
        )
    )


def standing(here: Town, activity: str) -> int:
    with here.engine.reading(HERE) as connection:
        awards = store.awards_of(connection, HERE, [ActivityId(activity)])
    stands = latest(awards.get(ActivityId(activity), ()))
    return sum(award.points for award in stands if award.measure == "party.wallet")


def balance(here: Town, member: MemberId) -> int:
    with here.engine.reading(HERE) as connection:
        found = ledger.balances(connection, HERE, member, here.clock.now())
    return sum(
        each.pending + each.available + each.debt
        for each in found
        if each.measure == "party.wallet"
    )


def used(here: Town, key: UseKey) -> Used:
    with here.engine.reading(HERE) as connection:
        keys = store.ActivityKeys(usage={key})
        return store.load_docket(connection, HERE, keys).spent(key)


def lessons(here: Town, member: MemberId, number: int = 3) -> list[str]:
    found = []
    for n in range(number):
        here.clock.advance(timedelta(minutes=1))
        activity = recorded(here, member, "micro.lesson", 0.1 * (number - n))
        points(here, activity)
        found.append(activity)
    return found


def is_sound(here: Town) -> None:
    verdict = verify(here.engine, HERE)
    assert verdict.ok, verdict.first_difference
    rebuild(here.engine, HERE)
    assert verify(here.engine, HERE).ok


def test_room_that_a_reversal_frees_is_filled_once(here: Town) -> None:
    member = here.person()
    first, second, third = lessons(here, member)
    assert [standing(here, each) for each in (first, second, third)] == [2, 1, 0]
    reverse(here, first)
    assert balance(here, member) == 1
    assert rescore_marked(here.engine, HERE) == 1
    assert [standing(here, each) for each in (second, third)] == [2, 1]
    assert balance(here, member) == 3
    assert used(here, UseKey(member, "lesson_month", "party.wallet", "2026-03")) == Used(3, 2)
    assert rescore_marked(here.engine, HERE) == 0
    is_sound(here)


def test_what_was_corrected_can_be_reversed_whole(here: Town) -> None:
    member = here.person()
    first, second, third = lessons(here, member)
    reverse(here, first)
    rescore_marked(here.engine, HERE)
    reverse(here, second)
    assert balance(here, member) == 1
    rescore_marked(here.engine, HERE)
    assert (balance(here, member), standing(here, third)) == (2, 2)
    reverse(here, third)
    assert balance(here, member) == 0
    assert used(here, UseKey(member, "lesson_month", "party.wallet", "2026-03")) == Used(0, 0)
    is_sound(here)


def test_what_followed_from_a_reversed_activity_is_taken_back(here: Town) -> None:
    member = here.person()
    first, _ = lessons(here, member, 2)
    here.clock.advance(timedelta(minutes=1))
    meeting = recorded(here, member, "branch.meeting", 0.01)
    assert points(here, meeting) == 7
    reverse(here, first)
    rescore_marked(here.engine, HERE)
    assert standing(here, meeting) == 0
    assert balance(here, member) == 2
    is_sound(here)


def test_whoever_cannot_be_scored_again_is_told_of(
    here: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    member = here.person()
    first, *_ = lessons(here, member)
    reverse(here, first)
    failed = Recalculation(failed=(Failed(first, "party", "L1", "divided_by_zero"),))
    with monkeypatch.context() as patch:
        patch.setattr(rescore, "recalculated", lambda *_: failed)
        assert rescore_marked(here.engine, HERE) == 0
    assert [each.message for each in caplog.records if each.name == rescoring.__name__] == [
        "a member's activities cannot be scored again"
    ]
    assert rescore_marked(here.engine, HERE) == 0
    is_sound(here)
