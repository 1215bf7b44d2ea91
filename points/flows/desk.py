"""What all commands at a counter share: who stands there, which voucher, and what to lock."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from points.catalogue.model import TOTAL, outlet_bucket
from points.catalogue.shelf import Booking
from points.kernel.errors import Refusal
from points.kernel.ids import (
    AccountId,
    Actor,
    AssociationId,
    OperationId,
    OutletId,
    PartnerId,
    TransactionId,
)
from points.ledger.accounts import Hold
from points.ledger.books import Draft
from points.ledger.model import Kind, account_id
from points.partners.counters import OutsideHours
from points.partners.errors import (
    OperatorSessionNeeded,
    OperatorUnknown,
    OutletClosed,
    OutletUnknown,
    TillKeyNeeded,
    TillUnknown,
)
from points.partners.hours import read_hours
from points.partners.model import Outlet, Partner
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.errors import TooManyAttempts, VoucherUnknown
from points.vouchers.model import Counter, Event, EventKind, Links
from points.vouchers.standing import Standing


class Acting(Protocol):
    """A command that somebody gives."""

    @property
    def association_id(self) -> AssociationId:
        """Whose data."""
        ...

    @property
    def operation_id(self) -> OperationId:
        """The command's id."""
        ...

    @property
    def actor(self) -> Actor:
        """Who acts."""
        ...


class AtVoucher(Acting, Protocol):
    """A command about one voucher, whose links were looked up before."""

    @property
    def links(self) -> Links:
        """Which voucher, and what is bound to it."""
        ...


class AtCounter(AtVoucher, Protocol):
    """A command about one voucher, given at a partner's counter."""

    @property
    def partner_id(self) -> PartnerId:
        """Which partner."""
        ...

    @property
    def outlet_id(self) -> OutletId:
        """Which of its outlets."""
        ...

    @property
    def operator_id(self) -> str:
        """Which clerk or till; empty where the outlet keeps none apart."""
        ...

    @property
    def operator_proven(self) -> bool:
        """Whether that is somebody who logged in."""
        ...

    @property
    def device_id(self) -> str:
        """Which till or phone."""
        ...

    @property
    def device_proven(self) -> bool:
        """Whether that till's own key speaks, or a clerk whom it let in."""
        ...


class AtServing(AtCounter, Protocol):
    """A command that takes a voucher at a counter."""

    @property
    def guarded(self) -> bool:
        """Whether a code was presented for it."""
        ...


def wallet(links: Links) -> AccountId:
    """Return the account that pays for a voucher."""
    return account_id(links.member_id, f"{links.programme}.wallet")


def needs_voucher(links: Links, keys: Keys) -> None:
    """Lock the voucher, its wallet and hold, and the stock and money promised to it."""
    keys.vouchers.vouchers.add(links.voucher_id)
    if links.hold_id is not None:
        keys.ledger.accounts.add(wallet(links))
        keys.ledger.lots_of.add(wallet(links))
        keys.ledger.holds.add(links.hold_id)
    keys.catalogue.stock.add(links.reward_id)
    keys.catalogue.pools.add(links.programme)


def needs_counter(command: AtCounter, keys: Keys) -> None:
    """Lock the partner's account, so that nothing is booked into a period while it closes."""
    keys.partners.partners.add(command.partner_id)
    keys.partners.outlets.add(command.outlet_id)
    keys.partners.policies.add(command.partner_id)
    # Opening hours go by the kind of day.
    keys.activities.calendar = True


def standing_of(links: Links, on: WorkingSet) -> Standing | Refusal:
    """Return the voucher that links name; wrong links are as good as none."""
    standing = on.drawer.vouchers.get(links.voucher_id)
    if standing is None or _links(standing) != replace(links, issue_no=None):
        return VoucherUnknown()
    # The code was looked up before this lock: what has been replaced since then opens nothing.
    if links.issue_no not in (None, standing.issue_no):
        return VoucherUnknown()
    return standing


def _links(standing: Standing) -> Links:
    voucher = standing.voucher
    return Links(
        voucher_id=voucher.voucher_id,
        member_id=voucher.member_id,
        reward_id=voucher.reward_id,
        programme=voucher.programme,
        hold_id=voucher.hold_id,
    )


def counter_of(command: AtCounter, on: WorkingSet) -> Counter | Refusal:
    """Return who acts, as the partners' register knows them."""
    partner = on.contracts.partners.get(command.partner_id)
    outlet = on.contracts.outlets.get(command.outlet_id)
    if partner is None or outlet is None or outlet.partner_id != partner.partner_id:
        return OutletUnknown()
    if refusal := refuse_operator(
        command.outlet_id, command.operator_id, on, proven=command.operator_proven
    ):
        return refusal
    if refusal := refuse_device(
        command.outlet_id, command.device_id, on, proven=command.device_proven
    ):
        return refusal
    return Counter(
        partner_id=partner.partner_id,
        outlet_id=outlet.outlet_id,
        outlet_name=outlet.name,
        category=partner.category.value,
        operator_id=command.operator_id,
        device_id=command.device_id,
        zone=partner.zone,
        tariff_fen=tariffs_of(partner, on),
        outside_hours=_outside(partner, outlet, on),
    )


def tariffs_of(partner: Partner, on: WorkingSet) -> Mapping[str, int]:
    """Return what a partner's contract pays for one use in the period that is booked into now."""
    booked_at = on.contracts.accounts[partner.partner_id].books_at(on.now)
    return on.contracts.agreement(partner.partner_id).tariffs(booked_at)


def _outside(partner: Partner, outlet: Outlet, on: WorkingSet) -> bool:
    """Return whether an outlet is closed now; one whose hours cannot be read never is."""
    week = read_hours(outlet.opening_hours)
    if week is None:
        return False
    local, calendar = on.now.astimezone(ZoneInfo(partner.zone)), on.docket.calendar
    today = local.date()
    kinds = calendar.kind(today), calendar.kind(today - timedelta(days=1))
    return not week.open_at(local, *kinds)


def refuse_hours(counter: Counter, on: WorkingSet) -> Refusal | None:
    """Return the refusal of a counter that is closed, where its partner wants it so."""
    hours = on.contracts.policy(counter.partner_id).hours
    return OutletClosed() if counter.outside_hours and hours is OutsideHours.REFUSE else None


def needs_guard(command: AtServing, keys: Keys) -> None:
    """Lock the outlet's counter of guesses, where a code was presented."""
    if command.guarded:
        keys.vouchers.guards.add(command.outlet_id)


def refuse_guesser(outlet: OutletId, device: str, on: WorkingSet) -> Refusal | None:
    """Return the refusal of a device or an outlet at which too many codes were tried."""
    until = on.drawer.guard(outlet).closed_until(device, on.now)
    return None if until is None else TooManyAttempts(until=until.isoformat(timespec="seconds"))


def serving(command: AtServing, on: WorkingSet) -> Counter | Refusal:
    """Return who acts at a counter that takes vouchers now."""
    counter = counter_of(command, on)
    if isinstance(counter, Refusal):
        return counter
    if command.guarded and (refusal := refuse_guesser(command.outlet_id, command.device_id, on)):
        return refusal
    return refuse_hours(counter, on) or _flagged(counter, on)


def _flagged(counter: Counter, on: WorkingSet) -> Counter:
    """Return the counter; where hours do not matter to the partner, nothing is said of them."""
    if on.contracts.policy(counter.partner_id).hours is OutsideHours.ALLOW:
        return replace(counter, outside_hours=False)
    return counter


def refuse_operator(
    outlet: OutletId, operator: str, on: WorkingSet, *, proven: bool
) -> Refusal | None:
    """Return the refusal where an outlet has registered operators and none of them acts.

    Args:
        outlet: Where.
        operator: The number that is given.
        on: With the outlet and its operators.
        proven: Whether whoever has that number logged in.
    """
    registered = {seat for seat in on.contracts.operators if seat[0] == outlet}
    if not registered:
        return None
    if not proven:
        return OperatorSessionNeeded()
    allowed = registered - on.contracts.disabled
    return None if (outlet, operator) in allowed else OperatorUnknown()


def refuse_device(outlet: OutletId, device: str, on: WorkingSet, *, proven: bool) -> Refusal | None:
    """Return the refusal of a device that is no till of an outlet, or pretends to be another.

    Args:
        outlet: Where.
        device: What it calls itself.
        on: With the outlet's tills; a capture reads them under its partner's lock, which whoever
            gives a till a key holds as well.
        proven: Whether the key of the till that is called so speaks.
    """
    if not on.contracts.works(outlet, device):
        return TillUnknown()
    reserved = on.contracts.has_own_key(outlet, device)
    return TillKeyNeeded() if reserved and not proven else None


def event(
    kind: EventKind, command: Acting, standing: Standing, on: WorkingSet, **more: object
) -> Event:
    """Return the voucher's next event; at a counter it is booked into the partner's open period."""
    counter = more.pop("counter", None)
    booked_at = on.now
    if isinstance(counter, Counter):
        booked_at = on.contracts.accounts[counter.partner_id].books_at(on.now)
        more |= {
            "partner_id": counter.partner_id,
            "outlet_id": counter.outlet_id,
            "operator_id": counter.operator_id,
            "device_id": counter.device_id,
            "outside_hours": counter.outside_hours,
        }
    return Event(
        event_id=on.ids.next(),
        voucher_id=standing.voucher.voucher_id,
        version=standing.version + 1,
        kind=kind,
        booked_at=booked_at,
        recorded_at=on.now,
        operation_id=command.operation_id,
        actor=command.actor,
        last4=str(more.pop("last4", standing.last4)),
        **more,  # type: ignore[arg-type]  # names of an event's own fields
    )


def booking(command: AtVoucher, on: WorkingSet) -> Booking:
    """Return what books stock and money for a command."""
    return Booking(on.shelf, on.ids, command.operation_id, command.actor)


def move_stock(
    command: AtVoucher, standing: Standing, on: WorkingSet, *, reserved: int, issued: int
) -> None:
    """Change the stock of the voucher's reward, in all and at its outlet, as it was drawn."""
    voucher, terms = standing.voucher, standing.voucher.terms
    buckets = [TOTAL] if terms.stocked else []
    if terms.stocked and terms.outlet_id is not None:
        buckets.append(outlet_bucket(terms.outlet_id))
    for bucket in buckets:
        booking(command, on).stock(
            voucher.reward_id, bucket, voucher.voucher_id, reserved=reserved, issued=issued
        )


def draft(kind: Kind, reason: str, command: AtVoucher, on: WorkingSet) -> Draft:
    """Begin the ledger transaction of a command about a voucher."""
    return Draft(
        books=on.books,
        ids=on.ids,
        kind=kind,
        operation_id=command.operation_id,
        actor=command.actor,
        reason=reason,
        now=on.now,
        origin={"voucher_id": command.links.voucher_id, "reward": command.links.reward_id},
    )


def hold_of(links: Links, on: WorkingSet) -> Hold | None:
    """Return the voucher's hold; what was free has none."""
    return on.books.holds[links.hold_id] if links.hold_id is not None else None


def posted(begun: Draft) -> TransactionId:
    """Post a draft and return its id."""
    return begun.post().transaction_id
