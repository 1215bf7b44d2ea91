"""The client against a real server: every call, and answers that get lost."""

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from points.client import (
    AsyncClient,
    Client,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Retry,
    Unauthenticated,
    Unreachable,
    calls,
)
from points.flows.record import Record
from points.identity.roles import Kind
from points.kernel.ids import MemberId
from tests.api.market import give, named, open_market, redeem
from tests.api.served import served
from tests.client.live import Live, Losing, live
from tests.flows import drafts

AT_ONCE = Retry(attempts_max=3, first_seconds=0.0)


@pytest.fixture(scope="module")
def server(module_sqlite_url: str) -> Iterator[Live]:
    with served(module_sqlite_url) as here:
        open_market(here)
        with live(here) as running:
            yield running


@pytest.fixture
def staff(server: Live) -> Iterator[Client]:
    with Client(server.url, server.key(Kind.STAFF, "li"), retry=AT_ONCE) as client:
        yield client


def losing(server: Live, kind: Kind, subject: str, lose: int, **more: Any) -> tuple[Client, Losing]:
    transport = Losing(lose)
    key = server.key(kind, subject, **more)
    return Client(server.url, key, retry=AT_ONCE, transport=transport), transport


def shift(server: Live, member_id: str, number: str) -> dict[str, Any]:
    at = server.here.clock.now() - timedelta(days=1)
    fields = {"hours": "2", "verified": True}
    return calls.activity(number, "volunteer.shift", at, fields, member_id=member_id)


def test_members_and_accounts(server: Live, staff: Client) -> None:
    enrolled = staff.enrol("周八", "13600000001", "courier", programmes=["health"], branch="甲支部")
    member_id = enrolled.member_id
    give(server.here, member_id, 40)
    assert staff.member(member_id).branch == "甲支部"
    with Client(server.url, server.key(Kind.MEMBER, member_id)) as own:
        me = own.me().member
        assert me is not None
        assert me.name == "周八"
        held = {each.measure: each.available for each in own.balances(member_id).balances}
        assert held == {"health.wallet": 40}
        page = own.lines(member_id, "health.wallet", limit=10)
        assert [line.points for line in page.items] == [40]
        assert own.expiring(member_id, "health.wallet").expiring == []
        assert own.explain(member_id, page.items[0].transaction_id).reason == "test"


def test_activities_and_claims(server: Live, staff: Client) -> None:
    member_id = server.here.person()
    source_key = server.key(Kind.SOURCE, "venue_qr")
    with Client(server.url, source_key, feed_secret=server.signer) as source:
        first = source.record(shift(server, member_id, "c-1"))
        batch = source.record_batch(
            [shift(server, member_id, "c-1"), shift(server, "NOBODY", "c-2")]
        )
    assert (first.duplicate, batch.duplicates, batch.refused) == (False, 1, 1)
    assert batch.items[1].refused is not None
    assert batch.items[1].refused.code == "not_found"
    other = server.here.person()
    with Client(server.url, server.key(Kind.MEMBER, other)) as own:
        at = server.here.clock.now() - timedelta(days=2)
        filed = own.file_claim("volunteer.shift", at, {"hours": "1", "verified": True}, note="社区")
        assert own.claim(filed.activity_id).steps[0].step == "submitted"
    assert filed.activity_id in [each.activity_id for each in staff.claims(limit=200).items]
    assert staff.review(filed.activity_id, "approve").state == "approved"


def test_trade(server: Live, staff: Client) -> None:
    member_id = server.here.person()
    give(server.here, member_id, 500)
    with Client(server.url, server.key(Kind.MEMBER, member_id), language="en") as own:
        assert next(r for r in own.rewards().items if r.reward_id == "C12").price == 100
        assert own.quote("C12", "health").allowed
        drawn = own.redeem("C12", "health")
        assert own.voucher(drawn.voucher_id).last4 == drawn.codes.code.replace("-", "")[8:12]
        assert [v.voucher_id for v in own.vouchers().items] == [drawn.voucher_id]
    till = server.key(Kind.PARTNER, "KM", outlet="KM01")
    with Client(server.url, till) as counter:
        good = counter.authorise(drawn.codes.code)
        assert good.remaining_fen == 2000
        done = counter.capture(drawn.codes.digits, "k-1", amount_fen=1200)
        assert (done.owed_fen, done.remaining_fen) == (1200, 800)
        assert counter.find_capture("k-1").capture_id == done.capture_id
        assert counter.void("k-1", "kv-1").owed_fen == -1200
        counter.capture(drawn.codes.code, "k-2", amount_fen=500)
    with Client(server.url, server.key(Kind.PARTNER, "KM")) as partner:
        draft = partner.draft_statement(date(2026, 3, 2))
        assert (draft.total_fen, len(draft.lines)) == (500, 3)
        now = server.here.clock.now()
        server.here.clock.advance(timedelta(days=40))
        drawn = staff.draw_up_statement("KM", date(2026, 3, 2))
        server.here.clock.set(now)
        assert [s.statement_id for s in partner.statements().items] == [drawn.statement_id]
        assert partner.statement(drawn.statement_id).total_fen == 500
        lines = partner.statement_lines(drawn.statement_id).items
        assert sum(line.amount_fen for line in lines) == 500
        assert partner.verify_statement(drawn.statement_id).ok
        partner.dispute_line(drawn.statement_id, 3, 600, "amount_wrong")
        assert partner.statement_disputes(drawn.statement_id).items[0].claims_fen == 600
        done = partner.confirm_statement(drawn.statement_id)
        assert (done.state, done.payable_fen) == ("disputed", 0)
        steps = partner.statement_events(drawn.statement_id).items
        assert [(each.step, each.side) for each in steps] == [
            ("disputed", "partner"),
            ("confirmed", "partner"),
        ]
        assert [each.partner_id for each in partner.partners().items] == ["KM"]
    made = staff.make_contract("KM", date(2026, 4, 15), "month", fee={"basis_points": 60})
    assert staff.partner_contracts("KM").items[-1].version == made.version == 1


def test_errors_are_typed(server: Live, staff: Client) -> None:
    with pytest.raises(NotFound) as unknown:
        staff.balances("NOBODY")
    assert (unknown.value.status, unknown.value.code) == (404, "not_found")
    with pytest.raises(Invalid) as invalid:
        staff.enrol("吴九", "12", "courier")
    assert invalid.value.code == "phone_invalid"
    poor = server.here.person()
    with Client(server.url, server.key(Kind.MEMBER, poor)) as own, pytest.raises(Conflict) as short:
        own.redeem("C12", "health")
    assert short.value.details["available"] == 0
    with pytest.raises(Forbidden):
        staff.redeem("C12", "health")
    with Client(server.url, "pk_nonsense") as nobody, pytest.raises(Unauthenticated):
        nobody.me()


def test_lost_answers_have_one_effect(server: Live) -> None:
    client, way = losing(server, Kind.STAFF, "li", lose=2)
    with client:
        enrolled = client.enrol("郑十", "13600000010", "rider", programmes=["health"])
    assert way.asked == 3
    assert enrolled.member_id
    give(server.here, enrolled.member_id, 100)
    client, way = losing(server, Kind.MEMBER, enrolled.member_id, lose=1)
    with client:
        drawn = client.redeem("C12", "health")
        assert [v.voucher_id for v in client.vouchers().items] == [drawn.voucher_id]
    client, way = losing(server, Kind.PARTNER, "YF", lose=2, outlet="YF01")
    with client:
        done = client.capture(drawn.codes.code, "lost-1", amount_fen=2000)
        assert client.find_capture("lost-1").capture_id == done.capture_id
    assert way.asked == 4


def test_without_its_key_a_repeated_request_would_have_two_effects(server: Live) -> None:
    """The control: the same loss, repeated by hand under fresh keys."""
    member_id = server.here.person()
    give(server.here, member_id, 300)
    assert (
        redeem(server.here, member_id, idempotency_key="a").json()
        != redeem(server.here, member_id, idempotency_key="b").json()
    )
    held = server.here.member(member_id, "GET", "/v1/vouchers").json()["items"]
    assert len(held) == 2


def test_an_unknown_outcome_can_be_cleared_up_later(server: Live) -> None:
    member_id = server.here.person()
    give(server.here, member_id, 100)
    drawn = redeem(server.here, member_id).json()
    call = calls.redeem("C02", "health")
    client, _ = losing(server, Kind.MEMBER, member_id, lose=3)
    with client:
        with pytest.raises(Unreachable):
            client.send(call)
        done = client.send(call)
        held = [v.voucher_id for v in client.vouchers().items]
    assert sorted(held) == sorted([drawn["voucher_id"], done.voucher_id])
    client, _ = losing(server, Kind.PARTNER, "YF", lose=3, outlet="YF01")
    with client:
        with pytest.raises(Unreachable):
            client.capture(drawn["codes"]["code"], "lost-2", amount_fen=700)
        assert client.find_capture("lost-2").owed_fen == 700
        with pytest.raises(NotFound):
            client.find_capture("lost-3")


def test_the_asynchronous_client(server: Live) -> None:
    member_id = server.here.person()
    give(server.here, member_id, 60)

    async def ask() -> list[int]:
        key = server.key(Kind.MEMBER, member_id)
        async with AsyncClient(server.url, key, retry=AT_ONCE) as own:
            found = await asyncio.gather(*(own.balances(member_id) for _ in range(5)))
            with pytest.raises(NotFound):
                await own.voucher("nothing")
        return [
            next(b.available for b in each.balances if b.measure == "health.wallet")
            for each in found
        ]

    assert asyncio.run(ask()) == [60] * 5


def test_a_server_that_is_not_there() -> None:
    with Client("http://127.0.0.1:1", "pk", retry=AT_ONCE) as client, pytest.raises(Unreachable):
        client.me()

    async def ask() -> None:
        async with AsyncClient("http://127.0.0.1:1", "pk", retry=AT_ONCE) as client:
            with pytest.raises(Unreachable):
                await client.me()

    asyncio.run(ask())


def test_two_people_adjust_points(server: Live, staff: Client) -> None:
    member_id = staff.enrol("吴十", "13600000019", "courier", programmes=["health"]).member_id
    wish = (member_id, "health.wallet", 20, "goodwill", "感谢")
    first, second, third = (staff.propose_grant(*wish) for _ in range(3))
    assert staff.proposal(first.proposal_id).state == "proposed"
    assert len(staff.proposals(limit=2).items) == 2
    with pytest.raises(Forbidden):
        staff.approve_proposal(first.proposal_id)
    with Client(server.url, server.key(Kind.STAFF, "chen"), retry=AT_ONCE) as chen:
        assert chen.approve_proposal(first.proposal_id).state == "approved"
        assert chen.reject_proposal(second.proposal_id, "不符合条件").state == "rejected"
    assert staff.withdraw_proposal(third.proposal_id).state == "withdrawn"
    [wallet] = [b for b in staff.balances(member_id).balances if b.measure == "health.wallet"]
    assert wallet.available == 20
    with pytest.raises(NotFound):
        staff.propose_reversal("0" * 26, "error", "重复登记")


def test_rules_go_from_draft_to_version_and_travel(server: Live, staff: Client) -> None:
    day = server.here.clock.now() + timedelta(days=5)
    text = drafts.rules(2, day.date().isoformat())
    saved = staff.save_draft("party", text, drafts.cases(), note="试行")
    assert staff.rule_draft(saved.draft_id).text == text
    assert staff.check_draft(saved.draft_id).reasons == ["backtest_missing"]
    with pytest.raises(Invalid):
        staff.submit_draft(saved.draft_id, 1, {})
    summary = drafts.summary(text)
    assert staff.check_draft(saved.draft_id, backtest=summary).reasons == []
    submitted = staff.submit_draft(saved.draft_id, 1, summary)
    assert (submitted.state, submitted.version) == ("submitted", 2)
    assert [each.draft_id for each in staff.rule_drafts(state="submitted").items] == [
        saved.draft_id
    ]
    with pytest.raises(Forbidden):
        staff.approve_draft(saved.draft_id, 1)
    with Client(server.url, server.key(Kind.STAFF, "chen"), retry=AT_ONCE) as chen:
        with pytest.raises(Invalid):
            chen.reject_draft(saved.draft_id, 1, "")
        approved = chen.approve_draft(saved.draft_id, 1)
        assert (approved.state, approved.version) == ("approved", 2)
        bundle = chen.export_rules("party", 2).bundle
        with pytest.raises(Invalid):
            staff.import_rules(bundle | {"version": 3})
        imported = staff.import_rules(bundle, note="来自兄弟协会")
        assert imported.differences == []
        assert staff.rule_draft(imported.draft_id).text == text
        again = staff.revise_draft(imported.draft_id, 1, "party", text, note="改版本号")
        assert again.revision == 2
        assert staff.withdraw_draft(imported.draft_id).state == "withdrawn"
        found = {
            (each.version, each.phase)
            for each in staff.rule_versions().items
            if each.programme == "party"
        }
        assert found == {(2, "scheduled"), (1, "in_force")}
        assert staff.rule_version("party", 2).text == text
        assert staff.rule_version("party", 1).origin == "folder"
        nothing = "0" * 26
        for asked in (
            lambda: staff.rule_version("party", 9),
            lambda: staff.rule_draft(nothing),
            lambda: staff.check_draft(nothing),
            lambda: staff.submit_draft(nothing, 1, summary),
            lambda: chen.approve_draft(nothing, 1),
        ):
            with pytest.raises(NotFound):
                asked()
        with pytest.raises(Forbidden):
            staff.retire_version("party", 2, "有误")
        retired = chen.retire_version("party", 2, "有误")
        assert retired.ends_at == approved.starts_at


def test_a_sheet_as_a_whole(server: Live, staff: Client) -> None:
    member_id = staff.enrol(
        "郑一", "13600000020", "courier", programmes=["party"], party_member=True
    ).member_id
    server.here.submit(
        Record(
            **named(server.here, type="volunteer.shift", source="roster", actor="staff:desk"),
            external_id="whole-1",
            member_id=MemberId(member_id),
            occurred_at=server.here.clock.now() - timedelta(days=1),
            fields={"hours": "1", "verified": True},
            batch_id="whole",
        )
    )
    shown = staff.batch("whole")
    assert (shown.claims, shown.states) == (1, {"submitted": 1})
    done = staff.approve_batch("whole", shown.seen)
    assert [each.state for each in done.items] == ["second_review"]
    with pytest.raises(Conflict):
        staff.approve_batch("whole", "unseen")
