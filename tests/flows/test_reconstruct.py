"""Scored once more as life went, an activity comes to what was recorded; a changed award is seen."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from points.activities.model import Award
from points.activities.store import awards_of
from points.activities.tables import award
from points.db.append_only import unprotect
from points.db.engines import open_database
from points.flows.reconstruct import NEVER, NOW, RECORDED, Reconstruction, reconstruct
from points.flows.reverse import Reverse
from points.flows.review import Review, Verdict
from points.kernel.errors import Refusal
from points.kernel.ids import ActivityId, MemberId
from points.rules import Evaluation, EvaluationError
from points.rules import reliving as reliving_module
from tests.flows.test_civic_usage import FIELDS, trial
from tests.flows.town import HERE, Town, town

KINDS = ("micro.lesson", "theme.day", "branch.meeting", "volunteer.shift")
SHIFT = {"hours": "1.5", "verified": True}


@pytest.fixture
def here(database_url: str) -> Iterator[Town]:
    with town(database_url) as it:
        yield it


def recorded(here: Town, member: MemberId, kind: str, hours_ago: float) -> str:
    activity = here.shift(
        member,
        type=kind,
        fields=FIELDS.get(kind, SHIFT),
        ago=timedelta(hours=hours_ago),
        source="feed",
        trusted=True,
    )
    found = here.done(activity)
    activity_id = str(found["activity_id"])
    if found["state"] != "approved":
        here.approve(activity_id)
    return activity_id


def live(here: Town, seed: int, count: int) -> list[str]:
    """Let a random life go on: activities in any order of happening, batches, reversals."""
    chance = random.Random(seed)
    members = [here.person(("party", "health")) for _ in range(2)]
    hours = [2 * n + 0.5 for n in range(200)]  # so that no two shifts share a moment
    chance.shuffle(hours)
    scored: list[str] = []
    while len(scored) < count:
        here.clock.advance(timedelta(hours=2 * chance.randint(0, 3), seconds=1))
        some = [
            recorded(here, chance.choice(members), chance.choice(KINDS), hours.pop())
            for _ in range(chance.randint(1, 3))
        ]
        commands = [here.scoring(each) for each in some]
        assert all(each.refusal is None for each in here.engine.submit_many(commands))
        scored += some
        if chance.random() < 0.3:
            reversed_(here, chance.choice(scored))
    return scored


def reversed_(here: Town, activity: str) -> None:
    claim = here.filed(activity).claim
    reversal = here.command(
        Reverse,
        activity_id=activity,
        member_id=claim.member_id,
        transactions=claim.transactions,
        reason="error",
    )
    here.submit(reversal)  # one that is reversed already is refused


def looked(here: Town, activity: str) -> Reconstruction:
    found = reconstruct(here.engine, HERE, ActivityId(activity))
    assert isinstance(found, Reconstruction)
    return found


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(n, marks=pytest.mark.nightly) for n in range(2, 12))]
)
@pytest.mark.parametrize("rules", ["shipped", "trial"])
def test_everything_comes_to_what_was_recorded(database_url: str, seed: int, rules: str) -> None:
    with town(database_url, context=trial() if rules == "trial" else None) as here:
        awarded = 0
        for activity in live_in(here, seed, rules):
            found = looked(here, activity)
            assert found.basis == RECORDED
            assert found.comparable
            assert found.sound, found.programmes
            awarded += sum(len(each.recorded) for each in found.programmes)
        assert awarded > 5


def live_in(here: Town, seed: int, rules: str) -> list[str]:
    if rules == "shipped":
        return live(here, seed, 24)
    chance = random.Random(seed)
    member, scored = here.person(), []
    for _ in range(24):
        here.clock.advance(timedelta(hours=1))
        kind = chance.choice(KINDS[:3])
        scored.append(recorded(here, member, kind, chance.uniform(0.1, 200)))
        here.score(scored[-1])
        if chance.random() < 0.3:
            reversed_(here, chance.choice(scored))
    return scored


@contextmanager
def as_owner(url: str) -> Iterator[Connection]:
    """Let somebody in who may do anything."""
    database = open_database(url, migrating=True)
    try:
        with database.begin() as connection:
            if connection.dialect.name == "sqlite":
                for statement in unprotect("sqlite", [award.name]):
                    connection.execute(text(statement))
            else:
                connection.execute(text("ALTER TABLE award DISABLE TRIGGER ALL"))
            yield connection
    finally:
        database.dispose()


def awards(here: Town, activity: str) -> list[Award]:
    with here.engine.reading(HERE) as connection:
        return awards_of(connection, HERE, [ActivityId(activity)]).get(ActivityId(activity), [])


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("points = points + 1", "points"),
        ("forgone = forgone + 1", "forgone"),
        ("uses = '[]'", "usage"),
        ("expires_at = NULL", "expiry"),
    ],
)
def test_a_changed_award_is_seen(
    here: Town,
    database_url: str,
    as_superuser: Callable[[str], str],
    change: str,
    what: str,
) -> None:
    """The control: whoever changes an award behind the engine's back is found out."""
    member = here.person()
    activity = recorded(here, member, "volunteer.shift", 5)
    here.score(activity)
    assert looked(here, activity).sound
    with as_owner(as_superuser(database_url)) as connection:
        connection.execute(text(f"UPDATE award SET {change} WHERE measure = 'party.wallet'"))  # noqa: S608 - ours
    found = looked(here, activity)
    assert not found.sound
    (mismatch,) = [each for p in found.programmes for each in p.mismatches]
    assert (mismatch.rule_id, mismatch.measure, mismatch.what) == ("P06", "wallet", what)


def test_a_reversal_that_gives_no_room_back_would_be_seen(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a replay that forgets reversals comes to something else."""
    member = here.person()
    first = recorded(here, member, "theme.day", 30)
    here.score(first)
    here.clock.advance(timedelta(minutes=1))
    reversed_(here, first)
    here.clock.advance(timedelta(minutes=1))
    shifts = [recorded(here, member, "volunteer.shift", 5 + 2 * n) for n in range(2)]
    for shift in shifts[:1]:
        here.score(shift)
    here.clock.advance(timedelta(minutes=1))
    reversed_(here, shifts[0])
    here.clock.advance(timedelta(minutes=1))
    more = [recorded(here, member, "volunteer.shift", 10 + 2 * n) for n in range(3)]
    for shift in more:
        here.score(shift)
    assert all(looked(here, shift).sound for shift in more)
    monkeypatch.setattr(reliving_module._Course, "until", lambda *_: None)
    assert not all(looked(here, shift).sound for shift in more)


def test_what_waits_is_examined_as_of_now(here: Town) -> None:
    member = here.person()
    waiting = str(here.done(here.shift(member))["activity_id"])
    found = looked(here, waiting)
    assert found.basis == NOW
    (party,) = found.programmes
    assert isinstance(party.result, Evaluation)
    assert party.result.totals == {"wallet": 20, "rating": 20}
    assert party.recorded == ()
    assert party.result.trace is not None
    verdict = {"verdict": Verdict.REJECT, "level": "industry", "reason": "没有签到"}
    here.done(here.command(Review, "staff:wang", activity_id=waiting, **verdict))
    rejected = looked(here, waiting)
    assert (rejected.basis, rejected.programmes) == (NEVER, ())
    assert isinstance(reconstruct(here.engine, HERE, ActivityId("none")), Refusal)


def test_what_cannot_be_scored_says_which_rule_fails(database_url: str) -> None:
    with town(database_url, context=trial()) as here:
        activity = recorded(here, here.person(), "lecture.given", 2)
        here.score(activity)
        found = looked(here, activity)
        assert found.basis == NOW
        (party,) = found.programmes
        assert isinstance(party.result, EvaluationError)
        assert (party.result.rule_id, party.result.code) == ("D1", "division_by_zero")


def test_members_have_their_own_past(here: Town) -> None:
    for member in (here.person(), here.person()):
        shifts = [recorded(here, member, "volunteer.shift", 3 + 2 * n) for n in range(3)]
        for shift in shifts:
            here.score(shift)
        assert all(looked(here, shift).sound for shift in shifts)
