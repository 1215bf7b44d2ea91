"""People are enrolled once, leave and come back, are frozen and thawed; who they are stays apart."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from points.flows.amend import Amend
from points.flows.enrol import Enrol
from points.flows.freeze import Freeze
from points.flows.join import Join
from points.flows.leave import Leave
from points.flows.open_year import OpenYear
from points.flows.thaw import Thaw
from points.kernel.ids import MemberId
from points.ledger.reads import balances
from points.members import reads
from points.members.model import Change, MemberKind, Profile
from tests.flows.town import HERE, Town, civic_context, town

RIDER = Profile(kind=MemberKind.RIDER)
IDENTITY = "11010519491231002X"
NOBODY = MemberId("nobody")


@pytest.fixture
def here(module_database_url: str) -> Iterator[Town]:
    with town(module_database_url) as it:
        yield it


def enrolment(here: Town, **changes: Any) -> Enrol:
    everyday: dict[str, Any] = {"name": "张三", "phone": here.phone(), "profile": RIDER}
    command: Enrol = here.command(Enrol, **(everyday | changes))
    return command


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "name_invalid"),
        ({"name": "名" * 41}, "name_invalid"),
        ({"phone": "1380000"}, "phone_invalid"),
        ({"identity_number": "110105194912310021"}, "identity_invalid"),
        ({"profile": replace(RIDER, probationary=True)}, "status_inconsistent"),
        ({"programmes": ("chess",)}, "programme_unknown"),
    ],
)
def test_who_cannot_be_enrolled(here: Town, changes: dict[str, Any], code: str) -> None:
    assert here.refused(enrolment(here, **changes)) == code


def test_numbers_belong_to_one_member(here: Town) -> None:
    first = enrolment(here, identity_number=IDENTITY, programmes=("party", "health"))
    member = MemberId(here.done(first)["member_id"])
    assert here.refused(enrolment(here, phone=first.phone)) == "phone_taken"
    assert here.refused(enrolment(here, identity_number=IDENTITY)) == "identity_taken"
    with here.engine.reading(HERE) as connection:
        found = reads.by_phones(connection, HERE, [first.phone, "13900000000"], civic_context())
        held = balances(connection, HERE, member, here.clock.now())
    assert {phone: person.member_id for phone, person in found.items()} == {first.phone: member}
    assert sorted(b.measure for b in held) == ["health.wallet", "party.rating", "party.wallet"]


def test_numbers_are_taken_within_one_batch_too(here: Town) -> None:
    first = enrolment(here)
    outcomes = here.engine.submit_many([first, enrolment(here, phone=first.phone)])
    assert outcomes[0].refusal is None
    assert outcomes[1].refusal is not None
    assert outcomes[1].refusal.code == "phone_taken"


def test_who_somebody_is_stands_nowhere_in_the_clear(here: Town) -> None:
    secret = enrolment(here, name="欧阳保密", identity_number=None)
    here.done(secret)
    with here.engine.reading(HERE) as connection:
        sqlite = connection.dialect.name == "sqlite"
        listed = (
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            if sqlite
            else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        tables = [str(row[0]) for row in connection.execute(text(listed))]
        holding = set()
        for table in tables:
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):  # noqa: S608
                if any(said in repr(tuple(row)) for said in (secret.name, secret.phone)):
                    holding.add(table)
    assert "operation" in tables
    assert holding == set()


def test_lists_are_masked(here: Town) -> None:
    command = enrolment(here, name="欧阳娜娜", profile=replace(RIDER, branch="masked"))
    member = here.done(command)["member_id"]
    with here.engine.reading(HERE) as connection:
        listed = reads.page(connection, HERE, civic_context(), branch="masked")
        assert reads.page(connection, HERE, civic_context(), branch="masked", after=member) == []
    assert [(line.name, line.phone) for line in listed] == [
        ("欧**", f"138****{command.phone[-4:]}")
    ]


def test_leaving_and_coming_back(here: Town) -> None:
    member = here.person(("party",))
    again = here.command(Join, member_id=member, programme="party")
    assert here.refused(again) == "already_enrolled"
    assert here.done(here.command(Join, member_id=member, programme="health"))["programmes"] == [
        "health",
        "party",
    ]
    assert here.done(here.command(Leave, member_id=member, programme="party"))["programmes"] == [
        "health"
    ]
    assert here.refused(here.shift(member)) == "not_in_programme"
    assert here.refused(here.command(Leave, member_id=member, programme="party")) == (
        "not_in_programme"
    )
    here.done(here.command(Join, member_id=member, programme="party"))
    assert here.done(here.shift(member))["state"] == "submitted"


def test_a_freeze_has_reason_and_notice_and_ends(here: Town) -> None:
    member = here.person(("party",))
    said = {"member_id": member, "programme": "party", "reason": "核实补录", "notice": "可申诉"}
    assert here.refused(here.command(Thaw, **said)) == "not_frozen"
    assert here.refused(here.command(Freeze, **(said | {"notice": ""}))) == "reason_needed"
    phone = {"reason": "打 138 1234 5678 核实"}
    assert here.refused(here.command(Freeze, **(said | phone))) == "personal_in_text"
    here.done(here.command(Freeze, **said))
    assert here.refused(here.command(Freeze, **said)) == "already_frozen"
    with here.engine.reading(HERE) as connection:
        frozen = reads.members(connection, HERE, [member], civic_context())[member]
        events = reads.history(connection, HERE, member)
    assert frozen.frozen("party")
    assert not frozen.frozen("health")
    assert events[-1].change is Change.FROZEN
    assert events[-1].detail == {"notice": "可申诉"}
    assert here.refused(here.command(Thaw, **(said | {"reason": ""}))) == "reason_needed"
    here.done(here.command(Thaw, **said))
    health = said | {"programme": "health"}
    assert here.refused(here.command(Freeze, **health)) == "not_in_programme"


def test_earning_goes_on_while_frozen(here: Town) -> None:
    member = here.person(("party",))
    said = {"member_id": member, "programme": "party", "reason": "核实", "notice": "可申诉"}
    here.done(here.command(Freeze, **said))
    assert here.done(here.shift(member))["state"] == "submitted"


def test_a_profile_changes_from_now_on(here: Town) -> None:
    member = here.person(("party",), branch="b1")
    before = here.done(here.shift(member))["activity_id"]
    moved = Profile(kind=MemberKind.RIDER, party_member=True, branch="b2")
    here.done(here.command(Amend, member_id=member, profile=moved, reason="转组织关系"))
    after = here.done(here.shift(member, ago=timedelta(days=3)))["activity_id"]
    assert here.filed(before).activity.member["branch"] == "b1"
    assert here.filed(after).activity.member["branch"] == "b2"
    assert here.filed(after).claim.branch == "b2"
    same = here.command(Amend, member_id=member, profile=moved)
    assert here.refused(same) == "nothing_changes"
    odd = here.command(Amend, member_id=member, profile=replace(RIDER, mobile_party_member=True))
    assert here.refused(odd) == "status_inconsistent"
    told = here.command(Amend, member_id=member, profile=RIDER, reason="电话 13812345678")
    assert here.refused(told) == "personal_in_text"


def test_a_years_base_points_are_granted_once(here: Town) -> None:
    member = here.person(("party", "health"))
    with here.engine.reading(HERE) as connection:
        assert member in reads.to_open(connection, HERE, "party", 2026, limit=1000)
    opening = {"member_id": member, "programme": "party", "year": 2026}
    here.done(here.command(OpenYear, **opening))
    assert here.refused(here.command(OpenYear, **opening)) == "year_already_opened"
    assert here.refused(here.command(OpenYear, **(opening | {"year": 2027}))) == "year_not_begun"
    health = opening | {"programme": "health"}
    assert here.refused(here.command(OpenYear, **health)) == "no_base_points"
    chess = opening | {"programme": "chess"}
    assert here.refused(here.command(OpenYear, **chess)) == "programme_unknown"
    outsider = opening | {"member_id": here.person(("health",))}
    assert here.refused(here.command(OpenYear, **outsider)) == "not_in_programme"
    with here.engine.reading(HERE) as connection:
        assert member not in reads.to_open(connection, HERE, "party", 2026, limit=1000)
        held = {
            b.measure: b.available for b in balances(connection, HERE, member, here.clock.now())
        }
        ended = balances(connection, HERE, member, here.clock.now() + timedelta(days=305))
    assert held == {"health.wallet": 0, "party.rating": 60, "party.wallet": 0}
    assert {b.measure: b.available for b in ended}["party.rating"] == 0


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Join, {"programme": "party"}),
        (Leave, {"programme": "party"}),
        (Freeze, {"programme": "party", "reason": "r", "notice": "n"}),
        (Thaw, {"programme": "party", "reason": "r", "notice": "n"}),
        (Amend, {"profile": RIDER}),
        (OpenYear, {"programme": "party", "year": 2026}),
    ],
)
def test_nobody_is_not_found(here: Town, kind: type, said: dict[str, Any]) -> None:
    assert here.refused(here.command(kind, member_id=NOBODY, **said)) == "not_found"


def test_a_programme_must_have_rules(here: Town) -> None:
    member = here.person(("party",))
    assert here.refused(here.command(Join, member_id=member, programme="chess")) == (
        "programme_unknown"
    )
    assert here.refused(
        here.command(Leave, member_id=member, programme="party", reason="13812345678")
    ) == ("personal_in_text")
