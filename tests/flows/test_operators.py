"""Operators: a PIN at their own till or nothing, one answer for all that fails, ended at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from points.audit.reads import Search, search_events
from points.db.engines import open_database
from points.engine import Decision, Engine
from points.flows import desk, guessing, log_in_operator, look_up, set_up_operator
from points.flows.end_session import EndSession
from points.flows.guessing import CountTry
from points.flows.log_in_operator import LogInOperator
from points.flows.operator_sessions import AtTill, EndOperatorSession, operators_of, till_sessions
from points.flows.operator_standing import AddOperator, DisableOperator, EnableOperator
from points.flows.rebuild import rebuild
from points.flows.revoke_key import RevokeKey
from points.flows.set_up_operator import SetUpOperator, TillSetUp
from points.flows.verify import verify
from points.identity.errors import LogInsClosed
from points.identity.keys import ApiKey
from points.identity.roles import Kind, Role
from points.identity.sessions import TILL_IDLE, TILL_LONGEST, read_token
from points.kernel.errors import Refusal
from points.kernel.ids import OutletId, PartnerId
from points.partners.errors import OperatorRefused, OperatorSetUpRefused, PinWeak
from points.partners.operators import SET_UP_LASTS
from points.schema import metadata
from points.unit_of_work import WorkingSet, reading, writing
from tests.flows.market import SHOP, SHOP_2, said
from tests.flows.tills import FROM, PIN, Tills, opened, tills
from tests.flows.town import HERE

CHAIN = PartnerId("YF")


@pytest.fixture
def here(database_url: str) -> Iterator[Tills]:
    with tills(database_url) as found:
        yield found


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Tills]:
    with tills(sqlite_url) as found:
        yield found


def session_of(token: str) -> str:
    read = read_token(token)
    assert read is not None
    return read.session_id


def test_an_operator_chooses_a_pin_once_and_logs_in(here: Tills) -> None:
    code = here.add("07")
    assert here.knock("07") == OperatorRefused()  # nobody has a PIN before they chose one
    first = here.who(opened(here.set_up("07", code)))
    assert here.set_up("07", code) == OperatorSetUpRefused()  # the code is good once
    again = here.who(opened(here.knock(" 07 ")))
    assert first is not None
    assert again is not None
    assert (again.kind, again.subject, again.outlet, again.operator) == (
        Kind.PARTNER,
        "YF",
        SHOP,
        "07",
    )
    assert [each.role for each in again.grants] == [Role.TILL]
    assert again.actor == "partner:YF@YF01:07"
    [listed] = operators_of(here.market.engine, HERE, CHAIN)
    assert (listed.account.active, listed.ready, listed.account.version) == (True, True, 2)


def test_everything_that_fails_sounds_alike(here: Tills) -> None:
    for operator in ("07", "08", "09"):
        here.hire(operator)
    here.hire("07", SHOP_2)
    here.add("10")
    here.submit(DisableOperator, "08")
    answers = [
        here.knock("11"),
        here.knock("10"),
        here.knock("08"),
        here.knock("07", "000000"),
        here.knock("07", "", here.till(SHOP_2)),
        here.knock("09", till=here.till(SHOP_2)),  # another outlet's operator is none
        here.knock("YF01\x00"),
    ]
    assert answers == [OperatorRefused()] * len(answers)


@pytest.mark.parametrize("wrong", ["code", "operator", "late", "disabled"])
def test_setting_up_in_vain_sounds_alike(lite: Tills, wrong: str) -> None:
    code = lite.add("07")
    if wrong == "late":
        lite.market.clock.advance(SET_UP_LASTS)
    if wrong == "disabled":
        lite.submit(DisableOperator, "07")
    given = "0000-0000-0000-0000-0000" if wrong == "code" else code
    asked = "08" if wrong == "operator" else "07"
    assert lite.set_up(asked, given) == OperatorSetUpRefused()


def test_a_weak_pin_costs_no_try(lite: Tills) -> None:
    code = lite.add("07")
    for _ in range(10):
        assert lite.set_up("07", code, "19870412") == PinWeak(because="too_common")
    assert isinstance(lite.set_up("07", code, "correct horse with a shoe"), AtTill)
    assert isinstance(lite.knock("07", "correct horse with a shoe"), AtTill)


def test_a_session_ends_with_the_shift_and_when_nobody_is_there(lite: Tills) -> None:
    token = lite.hire()
    lite.market.clock.advance(TILL_IDLE - timedelta(seconds=1))
    assert lite.who(token)
    lite.market.clock.advance(timedelta(seconds=1))
    assert lite.who(token) is None
    found = lite.knock("07")
    assert isinstance(found, AtTill)
    assert found.session.expires_at - found.session.created_at == TILL_LONGEST


def test_a_session_ends_with_the_tills_key(here: Tills, monkeypatch: pytest.MonkeyPatch) -> None:
    token, till = here.hire(), here.till()
    other = opened(here.knock("07", till=here.till(fresh=True)))
    here.market.town.done(RevokeKey(**here.market.named(key_id=till.key_id)))
    assert here.who(token) is None
    assert here.who(other)
    monkeypatch.setattr(ApiKey, "counts", lambda *_: True)
    assert here.who(token)  # it is the key that shuts it


def test_a_session_ends_with_the_operator(here: Tills) -> None:
    token, beside = here.hire("07"), here.hire("08")
    elsewhere = here.hire("07", SHOP_2)
    here.submit(DisableOperator, "07")
    assert here.who(token) is None
    assert here.who(beside)
    assert here.who(elsewhere)  # the same number at another outlet is somebody else
    assert here.refused(DisableOperator, "07") == "operator_unchanged"
    here.submit(EnableOperator, "07")
    assert here.who(token) is None  # ended is ended
    again = opened(here.knock("07"))
    code = here.reset("07")
    assert here.who(again) is None
    assert here.knock("07") == OperatorRefused()
    assert isinstance(here.set_up("07", code, "592048"), AtTill)
    assert here.refused(EnableOperator, "08") == "operator_unchanged"


def test_an_office_has_its_own_operators_only(here: Tills) -> None:
    token = here.hire()
    stranger = PartnerId("YY")
    session = session_of(token)
    assert here.refused(DisableOperator, "07", firm=stranger) == "outlet_unknown"
    assert here.refused(AddOperator, "9", firm=stranger, set_up_hash="x") == "outlet_unknown"
    assert here.refused(DisableOperator, "08") == "operator_unknown"
    assert here.refused(DisableOperator, "07", outlet=OutletId("YF99")) == "outlet_unknown"
    engine = here.market.engine
    ending = EndOperatorSession(**here.market.named(session_id=session, firm=stranger))
    assert said(engine.submit(ending)) == "not_found"
    assert operators_of(engine, HERE, stranger) == []
    assert [each.session_id for each in till_sessions(engine, HERE, CHAIN)] == [session]
    assert till_sessions(engine, HERE, CHAIN, SHOP_2) == []
    ending = EndOperatorSession(**here.market.named(session_id=session, firm=CHAIN))
    assert engine.submit(ending).refusal is None
    assert here.who(token) is None


def test_nobody_logs_a_colleague_out(lite: Tills) -> None:
    token, colleague = lite.hire("07"), lite.hire("08")
    who = lite.who(token)
    assert who is not None
    for session, operation in ((colleague, "x"), (token, "y")):
        outcome = lite.market.engine.submit(
            EndSession(
                **lite.market.named(actor=who.actor) | {"operation_id": f"{who.actor}:{operation}"},
                session_id=session_of(session),
                kind=who.kind,
                subject=who.subject,
                outlet=who.outlet,
                operator=who.operator,
            )
        )
        assert (outcome.refusal is None) is (session == token)
    assert lite.who(colleague)
    assert lite.who(token) is None


@pytest.mark.parametrize("number", ["张三", "wang-li", "", "1" * 13, "07 08", "abcdefghi1"])
def test_an_operator_is_a_number(lite: Tills, number: str) -> None:
    assert lite.refused(AddOperator, number, set_up_hash="x") == "operator_invalid"


def test_the_counter_asks_for_a_log_in_where_operators_are(here: Tills) -> None:
    shop, voucher = here.market, here.market.voucher()
    assert shop.captured(voucher, "r0", 100, operator="anything")  # none registered: as it was
    here.hire("07")
    here.hire("08")
    by = {"operator": "07", "proven": True}
    assert said(shop.capture(voucher, "r1", 100)) == "operator_session_needed"
    assert said(shop.desk.authorise(shop.till(operator="07"), voucher, "a")) == (
        "operator_session_needed"
    )
    assert said(shop.desk.void(shop.till(), "r0", "v0")) == "operator_session_needed"
    # Nor is one needed past this outlet's own: by the next door nobody takes it back.
    assert said(shop.desk.void(shop.till(SHOP_2), "r0", "v0")) == "capture_unknown"
    assert shop.captured(voucher, "r1", 100, **by)
    assert shop.desk.authorise(shop.till(**by), voucher, "a1").refusal is None
    assert shop.desk.void(shop.till(**by), "r1", "v1").refusal is None
    here.submit(DisableOperator, "07")
    assert said(shop.capture(voucher, "r2", 100, **by)) == "operator_unknown"
    # The outlet beside it has none, and works without.
    assert shop.captured(voucher, "r3", 100, outlet=SHOP_2)


def test_a_bare_key_tries_no_codes(lite: Tills, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stolen key would otherwise learn which codes exist."""
    lite.hire()
    known, unknown = lite.market.voucher(), "TKX1-TC24-9Y1Q-D"
    assert said(lite.market.capture(known, "r1", 100)) == "operator_session_needed"
    assert said(lite.market.capture(unknown, "r2", 100)) == "operator_session_needed"
    monkeypatch.setattr(look_up, "refuse_operator", lambda *_, **__: None)
    assert said(lite.market.capture(unknown, "r3", 100)) == "voucher_unknown"
    assert said(lite.market.capture(known, "r4", 100)) == "operator_session_needed"
    monkeypatch.setattr(desk, "refuse_operator", lambda *_, **__: None)
    assert lite.market.captured(known, "r5", 100)


def test_five_tries_close_an_operator_and_nobody_is_told(here: Tills) -> None:
    here.hire()
    here.hire("08")
    for _ in range(5):
        assert here.knock("07", "000000") == OperatorRefused()
    assert here.knock("07") == OperatorRefused()  # the right one, too late
    assert isinstance(here.knock("08"), AtTill)
    here.market.clock.advance(timedelta(minutes=15))
    assert isinstance(here.knock("07"), AtTill)
    code = here.reset("07")
    for _ in range(6):
        here.set_up("07", "0000-0000-0000-0000-0000")
    assert here.set_up("07", code) == OperatorSetUpRefused()
    here.reset("07")  # the office opens what was closed
    assert isinstance(here.set_up("07", here.reset("07")), AtTill)


def test_a_till_that_guesses_is_closed(lite: Tills) -> None:
    lite.hire()
    for number in range(15):
        assert lite.knock(f"9{number:02}") == OperatorRefused()
    assert isinstance(lite.knock("07"), LogInsClosed)
    assert isinstance(lite.knock("07", till=lite.till(fresh=True)), AtTill)
    for _ in range(30):
        lite.knock("900", till=lite.till(fresh=True))
        lite.knock(f"x{_}", till=lite.till(fresh=True))
    assert isinstance(lite.knock("07", till=lite.till(fresh=True)), LogInsClosed)
    lite.hire("07", SHOP_2)  # another outlet goes on


def test_guards_that_do_not_count_would_be_noticed(sqlite_url: str) -> None:
    def forgetful(_command: CountTry, _on: WorkingSet) -> Decision:
        return {"open": True}

    flows = {CountTry: replace(guessing.FLOW, decide=forgetful)}
    with tills(sqlite_url, flows) as broken:
        broken.hire()
        for _ in range(5):
            broken.knock("07", "000000")
        assert isinstance(broken.knock("07"), AtTill)


@contextmanager
def beside(here: Tills, url: str) -> Iterator[Engine]:
    """Run a second process's engine on the same database."""
    first, database = here.market.engine, open_database(url)
    try:
        with Engine(
            database,
            first._flows,
            clock=first.clock,
            ids=first.ids,
            context=first.context,
        ) as second:
            yield second
    finally:
        database.dispose()


def race(here: Tills, url: str) -> list[AtTill | Refusal]:
    """Let four people choose a PIN with one code at once, on two engines."""
    code, till = here.add("07"), here.till()
    barrier, answers = threading.Barrier(4), list[AtTill | Refusal]()
    with beside(here, url) as second:

        def choose(number: int) -> None:
            engine = (here.market.engine, second)[number % 2]
            given = TillSetUp(till=till, operator="07", code=code, pin=f"80416{number}")
            barrier.wait()
            answers.append(set_up_operator.set_up_operator(engine, given, FROM))

        people = [threading.Thread(target=choose, args=(number,)) for number in range(3, 7)]
        for each in people:
            each.start()
        for each in people:
            each.join()
    return answers


def test_one_code_sets_up_one_pin(here: Tills, database_url: str) -> None:
    answers = race(here, database_url)
    assert sum(isinstance(each, AtTill) for each in answers) == 1
    assert [each for each in answers if isinstance(each, Refusal)] == [OperatorSetUpRefused()] * 3


def test_a_code_that_is_not_used_up_would_be_noticed(sqlite_url: str) -> None:
    def lavish(command: SetUpOperator, on: WorkingSet) -> Decision:
        done = set_up_operator.decide(command, on)
        if isinstance(done, dict) and done["open"]:
            kept = on.operators.credentials[command.seat]
            later = on.now + timedelta(hours=1)
            on.operators.secure(replace(kept, set_up_hash=command.code_hash, set_up_until=later))
        return done

    with tills(sqlite_url, {SetUpOperator: replace(set_up_operator.FLOW, decide=lavish)}) as broken:
        assert sum(isinstance(each, AtTill) for each in race(broken, sqlite_url)) > 1


def test_a_pin_that_was_changed_meanwhile_opens_nothing(lite: Tills) -> None:
    """The hash is verified outside the lock; under it, it must still be the one in force."""
    lite.hire()
    till, now = lite.till(), lite.market.clock.now()
    session = till.session(lite.market.ids.next(), "s", "07", "", "", now)
    stale = LogInOperator(
        **lite.market.named(outlet_id=SHOP, operator_id="07", right=True, pin_hash="of before"),
        session=session,
        guards=(),
    )
    assert lite.market.engine.submit(stale).result == {"open": False}

    def trusting(command: LogInOperator, on: WorkingSet) -> Decision:
        kept = on.operators.credentials[command.seat]
        return log_in_operator.decide(replace(command, pin_hash=kept.pin_hash or ""), on)

    engine = lite.market.engine
    engine._flows = {**engine._flows, LogInOperator: replace(log_in_operator.FLOW, decide=trusting)}
    again = replace(stale, operation_id=lite.market.town.operation())
    assert engine.submit(again).result == {"open": True}


def test_what_happened_is_on_the_trail_and_no_pin_is_anywhere(here: Tills) -> None:
    code = here.add("07")
    token = opened(here.set_up("07", code))
    here.knock("07", "733915")
    here.knock("12", "733915")
    here.reset("07")
    engine = here.market.engine
    with reading(engine.database, HERE) as connection:
        events = search_events(connection, HERE, Search(), limit=100)
        rows = [
            str(tuple(row))
            for table in metadata.sorted_tables
            for row in connection.execute(table.select())
        ]
    told = [(e.action, e.outcome.value, e.actor) for e in events if e.action.endswith("_operator")]
    assert told[::-1] == [
        ("add_operator", "done", "partner:YF"),
        ("set_up_operator", "done", "outlet:YF01:07"),
        ("log_in_operator", "refused", "outlet:YF01"),
        ("log_in_operator", "refused", "outlet:YF01"),
        ("reset_operator", "done", "partner:YF"),
    ]
    kept = "\n".join(rows)
    secret = read_token(token)
    assert secret is not None
    for canary in (PIN, "733915", code, code.replace("-", ""), secret.secret):
        assert canary not in kept
    assert "outlet:YF01:07" in kept  # the look finds what is there


def test_operators_follow_from_their_events(here: Tills) -> None:
    here.hire("07")
    here.hire("08")
    here.submit(DisableOperator, "08")
    engine = here.market.engine
    assert verify(engine, HERE).ok
    with writing(engine.database, HERE) as connection:
        connection.execute(text("UPDATE operator_state SET active = true"))
    found = verify(engine, HERE).first_difference
    assert found is not None
    assert found.place == "operator_state YF01 08"
    rebuild(engine, HERE)
    assert verify(engine, HERE).ok
    assert here.knock("08") == OperatorRefused()
