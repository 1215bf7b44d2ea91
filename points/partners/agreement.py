"""What was agreed with a partner: tariffs, fee, cycle and terms, in versions by local date."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from points.kernel.amounts import Fen
from points.kernel.ensure import ensure
from points.kernel.ids import Actor, OperationId, PartnerId
from points.partners.model import Cycle, Partner

BASIS_POINTS = 10_000
"""Of the whole: a hundred of them are one per cent."""

DAYS_MAX = 366
TARIFFS_MAX = 500


class Rounding(StrEnum):
    """How a fee that is no whole fen becomes one."""

    DOWN = "down"
    HALF_UP = "half_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """What the association keeps of a capture: an amount, or a part of the tariff.

    It is never more than the capture itself, so no line ever comes to less than nothing, and
    drawing a statement up never needs money that is not there.

    Attributes:
        per_capture_fen: A fixed amount; zero where it is a part.
        basis_points: The part, in hundredths of a per cent; zero where it is an amount.
        rounding: Of a part.
        least_fen: A part is at least this.
        most_fen: And at most this; None for no limit.
    """

    per_capture_fen: int = 0
    basis_points: int = 0
    rounding: Rounding = Rounding.HALF_UP
    least_fen: int = 0
    most_fen: int | None = None

    def __post_init__(self) -> None:
        ensure(min(self.per_capture_fen, self.basis_points, self.least_fen) >= 0, "no fee is paid")
        ensure(self.basis_points <= BASIS_POINTS, "a fee is a part of the whole")
        ensure(not (self.per_capture_fen and self.basis_points), "a fee is an amount or a part")
        ensure(self.most_fen is None or self.most_fen >= self.least_fen, "least is below most")

    @property
    def nothing(self) -> bool:
        """Whether there is none."""
        return not (self.per_capture_fen or self.basis_points)

    def of(self, amount_fen: int) -> Fen:
        """Return the fee of a capture, rounded once, as a positive amount."""
        ensure(amount_fen >= 0, "a fee is charged on what was captured")
        if self.per_capture_fen:
            return Fen(min(self.per_capture_fen, amount_fen))
        if not self.basis_points:
            return Fen(0)
        half = BASIS_POINTS // 2 if self.rounding is Rounding.HALF_UP else 0
        part = max((amount_fen * self.basis_points + half) // BASIS_POINTS, self.least_fen)
        if self.most_fen is not None:
            part = min(part, self.most_fen)
        return Fen(min(part, amount_fen))


NO_FEE = Fee()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One version of what was agreed with a partner; never changed, only followed by another.

    Attributes:
        version: Gapless per partner, from one.
        starts_on: First local day on which it is in force, until a later version is.
        tariff_fen: What one use pays, by reward, in place of the reward's own tariff.
        payment_days: How long after both sides agreed a statement is to be paid.
        grace_days: How long after a period's end its statement is drawn up by itself; None: by
            hand.
        silence_days: After how long a partner's silence counts as its confirmation; None: never.
        contact: A desk or an address of the partner's, for questions; no person's.
    """

    partner_id: PartnerId
    version: int
    starts_on: date
    cycle: Cycle
    tariff_fen: Mapping[str, int] = field(default_factory=dict)
    fee: Fee = NO_FEE
    payment_days: int = 30
    grace_days: int | None = None
    silence_days: int | None = None
    contact: str = ""
    operation_id: OperationId
    actor: Actor
    recorded_at: datetime

    def __post_init__(self) -> None:
        ensure(self.version > 0, "versions start at one")
        ensure(all(fen >= 0 for fen in self.tariff_fen.values()), "a tariff is never below zero")


@dataclass(frozen=True, slots=True)
class Agreement:
    """A partner and every version of its contract."""

    partner: Partner
    versions: tuple[Contract, ...] = ()

    def on(self, day: date) -> Contract | None:
        """Return the contract in force on a local day, or None before the first."""
        begun = [each for each in self.versions if each.starts_on <= day]
        return max(begun, key=lambda each: (each.starts_on, each.version), default=None)

    def at(self, instant: datetime) -> Contract | None:
        """Return the contract in force at an instant, or None before the first."""
        return self.on(self.partner.day(instant))

    def cycle(self, day: date) -> Cycle:
        """Return how often there is a statement, as of a local day."""
        contract = self.on(day)
        return self.partner.cycle if contract is None else contract.cycle

    def span(self, day: date) -> tuple[datetime, datetime]:
        """Return the half-open period, in UTC, of the statement that a local day falls in."""
        first, after = self.cycle(day).days(day)
        return self.partner.midnight(first), self.partner.midnight(after)

    def period(self, day: date) -> str:
        """Return the name of the period that a local day falls in: ``2026-03``, ``2026-03-01``."""
        return self.cycle(day).period(day)

    def tariffs(self, instant: datetime) -> Mapping[str, int]:
        """Return what one use pays at an instant, by reward, where the contract says so."""
        contract = self.at(instant)
        return {} if contract is None else contract.tariff_fen

    def fee_of(self, amount_fen: int, captured_at: datetime) -> Fen:
        """Return the fee of a capture by the contract in force when it was booked."""
        contract = self.at(captured_at)
        return Fen(0) if contract is None else contract.fee.of(amount_fen)
