"""What a batch did, as messages for those who subscribed.

Told from the facts that the batch is about to append, in one place: whichever flow brought them
about, none can forget to say so.
"""

from collections.abc import Iterator
from datetime import datetime

from points.adjustments.book import AdjustmentBook
from points.adjustments.model import Adjustment
from points.catalogue.shelf import Shelf
from points.kernel.ids import IdSource
from points.kernel.two_people import Settled, State
from points.partners.contracts import Contracts
from points.partners.standing import Standing, StatementEvent
from points.vouchers.drawer import Drawer
from points.vouchers.model import Event, EventKind, Voucher
from points.webhooks.model import EVERYBODY, Kind, Message

_OF_VOUCHERS = {
    EventKind.CAPTURED: Kind.VOUCHER_CAPTURED,
    EventKind.VOIDED: Kind.VOUCHER_VOIDED,
    EventKind.EXPIRED: Kind.VOUCHER_EXPIRED,
    EventKind.REASSIGNED: Kind.VOUCHER_REASSIGNED,
}
"""What vouchers' events are called; others, as an authorisation, are nobody else's business."""


def messages(
    drawer: Drawer,
    shelf: Shelf,
    contracts: Contracts,
    adjustments: AdjustmentBook,
    ids: IdSource,
    now: datetime,
) -> Iterator[Message]:
    """Yield what is to be told of a batch; ids and amounts, never who somebody is."""
    for voucher in drawer.issued:
        yield _issued(voucher, ids)
    for event in drawer.events:
        kind = _OF_VOUCHERS.get(event.kind)
        if kind is not None:
            yield _happened(kind, event, drawer.vouchers[event.voucher_id].voucher, ids)
    for statement in contracts.new_statements:
        yield Message(
            message_id=ids.next(),
            kind=Kind.STATEMENT_DRAWN_UP,
            partner_id=statement.partner_id,
            about=str(statement.statement_id),
            data={
                "statement_id": statement.statement_id,
                "partner_id": statement.partner_id,
                "number": statement.number,
                "period": statement.period,
                "count": statement.totals.count,
                "total_fen": statement.totals.total_fen,
                "sha256": statement.totals.sha256,
            },
            happened_at=now,
        )
    for step in contracts.new_events:
        yield _settled(step, contracts.standings[step.statement_id], ids)
    for settled in adjustments.settled:
        if settled.step is State.APPROVED:
            yield _adjusted(settled, ids)
    if (version := shelf.new_version) is not None:
        yield Message(
            message_id=ids.next(),
            kind=Kind.CATALOGUE_PUBLISHED,
            partner_id=EVERYBODY,
            about=str(version.version),
            data={"version": version.version, "sha256": version.sha256},
            happened_at=now,
        )

    for low in shelf.low_pools:
        yield Message(
            message_id=ids.next(),
            kind=Kind.POOL_LOW,
            about=low.programme,
            data={"programme": low.programme, **low.said()},
            happened_at=now,
        )


def _settled(event: StatementEvent, statement: Standing, ids: IdSource) -> Message:
    """Return what is told of a step of a statement; what people wrote is read where it stands."""
    said = {"line": event.line, "amount_fen": event.amount_fen or None}
    return Message(
        message_id=ids.next(),
        kind=Kind(f"statement.{event.step.value}"),
        partner_id=statement.partner_id,
        about=event.statement_id,
        data={
            "statement_id": event.statement_id,
            "partner_id": statement.partner_id,
            "period": statement.period,
            "by": event.side,
            **{name: value for name, value in said.items() if value is not None},
        },
        happened_at=event.recorded_at,
    )


def _adjusted(settled: Settled[Adjustment], ids: IdSource) -> Message:
    """Return what is told of an adjustment: not in whose words, nor whose points pay for it."""
    fact = settled.of
    about = {
        "outlet_id": fact.outlet_id,
        "capture_id": fact.capture_id,
        "request_no": fact.request_no or None,
    }
    return Message(
        message_id=ids.next(),
        kind=Kind.SETTLEMENT_ADJUSTED,
        partner_id=fact.partner_id,
        about=fact.adjustment_id,
        data={
            "adjustment_id": fact.adjustment_id,
            "partner_id": fact.partner_id,
            "number": fact.number,
            "amount_fen": int(fact.amount_fen),
            "reason": fact.reason.value,
            **{name: value for name, value in about.items() if value is not None},
        },
        happened_at=settled.recorded_at,
    )


def _issued(voucher: Voucher, ids: IdSource) -> Message:
    return Message(
        message_id=ids.next(),
        kind=Kind.VOUCHER_ISSUED,
        about=voucher.voucher_id,
        data={
            "voucher_id": voucher.voucher_id,
            "reward_id": voucher.reward_id,
            "points": int(voucher.terms.price),
            "valid_until": voucher.valid_until.isoformat(),
        },
        happened_at=voucher.valid_from,
    )


def _happened(kind: Kind, event: Event, voucher: Voucher, ids: IdSource) -> Message:
    """Return what is told of a voucher: what a partner hears says nothing of whose it is."""
    at_counter = {
        "event_id": event.event_id,
        "outlet_id": event.outlet_id,
        "operator_id": event.operator_id or None,
        "request_no": event.request_no,
        "undoes": event.undoes,
        "amount_fen": int(event.cost_fen),
    }
    return Message(
        message_id=ids.next(),
        kind=kind,
        partner_id=event.partner_id,
        about=voucher.voucher_id,
        data={
            "voucher_id": voucher.voucher_id,
            "reward_id": voucher.reward_id,
            "last4": event.last4,
            **{name: value for name, value in at_counter.items() if value is not None},
        },
        happened_at=event.recorded_at,
    )
