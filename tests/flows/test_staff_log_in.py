"""Logging in: two factors or nothing, each code once, the same answer for everything that fails."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import event, text

from points.audit.model import Origin
from points.engine import Engine
from points.flows import guessing
from points.flows.authenticate import authenticate, touch
from points.flows.end_session import EndSession
from points.flows.guessing import CountTry
from points.flows.list_staff import notices_of
from points.flows.log_in import LoggedIn
from points.flows.own_credentials import (
    begin_factor_change,
    change_password,
    finish_factor_change,
    renew_recovery_codes,
)
from points.flows.prove import prove
from points.flows.set_up_staff import Enrolment, begin_set_up, finish_set_up
from points.flows.staff_standing import DisableStaff
from points.flows.table import FLOWS
from points.identity.errors import LogInRefused, LogInsClosed
from points.identity.passwords import Passwords
from points.identity.roles import Kind
from points.identity.sessions import STAFF_IDLE, STAFF_LONGEST, Binding, Ended, Held
from points.kernel.errors import Refusal
from points.kernel.ids import Ids
from points.schema import metadata
from points.unit_of_work import writing
from tests.flows.staffed import FROM, GOOD, HERE, Staffed, actor, staffed

ELSEWHERE = replace(FROM, address="198.51.100.9")


@pytest.fixture
def here(database_url: str) -> Iterator[Staffed]:
    with staffed(database_url) as found:
        yield found


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Staffed]:
    with staffed(sqlite_url) as found:
        yield found


def test_a_person_sets_up_and_logs_in(here: Staffed) -> None:
    code = here.invite("li", "admin")
    assert isinstance(here.knock("li"), Refusal)  # no account opens before it was set up
    here.tick()
    li = here.set_up("li", code)
    assert len(set(li.recovery)) == 10
    found = here.knock("li")
    assert isinstance(found, LoggedIn)
    who = here.who(found.token)
    assert who is not None
    assert who.actor == "staff:li"
    assert [each.spelled for each in who.grants] == ["admin"]
    assert who.verified_at == here.clock.now()


def test_everything_that_fails_sounds_alike(lite: Staffed) -> None:
    lite.hire("li", "admin")
    lite.hire("wang", "officer", actor=actor("li"))
    lite.invite("zhao", "officer", actor=actor("li"))
    lite.done(DisableStaff, actor("li"), staff_id="wang")
    answers = [
        lite.knock("nobody"),
        lite.knock("zhao"),
        lite.knock("wang"),
        lite.knock("li", password="wrong"),
        lite.knock("li", code="000000"),
        lite.knock("li", password="wrong", code="000000"),
        lite.knock("LI\x00", code="000000"),
    ]
    assert answers == [LogInRefused()] * len(answers)


def test_a_code_is_taken_once(here: Staffed) -> None:
    here.hire("li", "admin")
    code = here.code("li")
    assert isinstance(here.knock("li", code=code), LoggedIn)
    assert here.knock("li", code=code) == LogInRefused()
    here.tick()
    assert here.knock("li", code=code) == LogInRefused()  # nor while it would still be good
    assert isinstance(here.knock("li"), LoggedIn)
    assert here.knock("li", code=here.code("li", -1)) == LogInRefused()  # nor an older one


@pytest.mark.parametrize(("drift", "good"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(lite: Staffed, drift: int, *, good: bool) -> None:
    lite.hire("li", "admin")
    lite.tick(3)
    found = lite.knock("li", code=lite.code("li", drift))
    assert isinstance(found, LoggedIn) is good


def test_of_many_at_once_with_one_code_one_gets_in(here: Staffed) -> None:
    here.hire("li", "admin")
    code, answers = here.code("li"), []
    threads = [
        threading.Thread(target=lambda: answers.append(here.knock("li", code=code)))
        for _ in range(4)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(isinstance(each, LoggedIn) for each in answers) == 1


def test_a_recovery_code_is_good_once(lite: Staffed) -> None:
    li = lite.hire("li", "admin")
    typed = li.recovery[3].replace("-", " ").lower()
    found = lite.knock("li", code=typed)
    assert isinstance(found, LoggedIn)
    assert found.recovery_left == 9
    assert lite.knock("li", code=typed) == LogInRefused()
    assert isinstance(lite.knock("li", code=li.recovery[4]), LoggedIn)


def guess(here: Staffed, times: int, origin: Origin = FROM) -> None:
    for _ in range(times):
        assert here.knock("li", password="wrong", origin=origin) == LogInRefused()


def test_five_failures_close_the_account_and_the_right_one_is_not_told(lite: Staffed) -> None:
    lite.hire("li", "admin")
    guess(lite, 5)
    assert lite.knock("li") == LogInRefused()
    assert lite.knock("li", origin=ELSEWHERE) == LogInRefused()
    lite.clock.advance(timedelta(minutes=15))
    assert isinstance(lite.knock("li"), LoggedIn)


def test_the_pause_grows_and_a_success_ends_it(lite: Staffed) -> None:
    lite.hire("li", "admin")
    guess(lite, 5)
    lite.clock.advance(timedelta(minutes=16))
    guess(lite, 1)
    lite.clock.advance(timedelta(minutes=16))
    assert lite.knock("li") == LogInRefused()  # half an hour now
    lite.clock.advance(timedelta(minutes=15))
    assert isinstance(lite.knock("li"), LoggedIn)
    lite.tick()
    guess(lite, 4)
    assert isinstance(lite.knock("li"), LoggedIn)


def test_many_guesses_at_once_are_counted_all(here: Staffed) -> None:
    """Else whoever asks forty times in the same moment has forty tries."""
    here.hire("li", "admin")
    right = here.code("li")
    threads = [
        threading.Thread(target=lambda: here.knock("li", password="wrong")) for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert here.knock("li", code=right) == LogInRefused()


def test_the_control_without_the_count_the_guesser_gets_in(sqlite_url: str) -> None:
    blind = replace(guessing.FLOW, decide=lambda *_: {"open": True})
    with staffed(sqlite_url, {**FLOWS, CountTry: blind}) as here:
        here.hire("li", "admin")
        guess(here, 40)
        assert isinstance(here.knock("li"), LoggedIn)


def test_an_address_that_tries_many_accounts_is_closed(lite: Staffed) -> None:
    lite.hire("li", "admin")
    for number in range(20):
        assert lite.knock(f"name{number}") == LogInRefused()
    assert isinstance(lite.knock("li"), LogInsClosed)
    assert isinstance(lite.knock("li", origin=ELSEWHERE), LoggedIn)


def test_neighbours_of_version_six_are_one_address(lite: Staffed) -> None:
    lite.hire("li", "admin")
    for number in range(20):
        lite.knock(f"name{number}", origin=replace(FROM, address=f"2001:db8::{number + 1:x}"))
    assert isinstance(
        lite.knock("li", origin=replace(FROM, address="2001:db8::ffff")), LogInsClosed
    )
    assert isinstance(lite.knock("li", origin=replace(FROM, address="2001:db8:1::1")), LoggedIn)


def test_callers_of_version_4_are_not_one_caller(lite: Staffed) -> None:
    lite.hire("li", "admin")
    for number in range(21):
        lite.knock(f"name{number}", origin=replace(FROM, address="::ffff:203.0.113.66"))
    assert isinstance(
        lite.knock("li", origin=replace(FROM, address="::ffff:203.0.113.66")), LogInsClosed
    )
    honest = replace(FROM, address="::ffff:203.0.113.7")
    assert isinstance(lite.knock("li", origin=honest), LoggedIn)


def test_a_name_of_an_association_that_was_made_up_leaves_nothing(lite: Staffed) -> None:
    lite.knock("li")
    with lite.engine.reading(HERE) as connection:
        kept = connection.execute(text("SELECT count(*) FROM log_in_guard")).scalar_one()
    assert kept == 0


def test_old_guards_are_forgotten(lite: Staffed) -> None:
    lite.hire("li", "admin")
    for number in range(4):
        lite.knock(f"name{number}")
    lite.clock.advance(timedelta(days=3))
    lite.knock("another")
    with lite.engine.reading(HERE) as connection:
        names = set(connection.execute(text("SELECT name FROM log_in_guard")).scalars())
    assert len(names) == 3  # the association's, the address's, and this account's


def test_the_same_questions_are_asked_whoever_knocks(lite: Staffed) -> None:
    """Structure, not a clock: as many questions, hashes and commands whatever fails."""
    lite.hire("li", "admin")
    passwords, seen = lite.engine.context.passwords, []
    verify = passwords.verify

    def counting(kept: str | None, password: str) -> bool:
        seen.append("hash")
        return bool(verify(kept, password))

    passwords.verify = counting
    shapes = []

    @event.listens_for(lite.engine.database, "before_cursor_execute")
    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        seen.append(" ".join(statement.split()[:3]))

    for name, more in (
        ("nobody", {}),
        ("li", {"password": "wrong"}),
        ("li", {"code": "000000"}),
    ):
        seen.clear()
        assert lite.knock(name, **more) == LogInRefused()
        shapes.append([each for each in seen if not each.startswith("INSERT INTO log_in_guard")])
    hashes = [shape.count("hash") for shape in shapes]
    assert hashes == [1, 1, 1]
    assert len(shapes[1]) == len(shapes[2])
    # A name that nobody tried before has a guard to be made; nothing else differs.
    assert abs(len(shapes[0]) - len(shapes[1])) <= 1


def test_a_session_ends_when_left_alone_or_after_a_day_of_work(lite: Staffed) -> None:
    lite.hire("li", "admin")
    token = lite.logged_in("li")
    lite.clock.advance(STAFF_IDLE - timedelta(minutes=1))
    assert lite.who(token) is not None
    lite.clock.advance(timedelta(minutes=1))
    assert lite.who(token) is None
    token = lite.logged_in("li")
    who = lite.who(token)
    assert who is not None
    for _ in range(30):  # in use all the time
        touch(lite.engine, HERE, str(who.session))
        lite.clock.advance(STAFF_IDLE - timedelta(minutes=2))
        if lite.clock.now() >= who.verified_at + STAFF_LONGEST:
            break
        assert lite.who(token) is not None
    assert lite.who(token) is None


def test_another_process_sees_at_once_that_a_session_ended(here: Staffed) -> None:
    here.hire("li", "admin")
    token = here.logged_in("li")
    with Engine(
        here.engine.database,
        FLOWS,
        clock=here.clock,
        ids=Ids(here.clock),
        context=here.engine.context,
    ) as other:
        who = authenticate(other, token)
        assert who is not None
        here.done(EndSession, who.actor, session_id=who.session, kind=Kind.STAFF, subject="li")
        assert authenticate(other, token) is None


def test_a_token_opens_only_as_it_is_held(lite: Staffed) -> None:
    lite.hire("li", "admin")
    token = lite.logged_in("li")
    for held in (Held(Binding.COOKIE), Held(Binding.DPOP, "x" * 43)):
        assert authenticate(lite.engine, token, held) is None
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert authenticate(lite.engine, changed) is None
    elsewhere = token.replace("panjin", "elsewhere")
    assert authenticate(lite.engine, elsewhere) is None


def test_a_proof_is_renewed_and_throttled(lite: Staffed) -> None:
    lite.hire("li", "admin")
    token = lite.logged_in("li")
    who = lite.who(token)
    assert who is not None
    lite.clock.advance(timedelta(minutes=6))
    assert prove(lite.engine, who, lite.code("li"), FROM) == lite.clock.now()
    again = lite.who(token)
    assert again is not None
    assert again.verified_at == lite.clock.now()
    assert isinstance(prove(lite.engine, who, lite.code("li"), FROM), Refusal)  # used
    for _ in range(4):
        lite.tick()
        prove(lite.engine, who, "000000", FROM)
    lite.tick()
    assert isinstance(prove(lite.engine, who, lite.code("li"), FROM), Refusal)  # closed
    assert isinstance(lite.knock("li"), LoggedIn)  # the door has a guard of its own


def test_a_new_password_ends_the_other_sessions(lite: Staffed) -> None:
    lite.hire("li", "admin")
    other = lite.logged_in("li")
    who = lite.principal("li")
    fresh = "another horse, another shoe"
    assert change_password(lite.engine, who, "wrong", fresh, FROM) is not None
    assert change_password(lite.engine, who, GOOD, "aaaaaaaaaaaa", FROM) is not None
    assert change_password(lite.engine, who, GOOD, fresh, FROM) is None
    assert lite.who(other) is None
    assert isinstance(lite.knock("li"), Refusal)
    lite.tick()
    assert isinstance(lite.knock("li", password=fresh), LoggedIn)


def test_a_new_second_factor_is_in_force_once_proved(lite: Staffed) -> None:
    li = lite.hire("li", "admin")
    who = lite.principal("li")
    begun = begin_factor_change(lite.engine, who, FROM)
    assert isinstance(begun, Enrolment)
    lite.logged_in("li")  # the old one still is
    assert isinstance(finish_factor_change(lite.engine, who, "000000", FROM), Refusal)
    now = int(lite.clock.now().timestamp())
    codes = finish_factor_change(lite.engine, who, pyotp.TOTP(begun.secret).at(now), FROM)
    assert isinstance(codes, tuple)
    lite.tick()
    assert isinstance(lite.knock("li"), Refusal)
    assert isinstance(lite.knock("li", code=li.recovery[0]), Refusal)  # the old codes went with it
    assert isinstance(lite.knock("li", code=codes[0]), LoggedIn)
    fresh = renew_recovery_codes(lite.engine, who, FROM)
    assert isinstance(fresh, tuple)
    assert isinstance(lite.knock("li", code=codes[1]), Refusal)
    assert isinstance(lite.knock("li", code=fresh[1]), LoggedIn)


def test_a_set_up_code_ends_and_is_good_once(lite: Staffed) -> None:
    code = lite.invite("li", "admin")
    assert isinstance(begin_set_up(lite.engine, HERE, "li", "WRONG-CODE", GOOD, FROM), Refusal)
    assert isinstance(begin_set_up(lite.engine, HERE, "nobody", code, GOOD, FROM), Refusal)
    assert isinstance(finish_set_up(lite.engine, HERE, "li", code, "000000", FROM), Refusal)
    lite.set_up("li", code)
    assert isinstance(begin_set_up(lite.engine, HERE, "li", code, GOOD, FROM), Refusal)
    late = lite.invite("wang", "officer", actor=actor("li"))
    lite.clock.advance(timedelta(hours=72))
    assert isinstance(begin_set_up(lite.engine, HERE, "wang", late, GOOD, FROM), Refusal)


def test_a_reset_takes_everything_away(here: Staffed) -> None:
    here.hire("li", "admin")
    wang = here.hire("wang", "officer", actor=actor("li"))
    token = here.logged_in("wang")
    code = here.reset("wang", actor("li"))
    assert here.who(token) is None
    assert isinstance(here.knock("wang"), Refusal)
    assert isinstance(here.knock("wang", code=wang.recovery[0]), Refusal)
    here.tick()
    here.set_up("wang", code, "yet another horse with shoes")
    assert here.logged_in("wang")


def test_a_hash_at_yesterdays_cost_is_renewed(lite: Staffed) -> None:
    lite.hire("li", "admin")
    before = _hash(lite)
    lite.engine.context = replace(lite.engine.context, passwords=Passwords(memory_kib=16, rounds=1))
    lite.logged_in("li")
    after = _hash(lite)
    assert "m=8," in before
    assert "m=16," in after
    lite.logged_in("li")
    assert _hash(lite) == after


def _hash(here: Staffed) -> str:
    with here.engine.reading(HERE) as connection:
        return str(connection.execute(text("SELECT password_hash FROM credential")).scalar_one())


def test_no_secret_stands_anywhere_in_the_clear(here: Staffed) -> None:
    code = here.invite("li", "admin")
    li = here.set_up("li", code)
    typed = here.code("li")
    token = here.logged_in("li", code=typed)
    here.knock("li", password="a wrong but telling password")
    here.knock("13912345678")
    secrets = {
        *("a wrong but telling password", GOOD, li.secret, token, token.split("_", 3)[3]),
        *(code, code.replace("-", ""), "13912345678", *li.recovery),
    }
    found = dump(here)
    assert "staff:li" in found
    assert not [each for each in secrets if each in found]


def test_the_control_a_secret_in_a_table_is_found(lite: Staffed) -> None:
    lite.hire("li", "admin")
    with writing(lite.engine.database, HERE) as connection:
        connection.execute(text("UPDATE credential SET set_up_hash = 'in the clear'"))
    assert "in the clear" in dump(lite)


def dump(here: Staffed) -> str:
    """Return every value of every table."""
    with writing(here.engine.database, HERE) as connection:
        return "\n".join(
            str(tuple(row))
            for table in metadata.sorted_tables
            for row in connection.execute(text(f'SELECT * FROM "{table.name}"'))  # noqa: S608
        )


def test_failures_and_log_ins_are_on_the_audit_trail(lite: Staffed) -> None:
    lite.hire("li", "admin")
    lite.knock("li", password="wrong")
    lite.knock("nobody")
    lite.logged_in("li")
    with writing(lite.engine.database, HERE) as connection:
        rows = connection.execute(
            text(
                "SELECT actor, subject, outcome, address FROM audit_event "
                "WHERE action = 'log_in' ORDER BY sequence"
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        ("staff:unknown", "li", "refused", FROM.address),
        ("staff:unknown", "", "refused", FROM.address),
        ("staff:li", "li", "done", FROM.address),
    ]


def test_a_new_device_is_told(here: Staffed) -> None:
    here.hire("li", "admin")
    here.logged_in("li")
    here.logged_in("li")
    here.logged_in("li", origin=replace(FROM, device="another browser"))
    told = notices_of(here.engine, here.principal("li"))
    assert [each.said["device"] for each in told] == ["another browser", "a browser"]
    assert Ended.LOGGED_OUT.value not in {each.code for each in told}
