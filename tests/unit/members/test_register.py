"""The register in memory: what happens is an event, and the member follows from the events."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from points.kernel.errors import BrokenInvariant
from points.kernel.ids import Actor, MemberId
from points.members.model import Change, Member, MemberEvent, MemberKind, Personal, Profile, Role
from points.members.register import Register
from points.rules import member_snapshot
from points.vault.keychain import Keychain, Vault
from points.vault.masters import MasterKeys

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
STAFF = Actor("staff:li")
RIDER = Profile(kind=MemberKind.RIDER, roles=frozenset({Role.PIONEER}))


KEYS = Keychain(SimpleNamespace(vault=Vault(MasterKeys.of(b"m" * 32))), "panjin")


def joined(register: Register) -> Member:
    personal = Personal(member_id=MemberId("M1"), name="张三", phone="13800001111")
    return register.join(personal, RIDER, None, STAFF, NOW)


def test_facts_are_what_rules_read() -> None:
    facts = RIDER.facts()
    assert facts == {
        "kind": "rider",
        "party_member": False,
        "mobile_party_member": False,
        "probationary": False,
        "roles": ["pioneer"],
    }
    assert member_snapshot(facts)["roles"] == ("pioneer",)
    full = replace(RIDER, branch="b1", grid="g1", party_member=True, mobile_party_member=True)
    assert Profile.of({"branch": None, "grid": None} | full.facts()) == full


@pytest.mark.parametrize(
    ("changes", "consistent"),
    [
        ({}, True),
        ({"mobile_party_member": True}, False),
        ({"probationary": True}, False),
        ({"party_member": True, "probationary": True}, True),
    ],
)
def test_mobile_and_probationary_need_a_party_member(
    changes: dict[str, bool], *, consistent: bool
) -> None:
    assert replace(RIDER, **changes).consistent is consistent


def test_a_life_is_a_sequence_of_events() -> None:
    register = Register(keychain=KEYS)
    member = joined(register)
    register.enrol(member, "party", STAFF, NOW)
    register.freeze(member, "party", STAFF, NOW, "核实中", "可申诉")
    assert member.frozen("party")
    register.thaw(member, "party", STAFF, NOW, "已核实", "恢复")
    register.open_year(member, "party", 2026, STAFF, NOW)
    register.leave(member, "party", STAFF, NOW, "")
    assert member.programmes == frozenset()
    register.enrol(member, "party", STAFF, NOW)
    assert member.programmes == {"party"}
    assert member.enrolments["party"].opened_year == 2026
    register.amend(member, replace(RIDER, grid="g2"), STAFF, NOW, "")
    assert [event.change for event in register.events] == [
        Change.JOINED,
        Change.ENROLLED,
        Change.FROZEN,
        Change.THAWED,
        Change.YEAR_OPENED,
        Change.LEFT,
        Change.ENROLLED,
        Change.AMENDED,
    ]
    assert [event.version for event in register.events] == list(range(1, 9))
    assert register.changes() == 8


def test_no_event_holds_who_somebody_is() -> None:
    register = Register(keychain=KEYS)
    joined(register)
    assert "张三" not in repr(register.events)
    assert "13800001111" not in repr(register.events)


def test_promises_are_checked() -> None:
    register = Register(keychain=KEYS)
    member = joined(register)
    register.enrol(member, "party", STAFF, NOW)
    with pytest.raises(BrokenInvariant):
        register.enrol(member, "party", STAFF, NOW)
    with pytest.raises(BrokenInvariant):
        joined(register)
    with pytest.raises(BrokenInvariant):
        MemberEvent(
            member_id=MemberId("M1"),
            version=0,
            change=Change.JOINED,
            actor=STAFF,
            recorded_at=NOW,
        )
