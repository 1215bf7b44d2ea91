"""Where one voucher stands, loaded under its lock, and what a counter may do with it."""

from dataclasses import dataclass
from datetime import datetime

from points.kernel.amounts import Fen, Points
from points.kernel.ensure import ensure
from points.kernel.errors import Refusal
from points.kernel.ids import MemberId, OutletId
from points.vouchers.errors import (
    AlreadyCaptured,
    AmountExceeds,
    AmountInvalid,
    InUse,
    NotYet,
    VoucherExpired,
    WrongOutlet,
    WrongPartner,
)
from points.vouchers.model import NEW_CODES, Counter, Event, EventKind, Kind, State, Voucher


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """What one capture takes: parts of the voucher, held points, and the partner's pay."""

    parts: int
    points: Points
    cost_fen: Fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """An offline token keeps the voucher for one outlet.

    Attributes:
        until: First instant at which other outlets may use it again.
        settles_until: Until when that outlet may bring the token back.
    """

    token_id: str
    outlet_id: OutletId
    until: datetime
    settles_until: datetime


@dataclass(slots=True, kw_only=True)
class Standing:
    """A voucher and the sum of its events: a projection.

    Attributes:
        version: Number of its last event; zero at the issue.
        captured_parts: Fen of an amount voucher, else uses.
        captured_points: How many of the held points were spent.
        cost_fen: What partners are owed for it.
        voids: How many captures were voided.
        captured_at: When it was last captured.
        captured_outlet: Where, by name.
        authorised_outlet: Which outlet is handling it.
        authorised_until: How long others must wait.
        reserved: Which offline token keeps it for one outlet.
        authorisation_id: Under which number it handles it.
        issue_no: Which of its codes opens it: the newest, and no other.
        last4: The end of that code.
        owned_by: Who got it from somebody; None while it is with whom it was drawn for.
        passes: How often it was passed on.
    """

    voucher: Voucher
    state: State = State.ISSUED
    version: int = 0
    captured_parts: int = 0
    captured_points: int = 0
    cost_fen: int = 0
    voids: int = 0
    captured_at: datetime | None = None
    captured_outlet: str = ""
    authorised_outlet: OutletId | None = None
    authorised_until: datetime | None = None
    reserved: Reservation | None = None
    authorisation_id: str | None = None
    issue_no: int = 1
    last4: str = ""
    owned_by: MemberId | None = None
    passes: int = 0
    fresh: bool = False
    touched: bool = False

    def __post_init__(self) -> None:
        # What stands from before codes could be replaced says neither.
        self.last4 = self.last4 or self.voucher.last4

    @property
    def owner_id(self) -> MemberId:
        """Who may use it."""
        return self.owned_by or self.voucher.member_id

    @property
    def remaining_parts(self) -> int:
        """What can still be captured."""
        return self.voucher.terms.whole - self.captured_parts

    @property
    def held_points(self) -> int:
        """What is still set aside for it."""
        return self.voucher.terms.price - self.captured_points

    @property
    def reserved_fen(self) -> int:
        """What is still promised from the pool: nothing once it is closed."""
        if self.state is not State.ISSUED:
            return 0
        return self.voucher.terms.reserved_fen - self.cost_fen

    def expired(self, now: datetime) -> bool:
        """Return whether it can no longer be used."""
        return self.state is State.EXPIRED or self.voucher.valid_until <= now

    def refuses(self, counter: Counter, now: datetime) -> Refusal | None:
        """Return why it cannot be used at this counter now; a foreign counter learns nothing."""
        if counter.category not in self.voucher.terms.partners:
            return WrongPartner()
        if self.voucher.terms.outlet_id not in {None, counter.outlet_id}:
            return WrongOutlet(outlet=self.voucher.terms.outlet_name)
        if self.state is State.CAPTURED:
            ensure(self.captured_at is not None, "what was captured was captured at some time")
            return AlreadyCaptured(at=counter.says(self.captured_at), outlet=self.captured_outlet)
        if self.expired(now):
            return VoucherExpired(valid_until=counter.says(self.voucher.valid_until))
        if now < self.voucher.valid_from:
            return NotYet(valid_from=counter.says(self.voucher.valid_from))
        if self.handled_elsewhere(counter.outlet_id, now):
            return InUse(until=counter.says(self.authorised_until))
        if self.reserved and self.reserved_elsewhere(counter.outlet_id, now):
            return InUse(until=counter.says(self.reserved.until))
        return None

    def handled_elsewhere(self, outlet: OutletId, now: datetime) -> bool:
        """Return whether another outlet authorised it and still has time."""
        return (
            self.authorised_until is not None
            and now < self.authorised_until
            and self.authorised_outlet != outlet
        )

    def reserved_elsewhere(self, outlet: OutletId, now: datetime) -> bool:
        """Return whether an offline token keeps it for another outlet."""
        kept = self.reserved
        return kept is not None and now < kept.until and kept.outlet_id != outlet

    def busy_until(self, now: datetime) -> datetime | None:
        """Return until when some outlet has it, by an authorisation or an offline token.

        What was handed over by a token may be brought back after the token's end: until then
        nobody is given what may be used up already.
        """
        token = self.reserved.settles_until if self.reserved else None
        ahead = [each for each in (self.authorised_until, token) if each is not None and now < each]
        return max(ahead, default=None)

    def awaits_token(self, now: datetime) -> bool:
        """Return whether a token may still be brought back: until then it is not closed."""
        return self.reserved is not None and now < self.reserved.settles_until

    def reserve(self, reservation: Reservation) -> None:
        """Keep the voucher for the outlet of a token."""
        self.reserved, self.touched = reservation, True

    def settle(self, token_id: str) -> None:
        """Let go of a reservation whose token was brought back."""
        if self.reserved is not None and self.reserved.token_id == token_id:
            self.reserved, self.touched = None, True

    def in_hand(self, authorisation_id: str, outlet: OutletId, now: datetime) -> bool:
        """Return whether an outlet still has the voucher in hand under an authorisation.

        Any till of the outlet may go on where another began: the outlet is bound, not the device.
        """
        return (
            self.authorisation_id == authorisation_id
            and self.authorised_outlet == outlet
            and self.authorised_until is not None
            and now < self.authorised_until
        )

    def portion(self, counter: Counter, amount_fen: int | None) -> Portion | Refusal:
        """Return what a capture takes: an amount in fen, the item, or one use."""
        terms = self.voucher.terms
        if (amount_fen is None) == (terms.kind is Kind.AMOUNT):
            return AmountInvalid()
        parts = 1 if amount_fen is None else amount_fen
        if parts <= 0:
            return AmountInvalid()
        if parts > self.remaining_parts:
            return AmountExceeds(remaining_fen=self.remaining_parts)
        return Portion(
            parts=parts,
            points=self._points(parts),
            cost_fen=self.cost_fen_at(counter, parts),
        )

    def cost_fen_at(self, counter: Counter, parts: int) -> Fen:
        """Return what a partner is paid: by its contract in force, else as promised at the issue.

        Never more than one use's share of what was reserved when the voucher was drawn, so that a
        contract that came later cannot spend money which the pool did not set aside.
        """
        terms = self.voucher.terms
        agreed = counter.tariff_fen.get(self.voucher.reward_id)
        if agreed is None or terms.tariff_is_face:
            return terms.cost_fen(counter.partner_id, counter.category, parts)
        return Fen(min(agreed, terms.reserved_fen // terms.uses))

    def _points(self, parts: int) -> Points:
        """Return the points of some more parts, pro rata; the last capture takes the rest.

        Rounded down on the running sum, so that the parts add up to the price whatever they are.
        A void gives back what its own part took, so each may leave the sum less than a point
        ahead or behind; the next part evens it out, or takes none.
        """
        terms = self.voucher.terms
        owed = terms.price * (self.captured_parts + parts) // terms.whole
        return Points(max(owed - self.captured_points, 0))

    def apply(self, event: Event, outlet_name: str = "") -> None:
        """Follow one event, in the decision and when the projection is built anew.

        Raises:
            BrokenInvariant: The event cannot follow the ones before it.
        """
        ensure(event.version == self.version + 1, "a voucher's events follow without a gap")
        self.version, self.touched = event.version, True
        # Whatever happens ends an authorisation; a new code too, for an old one opened it.
        self.authorised_outlet = self.authorised_until = self.authorisation_id = None
        if event.kind in NEW_CODES:
            ensure(self.state is State.ISSUED, "only an open voucher gets another code")
            self.issue_no, self.last4 = self.issue_no + 1, event.last4
            return
        if event.kind is EventKind.CAPTURED:
            self._capture(event, outlet_name)
        elif event.kind is EventKind.VOIDED:
            self._void(event)
        elif event.kind is EventKind.EXPIRED:
            ensure(self.state is State.ISSUED, "only an open voucher expires")
            self.state = State.EXPIRED

    def authorise(self, event: Event, until: datetime) -> None:
        """Follow an authorisation: this outlet handles the voucher for a short while."""
        self.apply(event)
        self.authorised_outlet, self.authorised_until = event.outlet_id, until
        self.authorisation_id = event.event_id

    def _capture(self, event: Event, outlet_name: str) -> None:
        ensure(self.state is State.ISSUED, "only an open voucher is captured")
        self.captured_parts += event.parts
        self.captured_points += event.points
        self.cost_fen += event.cost_fen
        self.captured_at, self.captured_outlet = event.recorded_at, outlet_name
        ensure(self.remaining_parts >= 0, "captures never exceed the voucher")
        ensure(self.held_points >= 0, "captures never exceed the held points")
        if self.remaining_parts == 0:
            ensure(self.held_points == 0, "the last capture takes the rest")
            self.state = State.CAPTURED

    def _void(self, event: Event) -> None:
        ensure(self.state is not State.EXPIRED, "what expired stays closed")
        self.captured_parts -= event.parts
        self.captured_points -= event.points
        self.cost_fen -= event.cost_fen
        self.voids += 1
        self.state = State.ISSUED
        ensure(self.captured_parts >= 0, "a void gives back what was captured")
