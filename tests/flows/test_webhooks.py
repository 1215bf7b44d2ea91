"""What happens is told: kept with what happened, delivered at least once, and never in its way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from points.client.webhooks import NotAuthentic, verify
from points.flows import webhook_deliveries
from points.flows.ports import Answered
from points.flows.reissue import Reissue
from points.flows.table import FLOWS
from points.flows.verify import verify as verify_books
from points.flows.webhook_deliveries import (
    PER_ENDPOINT_MAX,
    TAKEN_MAX,
    LeaseDeliveries,
    NoteAttempts,
    deliver_due,
)
from points.flows.webhook_endpoints import (
    ChangeWebhook,
    RegisterWebhook,
    RotateWebhookSecret,
    drawn,
)
from points.flows.webhook_replays import ReplayMessages, SendTestMessage, failed_messages
from points.identity.sealing import Seal
from points.kernel.errors import Unavailable
from points.kernel.ids import OperationId, PartnerId
from points.kernel.two_people import Verdict
from points.unit_of_work import writing
from points.vouchers.watching import traded
from points.webhooks.model import ATTEMPTS_MAX, LEASE, Attempt, Standing, State
from points.webhooks.reads import Sending, due_deliveries, list_deliveries
from points.webhooks.verify import verify_webhooks
from tests.flows import test_adjust_settlement as adjusting
from tests.flows.market import HOSPITAL, PHARMACY, Market, market, said
from tests.flows.town import HERE, civic_context

URL = "https://pos.example.cn/points"


@dataclass
class Receiver:
    """Stands where messages go, and answers what it was told to."""

    answers: list[Answered] = field(default_factory=list)
    seen: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    def carry(self, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        self.seen.append((url, headers, body))
        return self.answers.pop(0) if self.answers else Answered(status=204)

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, headers, _ in self.seen]


@dataclass
class Switchboard:
    """A market, and who listens to it."""

    here: Market
    secrets: dict[str, str] = field(default_factory=dict)

    def register(self, partner: PartnerId | None, *kinds: str, url: str = URL) -> str:
        named = self.here.named()
        fresh = drawn(self.here.engine.context, HERE, named["operation_id"])
        self.here.town.done(
            RegisterWebhook(
                **named,
                endpoint_id=fresh.endpoint_id,
                partner_id=partner,
                url=url,
                kinds=kinds,
                sealed=fresh.sealed,
            )
        )
        self.secrets[fresh.endpoint_id] = fresh.spelled
        return fresh.endpoint_id

    def deliver(self, receiver: Receiver) -> Any:
        return deliver_due(self.here.engine, HERE, receiver)

    def rows(self, **asked: Any) -> list[Sending]:
        with self.here.engine.reading(HERE) as connection:
            return list_deliveries(connection, HERE, **asked)

    def number(self, table: str) -> int:
        with self.here.engine.database.connect() as connection:
            found = connection.execute(text(f"SELECT COUNT(*) FROM {table}"))  # noqa: S608
            return int(found.scalar_one())

    def read(self, receiver: Receiver, endpoint: str, at: int = -1) -> Any:
        _, headers, body = receiver.seen[at]
        now = self.here.clock.now().timestamp()
        return verify(headers, body, self.secrets[endpoint], now=lambda: now)


@pytest.fixture
def board(database_url: str) -> Iterator[Switchboard]:
    sealing = replace(civic_context(), feed_seal=Seal(b"s" * 32))
    with market(database_url, FLOWS, sealing) as here:
        yield Switchboard(here)


def test_partners_are_told_of_their_own_and_nobody_of_people(board: Switchboard) -> None:
    here = board.here
    here.captured(here.voucher(), "R0", 500)
    assert board.number("webhook_message") == 0  # nobody listened
    own = board.register(None, "voucher.issued", "voucher.captured")
    theirs = board.register(PHARMACY, "voucher.captured", "voucher.voided")
    other = board.register(HOSPITAL, "voucher.captured")
    code = here.voucher()
    here.captured(code, "R1", 800)
    here.desk.void(here.till(), "R1", "V1")
    told = {(row.delivery.endpoint_id, row.message.kind.value) for row in board.rows()}
    assert told == {
        (own, "voucher.issued"),
        (own, "voucher.captured"),
        (theirs, "voucher.captured"),
        (theirs, "voucher.voided"),
    }
    receiver = Receiver()
    assert board.deliver(receiver).delivered == 4
    assert board.deliver(receiver).delivered == 0
    assert other not in {row.delivery.endpoint_id for row in board.rows()}
    for row in board.rows(partner_id=PHARMACY):
        assert set(row.message.data) <= {
            *("voucher_id", "reward_id", "last4", "event_id", "outlet_id", "operator_id"),
            *("request_no", "undoes", "amount_fen"),
        }
    captured = next(r for r in board.rows(partner_id=PHARMACY) if "request_no" in r.message.data)
    assert (captured.message.data["request_no"], captured.message.data["amount_fen"]) == ("R1", 800)
    assert verify_books(here.engine, HERE).ok


def test_whoever_is_told_of_a_capture_hears_how_the_code_ended_that_was_used(
    board: Switchboard,
) -> None:
    here, codes = board.here, civic_context().codes
    board.register(PHARMACY, "voucher.captured")
    voucher = here.town.done(here.redemption(here.member(1000), "C12"))["voucher_id"]
    first = codes.codes(HERE, voucher)
    command = Reissue(**here.named(voucher_id=voucher, reason="手机丢失"))
    newest = codes.codes(HERE, voucher, here.town.done(command)["issue_no"])
    assert first.last4 != newest.last4
    event = here.captured(newest.code, "R1", 800)["capture_id"]
    [told] = board.rows()
    assert told.message.data["last4"] == newest.last4
    with here.engine.reading(HERE) as connection:
        [evidence] = traded(connection, HERE, [event])
    assert evidence.last4 == newest.last4


def test_a_partner_hears_of_an_adjustment_once_it_is_approved(board: Switchboard) -> None:
    here = board.here
    own = board.register(None, "settlement.adjusted")
    theirs = board.register(PHARMACY, "settlement.adjusted")
    board.register(HOSPITAL, "settlement.adjusted")
    here.captured(here.voucher(), "R1", 800)
    about = adjusting.of(here, "R1")
    facts = [adjusting.proposed(here, -300, about, note="顾客退货") for _ in range(2)]
    rejects = {"verdict": Verdict.REJECT, "reason": "小票无误"}
    here.town.done(adjusting.decided(here, facts[1], **rejects))
    assert board.rows() == []
    here.town.done(adjusting.decided(here, facts[0]))
    rows = board.rows()
    assert {row.delivery.endpoint_id for row in rows} == {own, theirs}
    for row in rows:
        assert row.message.about == facts[0].adjustment_id
        assert row.message.data == {
            "adjustment_id": facts[0].adjustment_id,
            "partner_id": PHARMACY,
            "number": 1,
            "amount_fen": -300,
            "reason": "late_void",
            "outlet_id": about.outlet_id,
            "capture_id": about.capture_id,
            "request_no": "R1",
        }
    assert verify_books(here.engine, HERE).ok


def test_a_refused_command_tells_nothing(board: Switchboard) -> None:
    board.register(None, "voucher.captured")
    code = board.here.voucher()
    said(board.here.capture(code, "R1", 999_999))
    assert board.rows() == []


def test_a_receiver_that_is_down_gets_everything_later_under_the_same_ids(
    board: Switchboard,
) -> None:
    endpoint = board.register(PHARMACY, "voucher.captured")
    for number in range(3):
        board.here.captured(board.here.voucher(), f"R{number}", 100)
    down = Receiver(
        [Answered(status=500), Answered(error="outbound.timeout"), Answered(status=302)]
    )
    assert board.deliver(down).pending == 3
    assert board.deliver(down).pending == 0  # not yet
    board.here.clock.advance(timedelta(seconds=7))
    up = Receiver()
    assert board.deliver(up).delivered == 3
    assert sorted(up.ids()) == sorted(down.ids())
    message = board.read(up, endpoint)
    assert (message.type, message.data["amount_fen"]) == ("voucher.captured", 100)
    with pytest.raises(NotAuthentic):
        verify(up.seen[0][1], up.seen[0][2] + b" ", board.secrets[endpoint])


def test_what_fails_for_days_is_told_of_and_can_be_sent_again(board: Switchboard) -> None:
    endpoint = board.register(PHARMACY, "voucher.captured")
    began = board.here.clock.now()
    board.here.captured(board.here.voucher(), "R1", 100)
    dead = Receiver([Answered(status=503)] * ATTEMPTS_MAX)
    tries = 0
    while board.rows(state=State.PENDING):
        tries += 1
        board.deliver(dead)
        board.here.clock.advance(timedelta(days=1))
    assert tries == ATTEMPTS_MAX
    assert len(set(dead.ids())) == 1
    messages = failed_messages(board.here.engine, HERE, endpoint, began)
    again = ReplayMessages(**board.here.named(endpoint_id=endpoint, messages=messages))
    assert board.here.town.done(again)["replayed"] == 1
    up = Receiver()
    assert board.deliver(up).delivered == 1
    assert up.ids() == dead.ids()[:1]
    with board.here.engine.reading(HERE) as connection:
        assert all(c.difference is None for c in verify_webhooks(connection, HERE))


def test_a_receiver_that_says_gone_is_not_asked_again(board: Switchboard) -> None:
    endpoint = board.register(PHARMACY, "voucher.captured")
    board.here.captured(board.here.voucher(), "R1", 100)
    assert board.deliver(Receiver([Answered(status=410)])).failed == 1
    board.here.captured(board.here.voucher(), "R2", 100)
    assert len(board.rows()) == 1
    refused = SendTestMessage(**board.here.named(endpoint_id=endpoint))
    assert board.here.town.refused(refused) == "webhook_disabled"


def test_two_workers_do_not_send_the_same_at_once(board: Switchboard) -> None:
    endpoint = board.register(PHARMACY, "voucher.captured")
    board.here.captured(board.here.voucher(), "R1", 100)
    key = board.rows()[0].delivery.key
    take = {"association_id": HERE, "deliveries": (key,)}
    first = LeaseDeliveries(operation_id=OperationId("w:1"), **take)
    second = LeaseDeliveries(operation_id=OperationId("w:2"), **take)
    assert board.here.town.done(first)["taken"] == [list(key)]
    assert board.here.town.done(second)["taken"] == []
    # Its worker died: after the lease another one takes over.
    board.here.clock.advance(LEASE)
    assert board.deliver(Receiver()).delivered == 1
    late = Attempt(
        endpoint_id=endpoint,
        message_id=key[1],
        number=1,
        status=200,
        milliseconds=1,
        ended_at=board.here.clock.now(),
    )
    note = NoteAttempts(association_id=HERE, operation_id=OperationId("w:3"), attempts=(late,))
    assert board.here.town.done(note)["delivered"] == 1
    with board.here.engine.reading(HERE) as connection:
        assert all(c.difference is None for c in verify_webhooks(connection, HERE))


def test_a_rotated_secret_signs_beside_the_former_for_a_day(board: Switchboard) -> None:
    here, endpoint = board.here, board.register(PHARMACY, "voucher.captured")
    former, named = board.secrets[endpoint], here.named()
    fresh = drawn(here.engine.context, HERE, named["operation_id"], endpoint)
    here.town.done(RotateWebhookSecret(**named, endpoint_id=endpoint, sealed=fresh.sealed))
    board.secrets[endpoint] = fresh.spelled
    here.captured(here.voucher(), "R1", 100)
    receiver = Receiver()
    board.deliver(receiver)
    _, headers, body = receiver.seen[0]
    now = here.clock.now().timestamp()
    for secret in (former, fresh.spelled, f"{former} {fresh.spelled}"):
        assert verify(headers, body, secret, now=lambda: now).data["request_no"] == "R1"
    here.clock.advance(timedelta(days=1))
    here.captured(here.voucher(), "R2", 100)
    board.deliver(receiver)
    with pytest.raises(NotAuthentic):
        verify(receiver.seen[1][1], receiver.seen[1][2], former, now=here.clock.now().timestamp)
    assert board.read(receiver, endpoint).data["request_no"] == "R2"


def test_an_owner_whose_receivers_all_hang_is_in_nobody_s_way(board: Switchboard) -> None:
    """However many of them there are, and however long theirs have been due."""
    theirs = [
        board.register(PHARMACY, "voucher.captured", url=f"{URL}/{number}")
        for number in range(TAKEN_MAX // PER_ENDPOINT_MAX + 1)
    ]
    for number in range(PER_ENDPOINT_MAX):
        board.here.captured(board.here.voucher(), f"R{number}", 100)
    board.here.clock.advance(timedelta(minutes=1))
    ours = board.register(None, "voucher.issued")
    board.here.voucher()
    board.here.clock.advance(timedelta(minutes=1))
    with board.here.engine.reading(HERE) as connection:
        due = due_deliveries(
            connection,
            HERE,
            board.here.clock.now(),
            most=TAKEN_MAX,
            per_endpoint=PER_ENDPOINT_MAX,
        )
    assert len(due) == TAKEN_MAX
    assert [endpoint for endpoint, _ in due].count(ours) == 1
    assert {endpoint for endpoint, _ in due} <= {ours, *theirs}


def test_what_cannot_be_registered(board: Switchboard) -> None:
    def refused(partner: PartnerId | None, *kinds: str, url: str = URL) -> str:
        named = board.here.named()
        fresh = drawn(board.here.engine.context, HERE, named["operation_id"])
        return board.here.town.refused(
            RegisterWebhook(
                **named,
                endpoint_id=fresh.endpoint_id,
                partner_id=partner,
                url=url,
                kinds=kinds,
                sealed=fresh.sealed,
            )
        )

    assert refused(PHARMACY, "voucher.issued") == "webhook_kinds"  # whose it is, is not theirs
    assert refused(None) == "webhook_kinds"
    assert refused(PartnerId("ZZ"), "voucher.captured") == "not_found"
    for url in (
        *("http://pos.example.cn/", "https://10.0.0.1/", "https://[::1]/", "https://localhost/"),
        *("https://a:b@pos.example.cn/", "https://pos.example.cn/#x", "https://pos.example.cn:22/"),
        *("https://Pos.example.cn/", "HTTPS://pos.example.cn/", "https://pos.example.cn:/"),
        *("https://pos.example.cn:0443/", "https://pos.example.cn:0/"),
        *("https://2130706433/", "ftp://pos.example.cn/", "https://pos.example.cn\\@10.0.0.1/"),
    ):
        assert refused(PHARMACY, "voucher.captured", url=url) == "webhook_url"


def test_a_partner_changes_its_own_alone(board: Switchboard) -> None:
    endpoint = board.register(PHARMACY, "voucher.captured")
    stop = {"endpoint_id": endpoint, "standing": Standing.DISABLED}
    foreign = ChangeWebhook(**board.here.named(owner=HOSPITAL, **stop))
    assert board.here.town.refused(foreign) == "not_found"
    board.here.town.done(ChangeWebhook(**board.here.named(owner=PHARMACY, **stop)))
    board.here.captured(board.here.voucher(), "R1", 100)
    assert board.rows() == []
    end = ChangeWebhook(**board.here.named(endpoint_id=endpoint, standing=Standing.ENDED))
    board.here.town.done(end)
    assert board.here.town.refused(end_again(board, endpoint)) == "webhook_ended"
    assert verify_books(board.here.engine, HERE).ok


def end_again(board: Switchboard, endpoint: str) -> ChangeWebhook:
    return ChangeWebhook(**board.here.named(endpoint_id=endpoint, standing=Standing.ENABLED))


def test_without_its_row_the_checker_says_so(board: Switchboard) -> None:
    board.register(PHARMACY, "voucher.captured")
    board.here.captured(board.here.voucher(), "R1", 100)
    board.deliver(Receiver([Answered(status=500)]))
    with writing(board.here.engine.database, HERE) as connection:
        connection.execute(text("UPDATE webhook_delivery SET state = 'delivered'"))
    with board.here.engine.reading(HERE) as connection:
        broken = [c.check for c in verify_webhooks(connection, HERE) if c.difference]
    assert broken == ["webhook_deliveries_follow_from_their_attempts"]


def test_control_a_worker_that_notes_before_it_sends_loses_messages(
    board: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same death in the middle: noted afterwards nothing is lost, noted before it is."""

    def dies(_url: str, _headers: Mapping[str, str], _body: bytes) -> Answered:
        raise Unavailable("killed")

    class Dying(Receiver):
        carry = staticmethod(dies)  # type: ignore[assignment]

    board.register(PHARMACY, "voucher.captured")
    board.here.captured(board.here.voucher(), "R1", 100)
    with pytest.raises(Unavailable):
        board.deliver(Dying())
    board.here.clock.advance(LEASE)
    assert board.deliver(Receiver()).delivered == 1

    real = webhook_deliveries._take

    def noting_first(engine: Any, association: Any) -> list[Sending]:
        taken = real(engine, association)
        attempts = tuple(
            Attempt(
                endpoint_id=s.delivery.endpoint_id,
                message_id=s.delivery.message_id,
                number=s.delivery.attempts + 1,
                status=200,
                milliseconds=0,
                ended_at=engine.clock.now(),
            )
            for s in taken
        )
        if attempts:
            engine.submit(
                NoteAttempts(
                    association_id=association,
                    operation_id=OperationId(f"early:{engine.ids.next()}"),
                    attempts=attempts,
                )
            )
        return taken

    monkeypatch.setattr(webhook_deliveries, "_take", noting_first)
    board.here.captured(board.here.voucher(), "R2", 100)
    with pytest.raises(Unavailable):
        board.deliver(Dying())
    board.here.clock.advance(LEASE)
    assert board.deliver(Receiver()).delivered == 0  # lost, and the test above sees it
