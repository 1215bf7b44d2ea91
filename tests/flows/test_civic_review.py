"""Nobody reviews their own; sheets and backfills need two people; reviewers stay in their scope."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from points.activities import reads
from points.activities.model import State, Step
from points.activities.reads import Scope
from points.flows.claim import FileClaim
from points.flows.review import Review, Verdict
from points.flows.withdraw import Withdraw
from points.kernel.ids import MemberId
from tests.flows.town import HERE, Town, town


@pytest.fixture
def here(module_database_url: str) -> Iterator[Town]:
    with town(module_database_url) as it:
        yield it


def reviewing(here: Town, activity: str, actor: str = "staff:wang", **other: Any) -> Review:
    everyday = {"activity_id": activity, "verdict": Verdict.APPROVE, "level": "industry"}
    command: Review = here.command(Review, actor, **(everyday | other))
    return command


def claiming(here: Town, member: MemberId, **other: Any) -> FileClaim:
    everyday: dict[str, Any] = {
        "type": "theme.day",
        "member_id": member,
        "occurred_at": here.clock.now() - timedelta(days=1),
        "fields": {"present": True},
        "evidence": ("photo",),
        "note": "全程参加",
    }
    everyday["actor"] = f"member:{member}"
    command: FileClaim = here.command(FileClaim, **(everyday | other))
    return command


def claimed(here: Town, member: MemberId, **other: Any) -> str:
    return str(here.done(claiming(here, member, **other))["activity_id"])


def test_one_review_is_enough_for_a_small_claim(here: Town) -> None:
    activity = claimed(here, here.person(branch="b1"))
    assert here.state(activity) == "submitted"
    branch = {"level": "branch", "branches": ("b1", "b2")}
    done = here.done(reviewing(here, activity, **branch))
    assert done["state"] == "approved"
    assert done["ready_to_score"]
    with here.engine.reading(HERE) as connection:
        steps = reads.history(connection, HERE, done["activity_id"])
        waiting = reads.ready_to_score(connection, HERE, limit=1000)
    assert [(each.step, each.actor) for each in steps] == [
        (Step.SUBMITTED, f"member:{done['member_id']}"),
        (Step.FIRST_APPROVED, "staff:wang"),
    ]
    assert steps[0].detail.keys() == {"evidence", "evidence_sha256", "worth"}
    assert activity in [each.activity_id for each in waiting]


def test_a_sheet_needs_two_people(here: Town) -> None:
    shift = here.shift(here.person(), batch_id="sheet-1")
    activity = here.done(shift)["activity_id"]
    assert here.filed(activity).claim.flags == ("batch",)
    assert here.approve(activity, "staff:wang") == "second_review"
    assert here.refused(reviewing(here, activity, "staff:wang")) == "same_person"
    low = reviewing(here, activity, "staff:zhao", level="branch")
    assert here.refused(low) == "out_of_scope"
    assert here.approve(activity, "staff:zhao") == "approved"
    assert here.filed(activity).claim.second_reviewer == "staff:zhao"
    with here.engine.reading(HERE) as connection:
        sheet = reads.of_batch(connection, HERE, "sheet-1")
    assert activity in [each.activity_id for each in sheet]


def test_a_backfill_needs_two_people(here: Town) -> None:
    done = here.done(here.shift(here.person(), ago=timedelta(days=31)))
    assert done["second_needed"]
    assert done["flags"] == ["backfill"]


def test_what_is_late_by_its_rule_is_said(here: Town) -> None:
    late = here.shift(here.person(), source="venue_qr", trusted=True, ago=timedelta(days=100))
    done = here.done(late)
    assert done["state"] == "submitted"
    assert "late" in done["flags"]


def test_much_at_once_needs_two_people(here: Town) -> None:
    runs = here.shift(here.person(), type="supply.run", fields={"trips": 4, "receipt": True})
    assert here.done(runs)["second_needed"]
    run = here.shift(here.person(), type="supply.run", fields={"trips": 1, "receipt": True})
    assert not here.done(run)["second_needed"]


def test_a_source_is_only_trusted_where_rules_say_so(here: Town) -> None:
    claimed_to_be = here.shift(here.person(), source="venue_qr")
    assert here.done(claimed_to_be)["state"] == "submitted"
    elsewhere = here.shift(here.person(), source="grid_platform", trusted=True)
    assert here.done(elsewhere)["state"] == "submitted"


def test_what_no_rule_rewards_is_looked_at(here: Town) -> None:
    short = here.shift(here.person(), hours="0.2")
    done = here.done(short)
    assert done["flags"] == ["no_award"]
    before_all_rules = here.shift(here.person(), ago=timedelta(days=900))
    assert here.done(before_all_rules)["flags"] == ["no_rules", "backfill"]


@pytest.mark.parametrize("actor", ["member", "person", "organiser"])
def test_nobody_reviews_their_own(here: Town, actor: str) -> None:
    member = here.person()
    if actor == "organiser":
        activity = claimed(here, member, actor="staff:wang")
        refused = reviewing(here, activity)
    elif actor == "person":
        activity = claimed(here, member)
        refused = reviewing(here, activity, person=member)
    else:
        activity = claimed(here, member)
        refused = reviewing(here, activity, f"member:{member}")
    assert here.refused(refused) == "own_claim"


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ({"level": "branch", "branches": ("b1",)}, True),
        ({"level": "branch", "branches": ("b2",)}, False),
        ({"level": "branch"}, False),
        ({"level": "grid", "grids": ("g1",)}, False),
        ({"level": "provider"}, False),
        ({"level": "association"}, True),
        ({"level": "industry"}, True),
        ({"level": "nobody"}, False),
    ],
)
def test_reviewers_stay_in_their_scope(here: Town, scope: dict[str, Any], *, allowed: bool) -> None:
    activity = claimed(here, here.person(branch="b1", grid="g1"))
    outcome = here.submit(reviewing(here, activity, **scope))
    assert (outcome.refusal is None) is allowed
    if outcome.refusal is not None:
        assert outcome.refusal.code == "out_of_scope"


def test_a_grid_reviewer_sees_their_grid(here: Town) -> None:
    report = {
        "type": "grid.report",
        "fields": {"kind": "hazard", "accepted": True, "resolved": False},
    }
    activity = here.done(here.shift(here.person(grid="g7"), **report))["activity_id"]
    assert here.filed(activity).claim.reviewers == ("grid",)
    other = reviewing(here, activity, level="grid", grids=("g8",))
    assert here.refused(other) == "out_of_scope"
    with here.engine.reading(HERE) as connection:
        mine = reads.queue(connection, HERE, [State.SUBMITTED], Scope(grids=("g7",)))
        none = reads.queue(connection, HERE, [State.SUBMITTED], Scope(grids=("g8",)))
        everything = reads.queue(
            connection, HERE, [State.SUBMITTED], Scope(everything=True), limit=1000
        )
    assert [each.claim.activity_id for each in mine] == [activity]
    assert mine[0].activity.fields["kind"] == "hazard"
    assert none == []
    assert activity in [each.claim.activity_id for each in everything]
    assert here.done(reviewing(here, activity, level="grid", grids=("g7",)))["state"] == "approved"


def test_a_rejection_has_a_reason_and_is_final(here: Town) -> None:
    activity = claimed(here, here.person())
    no = {"verdict": Verdict.REJECT}
    assert here.refused(reviewing(here, activity, **no)) == "reason_needed"
    assert here.refused(reviewing(here, activity, **no, reason="长" * 501)) == "reason_needed"
    told = {"reason": "见 110105 1949 1231 002X"}
    assert here.refused(reviewing(here, activity, **no, **told)) == "personal_in_text"
    assert here.done(reviewing(here, activity, **no, reason="名单上没有"))["state"] == "rejected"
    assert here.refused(reviewing(here, activity)) == "claim_state"
    with here.engine.reading(HERE) as connection:
        last = reads.history(connection, HERE, here.filed(activity).claim.activity_id)[-1]
    assert last.reason == "名单上没有"


def test_a_claim_is_taken_back_by_its_own(here: Town) -> None:
    member = here.person()
    activity = claimed(here, member)
    stranger = here.command(Withdraw, "member:other", activity_id=activity)
    assert here.refused(stranger) == "not_yours"
    mine = f"member:{member}"
    here.done(here.command(Withdraw, mine, activity_id=activity))
    assert here.refused(here.command(Withdraw, mine, activity_id=activity)) == "claim_state"
    with here.engine.reading(HERE) as connection:
        own = reads.of_member(connection, HERE, member)
        assert reads.of_member(connection, HERE, member, before=activity) == []
        assert reads.counts(connection, HERE)[State.WITHDRAWN] >= 1
    assert [each.claim.state for each in own] == [State.WITHDRAWN]


def test_a_withdrawn_shift_stands_in_nobodys_way(here: Town) -> None:
    member = here.person()
    shift = here.shift(member)
    activity = here.done(shift)["activity_id"]
    assert here.refused(here.shift(member)) == "shift_overlaps"
    here.done(here.command(Withdraw, "source:roster", activity_id=activity))
    assert here.done(here.shift(member))["state"] == "submitted"


def test_shifts_that_touch_do_not_overlap(here: Town) -> None:
    member = here.person()
    here.done(here.shift(member, ago=timedelta(hours=30)))
    assert here.done(here.shift(member, ago=timedelta(hours=28)))["state"] == "submitted"
    assert here.refused(here.shift(member, ago=timedelta(hours=29))) == "shift_overlaps"
    assert here.done(here.shift(here.person(), ago=timedelta(hours=29)))["state"] == "submitted"


def test_an_ending_is_believed_but_checked(here: Town) -> None:
    member = here.person()
    began = here.clock.now() - timedelta(hours=48)
    backwards = here.shift(member, occurred_at=began, ended_at=began - timedelta(minutes=1))
    assert here.refused(backwards) == "duration_impossible"
    endless = here.shift(member, occurred_at=began, ended_at=began + timedelta(hours=17))
    assert here.refused(endless) == "duration_impossible"
    sound = here.shift(member, occurred_at=began, ended_at=began + timedelta(hours=3))
    activity = here.done(sound)["activity_id"]
    assert here.filed(activity).activity.ends_at == began + timedelta(hours=3)
    within = here.shift(member, occurred_at=began + timedelta(hours=2, minutes=30))
    assert here.refused(within) == "shift_overlaps"


def test_notes_hold_nothing_personal(here: Town) -> None:
    noted = claiming(here, here.person(), note="电话 138-1234-5678")
    assert here.refused(noted) == "personal_in_text"


@pytest.mark.parametrize("kind", [Review, Withdraw])
def test_no_such_claim(here: Town, kind: type) -> None:
    other = {"verdict": Verdict.APPROVE, "level": "industry"} if kind is Review else {}
    assert here.refused(here.command(kind, activity_id="none", **other)) == "not_found"
