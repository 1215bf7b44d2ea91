"""A claim only takes steps that its state allows, whoever asks in whatever order."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.activities.docket import Docket
from points.activities.model import TRANSITIONS, Claim, ClaimEvent, State, Step, next_state
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import ActivityId, Actor, MemberId

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ACTOR = Actor("staff:li")

# Written down a second time, by hand and the other way round: per state, what may follow.
MAY = {
    None: "submitted trusted",
    State.SUBMITTED: "first_approved rejected withdrawn",
    State.SECOND_REVIEW: "second_approved rejected withdrawn",
    State.APPROVED: "published posted quarantined",
    State.PUBLICITY: "listed objected matured reversed",
    State.OBJECTED: "upheld dismissed",
    State.UPHELD: "reversed",
    State.POSTED: "reversed",
    State.QUARANTINED: "requeued rejected",
    State.REJECTED: "",
    State.WITHDRAWN: "",
    State.REVERSED: "",
}
Take = Callable[[Docket, Claim, Step], None]


def claim(*, second: bool) -> Claim:
    return Claim(
        activity_id=ActivityId("A1"),
        member_id=MemberId("M1"),
        type="volunteer.shift",
        filed_by=ACTOR,
        occurred_at=NOW,
        second_needed=second,
    )


def properly(docket: Docket, it: Claim, step: Step) -> None:
    docket.take(it, step, ACTOR, NOW)


def carelessly(docket: Docket, it: Claim, step: Step) -> None:
    """The control: goes wherever the step would lead from anywhere."""
    state = next_state(it.state, step, second_needed=it.second_needed)
    it.state = state or next(to for (_, name), to in TRANSITIONS.items() if name is step)
    it.version += 1
    docket.events.append(
        ClaimEvent(
            activity_id=it.activity_id, version=it.version, step=step, actor=ACTOR, recorded_at=NOW
        )
    )


def walk(take: Take, steps: list[Step], *, second: bool) -> None:
    """Try steps; check every answer against the table above."""
    docket, it = Docket(), claim(second=second)
    for step in steps:
        before, taken = it.state, len(docket.events)
        allowed = step.value in MAY[before].split()
        assert it.allows(step) is allowed
        try:
            take(docket, it, step)
        except BrokenInvariant:
            assert not allowed
            assert it.state is before
            assert len(docket.events) == taken
        else:
            assert allowed
            assert len(docket.events) == taken + 1
    versions = [event.version for event in docket.events]
    assert versions == list(range(1, len(versions) + 1)) == list(range(1, it.version + 1))
    names = [event.step for event in docket.events]
    posted = it.state in (State.APPROVED, State.PUBLICITY, State.OBJECTED, State.POSTED)
    if posted and Step.TRUSTED not in names:
        approvals = {Step.FIRST_APPROVED, Step.SECOND_APPROVED} if second else {Step.FIRST_APPROVED}
        assert approvals <= set(names)


# Mostly sensible steps, so that walks get far; and any step at all in between.
LIKELY = st.sampled_from([Step.SUBMITTED, Step.FIRST_APPROVED, Step.SECOND_APPROVED])
LATER = st.sampled_from([Step.PUBLISHED, Step.OBJECTED, Step.DISMISSED, Step.MATURED])
STEPS = st.lists(st.one_of(LIKELY, LATER, st.sampled_from(Step)), max_size=25)


@given(steps=STEPS, second=st.booleans())
def test_no_order_of_steps_leads_astray(steps: list[Step], *, second: bool) -> None:
    walk(properly, steps, second=second)


def test_the_control_is_caught() -> None:
    with pytest.raises(AssertionError):
        walk(carelessly, [Step.SUBMITTED, Step.POSTED], second=False)


def test_a_second_review_cannot_be_skipped() -> None:
    docket, it = Docket(), claim(second=True)
    docket.take(it, Step.SUBMITTED, ACTOR, NOW)
    docket.take(it, Step.FIRST_APPROVED, ACTOR, NOW)
    assert it.state is State.SECOND_REVIEW
    assert not it.allows(Step.PUBLISHED)


def test_every_state_can_be_reached_and_every_step_taken() -> None:
    reached = {
        next_state(state, step, second_needed=second)
        for state, step in TRANSITIONS
        for second in (False, True)
    }
    assert reached == set(State)
    assert {step for _, step in TRANSITIONS} == set(Step)
