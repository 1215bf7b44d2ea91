"""The vouchers' facts: what was issued on which terms, and what happened to it at counters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from points.kernel.amounts import ZERO, Fen, Points
from points.kernel.ensure import ensure
from points.kernel.ids import (
    Actor,
    HoldId,
    MemberId,
    OperationId,
    OutletId,
    PartnerId,
    RewardId,
    VoucherId,
)

NO_FEN = Fen(0)

VOIDS_MAX = 3
"""How often captures of one voucher can be voided, against loops of use and undo."""


class Kind(StrEnum):
    """What the voucher is good for: one thing, money in parts, or some uses."""

    ITEM = "item"
    AMOUNT = "amount"
    COUNT = "count"


class State(StrEnum):
    """Where a voucher stands; an amount or count voucher in part use is still ``issued``."""

    ISSUED = "issued"
    CAPTURED = "captured"
    EXPIRED = "expired"


class EventKind(StrEnum):
    """What happened to a voucher after its issue."""

    AUTHORISED = "authorised"
    RELEASED = "released"
    CAPTURED = "captured"
    VOIDED = "voided"
    EXPIRED = "expired"
    REISSUED = "reissued"
    REASSIGNED = "reassigned"


NEW_CODES = (EventKind.REISSUED, EventKind.REASSIGNED)
"""What gives a voucher another code: the ones before open nothing from then on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was promised at the issue; later versions of the catalogue do not change it.

    Attributes:
        kind: What it is good for.
        price: Points held for it.
        amount_fen: Face value of an amount voucher, else zero.
        uses: How often it can be used; one but for count vouchers.
        tariff_fen: What a partner is paid for one use, by partner id, category or ``default``.
        tariff_is_face: Whether the partner is paid what was captured, to the fen.
        reserved_fen: What was promised from the pool.
        partners: Categories of partners that honour it.
        stocked: Whether it was counted against a stock.
        title_zh: What to hand over.
        title_en: The same in English.
        outlet_id: The one outlet where it is good; None: wherever the reward is honoured.
        outlet_name: What that outlet is called.
    """

    kind: Kind
    price: Points
    amount_fen: Fen = NO_FEN
    uses: int = 1
    tariff_fen: Mapping[str, int]
    tariff_is_face: bool = False
    reserved_fen: Fen = NO_FEN
    partners: tuple[str, ...]
    stocked: bool = False
    title_zh: str
    title_en: str
    outlet_id: OutletId | None = None
    outlet_name: str = ""

    def __post_init__(self) -> None:
        # A sum for each part, however small, would add up to more than was promised.
        ensure(self.tariff_is_face == (self.kind is Kind.AMOUNT), "amounts are paid at face")

    @property
    def whole(self) -> int:
        """How many parts it can be captured in: fen of an amount, else uses."""
        return self.amount_fen if self.kind is Kind.AMOUNT else self.uses

    def cost_fen(self, partner: PartnerId, category: str, parts: int) -> Fen:
        """Return what a partner is paid for some parts."""
        if self.tariff_is_face:
            return Fen(parts)
        for name in (partner, category):
            if name in self.tariff_fen:
                return Fen(self.tariff_fen[name])
        return Fen(self.tariff_fen.get("default", 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """A member's right to one reward; never changed after it was issued.

    Attributes:
        member_id: Who drew it and whose points pay; who owns it now stands in its standing.
        hold_id: The points set aside for it; None for what is free.
        valid_from: First instant at which it can be used.
        valid_until: First instant at which it no longer can.
        last4: The end of its first code, for people who talk on the phone.
    """

    voucher_id: VoucherId
    member_id: MemberId
    reward_id: RewardId
    reward_version: int
    programme: str
    hold_id: HoldId | None
    terms: Terms
    last4: str
    valid_from: datetime
    valid_until: datetime
    operation_id: OperationId
    actor: Actor

    def __post_init__(self) -> None:
        ensure(self.valid_from < self.valid_until, "a voucher is valid for a while")
        ensure((self.hold_id is None) == (self.terms.price == 0), "what costs points holds them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What a command about a voucher must name; none of it ever changes.

    Attributes:
        member_id: Who drew it: whose wallet the hold is in, whoever owns it now.
        issue_no: By which issue of its code it was named, so that a code that was replaced after
            it was looked up opens nothing; None where it was not named by a code.
    """

    voucher_id: VoucherId
    member_id: MemberId
    reward_id: RewardId
    programme: str
    hold_id: HoldId | None
    issue_no: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aliased:
    """A voucher that a QR may stand for; its check tells whether it does.

    Attributes:
        issue: Number of the code whose QR it is.
        authorised_outlet: Which outlet is handling it.
        authorised_until: How long.
    """

    links: Links
    issue: int
    authorised_outlet: OutletId | None = None
    authorised_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Who acts at a counter.

    Attributes:
        outlet_name: As it stands in an answer that says where a voucher was used.
        category: The partner's.
        device_id: Which till or phone.
        outside_hours: Whether the outlet is closed at this hour, as far as its hours are known.
        zone: Of the partner's days, and of the times that a clerk reads.
        tariff_fen: What one use pays here by the contract in force, by reward, where it says so.
    """

    partner_id: PartnerId
    outlet_id: OutletId
    outlet_name: str
    category: str
    operator_id: str
    device_id: str = ""
    zone: str = "Asia/Shanghai"
    tariff_fen: Mapping[str, int] = field(default_factory=dict)
    outside_hours: bool = False

    def says(self, instant: datetime | None) -> str:
        """Return an instant as it is shown here, in the partner's own time; nothing for none."""
        here = instant and instant.astimezone(ZoneInfo(self.zone))
        return here.isoformat(timespec="seconds") if here else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a voucher.

    Attributes:
        event_id: Sorts by when it was drawn.
        version: Gapless per voucher.
        parts: Fen of an amount voucher, else uses; what a void gives back is positive too.
        points: How many held points were spent or set aside again.
        cost_fen: What the partner is owed for it, or owes back.
        request_no: The partner's own number of a capture.
        undoes: The capture that a void takes back.
        device_id: The till or phone at which it happened.
        outside_hours: Whether the outlet was closed then; kept for whoever watches over fraud.
        authorisation_id: The authorisation that a capture names, or that is given up.
        booked_at: When it counts in a statement; never within a closed period.
        last4: The end of the code that was in force, or that came into force with it.
    """

    event_id: str
    voucher_id: VoucherId
    version: int
    kind: EventKind
    partner_id: PartnerId | None = None
    outlet_id: OutletId | None = None
    operator_id: str = ""
    request_no: str | None = None
    parts: int = 0
    points: Points = ZERO
    cost_fen: Fen = NO_FEN
    undoes: str | None = None
    device_id: str = ""
    outside_hours: bool = False
    authorisation_id: str | None = None
    booked_at: datetime
    recorded_at: datetime
    operation_id: OperationId
    actor: Actor
    last4: str = ""

    def __post_init__(self) -> None:
        ensure((self.kind is EventKind.CAPTURED) == (self.request_no is not None), "captures count")
        ensure((self.kind is EventKind.VOIDED) == (self.undoes is not None), "voids undo")
        named = self.kind in {EventKind.CAPTURED, EventKind.RELEASED}
        ensure(named or self.authorisation_id is None, "captures and releases name authorisations")
        ensure(bool(self.last4) or self.kind not in NEW_CODES, "a new code has an end")
        ensure(min(self.parts, self.points, self.cost_fen) >= 0, "nothing is below zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A code that does not exist was tried; the code itself is kept nowhere."""

    attempt_id: str
    outlet_id: OutletId
    device_id: str
    attempted_at: datetime


def terms_from(body: Mapping[str, Any]) -> Terms:
    """Return the terms that a stored document spells."""
    values = dict(body)
    values["kind"] = Kind(values["kind"])
    values["partners"] = tuple(values["partners"])
    return Terms(**values)
