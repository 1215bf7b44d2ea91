"""Activities are taken down once, whole, and only where they can have happened."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from points.kernel.ids import MemberId
from tests.flows.town import Town, town


@pytest.fixture
def here(database_url: str) -> Iterator[Town]:
    with town(database_url) as it:
        yield it


def test_an_untrusted_shift_waits_for_a_review(here: Town) -> None:
    done = here.done(here.shift(here.person()))
    assert done["state"] == "submitted"
    assert not done["ready_to_score"]


def test_a_trusted_source_is_ready_to_score(here: Town) -> None:
    shift = here.shift(here.person(), source="venue_qr", trusted=True)
    assert here.done(shift)["state"] == "approved"


def test_the_same_again_is_answered_with_the_first(here: Town) -> None:
    shift = here.shift(here.person())
    first = here.done(shift)
    again = here.done(replace(shift, operation_id=here.operation()))
    assert again == {"activity_id": first["activity_id"], "duplicate": True}


def test_another_content_under_the_same_number_is_a_conflict(here: Town) -> None:
    shift = here.shift(here.person())
    here.done(shift)
    other = replace(shift, operation_id=here.operation(), fields={"hours": "3", "verified": True})
    assert here.refused(other) == "activity_conflict"


def test_one_batch_sees_its_own_activities(here: Town) -> None:
    member = here.person()
    shift = here.shift(member)
    twice = [shift, replace(shift, operation_id=here.operation())]
    outcomes = here.engine.submit_many([*twice, here.shift(member, ago=timedelta(hours=23))])
    assert [o.result.get("duplicate") for o in outcomes[:2]] == [False, True]
    assert outcomes[2].refusal is not None
    assert outcomes[2].refusal.code == "shift_overlaps"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": "no.such"}, "activity_type_unknown"),
        ({"fields": {"hours": "x"}}, "activity_invalid"),
        ({"member_id": MemberId("nobody")}, "not_found"),
        ({"ago": timedelta(hours=-1)}, "activity_in_future"),
        ({"ago": timedelta(hours=1)}, "activity_in_future"),
        ({"hours": "17"}, "duration_impossible"),
    ],
)
def test_what_cannot_be_is_refused(here: Town, changes: dict[str, object], code: str) -> None:
    assert here.refused(here.shift(here.person(), **changes)) == code
