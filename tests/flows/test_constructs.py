"""Every construct of rules, lived through: filed, scored, put off, taken back, proved."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, delete, select, update

from points import unit_of_work
from points.activities.outcome_store import due_deferrals
from points.activities.outcome_tables import deferral_end, open_deferral, rule_effect, shared_usage
from points.activities.tables import award
from points.activities.verify import rebuild_activities
from points.flows import reconstruct, resume, tell_why
from points.flows.close_year import CloseYear
from points.flows.declare_holiday import DeclareHoliday
from points.flows.rescoring import foresee
from points.flows.verify import verify
from points.kernel.errors import Refusal
from points.kernel.ids import ActivityId, Actor, MemberId
from points.ledger.tables import rating_close
from points.members.reads import members
from tests.flows.constructs import (
    available,
    balance,
    by_rule,
    example_town,
    reverse,
    scored,
    set_clock,
    sound,
    tick,
    took_place,
)
from tests.flows.test_constructs_replay import replayed, stored
from tests.flows.town import Town


@pytest.fixture
def here(module_database_url: str) -> Iterator[Town]:
    with example_town(module_database_url) as it:
        yield it
        sound(it)


def duty(here: Town, member: MemberId, hours: str, when: str) -> str:
    return took_place(here, member, "emergency.duty", {"hours": hours}, when)


def rows(here: Town, table: Table) -> list[dict[str, Any]]:
    wanted = select(table).where(table.c.association_id == here.association)
    with here.engine.reading(here.association) as connection:
        return [dict(row) for row in connection.execute(wanted).mappings()]


def test_what_a_cap_puts_off_is_granted_when_its_window_opens(here: Town) -> None:
    member = here.person()
    set_clock(here, "2026-03-03T20:00")
    activity = duty(here, member, "10", "2026-03-03T08:00")
    assert by_rule(here.score(activity)) == {"DUTY": 30}
    assert tick(here).resumed == 0
    assert balance(here, member) == 30
    set_clock(here, "2026-03-04T00:00")
    later = duty(here, member, "3", "2026-03-04T00:00")
    # The worker grants what waits before what comes in later.
    assert (tick(here).resumed, balance(here, member)) == (1, 60)
    sound(here)
    claim = here.filed(activity).claim
    assert len(claim.transactions) == 2
    assert tick(here).resumed == 0
    # The later shift fitted only in part: its rest waits in turn.
    assert len(rows(here, open_deferral)) == 1
    set_clock(here, "2026-03-05T00:00")
    assert (tick(here).resumed, balance(here, member)) == (1, 65)
    assert rows(here, open_deferral) == []
    awards = {row["activity_id"]: row for row in rows(here, award) if row["calculation"] == 2}
    assert {row["points"] for row in awards.values()} == {50, 15}
    assert awards[later]["ruleset_version"] == 1


def test_what_was_put_off_is_granted_once_and_not_before_its_time(here: Town) -> None:
    member = here.person()
    set_clock(here, "2026-03-03T20:00")
    activity = duty(here, member, "10", "2026-03-03T08:00")
    here.score(activity)
    with here.engine.reading(here.association) as connection:
        (waits,) = due_deferrals(connection, here.association, here.clock.now() + timedelta(days=1))
    fact = here.filed(activity).activity
    command = resume.of(here.association, Actor("system:worker"), fact, waits)
    assert here.refused(replace(command, operation_id=here.operation())) == "deferral_gone"
    set_clock(here, "2026-03-04T00:00")
    nothing = replace(fact, activity_id=ActivityId("none"))
    assert here.refused(replace(command, activity=nothing)) == "not_found"
    again = replace(command, operation_id=here.operation())
    assert here.done(again)["points"] == 20
    # The same operation is answered as before, another one finds nothing to do.
    assert here.done(again)["points"] == 20
    assert here.refused(replace(command, operation_id=here.operation())) == "deferral_gone"
    assert balance(here, member) == 50


def test_a_reversal_takes_back_what_was_put_off_too(here: Town) -> None:
    member = here.person()
    set_clock(here, "2026-03-03T20:00")
    granted, waiting = duty(here, member, "10", "2026-03-03T08:00"), ""
    here.score(granted)
    set_clock(here, "2026-03-04T09:00")
    tick(here)
    waiting = duty(here, member, "10", "2026-03-04T08:00")
    here.score(waiting)
    assert balance(here, member) == 60
    reverse(here, waiting)
    assert (rows(here, open_deferral), balance(here, member)) == ([], 50)
    assert {row["outcome"] for row in rows(here, deferral_end)} == {"resumed", "taken_back"}
    reverse(here, granted)
    assert balance(here, member) == 0
    set_clock(here, "2026-03-09T09:00")
    assert tick(here).resumed == 0
    # All the room is back.
    assert scored(here, member, "emergency.duty", {"hours": 6}, "2026-03-09T08:00") == {"DUTY": 30}


def test_what_caps_leave_nothing_of_is_kept_as_forgone(here: Town) -> None:
    member = here.person()
    set_clock(here, "2026-03-03T22:00")
    scored(here, member, "micro.lesson", {"passed": True}, "2026-03-03T08:00")
    assert scored(here, member, "micro.lesson", {"passed": True}, "2026-03-03T20:00") == {}
    kept = [(row["rule_id"], row["points"], row["forgone"]) for row in rows(here, award)]
    assert sorted(kept) == [("COOLDOWN", 1, 0), ("LESSON", 0, 3), ("LESSON", 3, 0)]


def test_a_branch_shares_one_budget(here: Town) -> None:
    people = [here.person(branch="甲") for _ in range(3)]
    other = here.person(branch="乙")
    fields = {"hours": "2"}
    found = [
        scored(here, each, "mentoring.session", fields, "2026-03-02T09:00")
        for each in (*people, other)
    ]
    assert found == [{"MENTOR": 20}, {"MENTOR": 20}, {"MENTOR": 10}, {"MENTOR": 20}]
    holders = {(row["holder"], row["cap"]): row["points"] for row in rows(here, shared_usage)}
    assert holders == {
        ("branch:甲", "mentor_branch"): 50,
        ("branch:乙", "mentor_branch"): 20,
        ("programme", "mentor_pool"): 70,
    }
    nobody = here.person()
    assert scored(here, nobody, "mentoring.session", fields, "2026-03-02T09:00") == {"MENTOR": 10}
    first = next(
        str(row["activity_id"]) for row in rows(here, award) if row["member_id"] == people[0]
    )
    reverse(here, first)
    again = scored(here, people[2], "mentoring.session", {"hours": "1"}, "2026-03-02T10:00")
    assert again == {"MENTOR": 10}


def test_a_peer_gets_the_points_and_gives_them_back(here: Town) -> None:
    doer, peer = here.person(), here.person()
    fields = {"hours": "2", "mentee": peer}
    activity = took_place(here, doer, "mentoring.session", fields, "2026-03-02T09:00")
    done = here.score(activity)
    assert by_rule(done) == {"MENTOR": 20, "MENTEE": 5}
    assert (balance(here, doer), balance(here, peer)) == (20, 5)
    assert here.filed(activity).claim.peers == (peer,)
    told = next(row for row in rows(here, award) if row["member_id"] == peer)
    read = [each["name"] for each in told["trace"]["read"]]
    assert read == ["event.hours"]
    # The peer's own cap: 8 a month.
    again = {"hours": "1", "mentee": peer}
    assert scored(here, here.person(), "mentoring.session", again, "2026-03-02T10:00") == {
        "MENTOR": 10,
        "MENTEE": 3,
    }
    for nobody in (doer, "01HZZZZZZZZZZZZZZZZZZZZZZZ"):
        named = {"hours": "1", "mentee": nobody}
        assert "MENTEE" not in scored(here, doer, "mentoring.session", named, "2026-03-02T11:00")
    reverse(here, activity)
    assert (balance(here, doer), balance(here, peer)) == (0, 3)


PUBLIC = (
    "    to: event.mentee\n",
    "    to: event.mentee\n    review: {first: system, publicity: P2D}\n",
)
WAITING = (
    "    caps: [duty_day]\n",
    "    caps: [duty_day]\n    review: {first: system, publicity: P2D}\n",
)


def test_what_is_public_matures_for_everybody(module_database_url: str) -> None:
    with example_town(module_database_url, PUBLIC, WAITING) as here:
        doer, peer = here.person(), here.person()
        fields = {"hours": "2", "mentee": peer}
        activity = took_place(here, doer, "mentoring.session", fields, "2026-03-02T09:00")
        late = took_place(here, doer, "emergency.duty", {"hours": "10"}, "2026-03-02T01:00")
        tick(here)
        assert here.state(activity) == here.state(late) == "publicity"
        assert (available(here, doer), available(here, peer)) == (0, 0)
        set_clock(here, "2026-03-03T09:00")
        assert tick(here).resumed == 1
        assert (balance(here, doer), available(here, doer)) == (70, 0)
        set_clock(here, "2026-03-06T09:00")
        assert tick(here).matured == 2
        assert (available(here, doer), available(here, peer)) == (70, 5)
        reverse(here, activity)
        reverse(here, late)
        assert (balance(here, doer), balance(here, peer)) == (0, 0)
        sound(here)


def test_a_bonus_follows_only_a_report_that_was_awarded(here: Town) -> None:
    member, other = here.person(), here.person()
    set_clock(here, "2026-03-05T09:00")
    report = {"source": "grid_platform"}

    def reported(who: MemberId, number: str, day: int, **more: object) -> dict[str, int]:
        when = f"2026-03-0{day}T08:00"
        return scored(
            here, who, "grid.report", {"accepted": True}, when, external_id=number, **report, **more
        )

    assert reported(member, "R1", 3) == {"REPORT": 4, "THANKS": 1, "ACCEPTED": 1}
    assert reported(other, "R2", 3) == {"REPORT": 4, "THANKS": 1, "ACCEPTED": 1}
    # Only the name, and no proof.
    untrusted = took_place(
        here, member, "grid.report", {"accepted": True}, "2026-03-04T08:00",
        external_id="R3", source="grid_platform", trusted=False,
    )  # fmt: skip
    assert by_rule(here.score(untrusted)) == {"THANKS": 1, "ACCEPTED": 1}
    for number, points in (("R1", {"RESOLVED": 2}), ("R2", {}), ("R3", {}), ("R9", {})):
        fields = {"report": number}
        assert scored(here, member, "grid.resolution", fields, "2026-03-05T08:00") == points


def test_streaks_and_once_look_at_what_was_scored(here: Town) -> None:
    member = here.person()
    set_clock(here, "2026-03-20T12:00")
    fields = {"hours": "0", "verified": True}

    def shift(day: str) -> dict[str, int]:
        return scored(here, member, "volunteer.shift", fields, f"2026-03-{day}T09:00")

    assert shift("04") == {"FIRST": 20}
    assert shift("11") == {}
    assert shift("18") == {"STREAK": 5, "HISTORY": 2}
    assert shift("19") == {"HISTORY": 2}
    waiting = took_place(here, member, "volunteer.shift", fields, "2026-02-25T09:00")
    assert shift("03") == {}
    here.score(waiting)
    assert shift("02") == {}


def test_the_kind_of_day_is_kept_with_the_activity(here: Town) -> None:
    member = here.person()
    set_clock(here, "2026-03-05T12:00")
    here.done(here.command(DeclareHoliday, day=date(2026, 3, 4), kind="off", title="厂休"))
    fields = {"hours": "1", "verified": True}
    activity = took_place(here, member, "volunteer.shift", fields, "2026-03-04T09:00")
    here.done(here.command(DeclareHoliday, day=date(2026, 3, 4), kind="plain", title=""))
    assert here.filed(activity).activity.day_kind == "holiday"
    assert by_rule(here.score(activity)) == {"BANDS": 10, "HOLIDAY": 8, "FIRST": 20}
    after = took_place(here, member, "volunteer.shift", fields, "2026-03-04T19:00")
    assert here.filed(after).activity.day_kind == "workday"


def violation(here: Town, member: MemberId, kind: str) -> str:
    activity = took_place(here, member, "conduct.violation", {"kind": kind}, "2026-03-02T08:00")
    assert here.state(activity) == "submitted"
    assert here.approve(activity) == "second_review"
    here.approve(activity, "staff:zhao")
    here.score(activity)
    return activity


def test_a_veto_takes_the_years_stars_and_no_points(here: Town) -> None:
    vetoed, pardoned = here.person(), here.person()
    for member in (vetoed, pardoned):
        scored(
            here, member, "volunteer.shift", {"hours": "2", "verified": True}, "2026-03-02T09:00"
        )
    violation(here, vetoed, "false_report")
    reverse(here, violation(here, pardoned, "false_report"))
    assert balance(here, vetoed, "party.rating") == 20
    set_clock(here, "2027-01-02T09:00")
    close = {"programme": "party", "year": 2026}
    done = here.done(here.command(CloseYear, member_id=vetoed, **close))
    assert (done["stars"], done["vetoed_by"], done["because"]) == (0, "VETO", "虚假申报（VETO）")
    assert "vetoed_by" not in here.done(here.command(CloseYear, member_id=pardoned, **close))
    assert {row["vetoed_by"] for row in rows(here, rating_close)} == {"VETO", None}


def frozen(here: Town, member: MemberId) -> bool:
    with here.engine.reading(here.association) as connection:
        found = members(connection, here.association, [member], here.engine.context)
    return bool(found[member].frozen("party"))


def test_a_freeze_lasts_as_long_as_what_it_is_for(here: Town) -> None:
    member = here.person()
    first, second = violation(here, member, "resale"), violation(here, member, "resale")
    assert frozen(here, member)
    assert [row["froze"] for row in rows(here, rule_effect)] in ([True, False], [False, True])
    reverse(here, first)
    assert frozen(here, member)
    reverse(here, second)
    assert not frozen(here, member)


def test_what_comes_after_its_year_was_closed_is_looked_at(here: Town) -> None:
    member = here.person()
    fields = {"hours": "2", "verified": True}
    first = took_place(here, member, "volunteer.shift", fields, "2026-03-02T09:00")
    here.score(first)
    set_clock(here, "2027-01-02T09:00")
    here.done(here.command(CloseYear, member_id=member, programme="party", year=2026))
    late = took_place(here, member, "volunteer.shift", fields, "2026-12-31T09:00")
    claim = here.filed(late).claim
    assert (here.state(late), "closed_year" in claim.flags) == ("submitted", True)
    here.approve(late)
    done = here.score(late)
    assert by_rule(done) == {"BANDS": 20}
    kept = [row for row in rows(here, award) if row["activity_id"] == late]
    found = {(row["rule_id"], row["measure"]): (row["points"], row["forgone"]) for row in kept}
    assert found["BANDS", "party.rating"] == (0, 20)
    # Scoring again, a back-test, an examination: the year was closed when it was scored.
    (foreseen,) = foresee(here.engine, here.association, [member])
    assert foreseen.recalculation.changed == ()
    made = replayed(here, [member])
    assert made == stored(here, [member])
    assert made[late, "BANDS", "rating"] == (0, 20)
    reverse(here, first)
    tick(here)
    assert balance(here, member, "party.rating") == 0
    assert balance(here, member) == 40


def test_everybodys_past_is_not_read_where_it_is_too_long(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any member may ask why: what would not reach their activity is not read for nothing."""
    member = here.person()
    first, second = (
        took_place(here, member, "emergency.duty", {"hours": "2"}, f"2026-03-0{day}T01:00")
        for day in (1, 2)
    )
    for activity in (first, second):
        here.clock.advance(timedelta(minutes=1))
        here.score(activity)
    read: list[object] = []
    stream = reconstruct.scored_stream

    def counted(*said: Any, **more: Any) -> Any:
        read.append(said)
        return stream(*said, **more)

    monkeypatch.setattr(reconstruct, "scored_stream", counted)
    monkeypatch.setattr(reconstruct, "PAST_MAX", 1)
    for activity, reads in ((first, 1), (second, 0)):
        read.clear()
        found = reconstruct.reconstruct(here.engine, here.association, ActivityId(activity))
        assert isinstance(found, reconstruct.Reconstruction)
        assert (found.sound, found.comparable, len(read)) == (True, bool(reads), reads)

    def costly(*said: object) -> None:
        raise AssertionError(said)

    monkeypatch.setattr(tell_why, "reconstruct", costly)
    found = tell_why.tell_why(here.engine, here.association, here.person(), ActivityId(first))
    assert isinstance(found, Refusal)


def test_what_is_kept_is_proved_and_can_be_rebuilt(here: Town) -> None:
    member = here.person(branch="甲")
    scored(here, member, "mentoring.session", {"hours": "2"}, "2026-03-02T09:00")
    scored(here, member, "emergency.duty", {"hours": "10"}, "2026-03-02T01:00")
    mine = {
        table: table.c.association_id == here.association for table in (shared_usage, open_deferral)
    }
    with unit_of_work.writing(here.engine.database, here.association) as connection:
        connection.execute(update(shared_usage).where(mine[shared_usage]).values(points=1))
        connection.execute(delete(open_deferral).where(mine[open_deferral]))
    found = {
        check.check
        for check in verify(here.engine, here.association).checks
        if check.difference is not None
    }
    assert found == {
        "shared_usage_follows_from_awards",
        "what_waits_is_what_was_put_off_and_not_ended",
    }
    with unit_of_work.writing(here.engine.database, here.association) as connection:
        rebuild_activities(connection, here.association)
    assert len(rows(here, open_deferral)) == 1
