"""The vouchers' part of a batch: standings under their locks, and the facts to append."""

from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from points.kernel.ensure import ensure
from points.kernel.ids import MemberId, OutletId, PartnerId, RewardId, VoucherId
from points.vouchers.codes import Form
from points.vouchers.model import Aliased, Event, EventKind, Failure, Links, Voucher
from points.vouchers.passing import Offer, OfferEnd, Passing, Reminder
from points.vouchers.standing import Standing

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
DEVICE_FAILURES_MAX, DEVICE_WINDOW = 5, timedelta(minutes=10)
OUTLET_FAILURES_MAX, OUTLET_WINDOW = 50, timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class Guard:
    """Counts codes that do not exist, for one outlet, under a lock of its own.

    The count lives in the database: no restart, second process or lost cache forgets it.

    Attributes:
        failures: Those within the window, since it was last opened again.
        total: How many there ever were.
        reopened_at: When it was last opened again, if it was.
    """

    outlet_id: OutletId
    failures: list[Failure] = field(default_factory=list)
    total: int = 0
    reopened_at: datetime | None = None
    fresh: bool = False
    touched: bool = False

    def reopen(self, now: datetime) -> None:
        """Forget no failure, and count none of those that there were until now."""
        self.failures.clear()
        self.reopened_at, self.touched = now, True

    def closed_until(self, device: str, now: datetime) -> datetime | None:
        """Return until when this device or the whole outlet must wait, if it must."""
        own = [f.attempted_at for f in self.failures if f.device_id == device]
        every = [f.attempted_at for f in self.failures]
        waits = (
            _wait(own, DEVICE_FAILURES_MAX, DEVICE_WINDOW, now),
            _wait(every, OUTLET_FAILURES_MAX, OUTLET_WINDOW, now),
        )
        return max((wait for wait in waits if wait is not None), default=None)


def _wait(attempts: list[datetime], most: int, window: timedelta, now: datetime) -> datetime | None:
    recent = sorted(at for at in attempts if now - window < at)
    return recent[-most] + window if len(recent) >= most else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A partner's events between two instants, half-open."""

    partner_id: PartnerId
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A capture or void as a statement lists it.

    Attributes:
        programme: Whose pool pays it.
        captured_at: When the capture was booked, of a void the one that it takes back.
    """

    event: Event
    reward_id: RewardId
    programme: str
    last4: str
    captured_at: datetime


@dataclass(slots=True)
class Drawer:
    """Vouchers and what is to be appended about them. Nothing here touches a database.

    Attributes:
        as_of: The instant of the batch.
        vouchers: Standings by voucher, locked.
        drawn: When a member drew vouchers of a reward, by both; the newest hundred.
        found: Links by the hash of a code.
        aliased: What a QR's alias may stand for; two vouchers share one almost never.
        guards: Counters of invalid codes by outlet, locked.
        captures: Captures by partner and request number.
        voided: Captures that were taken back, with what took each back.
        uses: Captures that were not, of vouchers of which that was asked for, in their order.
        voids: What outlets took back lately, by partner and outlet.
        periods: Captures and voids by partner and period, for its statement.
        at_counter: Until when counters are handling a member's vouchers.
        offers: The newest offer of each voucher that was asked for, unless it has ended.
        received: When a member got vouchers from others; the newest hundred.
        reminded: Of which vouchers, how many days before their end, the owner was told.
    """

    as_of: datetime = EARLIEST
    vouchers: dict[VoucherId, Standing] = field(default_factory=dict)
    drawn: dict[tuple[MemberId, RewardId], list[datetime]] = field(default_factory=dict)
    found: dict[str, Links] = field(default_factory=dict)
    aliased: dict[str, list[Aliased]] = field(default_factory=dict)
    guards: dict[OutletId, Guard] = field(default_factory=dict)
    captures: dict[tuple[PartnerId, str], Event] = field(default_factory=dict)
    voided: dict[str, str] = field(default_factory=dict)
    uses: dict[VoucherId, list[Event]] = field(default_factory=dict)
    voids: dict[tuple[PartnerId, OutletId], list[Event]] = field(default_factory=dict)
    periods: dict[Period, list[Owed]] = field(default_factory=dict)
    at_counter: dict[MemberId, list[datetime]] = field(default_factory=dict)
    issued: list[Voucher] = field(default_factory=list)
    offers: dict[VoucherId, Offer] = field(default_factory=dict)
    received: dict[MemberId, list[datetime]] = field(default_factory=dict)
    reminded: set[tuple[VoucherId, int]] = field(default_factory=set)
    codes: list[tuple[VoucherId, int, Mapping[Form, str]]] = field(default_factory=list)
    new_offers: list[Offer] = field(default_factory=list)
    offer_ends: list[OfferEnd] = field(default_factory=list)
    passings: list[Passing] = field(default_factory=list)
    new_reminders: list[Reminder] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    new_failures: list[Failure] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        facts: tuple[Sized, ...] = (
            *(self.issued, self.events, self.new_failures, self.new_offers, self.offer_ends),
            *(self.passings, self.new_reminders),
        )
        return sum(map(len, facts))

    def captured(self, requests: Iterable[tuple[PartnerId, str]]) -> dict[str, str | None]:
        """Return the captures of some requests, each with what took it back, if anything did."""
        found = (self.captures[each].event_id for each in requests if each in self.captures)
        return {capture: self.voided.get(capture) for capture in found}

    def capture(self, event_id: str) -> Event | None:
        """Return a capture by its id, or None for what is none that was asked for."""
        return next((each for each in self.captures.values() if each.event_id == event_id), None)

    def drawn_since(self, member: MemberId, reward: RewardId, since: datetime) -> int:
        """Return how many vouchers of a reward a member drew since an instant."""
        return sum(at >= since for at in self.drawn.get((member, reward), []))

    def issue(self, voucher: Voucher, hashes: Mapping[Form, str]) -> None:
        """Put a new voucher in the drawer."""
        self.issued.append(voucher)
        self.codes.append((voucher.voucher_id, 1, hashes))
        self.vouchers[voucher.voucher_id] = Standing(voucher=voucher, fresh=True, touched=True)
        key = (voucher.member_id, voucher.reward_id)
        self.drawn.setdefault(key, []).append(voucher.valid_from)

    def record(self, standing: Standing, event: Event, outlet_name: str = "") -> None:
        """Append an event and follow it."""
        standing.apply(event, outlet_name)
        self._append(event)

    def authorise(self, standing: Standing, event: Event, until: datetime) -> None:
        """Append an authorisation and follow it."""
        standing.authorise(event, until)
        self._append(event)

    def reissue(self, standing: Standing, event: Event, hashes: Mapping[Form, str]) -> None:
        """Append the event that replaces a voucher's code, and the new one's hashes."""
        standing.apply(event)
        self._append(event)
        self.codes.append((standing.voucher.voucher_id, standing.issue_no, hashes))

    def pass_on(
        self, standing: Standing, event: Event, passing: Passing, hashes: Mapping[Form, str]
    ) -> None:
        """Give a voucher another owner, and with it another code."""
        ensure(passing.from_member == standing.owner_id, "only its owner's voucher is passed on")
        ensure(passing.version == event.version, "a passing has its event")
        self.reissue(standing, event, hashes)
        standing.owned_by, standing.passes = passing.member_id, standing.passes + 1
        self.passings.append(passing)
        self.received.setdefault(passing.member_id, []).append(passing.recorded_at)

    def offer(self, offer: Offer) -> None:
        """Offer a voucher to somebody; one offer of a voucher is open at a time."""
        ensure(self.open_offer(offer.voucher_id, offer.made_at) is None, "one offer at a time")
        self.new_offers.append(offer)
        self.offers[offer.voucher_id] = offer

    def open_offer(self, voucher: VoucherId, now: datetime) -> Offer | None:
        """Return the offer of a voucher that can still be accepted, or None."""
        found = self.offers.get(voucher)
        return found if found is not None and now < found.until else None

    def end_offer(self, end: OfferEnd) -> None:
        """End an offer."""
        ensure(self.offers.pop(end.offer.voucher_id) == end.offer, "an offer ends once")
        self.offer_ends.append(end)

    def remind(self, reminder: Reminder) -> None:
        """Note that an owner was told, or need not be told any more."""
        key = (reminder.voucher_id, reminder.days)
        ensure(key not in self.reminded, "one reminds once")
        self.reminded.add(key)
        self.new_reminders.append(reminder)

    def received_since(self, member: MemberId, since: datetime) -> int:
        """Return how many vouchers a member got from others since an instant."""
        return sum(at >= since for at in self.received.get(member, []))

    def _append(self, event: Event) -> None:
        self.events.append(event)
        if event.kind is EventKind.CAPTURED and event.partner_id and event.request_no:
            self.captures[event.partner_id, event.request_no] = event
            self.uses.setdefault(event.voucher_id, []).append(event)
        # Only outlets take captures back.
        partner, outlet = event.partner_id, event.outlet_id
        if event.undoes is not None and partner is not None and outlet is not None:
            self.voided[event.undoes] = event.event_id
            uses = self.uses.get(event.voucher_id, [])
            self.uses[event.voucher_id] = [u for u in uses if u.event_id != event.undoes]
            self.voids.setdefault((partner, outlet), []).append(event)

    def guard(self, outlet: OutletId) -> Guard:
        """Return an outlet's guard; one that never failed starts at zero."""
        if outlet not in self.guards:
            self.guards[outlet] = Guard(outlet_id=outlet, fresh=True)
        return self.guards[outlet]

    def fail(self, failure: Failure) -> None:
        """Count a code that does not exist."""
        guard = self.guard(failure.outlet_id)
        guard.failures.append(failure)
        guard.total += 1
        guard.touched = True
        self.new_failures.append(failure)
