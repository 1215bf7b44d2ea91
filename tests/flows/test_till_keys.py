"""Keys of tills: each speaks for its own till, and nobody else speaks under that till's name."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from points import unit_of_work
from points.db.engines import open_database
from points.engine import Decision, Engine, Outcome
from points.flows import desk, issue_key, look_up
from points.flows.issue_key import IssueKey
from points.flows.revoke_key import RevokeKey
from points.flows.rotate_key import RotateKey
from points.flows.table import FLOWS
from points.flows.till_standing import RegisterTill, SwitchTill
from points.flows.verify import verify
from points.identity.keys import fresh_secret, secret_hash
from points.identity.model import Principal
from points.identity.roles import Grant, Kind, Role
from points.identity.store import find_key, list_keys, load_keyring
from points.kernel import canonical
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import OutletId
from points.partners.contracts import Contracts
from points.partners.counter_store import list_tills
from points.partners.counters import RegisteredTill, TillEvent
from points.unit_of_work import Keys, WorkingSet, reading
from tests.flows.market import CANTEEN, SHOP, SHOP_2, Market, market, said
from tests.flows.offline import OFFLINE, Dark, trusting
from tests.flows.test_qr import Phone
from tests.flows.test_redeem_counter import wrong_codes
from tests.flows.tills import opened, tills
from tests.flows.town import HERE, NOON, STAFF

TILL = "pos-1"
OWN: dict[str, Any] = {"device": TILL, "own_key": True}
WAITS, FOR_EVER = 0.5, 600.0
"""For how many seconds a commit waits for what the locks keep away, and for what must come."""
UNDER_ITS_NAME: dict[str, Any] = {"device": TILL}


@dataclass
class Keyed:
    """A market, and short ways to give its tills keys."""

    market: Market
    issued: list[str] = field(default_factory=list)

    def register(self, *names: str, outlet: OutletId = SHOP) -> None:
        for name in names:
            about = self.market.named(outlet_id=outlet, device_id=name)
            self.market.town.done(RegisterTill(**about))

    def switch(self, *, active: bool) -> None:
        about = self.market.named(outlet_id=SHOP, device_id=TILL, active=active)
        self.market.town.done(SwitchTill(**about))

    def ask(self, till: str | None = TILL, outlet: str | None = SHOP, **more: Any) -> IssueKey:
        said: dict[str, Any] = {
            "key_id": self.market.ids.next(),
            "secret_hash": secret_hash(fresh_secret()),
            "grants": (Grant(role=Role.TILL if outlet else Role.PARTNER),),
            "subject": "YF",
            "outlet": outlet,
            "till": till,
        }
        return IssueKey(**self.market.named(**said | more))

    def issue(self, till: str | None = TILL, outlet: str | None = SHOP, **more: Any) -> Outcome:
        outcome = self.market.engine.submit(self.ask(till, outlet, **more))
        if outcome.refusal is None:
            self.issued.append(outcome.result["key_id"])
        return outcome

    def give(self, till: str = TILL) -> str:
        outcome = self.issue(till)
        assert outcome.refusal is None, outcome.refusal
        return self.issued[-1]

    def rotate(self, key_id: str, overlap_seconds: int = 60) -> str:
        more = {"successor_id": self.market.ids.next(), "secret_hash": secret_hash("next")}
        named = self.market.named(key_id=key_id, overlap_seconds=overlap_seconds, **more)
        self.market.town.done(RotateKey(**named))
        return str(more["successor_id"])

    def revoke(self, key_id: str) -> None:
        self.market.town.done(RevokeKey(**self.market.named(key_id=key_id)))

    def till(self, name: str = TILL) -> RegisteredTill:
        with reading(self.market.engine.database, HERE) as connection:
            found = list_tills(connection, HERE, outlet_id=SHOP)
        return next(each for each in found if each.device_id == name)


@contextmanager
def keyed(url: str) -> Iterator[Keyed]:
    with market(url, {**FLOWS, **OFFLINE}, trusting()) as found:
        it = Keyed(found)
        it.register(TILL, "pos-2")
        yield it


@pytest.fixture
def here(database_url: str) -> Iterator[Keyed]:
    with keyed(database_url) as it:
        yield it
        assert verify(it.market.engine, HERE).first_difference is None


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Keyed]:
    with keyed(sqlite_url) as it:
        yield it
        assert verify(it.market.engine, HERE).first_difference is None


# Whose key it may be


def test_a_key_is_bound_to_a_registered_till_of_its_partners_own_outlet(here: Keyed) -> None:
    assert said(here.issue(None, "YF99")) == "outlet_unknown"
    assert said(here.issue(None, SHOP, subject=CANTEEN)) == "outlet_unknown"
    assert said(here.issue(TILL, SHOP, subject=CANTEEN)) == "outlet_unknown"
    assert said(here.issue(TILL, None)) == "outlet_unknown"
    assert said(here.issue("pos-9")) == "not_found"
    assert said(here.issue(TILL, SHOP_2)) == "not_found"  # registered, at another outlet
    here.register("web")
    for name in ("web", "web-01JSESSION"):
        assert said(here.issue(name)) == "till_shared"
    assert not here.till().own_key
    key = here.give()
    with reading(here.market.engine.database, HERE) as connection:
        found = find_key(connection, HERE, key)
        [listed] = list_keys(connection, HERE)
    assert found is not None
    assert (found.principal.outlet, found.principal.till) == (SHOP, TILL)
    assert listed.principal == found.principal
    assert (here.till().version, here.till().active, here.till().own_key) == (2, True, True)
    # A key without a till is the outlet's, as ever.
    assert here.issue(None).refusal is None
    assert here.till().version == 2


def test_a_till_has_one_key_that_counts(here: Keyed) -> None:
    first = here.give()
    assert said(here.issue()) == "till_has_key"
    second = here.rotate(first)
    assert said(here.issue()) == "till_has_key"
    here.market.clock.advance(timedelta(minutes=2))  # the first has ended, its successor has not
    assert said(here.issue()) == "till_has_key"
    here.revoke(second)
    assert here.issue().refusal is None
    assert here.issue("pos-2").refusal is None
    assert (here.till().version, here.till("pos-2").version) == (2, 2)


def given_twice(here: Keyed, url: str, looked: threading.Event, patience: float) -> list[str]:
    """Give a till a key while another one for it was decided on and is not yet committed.

    The first is committed once somebody looked, or as late as the patience is over.
    """
    decided, told = threading.Event(), list[str]()

    def slowly(command: IssueKey, on: WorkingSet) -> Decision:
        done = issue_key.decide(command, on)
        decided.set()
        looked.wait(patience)
        return done

    flows = {**FLOWS, **OFFLINE, IssueKey: replace(issue_key.FLOW, decide=slowly)}
    first, second = here.ask(), here.ask()
    with beside(here, url) as other:
        here.market.engine._flows = flows

        def give() -> None:
            decided.wait()
            outcome = other.submit(second)
            told.append(outcome.refusal.code if outcome.refusal else "won")

        thread = threading.Thread(target=give)
        thread.start()
        outcome = here.market.engine.submit(first)
        thread.join()
    return [outcome.refusal.code if outcome.refusal else "won", *told]


def test_of_two_who_give_a_till_a_key_at_once_one_does(here: Keyed, database_url: str) -> None:
    nobody = threading.Event()
    assert given_twice(here, database_url, nobody, WAITS) == ["won", "till_has_key"]


def test_the_control_keys_read_before_the_locks_give_a_till_two(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, looked, looks = unit_of_work.load, threading.Event(), itertools.count()

    def early(connection: Connection, association: Any, keys: Keys, **more: Any) -> WorkingSet:
        ring = load_keyring(connection, association, keys.identity)
        if keys.identity.tills and next(looks):  # the second of the two
            looked.set()
        on = load(connection, association, keys, **more)
        on.keyring = ring
        return on

    monkeypatch.setattr(unit_of_work, "load", early)
    with keyed(postgres_url) as here:
        assert given_twice(here, postgres_url, looked, FOR_EVER) == ["won", "won"]


def test_a_successor_speaks_for_the_same_till(here: Keyed) -> None:
    second = here.rotate(here.give())
    with reading(here.market.engine.database, HERE) as connection:
        found = find_key(connection, HERE, second)
    assert found is not None
    assert found.principal.till == TILL


def test_a_name_that_was_given_a_key_is_never_free_again() -> None:
    at: dict[str, Any] = {"outlet_id": SHOP, "device_id": TILL, "active": True}
    given = RegisteredTill(**at, version=2, own_key=True)
    contracts = Contracts(tills={(SHOP, TILL): given})
    more: dict[str, Any] = {"version": 3, "actor": STAFF, "recorded_at": NOON}
    with pytest.raises(BrokenInvariant, match="never free again"):
        contracts.till(TillEvent(**at, **more))
    contracts.till(TillEvent(**at, **more, own_key=True))


def test_a_key_of_a_till_has_an_outlet() -> None:
    grants = (Grant(role=Role.PARTNER),)
    with pytest.raises(BrokenInvariant, match="stands in an outlet"):
        Principal(association_id=HERE, kind=Kind.PARTNER, subject="YF", grants=grants, till=TILL)


# Who speaks under its name


def refusals(here: Keyed, code: str, **till: Any) -> Iterator[str]:
    """Ask everything that a till can ask; yield what each is refused with."""
    shop = here.market
    at = shop.till(**till)
    yield said(shop.desk.capture(at, code, shop.ids.next(), 100))
    yield said(shop.desk.authorise(at, code, shop.ids.next()))
    yield said(shop.desk.authorise(at, next(iter(wrong_codes())), shop.ids.next()))
    yield said(shop.desk.void(at, "mine", shop.ids.next()))
    shown = shop.desk.authorise(shop.till(device="pos-2"), code, shop.ids.next())
    name = str(shown.result["authorisation_id"])
    yield said(shop.desk.capture(at, None, shop.ids.next(), 100, authorisation_id=name))
    yield said(shop.desk.release(at, name))
    shop.desk.release(shop.till(device="pos-2"), name)
    yield said(Dark(shop).bring(Dark(shop).token(), shop.ids.next(), **till))


def only_its_own_key_speaks(here: Keyed) -> None:
    code = here.market.voucher()
    here.market.captured(code, "before", 100, **UNDER_ITS_NAME)
    here.give()
    here.market.captured(code, "mine", 100, **OWN)
    assert set(refusals(here, code, **UNDER_ITS_NAME)) == {"till_key_needed"}
    # Its own key does all of it, and the till beside it goes on with the outlet's.
    assert Dark(here.market).bring(Dark(here.market).token(), "d1", **OWN).refusal is None
    assert here.market.desk.authorise(here.market.till(**OWN), code, "a1").refusal is None
    assert here.market.desk.void(here.market.till(**OWN), "mine", "v1").refusal is None
    here.market.captured(code, "beside", 100, device="pos-2")


def test_only_its_own_key_speaks_under_a_tills_name(here: Keyed) -> None:
    only_its_own_key_speaks(here)


@pytest.mark.parametrize("where", [desk, look_up], ids=["commands", "look-ups"])
def test_the_control_a_name_that_is_believed_is_noticed(
    lite: Keyed, monkeypatch: pytest.MonkeyPatch, where: Any
) -> None:
    """Either of the two places that ask, left out."""
    believed = lambda outlet, device, on, *, proven: None  # noqa: ARG005, E731
    monkeypatch.setattr(where, "refuse_device", believed)
    with pytest.raises(AssertionError):
        only_its_own_key_speaks(lite)


def test_nobody_guesses_in_its_name(here: Keyed) -> None:
    """Codes that were tried under a till's name closed it; now they are not even looked at."""
    here.give()
    shop = here.market
    for code, _ in zip(wrong_codes(), range(9), strict=False):
        assert said(shop.desk.authorise(shop.till(**UNDER_ITS_NAME), code, "k")) == (
            "till_key_needed"
        )
    with reading(shop.engine.database, HERE) as connection:
        counted = connection.execute(text("SELECT COUNT(*) FROM failed_attempt")).scalar_one()
    assert counted == 0
    assert shop.captured(shop.voucher(), "r1", 100, **OWN)
    for code, _ in zip(wrong_codes(), range(5), strict=False):
        assert said(shop.desk.authorise(shop.till(**OWN), code, "k")) == "voucher_unknown"
    assert said(shop.capture(shop.voucher(), "r2", 100, **OWN)) == "too_many_attempts"
    assert shop.captured(shop.voucher(), "r3", 100, device="pos-2")


def test_nobody_uses_up_what_it_may_hand_over_without_network(lite: Keyed) -> None:
    dark = Dark(lite.market)
    lite.give()
    for number in range(4):
        brought = dark.bring(dark.token(), f"s{number}", **UNDER_ITS_NAME)
        assert said(brought) == "till_key_needed"
    # What was refused at the door used no number up.
    for number in range(3):
        assert dark.brought(dark.token(), f"s{number}", **OWN)["outcome"] == "captured"
    assert dark.brought(dark.token(), "s3", **OWN)["reason"] == "too_many"


def test_a_till_that_is_switched_off_is_silent_with_its_own_key_too(here: Keyed) -> None:
    here.give()
    code = here.market.voucher()
    here.market.captured(code, "mine", 100, **OWN)
    here.switch(active=False)
    assert here.till().own_key
    assert set(refusals(here, code, **OWN)) == {"till_unknown"}
    assert set(refusals(here, code, **UNDER_ITS_NAME)) == {"till_unknown"}
    here.switch(active=True)
    assert here.till().own_key
    assert said(here.market.capture(code, "r1", 100, **UNDER_ITS_NAME)) == "till_key_needed"
    assert here.market.captured(code, "r1", 100, **OWN)


def test_a_till_that_is_off_may_be_given_its_key_first(lite: Keyed) -> None:
    lite.switch(active=False)
    lite.give()
    assert (lite.till().active, lite.till().own_key) == (False, True)


def test_the_name_stays_reserved_when_the_key_has_ended(here: Keyed) -> None:
    code = here.market.voucher()
    here.revoke(here.give())
    assert said(here.market.capture(code, "r1", 100, **UNDER_ITS_NAME)) == "till_key_needed"
    again = here.issue(expires_at=here.market.clock.now() + timedelta(days=1))
    assert again.refusal is None
    here.market.clock.advance(timedelta(days=2))
    assert said(here.market.capture(code, "r1", 100, **UNDER_ITS_NAME)) == "till_key_needed"
    assert here.issue().refusal is None
    assert here.market.captured(code, "r1", 100, **OWN)


def test_a_clerk_stands_at_the_till_whose_key_let_them_in(database_url: str) -> None:
    with tills(database_url) as shop:
        it = Keyed(shop.market)
        it.register(TILL)
        key_id = it.give()
        shop.keys[SHOP] = replace(shop.till(), key_id=key_id)
        who = shop.who(shop.hire("07"))
        assert who is not None
        assert (who.outlet, who.till, who.operator) == (SHOP, TILL, "07")
        shop.keys.pop(SHOP)
        other = shop.who(opened(shop.knock("07")))
        assert other is not None
        assert (other.outlet, other.till) == (SHOP, None)


# What was asked before


def test_what_was_asked_before_is_answered_as_it_was(here: Keyed) -> None:
    shop, code = here.market, here.market.voucher()
    first = shop.captured(code, "r1", 100, **UNDER_ITS_NAME)
    shown = shop.desk.authorise(shop.till(**UNDER_ITS_NAME), code, "a1").result
    dark, token = Dark(shop), Dark(shop).token()
    handed = shop.clock.now()
    brought = dark.brought(token, "d1", handed_at=handed, **UNDER_ITS_NAME)
    here.give()
    for till in (UNDER_ITS_NAME, OWN):
        again = shop.capture(code, "r1", 100, **till)
        assert (again.replayed, again.result) == (True, first)
        assert shop.desk.authorise(shop.till(**till), code, "a1").result == shown
        assert dark.brought(token, "d1", handed_at=handed, **till) == brought
    # Another request under the same number is none.
    assert said(shop.capture(code, "r1", 200, **OWN)) == "operation_conflict"
    name = str(shown["authorisation_id"])
    done = shop.desk.capture(shop.till(**OWN), None, "r2", 100, authorisation_id=name)
    assert done.refusal is None


def test_a_qr_that_was_captured_before_is_answered_as_it_was(lite: Keyed) -> None:
    shop, shot = lite.market, Phone(lite.market).show()
    first = shop.captured(shot, "r1", 100, **UNDER_ITS_NAME)
    lite.give()
    # Late too, to either key; what is new is for its own alone.
    for minutes in (0, 5):
        shop.clock.advance(timedelta(minutes=minutes))
        for till in (UNDER_ITS_NAME, OWN):
            again = shop.capture(shot, "r1", 100, **till)
            assert (again.replayed, again.result) == (True, first)
    assert said(shop.capture(shot, "r2", 100, **UNDER_ITS_NAME)) == "till_key_needed"


def test_the_control_a_key_that_is_part_of_the_request_is_noticed(
    lite: Keyed, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = canonical._names_and_defaults

    def all_of_them(kind: Any) -> Any:
        return tuple((each.name, each.default) for each in fields(kind))

    monkeypatch.setattr(canonical, "_names_and_defaults", all_of_them)
    with pytest.raises(AssertionError):
        test_what_was_asked_before_is_answered_as_it_was(lite)
    monkeypatch.setattr(canonical, "_names_and_defaults", names)


def test_what_was_handed_over_before_is_brought_back_with_its_own_key(lite: Keyed) -> None:
    dark = Dark(lite.market)
    token, handed = dark.token(), lite.market.clock.now()
    lite.give()
    dark.wait(hours=1)
    refused = dark.bring(token, "d1", handed_at=handed, **UNDER_ITS_NAME)
    assert said(refused) == "till_key_needed"
    assert dark.brought(token, "d1", handed_at=handed, **OWN)["outcome"] == "captured"


# Under the lock


@contextmanager
def beside(here: Keyed, url: str) -> Iterator[Engine]:
    """Run a second process's engine on the same database."""
    first, database = here.market.engine, open_database(url)
    try:
        with Engine(
            database, first._flows, clock=first.clock, ids=first.ids, context=first.context
        ) as second:
            yield second
    finally:
        database.dispose()


def captured_while_a_key_is_given(
    here: Keyed, url: str, needs: Callable[..., None], patience: float
) -> str:
    """Send a capture while a key was decided on and not yet committed; return what came of it."""
    decided, looked = threading.Event(), threading.Event()

    def slowly(command: IssueKey, on: WorkingSet) -> Decision:
        done = issue_key.decide(command, on)
        decided.set()
        looked.wait(patience)
        return done

    here.market.engine._flows = {
        **FLOWS,
        IssueKey: replace(issue_key.FLOW, needs=needs, decide=slowly),
    }
    code, told = here.market.voucher(), list[str]()
    with beside(here, url) as second:
        counter = replace(here.market.desk, engine=second)

        def capture() -> None:
            decided.wait()
            outcome = counter.capture(here.market.till(**UNDER_ITS_NAME), code, "r1", 100)
            told.append(outcome.refusal.code if outcome.refusal else "captured")
            looked.set()

        thread = threading.Thread(target=capture)
        thread.start()
        here.give()
        thread.join()
    return told[0]


def test_a_capture_waits_for_the_key_that_is_being_given(here: Keyed, database_url: str) -> None:
    told = captured_while_a_key_is_given(here, database_url, issue_key.needs, WAITS)
    assert told == "till_key_needed"


def test_the_control_without_the_partners_lock_it_slips_through(postgres_url: str) -> None:
    def loosely(command: IssueKey, keys: Keys) -> None:
        issue_key.needs(command, keys)
        keys.partners.partners.clear()

    with keyed(postgres_url) as here:
        told = captured_while_a_key_is_given(here, postgres_url, loosely, FOR_EVER)
    assert told == "captured"
