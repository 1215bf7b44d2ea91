"""Each purpose is agreed to by itself; taking one back ends what depends on it and nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from points.engine import Flow
from points.flows import give_consent, leaderboard, withdraw_consent
from points.flows.enrol import Enrol
from points.flows.give_consent import GiveConsent
from points.flows.grant import FLOW as GRANT
from points.flows.grant import Grant
from points.flows.join import Join
from points.flows.leaderboard import ListMember
from points.flows.withdraw_consent import WithdrawConsent
from points.kernel.ids import MemberId
from points.ledger.model import Measure
from points.ledger.reads import balances
from points.members.listing import listed
from points.members.model import MemberKind, Profile
from points.privacy.model import How, Notices, Purpose
from points.privacy.reads import consents_of, to_renew
from tests.flows.town import FLOWS, HERE, NOON, Town, civic_context, town

ALL: dict[type, Flow] = FLOWS | {
    GiveConsent: give_consent.FLOW,
    WithdrawConsent: withdraw_consent.FLOW,
    ListMember: leaderboard.FLOW,
    Grant: GRANT,
}


@pytest.fixture
def here(module_database_url: str) -> Iterator[Town]:
    with town(module_database_url, ALL) as it:
        yield it


def said(here: Town, member: str) -> dict[str, tuple[bool, int]]:
    with here.engine.reading(HERE) as connection:
        found = consents_of(connection, HERE, [MemberId(member)])
    return {each.purpose.value: (each.given, each.version) for each in found}


def myself(member: str) -> str:
    return f"member:{member}"


def test_enrolling_attests_the_signed_form(here: Town) -> None:
    member = here.person(("party", "health"))
    assert said(here, member) == {"party": (True, 1), "health": (True, 1)}
    one = here.person(("party",))
    assert said(here, one) == {"party": (True, 1)}
    here.done(here.command(Join, member_id=one, programme="health"))
    assert said(here, one)["health"] == (True, 1)


def test_whoever_joins_by_themselves_agrees_first(here: Town) -> None:
    member = here.person(("party",))
    joining = {"member_id": member, "programme": "health"}
    assert here.refused(here.command(Join, myself(member), **joining)) == "consent_needed"
    agreed = here.command(
        GiveConsent, myself(member), member_id=member, purpose=Purpose.HEALTH, notice=1
    )
    assert here.done(agreed)["programmes"] == ["party"]
    assert here.done(here.command(Join, myself(member), **joining))["programmes"] == [
        "health",
        "party",
    ]


def test_withdrawing_health_leaves_health_alone(here: Town) -> None:
    member = here.person(("party", "health"))
    wallet = Measure("health", "wallet")
    given = {"measure": wallet, "points": 30, "reason": "test"}
    here.done(here.command(Grant, member_id=member, **given))
    before = points(here, member)
    health = {"type": "health.checkup", "fields": {"attended": True}}
    here.done(here.shift(member, **health))
    withdrawn = here.command(
        WithdrawConsent, myself(member), member_id=member, purpose=Purpose.HEALTH
    )
    assert here.done(withdrawn)["programmes"] == ["party"]
    assert (
        points(here, member)
        == before
        == {"health.wallet": 30, "party.rating": 0, "party.wallet": 0}
    )
    assert here.refused(here.shift(member, **health)) == "not_in_programme"
    assert here.done(here.shift(member))["state"] == "submitted"
    again = here.command(WithdrawConsent, myself(member), member_id=member, purpose=Purpose.HEALTH)
    assert here.refused(again) == "consent_unchanged"
    agree = here.command(
        GiveConsent, myself(member), member_id=member, purpose=Purpose.HEALTH, notice=1
    )
    assert here.done(agree)["programmes"] == ["health", "party"]
    assert said(here, member)["health"] == (True, 3)
    assert points(here, member) == before


def points(here: Town, member: str) -> dict[str, int]:
    with here.engine.reading(HERE) as connection:
        held = balances(connection, HERE, MemberId(member), here.clock.now())
    return {each.measure: each.available for each in held}


def test_leaderboards_follow_their_consent(here: Town) -> None:
    member = here.person(("party",))
    here.done(here.command(ListMember, myself(member), member_id=member, listed=True))
    assert said(here, member)["leaderboard"] == (True, 1)
    off = here.command(
        WithdrawConsent, myself(member), member_id=member, purpose=Purpose.LEADERBOARD
    )
    here.done(off)
    assert not on_board(here, member)
    on = here.command(
        GiveConsent, myself(member), member_id=member, purpose=Purpose.LEADERBOARD, notice=1
    )
    here.done(on)
    assert on_board(here, member)
    here.done(here.command(ListMember, myself(member), member_id=member, listed=False))
    assert said(here, member)["leaderboard"] == (False, 4)


def on_board(here: Town, member: str) -> bool:
    with here.engine.reading(HERE) as connection:
        return MemberId(member) in listed(connection, HERE, [MemberId(member)])


def test_whoever_never_agreed_can_object(here: Town) -> None:
    member = here.person(("party",))
    objection = {"member_id": member, "purpose": Purpose.LOCATION}
    here.done(here.command(WithdrawConsent, myself(member), **objection))
    assert said(here, member)["location"] == (False, 1)
    assert here.refused(here.command(WithdrawConsent, **objection)) == "consent_unchanged"


def test_the_notice_in_force_is_the_one_agreed_to(here: Town) -> None:
    member = here.person(("party",))
    contact = {"member_id": member, "purpose": Purpose.CONTACT}
    assert here.refused(here.command(GiveConsent, notice=7, **contact)) == "notice_outdated"
    here.done(here.command(GiveConsent, notice=1, **contact))
    assert here.refused(here.command(GiveConsent, notice=1, **contact)) == "consent_unchanged"
    nobody = contact | {"member_id": "nobody"}
    assert here.refused(here.command(GiveConsent, notice=1, **nobody)) == "not_found"
    assert here.refused(here.command(WithdrawConsent, **nobody)) == "not_found"


def test_nobody_is_enrolled_before_there_is_a_notice(sqlite_url: str) -> None:
    with town(sqlite_url, ALL, replace(civic_context(), notices=Notices())) as here:
        enrolment: dict[str, Any] = {"name": "张三", "phone": here.phone()}
        profile = Profile(kind=MemberKind.RIDER)
        command = here.command(Enrol, profile=profile, programmes=("party",), **enrolment)
        assert here.refused(command) == "notice_missing"
        member = here.done(here.command(Enrol, profile=profile, **enrolment))["member_id"]
        for purpose in Purpose:
            agree = here.command(GiveConsent, member_id=member, purpose=purpose, notice=1)
            assert here.refused(agree) == "notice_missing"
        listing = here.command(ListMember, myself(member), member_id=member, listed=True)
        assert here.refused(listing) == "notice_missing"


def test_a_changed_notice_asks_again_and_stops_nothing(sqlite_url: str) -> None:
    known = civic_context()
    first = known.notices.in_force(Purpose.PARTY, NOON)
    assert first is not None
    renewed = replace(first, version=2, renew=True, effective=date(2026, 3, 1))
    changed = replace(known, notices=Notices((*known.notices.notices, renewed)))
    with town(sqlite_url, ALL) as here:
        member = here.person(("party",))
    with town(sqlite_url, ALL, changed) as here:
        needed = changed.notices.needed(Purpose.PARTY, here.clock.now())
        with here.engine.reading(HERE) as connection:
            assert to_renew(connection, HERE, Purpose.PARTY, needed) == [member]
            assert to_renew(connection, HERE, Purpose.PARTY, needed, after=member) == []
        assert here.done(here.shift(member))["state"] == "submitted"
        agree = here.command(
            GiveConsent, myself(member), member_id=member, purpose=Purpose.PARTY, notice=2
        )
        here.done(agree)
        with here.engine.reading(HERE) as connection:
            assert to_renew(connection, HERE, Purpose.PARTY, needed) == []
            [consent] = consents_of(connection, HERE, [member])
    assert (consent.given, consent.notice) == (True, 2)
    assert How.SELF.value == "self"
