"""A town in which everything of the redemption side happened once: what acts left is all there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from points.flows.adjust_settlement import WithdrawAdjustment
from points.flows.context import Context
from points.flows.correct_statement import CorrectStatement
from points.flows.expire_voucher import expire_vouchers
from points.flows.hand_out import PrintHandout
from points.flows.handing_out import hand_out_due
from points.flows.issue_key import IssueKey
from points.flows.keep_photo import KeepPhoto, encoded
from points.flows.offer_voucher import Answer
from points.flows.open_gate import CloseGate
from points.flows.operator_standing import AddOperator
from points.flows.propose_handout import WithdrawHandout
from points.flows.remind import remind_due
from points.flows.return_funds import WithdrawReturn
from points.flows.table import FLOWS
from points.flows.till_standing import RegisterTill, SwitchTill
from points.flows.webhook_endpoints import ChangeWebhook, RotateWebhookSecret, drawn
from points.flows.webhook_replays import ReplayMessages, SendTestMessage
from points.handouts.model import Mode
from points.identity.roles import Grant, Role
from points.identity.sealing import Seal
from points.kernel.amounts import Fen
from points.kernel.ids import HandoutId
from points.offline.model import Decision
from points.partners.agreement import Fee
from tests.flows import test_adjust_settlement as adjustments
from tests.flows import test_handouts as bulk
from tests.flows import test_settlement as months
from tests.flows.market import PHARMACY, SHOP_2, TABLE, WARD, Market, market, republish
from tests.flows.offline import Dark, trusting
from tests.flows.test_catalogue import opened
from tests.flows.test_counter import authorised
from tests.flows.test_redeem_counter import wrong_codes
from tests.flows.test_return_funds import decided, proposed
from tests.flows.test_voucher_life import POLICY, Life
from tests.flows.test_webhooks import Receiver, Switchboard
from tests.flows.town import HERE
from tests.unit.catalogue.test_photos import png

A_WEEK_LEFT = datetime(2026, 4, 25, 16, tzinfo=UTC)
"""When vouchers that were drawn at the beginning of March are near their end."""
AFTER = datetime(2026, 5, 10, tzinfo=UTC)

LEFT_UNDONE = frozenset({"mint", "end_minted", "turn_in", "confirm_by_silence"})
"""Acts that leave facts and are none of this story: a sandbox's, a full card's, and silence."""

UNNOTED = frozenset({"adjustment_rejected", "return_rejected", "handout_rejected"})
"""Actions of the trail that tell of a row, and are none of this story."""


def known() -> Context:
    return replace(trusting(), vouchers=POLICY, feed_seal=Seal(b"s" * 32))


@contextmanager
def story(url: str) -> Iterator[Market]:
    """Yield a market with all of it behind it."""
    with market(url, FLOWS, known()) as here:
        _endpoint(here)
        _catalogue(here)
        _counters(here)
        _without_network(here)
        _bulk(here)
        _owners(here)
        _money(here)
        yield here


def _endpoint(here: Market) -> None:
    board = Switchboard(here)
    endpoint = board.register(PHARMACY, "voucher.captured")
    here.town.done(ChangeWebhook(**here.named(endpoint_id=endpoint, description="收银")))
    named = here.named()
    fresh = drawn(here.engine.context, HERE, named["operation_id"], endpoint)
    here.town.done(RotateWebhookSecret(**named, endpoint_id=endpoint, sealed=fresh.sealed))
    here.town.done(SendTestMessage(**here.named(endpoint_id=endpoint)))
    here.captured(here.voucher(), "w1", 100)
    board.deliver(Receiver())
    sent = tuple(row.message.message_id for row in board.rows())
    here.town.done(ReplayMessages(**here.named(endpoint_id=endpoint, messages=sent)))
    board.deliver(Receiver())


def _catalogue(here: Market) -> None:
    photo = here.town.done(KeepPhoto(**here.named(content=encoded(png()))))["sha256"]
    republish(here, C05={"photo": photo, "photo_path": "photos/c05.png"})
    member, other = here.member(600), here.member(600)
    here.town.done(opened(here, member))
    here.town.done(here.redemption(member, "C09"))
    grant = here.town.done(opened(here, other))["grant_id"]
    here.town.done(CloseGate(**here.named(member_id=other, grant_id=grant)))


def _counters(here: Market) -> None:
    till: dict[str, Any] = {"outlet_id": TABLE, "device_id": "till-9"}
    here.town.done(RegisterTill(**here.named(**till)))
    for active in (False, True):
        here.town.done(SwitchTill(**here.named(**till, active=active)))
    here.town.done(
        IssueKey(
            **here.named(key_id="T" * 26, secret_hash="0" * 64, grants=(Grant(role=Role.TILL),)),
            subject=TABLE[:2],
            outlet=TABLE,
            till="till-9",
        )
    )
    here.town.done(
        AddOperator(**here.named(outlet_id=TABLE, operator_id="7", set_up_hash="0" * 64))
    )
    for code in islice(wrong_codes(), 2):
        here.capture(code, "none", 100)
    name = authorised(here, here.voucher("C05"), outlet=WARD)
    here.desk.release(here.till(WARD), name)
    here.captured(here.voucher(), "v1", 300)
    here.desk.void(here.till(), "v1", "v1-back")


def _without_network(here: Market) -> None:
    """One use is captured, two are the association's loss: one of them is paid, one waits."""
    dark = Dark(here)
    kept, lost, waits = dark.token(), dark.token(), dark.token()
    handed = here.clock.now()
    dark.wait(hours=30)
    dark.brought(kept, "d1", 500, handed_at=handed)
    for number, token in enumerate((lost, waits)):
        code = here.code({"voucher_id": dark.fact(token).voucher_id})
        here.captured(code, f"e{number}", 2000, outlet=SHOP_2)
        dark.brought(token, f"d2{number}", 500, handed_at=handed)
    ruled = min(each.use.use_id for each in dark.queue(waiting=True))
    here.town.done(dark.ruling(ruled, Decision.PAID))


def _bulk(here: Market) -> None:
    people = [here.member() for _ in range(3)]
    handout = bulk.approved(here, people, mode=Mode.PAPER)
    hand_out_due(here.engine, HERE)
    here.town.done(PrintHandout(**here.named(handout_id=handout)))
    second = bulk.proposed(here, people).result["handout_id"]
    here.town.done(WithdrawHandout(**here.named(handout_id=HandoutId(second))))


def _owners(here: Market) -> None:
    life, passed, declined = Life(here), Life(here), Life(here)
    life.reissue()
    friend = here.member()
    life.answer(life.offer(friend).result["offer_id"], friend, Answer.ACCEPT)
    declined.answer(declined.offer(friend).result["offer_id"], friend, Answer.DECLINE)
    passed.offer(friend)
    passed.reassign(here.member())
    here.clock.set(A_WEEK_LEFT)
    assert remind_due(here.engine, HERE)


def _money(here: Market) -> None:
    """A contract with a fee, a month that is disputed, confirmed and paid, and a return."""
    terms: dict[str, Any] = {"tariff_fen": {"C11": 250, "C05": 3000}, "fee": Fee(basis_points=100)}
    here.town.done(months.contract(here, date(2026, 6, 1), **terms))
    it = months.drawn_up(here)
    for line in (1, 2):
        here.town.done(months.dispute(here, it, line, 1))
    here.town.done(months.answer(here, it, 1))
    here.town.done(months.answer(here, it, 2, "数额无误"))
    here.town.done(months.confirm(here, it))
    here.town.done(months.countersign(here, it))
    here.town.done(months.pay(here, it, 10))
    more = {"amount_fen": Fen(700), "reason": "agreed", "outlet_id": SHOP_2}
    here.town.done(CorrectStatement(**here.named(partner_id=PHARMACY, programme="health", **more)))
    fact = proposed(here, 30_000)
    here.town.done(decided(here, fact))
    _adjustments(here)
    second = proposed(here, 10_000)
    here.town.done(WithdrawReturn(**here.named(actor=second.proposed_by, fact=second)))
    here.clock.set(AFTER)
    assert expire_vouchers(here.engine, HERE)


def _adjustments(here: Market) -> None:
    """One is approved, one is withdrawn, and both have words of their own."""
    adjustments.adjusted(here, -30, adjustments.of(here, "e0"))
    second = adjustments.proposed(here, 20)
    taken_back = here.named(actor=second.proposed_by, fact=second)
    here.town.done(WithdrawAdjustment(**taken_back))
