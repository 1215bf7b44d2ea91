"""Offline tokens: bounded when issued, honoured once, and every conflict names who bears it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from points.flows import upload_offline
from points.flows.add_partner import AddOutlet
from points.flows.expire_voucher import expire_vouchers
from points.flows.make_contract import MakeContract
from points.flows.rebuild import rebuild
from points.flows.table import FLOWS
from points.flows.till_standing import RegisterTill
from points.flows.verify import verify
from points.kernel.amounts import Fen
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import MemberId, OutletId
from points.offline.model import Bearer, Decision, Reason
from points.offline.token import TokenKeys
from points.partners.model import Cycle
from points.rules import OfflinePolicy
from points.vouchers.model import Counter
from points.vouchers.standing import Standing
from tests.flows.market import HOSPITAL, PHARMACY, SHOP, SHOP_2, WARD, market, republish, said
from tests.flows.offline import KEYS, OFFLINE, POLICY, Dark, darkness, trusting
from tests.flows.test_voucher_life import POLICY as PASSING
from tests.flows.test_voucher_life import Life
from tests.flows.town import HERE


@pytest.fixture
def dark(sqlite_url: str) -> Iterator[Dark]:
    with darkness(sqlite_url) as it:
        yield it


def sound(dark: Dark) -> None:
    verdict = verify(dark.here.engine, HERE)
    assert verdict.first_difference is None, verdict.first_difference


def test_from_token_to_payment_on_both_databases(database_url: str) -> None:
    with darkness(database_url) as dark:
        before = dark.here.pool()
        token, lost = dark.token(), dark.token()
        dark.wait(hours=2)
        handed = dark.here.clock.now()
        dark.wait(hours=30)
        done = dark.brought(token, "r1", 500, handed_at=handed)
        assert (done["outcome"], done["capture"]["owed_fen"]) == ("captured", 500)
        assert dark.bring(token, "r1", 500, handed_at=handed).replayed
        # The reservation of the other ended, and somebody used the voucher elsewhere meanwhile.
        code = dark.here.code({"voucher_id": dark.fact(lost).voucher_id})
        dark.here.captured(code, "e1", 2000, outlet=SHOP_2)
        conflict = dark.brought(lost, "r2", 500, handed_at=handed)
        assert (conflict["bearer"], conflict["reason"]) == ("association", "used_elsewhere")
        [waiting] = dark.queue(waiting=True)
        assert (waiting.use.value_fen, waiting.open) == (500, True)
        paid = dark.here.town.done(dark.ruling(waiting.use.use_id))
        assert paid["amount_fen"] == 500
        assert said(dark.here.engine.submit(dark.ruling(waiting.use.use_id))) == "offline_decided"
        assert dark.queue(waiting=True) == []
        assert len(dark.queue()) == 1
        assert dark.here.pool().spent - before.spent == 500 + 2000 + 500
        sound(dark)
        rebuild(dark.here.engine, HERE)
        sound(dark)


def test_while_a_token_is_out_other_outlets_wait(dark: Dark) -> None:
    _, voucher = dark.draw()
    dark.here.town.done(dark.asked(voucher, hours=4))
    code = dark.here.code({"voucher_id": voucher})
    refused = dark.here.capture(code, "r1", 100, outlet=SHOP_2)
    assert said(refused) == "voucher_in_use"
    assert refused.refusal is not None
    assert refused.refusal.details()["until"] == "2026-03-02T16:00:00+08:00"
    dark.here.captured(code, "r2", 100)
    assert said(dark.here.capture(code, "r3", 100, outlet=SHOP_2)) == "voucher_in_use"
    dark.wait(hours=4)
    dark.here.captured(code, "r4", 100, outlet=SHOP_2)
    sound(dark)


def test_what_was_brought_back_frees_the_rest(dark: Dark) -> None:
    _, voucher = dark.draw()
    token = dark.spelled(dark.here.town.done(dark.asked(voucher))["token_id"])
    dark.brought(token, "r1", 500)
    dark.here.captured(dark.here.code({"voucher_id": voucher}), "r2", 100, outlet=SHOP_2)
    sound(dark)


def test_what_may_be_issued_is_bounded(dark: Dark) -> None:
    _, voucher = dark.draw()
    assert said(dark.issue(voucher, OutletId("CT01"))) == "offline_off"
    assert said(dark.issue(voucher, OutletId("XX01"))) == "outlet_unknown"
    assert said(dark.issue(voucher, WARD)) == "wrong_partner"
    assert said(dark.issue(voucher, member_id=MemberId("somebody"))) == "voucher_unknown"
    wrong = replace(dark.asked(voucher).links, programme="party")
    assert said(dark.issue(voucher, links=wrong)) == "voucher_unknown"
    dark.here.town.done(dark.asked(voucher, hours=1))
    assert said(dark.issue(voucher)) == "offline_out"
    dark.wait(hours=1)
    dark.here.town.done(dark.asked(voucher, hours=99))
    assert dark.held(voucher) is not None
    dark.wait(hours=11)
    assert said(dark.issue(voucher)) == "offline_out"
    dark.wait(hours=1)
    assert said(dark.issue(voucher)) == "offline_too_many"


def test_what_is_worth_too_much_is_not_promised(sqlite_url: str) -> None:
    with darkness(sqlite_url, replace(POLICY, value_fen_max=1_000)) as dark:
        _, item = dark.draw("C05")
        assert said(dark.issue(item, WARD)) == "offline_too_dear"
        _, amount = dark.draw("C12")
        token = dark.spelled(dark.here.town.done(dark.asked(amount))["token_id"])
        over = dark.brought(token, "r1", 1_001)
        assert (over["bearer"], over["reason"]) == ("partner", "over_cap")
        # What a partner bears leaves the token as it was.
        assert dark.brought(token, "r2", 1_000)["outcome"] == "captured"


def agreed(dark: Dark, fen: int, *, days: int = 0) -> None:
    """Let the hospital's contract pay so much for a C05, from today or some days later on."""
    day = dark.here.clock.now().date() + timedelta(days=days)
    terms = {"partner_id": HOSPITAL, "starts_on": day, "cycle": Cycle.MONTH}
    dark.here.town.done(MakeContract(**dark.here.named(**terms, tariff_fen={"C05": fen})))


def test_a_token_is_worth_what_the_contract_pays(sqlite_url: str) -> None:
    with darkness(sqlite_url, replace(POLICY, value_fen_max=2_000)) as dark:
        republish(dark.here, C05={"tariff_fen": {"default": 9_000, HOSPITAL: 1_000}})
        _, cheap = dark.draw("C05")
        token = dark.spelled(dark.here.town.done(dark.asked(cheap, WARD))["token_id"])
        agreed(dark, 1_500)
        # What was at stake when the token went out stays so.
        assert dark.brought(token, "r1", None, outlet=WARD)["capture"]["owed_fen"] == 1_000
        _, dearer = dark.draw("C05")
        token = dark.spelled(dark.here.town.done(dark.asked(dearer, WARD))["token_id"])
        assert dark.brought(token, "r2", None, outlet=WARD)["capture"]["owed_fen"] == 1_500
        agreed(dark, 5_000, days=1)
        dark.wait(days=1)
        _, dear = dark.draw("C05")
        assert said(dark.issue(dear, WARD)) == "offline_too_dear"
        sound(dark)


def test_by_default_nothing_is_issued(sqlite_url: str) -> None:
    with darkness(sqlite_url, OfflinePolicy()) as dark:
        _, voucher = dark.draw()
        assert said(dark.issue(voucher)) == "offline_off"


def test_a_token_ends_with_its_voucher_which_waits_to_be_closed(dark: Dark) -> None:
    _, voucher = dark.draw()
    ends = dark.held(voucher).voucher.valid_until
    dark.here.clock.set(ends - timedelta(hours=2))
    token = dark.spelled(dark.here.town.done(dark.asked(voucher))["token_id"])
    handed = ends - timedelta(hours=1)
    dark.here.clock.set(ends + timedelta(hours=20))
    assert expire_vouchers(dark.here.engine, HERE) == []
    assert dark.brought(token, "r1", 500, handed_at=handed)["outcome"] == "captured"
    [closed] = expire_vouchers(dark.here.engine, HERE)
    assert closed.refusal is None
    sound(dark)


def test_an_item_is_handed_over_once(dark: Dark) -> None:
    token = dark.token("C05", WARD)
    done = dark.brought(token, "r1", None, outlet=WARD)
    assert done["capture"]["state"] == "captured"
    twice = dark.brought(token, "r2", None, outlet=WARD)
    assert (twice["bearer"], twice["reason"], twice["value_fen"]) == ("partner", "used_twice", 4000)
    sound(dark)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"token": "3123"}, Reason.SIGNATURE),
        ({"outlet": SHOP_2}, Reason.WRONG_OUTLET),
        ({"handed": timedelta(hours=13)}, Reason.OUT_OF_TIME),
        ({"handed": timedelta(hours=-1)}, Reason.OUT_OF_TIME),
        ({"fen": None}, Reason.AMOUNT),
        ({"fen": 0}, Reason.AMOUNT),
        ({"fen": 2_001}, Reason.OVER_CAP),
        ({"wait": timedelta(hours=12 + 72)}, Reason.UPLOADED_LATE),
    ],
)
def test_whoever_leaves_a_bound_bears_the_loss(
    dark: Dark, change: dict[str, object], reason: Reason
) -> None:
    token, handed = dark.token(), dark.here.clock.now()
    dark.here.clock.advance(change.get("wait", timedelta(hours=20)))  # type: ignore[arg-type]
    done = dark.brought(
        str(change.get("token", token)),
        "r1",
        change.get("fen", 500),  # type: ignore[arg-type]
        handed_at=handed + change.get("handed", timedelta(minutes=1)),  # type: ignore[operator]
        outlet=change.get("outlet", SHOP),
    )
    assert (done["outcome"], done["reason"]) == ("conflict", reason.value)
    assert done["bearer"] == Bearer.PARTNER.value
    [conflict] = dark.queue(partner_id=PHARMACY)
    assert not conflict.open
    assert dark.queue(waiting=True) == []
    sound(dark)


def test_another_installations_signature_is_none(dark: Dark) -> None:
    token, other = dark.token(), TokenKeys(b"x" * 32)
    fact = dark.fact(token)
    done = dark.brought(other.spell(HERE, fact), "r1")
    assert (done["reason"], done["value_fen"]) == ("signature", 0)
    richer = replace(fact, token_id=dark.here.ids.next(), value_fen=Fen(900))
    lost = dark.brought(KEYS.spell(HERE, richer), "r2", 500)
    # Signed by us, and nobody here knows it: a restored backup, perhaps. The till did no wrong.
    assert (lost["bearer"], lost["reason"], lost["value_fen"]) == ("association", "token_lost", 500)
    refused = dark.here.town.done(dark.ruling(lost["use_id"], Decision.REFUSED))
    assert (refused["amount_fen"], refused["correction_id"]) == (0, None)
    sound(dark)


def test_what_the_outlet_itself_used_meanwhile_is_its_own(dark: Dark) -> None:
    _, voucher = dark.draw()
    token = dark.spelled(dark.here.town.done(dark.asked(voucher))["token_id"])
    dark.here.captured(dark.here.code({"voucher_id": voucher}), "e1", 2000)
    done = dark.brought(token, "r1", 500)
    assert (done["bearer"], done["reason"]) == ("partner", "used_here")


def used_here_and_then_elsewhere(dark: Dark, here: OutletId) -> dict[str, object]:
    """Hand over by a token; one outlet uses a part meanwhile, and another one all of the rest."""
    _, voucher = dark.draw()
    token = dark.spelled(dark.here.town.done(dark.asked(voucher, hours=1))["token_id"])
    handed = dark.here.clock.now()
    dark.wait(hours=2)
    code = dark.here.code({"voucher_id": voucher})
    dark.here.captured(code, f"{here}-1", 500, outlet=here)
    dark.here.captured(code, f"{here}-2", 1500, outlet=SHOP_2)
    done: dict[str, object] = dark.brought(token, f"{here}-3", 600, handed_at=handed)
    return done


def test_what_the_outlet_used_before_another_did_is_its_own(dark: Dark) -> None:
    done = used_here_and_then_elsewhere(dark, SHOP)
    assert (done["bearer"], done["reason"]) == ("partner", "used_here")
    done = used_here_and_then_elsewhere(dark, SHOP_2)
    assert (done["bearer"], done["reason"]) == ("association", "used_elsewhere")
    sound(dark)


def test_what_it_used_before_the_token_was_issued_or_took_back_is_not(dark: Dark) -> None:
    _, voucher = dark.draw()
    code = dark.here.code({"voucher_id": voucher})
    dark.here.captured(code, "b1", 500)
    dark.wait(hours=1)
    token = dark.spelled(dark.here.town.done(dark.asked(voucher, hours=1))["token_id"])
    handed = dark.here.clock.now()
    dark.wait(hours=2)
    dark.here.captured(code, "b2", 100)
    assert dark.here.desk.void(dark.here.till(), "b2", "v2").refusal is None
    dark.here.captured(code, "b3", 1500, outlet=SHOP_2)
    done = dark.brought(token, "b4", 600, handed_at=handed)
    assert (done["bearer"], done["reason"]) == ("association", "used_elsewhere")


def twin(dark: Dark) -> OutletId:
    """Open another outlet of the pharmacy whose name is the first one's."""
    other = OutletId("YF03")
    shop = dark.here.named(partner_id=PHARMACY, outlet_id=other, name=f"{SHOP}店")
    dark.here.town.done(AddOutlet(**shop))
    return other


def used_at_the_twin(dark: Dark) -> dict[str, object]:
    """Hand over by a token whose voucher was used up at the other outlet after its end."""
    _, voucher = dark.draw()
    token = dark.spelled(dark.here.town.done(dark.asked(voucher, hours=1))["token_id"])
    handed = dark.here.clock.now()
    dark.wait(hours=2)
    code = dark.here.code({"voucher_id": voucher})
    dark.here.captured(code, "e1", 2000, outlet=twin(dark))
    done: dict[str, object] = dark.brought(token, "r1", 500, handed_at=handed)
    return done


def test_an_outlet_of_the_same_name_is_another(dark: Dark) -> None:
    done = used_at_the_twin(dark)
    assert (done["bearer"], done["reason"]) == ("association", "used_elsewhere")


def test_the_control_by_name_the_loss_is_laid_on_the_wrong_one(
    dark: Dark, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_name(
        reason: Reason, standing: Standing, counter: Counter, *_: object
    ) -> Reason:  # as it was
        here = standing.captured_outlet == counter.outlet_name
        return Reason.USED_HERE if here else reason

    monkeypatch.setattr(upload_offline, "_closer", by_name)
    assert used_at_the_twin(dark)["bearer"] == "partner"


def test_what_was_taken_back_was_not_used(dark: Dark) -> None:
    _, voucher = dark.draw()
    token = dark.spelled(dark.here.town.done(dark.asked(voucher, hours=1))["token_id"])
    handed, code = dark.here.clock.now(), dark.here.code({"voucher_id": voucher})
    dark.wait(hours=2)
    dark.here.captured(code, "e1", 1_600, outlet=SHOP_2)
    dark.here.captured(code, "e2", 400)
    assert dark.here.desk.void(dark.here.till(), "e2", "v2").refusal is None
    done = dark.brought(token, "r1", 500, handed_at=handed)
    assert (done["bearer"], done["reason"]) == ("association", "used_elsewhere")
    sound(dark)


def test_a_voucher_that_was_closed_is_the_associations_loss(dark: Dark) -> None:
    _, voucher = dark.draw()
    token = dark.spelled(dark.here.town.done(dark.asked(voucher, hours=1))["token_id"])
    handed = dark.here.clock.now()
    dark.wait(hours=2)
    dark.here.captured(dark.here.code({"voucher_id": voucher}), "e1", 1800, outlet=SHOP_2)
    # 200 fen are left, and the till had handed over 500.
    done = dark.brought(token, "r1", 500, handed_at=handed)
    assert (done["bearer"], done["value_fen"]) == ("association", 500)
    sound(dark)


def test_a_till_is_paid_for_so_many_a_day(dark: Dark) -> None:
    tokens = [dark.token() for _ in range(5)]
    for number, token in enumerate(tokens[:3]):
        assert dark.brought(token, f"r{number}")["outcome"] == "captured"
    over = dark.brought(tokens[3], "r3")
    assert (over["bearer"], over["reason"]) == ("partner", "too_many")
    # The day after it begins anew.
    dark.wait(hours=12)
    assert dark.brought(tokens[4], "r4")["outcome"] == "captured"
    sound(dark)


def register(dark: Dark, *names: str) -> None:
    for name in names:
        at = dark.here.named(outlet_id=SHOP, device_id=name)
        dark.here.town.done(RegisterTill(**at))


def renamed(dark: Dark, names: list[str]) -> list[str]:
    """Hand one thing over under each name; return what came of each."""
    return [
        str(done.get("reason", done["outcome"]))
        for number, name in enumerate(names)
        for done in [dark.brought(dark.token(), f"n{number}", device=name)]
    ]


def test_a_till_that_calls_itself_otherwise_gains_nothing(dark: Dark) -> None:
    names = [f"till-{number}" for number in range(4)]
    assert renamed(dark, names) == ["captured"] * 3 + ["too_many"]


def test_registered_tills_are_counted_apart(dark: Dark) -> None:
    register(dark, "pos-1", "pos-2", "web")
    first = renamed(dark, ["pos-1", "pos-1", "pos-1", "pos-1", "pos-2"])
    assert first == ["captured"] * 3 + ["too_many", "captured"]
    names = ["web-a", "web-b", "web-c", "web-d"]
    tokens = [dark.token() for _ in names]
    browsers = [
        dark.brought(token, f"w-{name}", device=name)
        for token, name in zip(tokens, names, strict=True)
    ]
    assert [each["outcome"] for each in browsers] == ["captured"] * 3 + ["conflict"]


def test_what_unregistered_names_handed_over_counts_for_every_till(dark: Dark) -> None:
    assert renamed(dark, ["a", "b"]) == ["captured"] * 2
    register(dark, "pos-1", "pos-2")
    assert dark.brought(dark.token(), "r1", device="pos-1")["outcome"] == "captured"
    for number, name in enumerate(("pos-1", "pos-2", "pos-2")):
        done = dark.brought(dark.token(), f"r-{number}", device=name)
        assert done.get("reason", "") == ("too_many" if number != 1 else "")


def test_the_control_where_a_name_is_believed_a_till_is_paid_without_end(
    dark: Dark, monkeypatch: pytest.MonkeyPatch
) -> None:
    believed = lambda command, device, _: command.device_id == device  # noqa: E731 - as it was
    monkeypatch.setattr(upload_offline, "_same_till", believed)
    assert "too_many" not in renamed(dark, [f"till-{number}" for number in range(4)])


def test_an_unknown_outlet_is_refused_and_a_partners_conflict_is_not_decided(dark: Dark) -> None:
    assert said(dark.bring(dark.token(), "r1", outlet=OutletId("XX01"))) == "outlet_unknown"
    done = dark.brought("3123", "r2")
    ruling = dark.ruling
    with pytest.raises(AssertionError):
        ruling(done["use_id"])


def test_the_control_a_token_that_is_not_spent_is_paid_twice(
    dark: Dark, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = dark.token()
    dark.brought(token, "r1", 500)
    monkeypatch.setattr(
        upload_offline, "_partners_fault", lambda *_: None
    )  # nobody looks whether it is spent
    with pytest.raises(Exception, match=r"(?i)unique|Unavailable|IntegrityError"):
        dark.bring(token, "r2", 500)


def test_facts_check_themselves(dark: Dark) -> None:
    done = dark.brought("3123", "r1")
    [conflict] = dark.queue()
    assert conflict.use.use_id == done["use_id"]
    with pytest.raises(BrokenInvariant):
        replace(conflict.use, reason=Reason.NONE)


def test_what_may_still_be_brought_back_is_passed_on_to_nobody(sqlite_url: str) -> None:
    """The receiver would find used up what a till hands in a day after its token ended."""
    known = replace(trusting(), vouchers=PASSING)
    with market(sqlite_url, {**FLOWS, **OFFLINE}, known) as here:
        dark, life, other = Dark(here), Life(here, "C12"), here.member()
        here.town.done(dark.asked(life.voucher, hours=1))
        dark.wait(hours=2)
        assert said(life.reassign(other)) == "voucher_in_use"
        dark.wait(hours=POLICY.upload_hours)
        assert life.reassign(other).refusal is None
