"""Close a voucher whose validity has ended: what is still held goes back to its lots."""

from dataclasses import dataclass

from points import unit_of_work
from points.engine import Decision, Engine, Flow, Outcome
from points.flows import desk
from points.flows.context import context
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId
from points.ledger.model import Kind as LedgerKind
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.errors import NotDue
from points.vouchers.model import EventKind, Links, State
from points.vouchers.reads import due_vouchers

SYSTEM = Actor("system:expire")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireVoucher:
    """Close one voucher."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    links: Links


def needs(command: ExpireVoucher, keys: Keys) -> None:
    """Lock the voucher and what is set aside for it."""
    desk.needs_voucher(command.links, keys)


def decide(command: ExpireVoucher, on: WorkingSet) -> Decision:
    """Release points, money and stock; points of a lot that expired meanwhile get the grace."""
    standing = desk.standing_of(command.links, on)
    if isinstance(standing, Refusal):
        return standing
    if standing.state is not State.ISSUED or not standing.expired(on.now):
        return NotDue()
    if standing.awaits_token(on.now):
        # What a till without network handed over in time is still paid from what is held.
        return NotDue()
    voucher, points, freed = standing.voucher, standing.held_points, standing.reserved_fen
    event = desk.event(EventKind.EXPIRED, command, standing, on)
    on.drawer.record(standing, event)
    hold = desk.hold_of(command.links, on)
    if hold is not None and points:
        draft = desk.draft(LedgerKind.RELEASE, "voucher_expired", command, on)
        draft.release(hold, points, grace=context(on).grace)
        desk.posted(draft)
    desk.booking(command, on).release(voucher.programme, voucher.voucher_id, freed)
    # A part-used voucher took its piece; only an unused one gives it back.
    used = standing.captured_parts > 0
    desk.move_stock(command, standing, on, reserved=-1, issued=1 if used else 0)
    return {"voucher_id": voucher.voucher_id, "released_points": points}


FLOW = Flow("expire_voucher", needs, decide)


def expire_vouchers(
    engine: Engine, association: AssociationId, *, most: int = 500
) -> list[Outcome]:
    """Close the vouchers that are due, longest overdue first, in as few transactions as fit."""
    now = engine.clock.now()
    with unit_of_work.reading(engine.database, association) as connection:
        due = due_vouchers(connection, association, now, most=most)
    return engine.submit_many(
        ExpireVoucher(
            association_id=association,
            # A voucher can be voided after a sweep had found it used up: each sweep asks anew.
            operation_id=OperationId(f"system:expire:{links.voucher_id}:{now.timestamp():.0f}"),
            actor=SYSTEM,
            links=links,
        )
        for links in due
    )
