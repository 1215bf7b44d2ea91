"""An activity that was reported wrongly: two people set it right, and it counts as if filed so."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from points.activities import reads
from points.flows.backtest.run import backtest
from points.flows.decide_proposal import DecideProposal, Verdict
from points.flows.reconstruct import Reconstruction, reconstruct
from points.flows.rescoring import rescore_marked
from points.flows.set_right import ProposeCorrection, said_right
from points.flows.table import FLOWS
from points.kernel.ids import ActivityId, MemberId, ProposalId
from points.proposals.model import Proposal
from points.proposals.store import find_proposal
from tests.flows.test_backtest import bench
from tests.flows.test_backtest import trial as trial_of_rules
from tests.flows.test_civic_usage import trial
from tests.flows.test_rescore import balance, is_sound, lessons, standing
from tests.flows.town import HERE, Town, town


@pytest.fixture
def here(database_url: str) -> Iterator[Town]:
    with town(database_url, FLOWS) as it:
        yield it


@pytest.fixture
def tried(database_url: str) -> Iterator[Town]:
    with town(database_url, FLOWS, trial()) as it:
        yield it


def correcting(here: Town, activity: str, actor: str = "staff:li", **right: Any) -> Any:
    fact = here.filed(activity).activity
    other = {each: right.pop(each) for each in ("reason", "note", "person") if each in right}
    fields = right.pop("fields", {})
    return here.command(
        ProposeCorrection,
        actor,
        activity=fact,
        replacement=said_right(fact, fields, **right),
        **({"reason": "misrecorded", "note": "签到表抄错"} | other),
    )


def proposed(here: Town, command: Any) -> Proposal:
    found = here.done(command)["proposal_id"]
    with here.engine.reading(here.association) as connection:
        filed = find_proposal(connection, here.association, ProposalId(found))
    assert filed is not None
    return filed.standing.proposal


def deciding(here: Town, proposal: Proposal, actor: str = "staff:chen", **other: Any) -> Any:
    everyday = {"proposal": proposal, "verdict": Verdict.APPROVE}
    return here.command(DecideProposal, actor, **(everyday | other))


def corrected(here: Town, activity: str, **right: Any) -> str:
    """Propose, approve and score; the worker fills the room."""
    made = here.done(deciding(here, proposed(here, correcting(here, activity, **right))))
    here.score(made["activity_id"])
    rescore_marked(here.engine, here.association)
    return str(made["activity_id"])


def shift(here: Town, member: MemberId, **other: Any) -> str:
    return here.in_publicity(member, **other)


def test_the_right_one_takes_the_place_of_the_wrong_one(here: Town) -> None:
    member = here.person()
    wrong = shift(here, member, hours="3")
    before, was = here.filed(wrong).activity, standing(here, wrong)
    proposal = proposed(here, correcting(here, wrong, fields={"hours": "1.5"}))
    assert (here.state(wrong), balance(here, member)) == ("publicity", was)
    done = here.done(deciding(here, proposal))
    assert done["state"] == "approved"
    assert len(done["transactions"]) == 1
    right = done["activity_id"]
    assert (here.state(wrong), here.state(right)) == ("reversed", "approved")
    assert balance(here, member) == 0
    here.score(right)
    assert 0 < standing(here, right) < was
    assert balance(here, member) == standing(here, right)
    after = here.filed(right)
    assert after.activity.supersedes == wrong
    assert (after.activity.external_id, after.activity.word) == (before.external_id, "roster")
    assert after.activity.fields == {**before.fields, "hours": "1.5"}
    assert (after.activity.member, after.activity.received_at) == (
        before.member,
        before.received_at,
    )
    assert (after.activity.filed_by, after.claim.first_reviewer) == ("staff:li", "staff:chen")
    assert here.refused(deciding(here, proposal, "staff:sun")) == "proposal_decided"
    with here.engine.reading(HERE) as connection:
        assert reads.history(connection, HERE, ActivityId(wrong))[-1].reason == "corrected"
    is_sound(here)


def test_the_old_sheet_is_still_known_and_the_old_one_is_corrected_once(here: Town) -> None:
    member = here.person()
    row = here.shift(member, hours="3")
    wrong = str(here.done(row)["activity_id"])
    here.approve(wrong)
    here.score(wrong)
    other = proposed(here, correcting(here, wrong, fields={"hours": "1"}))
    right = corrected(here, wrong, fields={"hours": "2"})
    again = here.shift(member, external_id=row.external_id, occurred_at=row.occurred_at, hours="3")
    assert here.done(again) == {"activity_id": wrong, "duplicate": True}
    assert here.refused(deciding(here, other)) == "claim_state"
    assert here.refused(correcting(here, wrong, fields={"hours": "1"})) == "claim_state"
    # The one that stands can be corrected in its turn.
    last = corrected(here, right, fields={"hours": "1"})
    fact = here.filed(last).activity
    assert (fact.supersedes, fact.external_id, fact.word) == (right, row.external_id, "roster")
    assert balance(here, member) == standing(here, last)
    is_sound(here)


def test_approving_two_corrections_of_one_activity_in_one_batch_carries_out_one(here: Town) -> None:
    wrong = shift(here, here.person(), hours="3")
    some = [proposed(here, correcting(here, wrong, fields={"hours": n})) for n in ("1", "2")]
    outcomes = here.engine.submit_many([deciding(here, each) for each in some])
    codes = [each.refusal.code if each.refusal else "" for each in outcomes]
    assert codes == ["", "claim_state"]


def test_two_people_decide_and_nobody_for_themselves(here: Town) -> None:
    member = here.person()
    wrong = shift(here, member, hours="3")
    command = correcting(here, wrong, fields={"hours": "1"}, person=member)
    assert here.refused(command) == "involved"
    proposal = proposed(here, correcting(here, wrong, fields={"hours": "1"}))
    assert here.refused(deciding(here, proposal, "staff:li")) == "own_proposal"
    assert here.refused(deciding(here, proposal, person=member)) == "involved"
    no = {"verdict": Verdict.REJECT, "reason": "签到表无误"}
    assert here.done(deciding(here, proposal, **no))["state"] == "rejected"
    assert here.state(wrong) == "publicity"


@pytest.mark.parametrize(
    ("right", "code"),
    [
        ({}, "correction_changes_nothing"),
        ({"fields": {"hours": "3.0"}}, "correction_changes_nothing"),
        ({"fields": {"hours": "1"}, "reason": "error"}, "proposal_reason"),
        ({"fields": {"hours": "1"}, "note": " "}, "reason_needed"),
        ({"fields": {"hours": "many"}}, "activity_invalid"),
        ({"fields": {"hours": None}}, "activity_invalid"),
        ({"fields": {"hours": "30"}}, "activity_invalid"),
        ({"type": "no.such"}, "activity_type_unknown"),
        ({"type": "micro.lesson"}, "activity_invalid"),
        ({"type": "exam.escort", "fields": {"plate": "辽L12345"}}, "activity_invalid"),
    ],
)
def test_what_is_proposed_is_checked_at_once(here: Town, right: dict[str, Any], code: str) -> None:
    wrong = shift(here, here.person(), hours="3")
    assert here.refused(correcting(here, wrong, **right)) == code


def test_only_what_was_scored_and_stands_is_corrected(here: Town) -> None:
    waits = str(here.done(here.shift(here.person(), hours="3"))["activity_id"])
    assert here.refused(correcting(here, waits, fields={"hours": "1"})) == "claim_state"


def test_the_future_and_other_shifts_stand_in_the_way_and_the_wrong_one_does_not(
    here: Town,
) -> None:
    member = here.person()
    other = shift(here, member, hours="2", ago=timedelta(days=2))
    wrong = shift(here, member, hours="2", ago=timedelta(days=1))
    begins = here.filed(wrong).activity.occurred_at
    there = here.filed(other).activity.occurred_at
    late = correcting(here, wrong, occurred_at=here.clock.now() + timedelta(hours=1))
    assert here.refused(late) == "activity_in_future"
    assert here.refused(correcting(here, wrong, occurred_at=there)) == "shift_overlaps"
    right = corrected(here, wrong, occurred_at=begins + timedelta(minutes=30))
    fact = here.filed(right).activity
    assert fact.ends_at == begins + timedelta(minutes=150)
    assert here.refused(correcting(here, other, occurred_at=fact.occurred_at)) == "shift_overlaps"
    is_sound(here)


def test_it_may_have_been_something_else(tried: Town) -> None:
    member = tried.person()
    first, second = lessons(tried, member, 2)
    assert [standing(tried, each) for each in (first, second)] == [2, 1]
    right = corrected(tried, first, type="theme.day", fields={"present": True})
    assert [standing(tried, each) for each in (first, second, right)] == [2, 2, 5]
    assert balance(tried, member) == 7
    is_sound(tried)


def test_it_is_about_who_they_were_then_and_counts_by_its_own_time(tried: Town) -> None:
    member = tried.person()
    first, second, third = lessons(tried, member)
    assert [standing(tried, each) for each in (first, second, third)] == [2, 1, 0]
    # It was in February: its own month has room, and what it leaves in March is filled.
    right = corrected(tried, first, occurred_at=tried.clock.now() - timedelta(days=5))
    assert [standing(tried, each) for each in (right, second, third)] == [2, 2, 1]
    assert balance(tried, member) == 5
    is_sound(tried)


def test_a_back_test_gives_what_stands_and_each_is_accounted_for(here: Town) -> None:
    member = here.person()
    some = []
    for hours in (60, 36, 33, 30, 12):
        here.clock.advance(timedelta(minutes=1))
        row = here.shift(member, hours="2", ago=timedelta(hours=hours))
        some.append(str(here.done(row)["activity_id"]))
        here.approve(some[-1])
        here.score(some[-1])
    before = [standing(here, each) for each in some]
    here.clock.advance(timedelta(hours=1))
    # The second shift of a full day was shorter: the last of that day gets what it leaves.
    right = corrected(here, some[1], fields={"hours": "0.5"})
    after = [standing(here, each) for each in (some[0], right, *some[2:])]
    assert after[1] < before[1]
    assert after[3] > before[3]
    here.clock.advance(timedelta(minutes=1))
    found = backtest(bench(here, trial_of_rules()))
    assert found.part.changed == found.part.otherwise == 0
    (wallet,) = [each for each in found.as_json()["measures"] if each["measure"] == "wallet"]
    assert wallet["after"] == sum(after) == balance(here, member)
    for each in (*some, right):
        known = reconstruct(here.engine, HERE, ActivityId(each))
        assert isinstance(known, Reconstruction)
        assert known.sound
