"""Accounts of staff: who may change whose, what nobody has both of, and the glass."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from points.db.checks import Difference
from points.flows import staff_standing, staffing
from points.flows.add_staff import AddStaff
from points.flows.break_glass import BreakGlass
from points.flows.enrol import Enrol
from points.flows.issue_key import IssueKey
from points.flows.list_staff import history, list_staff, notices_of
from points.flows.read_notice import ReadNotice
from points.flows.rebuild import rebuild
from points.flows.rotate_key import RotateKey
from points.flows.sign_on import LinkSignOn
from points.flows.staff_roles import GrantRole, LinkPerson, RevokeRole
from points.flows.staff_standing import DisableStaff, EnableStaff, EndStaffSessions, ResetStaff
from points.flows.verify import VERIFIERS
from points.identity.keys import fresh_secret, secret_hash, spell_key
from points.identity.model import Principal
from points.identity.policy import Action, Needs, admit
from points.identity.roles import STAFF_ROLES, Grant, Kind, Role
from points.identity.segregation import BORROWABLE, CONFLICTING, PERSONS_ONLY, conflict
from points.identity.staff import CONSOLE
from points.identity.verify import verify_identity
from points.kernel.clock import SystemClock
from points.kernel.ids import Ids
from points.members.model import MemberKind, Profile
from points.unit_of_work import snapshot, writing
from points.web.texts import words
from tests.flows.staffed import HERE, Staffed, actor, grants, staffed

LI, WANG = actor("li"), actor("wang")
SOMEBODY = {
    "name": "王五",
    "phone": "13900000001",
    "profile": Profile(kind=MemberKind.RIDER),
}


@pytest.fixture
def both(database_url: str) -> Iterator[Staffed]:
    with staffed(database_url) as found:
        found.hire("li", "admin")
        found.hire("wang", "officer", actor=LI)
        yield found


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Staffed]:
    with staffed(sqlite_url) as found:
        found.hire("li", "admin")
        found.hire("wang", "officer", actor=LI)
        yield found


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Staffed]:
    with staffed(sqlite_url) as found:
        found.hire("li", "admin")
        yield found


def grant(here: Staffed, name: str, role: str, by: str = "li") -> None:
    here.done(GrantRole, actor(by), staff_id=name, grant=grants(role)[0])


def test_roles_follow_at_once_and_to_the_next_request(both: Staffed) -> None:
    token = both.logged_in("wang")
    grant(both, "wang", "reviewer:branch:第一支部")
    assert [each.spelled for each in both.who(token).grants] == [
        "officer",
        "reviewer:branch:第一支部",
    ]
    both.done(RevokeRole, LI, staff_id="wang", grant="officer", reason="轮岗")
    assert [each.spelled for each in both.who(token).grants] == ["reviewer:branch:第一支部"]
    until = both.clock.now() + timedelta(minutes=10)
    both.done(GrantRole, LI, staff_id="wang", grant=Grant(role=Role.TREASURER, until=until))
    assert both.who(token).grants[-1].role is Role.TREASURER
    both.clock.advance(timedelta(minutes=10))
    assert [each.role for each in both.who(token).grants] == [Role.REVIEWER]
    both.done(RevokeRole, LI, staff_id="wang", grant="reviewer:branch:第一支部")
    assert both.who(token) is None  # whoever has no role is nobody here


def test_who_is_disabled_is_out_at_once(here: Staffed) -> None:
    token = here.logged_in("wang")
    here.done(DisableStaff, LI, staff_id="wang", reason="离职")
    assert here.who(token) is None
    assert here.refused(DisableStaff, LI, staff_id="wang") == "staff_unchanged"
    here.done(EnableStaff, LI, staff_id="wang")
    assert here.refused(EnableStaff, LI, staff_id="wang") == "staff_unchanged"
    assert here.who(token) is None  # the session stays ended
    assert here.logged_in("wang")
    token = here.logged_in("wang")
    here.done(EndStaffSessions, LI, staff_id="wang")
    assert here.who(token) is None


def test_nobody_changes_themselves(here: Staffed) -> None:
    for kind, more in (
        (GrantRole, {"grant": grants("officer")[0]}),
        (RevokeRole, {"grant": "admin"}),
        (DisableStaff, {}),
        (EndStaffSessions, {}),
        (LinkPerson, {"person": None}),
        (ResetStaff, {"set_up_hash": "x", "guard": "x"}),
    ):
        assert here.refused(kind, LI, staff_id="li", **more) == "own_roles"


def test_somebody_is_left_who_manages_staff(here: Staffed) -> None:
    here.hire("zhao", "admin", actor=LI)
    here.done(DisableStaff, LI, staff_id="zhao")
    here.done(EnableStaff, LI, staff_id="zhao")
    here.done(DisableStaff, actor("zhao"), staff_id="li")
    # Now zhao is the last one; nobody else may, and the console neither.
    assert here.refused(DisableStaff, CONSOLE, staff_id="zhao") == "not_at_console"
    assert here.refused(RevokeRole, LI, staff_id="zhao", grant="admin") == "last_admin"
    ends = Grant(role=Role.ADMIN, until=here.clock.now() + timedelta(days=1))
    assert here.refused(GrantRole, LI, staff_id="zhao", grant=ends) == "last_admin"
    assert here.refused(DisableStaff, LI, staff_id="zhao") == "last_admin"


def test_two_admins_who_shut_each_other_out_do_not_both(both: Staffed) -> None:
    both.hire("zhao", "admin", actor=LI)
    outcomes = []
    pairs = ((LI, "zhao"), (actor("zhao"), "li"))
    threads = [
        threading.Thread(
            target=lambda who=who, whom=whom: outcomes.append(
                both.submit(DisableStaff, who, staff_id=whom).refusal
            )
        )
        for who, whom in pairs
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(each is None for each in outcomes) == 1
    assert any(
        seat.account.active and seat.account.staff_id in {"li", "zhao"}
        for seat in list_staff(both.engine, HERE)
    )


def test_the_control_without_the_rule_nobody_is_left(
    lite: Staffed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staff_standing, "refuse_last_admin", lambda *_: None)
    lite.hire("zhao", "admin", actor=LI)
    lite.done(DisableStaff, LI, staff_id="zhao")
    lite.done(DisableStaff, actor("zhao"), staff_id="li")
    assert not any(seat.account.active for seat in list_staff(lite.engine, HERE))


def test_the_console_is_for_the_first_admin_and_for_the_last(lite: Staffed) -> None:
    assert (
        lite.refused(AddStaff, CONSOLE, staff_id="sun", grants=grants("officer"), set_up_hash="x")
        == "not_at_console"
    )
    lite.reset("li", CONSOLE)  # the only admin: else the association were shut for ever
    lite.set_up("li", lite.reset("li", CONSOLE))
    lite.hire("zhao", "admin", actor=LI)
    more = {"set_up_hash": "x", "guard": "x"}
    assert lite.refused(ResetStaff, CONSOLE, staff_id="li", **more) == "not_at_console"


@pytest.mark.parametrize("pair", sorted(map(tuple, map(sorted, CONFLICTING))))
def test_nobody_has_both(lite: Staffed, pair: tuple[Role, Role]) -> None:
    both = {"staff_id": "sun", "grants": grants(*pair), "set_up_hash": "x"}
    assert lite.refused(AddStaff, LI, **both) == "roles_conflict"
    lite.invite("sun", pair[0], actor=LI)
    assert lite.refused(GrantRole, LI, staff_id="sun", grant=grants(pair[1])[0]) == "roles_conflict"


def test_two_people_are_enough_for_all_roles() -> None:
    one = {Role.ADMIN, Role.REGISTRAR, Role.REVIEWER, Role.OFFICER, Role.TREASURER}
    other = set(STAFF_ROLES) - one
    assert conflict(one) is None
    assert conflict(other) is None


def test_a_role_that_ended_stands_in_nobodys_way(lite: Staffed) -> None:
    lite.invite("sun", "reviewer", actor=LI)
    until = lite.clock.now() + timedelta(minutes=5)
    lite.done(GrantRole, LI, staff_id="sun", grant=Grant(role=Role.OFFICER, until=until))
    assert (
        lite.refused(GrantRole, LI, staff_id="sun", grant=grants("approver")[0]) == "roles_conflict"
    )
    lite.clock.advance(timedelta(minutes=5))
    grant(lite, "sun", "approver")


def test_a_machine_has_no_role_of_people(lite: Staffed) -> None:
    for role in STAFF_ROLES:
        more = {
            "key_id": lite.engine.ids.next(),
            "secret_hash": "x" * 64,
            "grants": (Grant(role=role),),
            "subject": "robot",
        }
        if role in PERSONS_ONLY:
            assert lite.refused(IssueKey, LI, **more) == "role_needs_person"
        else:
            lite.done(IssueKey, LI, **more)


def borrow(role: Role = Role.OFFICER, minutes: int = 30) -> dict[str, object]:
    return {"staff_id": "li", "role": role, "minutes": minutes, "reason": "系统故障，需立即冻结"}


def test_the_glass_is_broken_for_a_while_and_all_who_watch_hear_of_it(both: Staffed) -> None:
    both.hire("sun", "auditor", actor=LI)
    both.hire("zhao", "privacy", actor=LI)
    token = both.logged_in("li")
    both.done(BreakGlass, LI, **borrow())
    assert [each.spelled for each in both.who(token).grants] == ["admin", "officer"]
    for name in ("sun", "zhao", "li"):
        told = notices_of(both.engine, both.principal(name))
        assert "glass_broken" in {each.code for each in told}, name
    assert "glass_broken" not in {e.code for e in notices_of(both.engine, both.principal("wang"))}
    both.clock.advance(timedelta(minutes=28))
    assert [each.spelled for each in both.who(both.logged_in("li")).grants] == ["admin"]
    assert both.refused(BreakGlass, LI, **borrow()) == "glass_broken"
    both.clock.advance(timedelta(hours=24))
    both.done(BreakGlass, LI, **borrow())


def test_what_cannot_be_borrowed(lite: Staffed) -> None:
    for role in set(STAFF_ROLES) - set(BORROWABLE):
        assert lite.refused(BreakGlass, LI, **borrow(role)) == "not_borrowable"
    assert Role.APPROVER not in BORROWABLE
    for minutes in (0, -1, 61):
        assert lite.refused(BreakGlass, LI, **borrow(minutes=minutes)) == "minutes_invalid"
    assert lite.refused(BreakGlass, LI, **(borrow() | {"reason": " "})) == "reason_needed"
    assert lite.refused(BreakGlass, CONSOLE, **borrow()) == "not_found"


def test_a_notice_is_read_by_whom_it_is_for(both: Staffed) -> None:
    who = both.principal("wang")
    told = notices_of(both.engine, who)[0]
    said = {"staff_id": "wang", "notice_id": told.notice_id}
    assert both.refused(ReadNotice, LI, staff_id="li", notice_id=told.notice_id) == "not_found"
    both.done(ReadNotice, WANG, **said)
    both.done(ReadNotice, WANG, **said)
    assert notices_of(both.engine, who)[0].read_at is not None


def test_a_person_is_linked_to_a_member_who_exists(here: Staffed) -> None:
    assert here.refused(LinkPerson, LI, staff_id="wang", person="0" * 26) == "not_found"
    assert here.refused(LinkPerson, LI, staff_id="nobody", person=None) == "not_found"


def difference(here: Staffed) -> Difference | None:
    """Return the first difference between accounts and what happened to them."""
    assert verify_identity in VERIFIERS
    with snapshot(here.engine.database, HERE) as connection:
        found = [each.difference for each in verify_identity(connection, HERE)]
    return next((each for each in found if each is not None), None)


def test_the_standing_follows_from_the_events(both: Staffed) -> None:
    grant(both, "wang", "treasurer")
    assert difference(both) is None
    forged = text("UPDATE staff_state SET version = version + 1 WHERE staff_id = 'wang'")
    with writing(both.engine.database, HERE) as connection:
        connection.execute(forged)
    found = difference(both)
    assert found is not None
    assert found.check == "accounts_of_staff_follow_from_their_events"
    rebuild(both.engine, HERE)
    assert difference(both) is None
    assert both.logged_in("wang")


def test_an_admin_who_writes_himself_a_role_is_found(both: Staffed) -> None:
    with writing(both.engine.database, HERE) as connection:
        connection.execute(
            text(
                "UPDATE staff_state SET standing = (SELECT standing FROM staff_event e "
                "WHERE e.staff_id = 'li' AND e.version = 1) WHERE staff_id = 'wang'"
            )
        )
    found = difference(both)
    assert found is not None
    assert found.place == "staff_state wang"


def test_what_happened_is_kept(both: Staffed) -> None:
    both.done(DisableStaff, LI, staff_id="wang", reason="离职")
    events = history(both.engine, HERE, "wang")
    assert [(each.change, each.actor, each.reason) for each in events] == [
        ("disabled", "staff:li", "离职"),
        ("added", "staff:li", ""),
    ]
    with (
        pytest.raises(Exception, match=r"append-only|permission denied"),
        writing(both.engine.database, HERE) as connection,
    ):
        connection.execute(text("DELETE FROM staff_event"))
    assert staffing.NO_ACCOUNT.code == "not_found"


def key(subject: str, *roles: str) -> dict[str, Any]:
    """Return what a machine's key is issued with."""
    secret = fresh_secret()
    return {
        "key_id": Ids(SystemClock()).next(),
        "secret_hash": secret_hash(secret),
        "grants": grants(*roles),
        "subject": subject,
    }


def test_a_person_has_one_account(both: Staffed) -> None:
    member = both.done(Enrol, CONSOLE, **SOMEBODY)["member_id"]
    both.done(LinkPerson, LI, staff_id="wang", person=member)
    second = {"grants": grants("approver"), "set_up_hash": "x", "person": member}
    # Who proposes as wang would decide as wang2, and no rule would see that it is one person.
    assert both.refused(AddStaff, LI, staff_id="wang2", **second) == "person_taken"
    both.hire("wang2", "approver", actor=LI)
    assert both.refused(LinkPerson, LI, staff_id="wang2", person=member) == "person_taken"
    both.done(DisableStaff, LI, staff_id="wang")
    both.done(LinkPerson, LI, staff_id="wang2", person=member)
    assert both.refused(EnableStaff, LI, staff_id="wang") == "person_taken"


def test_who_watches_hears_what_an_admin_does_to_accounts(here: Staffed) -> None:
    here.hire("sun", "auditor", actor=LI)
    here.hire("zhou", "officer", actor=LI)
    grant(here, "zhou", "reviewer")
    here.done(ResetStaff, LI, staff_id="zhou", set_up_hash="x", guard="x")
    here.done(DisableStaff, LI, staff_id="zhou", reason="调离")
    here.done(EnableStaff, LI, staff_id="zhou")
    issued = key("feed", "source")
    here.done(IssueKey, LI, **issued)
    next_ = {"successor_id": Ids(SystemClock()).next(), "secret_hash": secret_hash("next")}
    here.done(RotateKey, LI, key_id=issued["key_id"], overlap_seconds=60, **next_)
    member = here.done(Enrol, CONSOLE, **SOMEBODY)["member_id"]
    here.done(LinkPerson, LI, staff_id="zhou", person=member)
    here.done(LinkSignOn, LI, staff_id="zhou", sign_on="li-at-the-issuer")
    told = [each.code for each in notices_of(here.engine, here.principal("sun"))]
    for code in (
        "account_added",
        "roles_changed",
        "account_reset",
        "account_disabled",
        "account_enabled",
        "key_issued",
        "sign_on_linked",
        "person_linked",
    ):
        assert code in told, code
        assert words.NOTICE[code]
    assert told.count("key_issued") == 2  # its successor as well
    # Whoever did it knows.
    mine = {each.code for each in notices_of(here.engine, here.principal("li"))}
    assert mine <= {"new_device"}


def test_no_key_stands_under_the_name_of_a_person(here: Staffed) -> None:
    assert here.refused(IssueKey, LI, **key("wang", "officer")) == "subject_taken"
    said = key("bot", "officer")
    secret = fresh_secret()
    here.done(IssueKey, LI, **said | {"secret_hash": secret_hash(secret)})
    spelled = spell_key(HERE, said["key_id"], secret)
    assert here.who(spelled) is not None
    here.hire("bot", "registrar", actor=LI)
    assert here.who(spelled) is None


def test_no_machine_reviews(here: Staffed) -> None:
    assert here.refused(IssueKey, LI, **key("bot", "reviewer")) == "role_needs_person"
    machine = Principal(
        association_id=HERE, kind=Kind.STAFF, subject="bot", grants=grants("reviewer", "officer")
    )
    for action in (Action.REVIEW_CLAIM, Action.ANSWER_OBJECTION):
        assert admit(machine, action, here.clock.now()).lacking is Needs.PERSON
        person = replace(machine, session="s")
        assert admit(person, action, here.clock.now()).allowed
