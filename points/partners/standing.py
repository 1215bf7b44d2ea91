"""Where a drawn-up statement stands: disputes, both sides' consent, payments. A projection."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from points.kernel.ensure import ensure
from points.kernel.ids import Actor, OperationId, PartnerId, StatementId
from points.partners.model import Statement

ROUNDS_MAX = 3
"""How often one line can be disputed; what is rejected that often stands."""

DISPUTES_MAX = 1000
"""How many lines of one statement can be in dispute; with more, people had better talk."""


class Step(StrEnum):
    """What happens to a statement after it was drawn up."""

    DISPUTED = "disputed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    COUNTERSIGNED = "countersigned"
    PAID = "paid"


class State(StrEnum):
    """Where a statement stands as a whole."""

    DRAWN_UP = "drawn_up"
    DISPUTED = "disputed"
    CONFIRMED = "confirmed"
    COUNTERSIGNED = "countersigned"
    CLOSED = "closed"
    PAID = "paid"


class Reason(StrEnum):
    """Why a partner disputes a line."""

    AMOUNT_WRONG = "amount_wrong"
    NOT_OURS = "not_ours"
    VOIDED = "voided"
    NOT_VOIDED = "not_voided"
    FEE_WRONG = "fee_wrong"
    OTHER = "other"


class DisputeState(StrEnum):
    """Where a dispute of a line stands; the first two are unsettled."""

    OPEN = "open"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementEvent:
    """Something that happened to a statement; never changed after it was written.

    Attributes:
        version: Gapless per statement, from one.
        line: The line that a dispute or its answer is about.
        line_fen: What that line says.
        amount_fen: What a disputed line should say, what an accepted one is adjusted by, or what
            was paid.
        reason: A dispute's, as a code.
        text: What people wrote; kept for ever.
        reference: The bank's, of a payment.
        paid_on: The local day of a payment.
        correction_id: The correction that an accepted dispute was booked as.
    """

    statement_id: StatementId
    version: int
    step: Step
    actor: Actor
    line: int | None = None
    line_fen: int = 0
    amount_fen: int = 0
    reason: str = ""
    text: str = ""
    reference: str = ""
    paid_on: date | None = None
    correction_id: str | None = None
    operation_id: OperationId
    recorded_at: datetime

    def __post_init__(self) -> None:
        about_line = self.step in {Step.DISPUTED, Step.ACCEPTED, Step.REJECTED}
        ensure(self.version > 0, "versions start at one")
        ensure((self.line is not None) == about_line, "disputes and answers are about a line")
        ensure((self.step is Step.PAID) == bool(self.reference), "a payment has the bank's number")
        ensure((self.step is Step.PAID) == (self.paid_on is not None), "and its day")
        ensure(self.step is not Step.PAID or self.amount_fen != 0, "and an amount")
        ensure((self.step is Step.ACCEPTED) or self.correction_id is None, "only consent corrects")

    @property
    def side(self) -> str:
        """Who acted, as both sides may know: ``partner``, ``association`` or ``system``."""
        kind = self.actor.partition(":")[0]
        return {"partner": "partner", "staff": "association"}.get(kind, "system")


@dataclass(slots=True, kw_only=True)
class Dispute:
    """Where a disputed line stands.

    Attributes:
        line_fen: What the line says.
        claims_fen: What it should say, as the partner claims.
        rounds: How often it was disputed.
    """

    line: int
    state: DisputeState
    line_fen: int
    claims_fen: int
    reason: str
    rounds: int = 1
    disputed_at: datetime
    answered_at: datetime | None = None

    @property
    def unsettled(self) -> bool:
        """Whether either side still has to say something."""
        return self.state in {DisputeState.OPEN, DisputeState.REJECTED}

    @property
    def withheld_fen(self) -> int:
        """What is not paid before it is settled: what the partner itself says is too much."""
        return max(self.line_fen - self.claims_fen, 0) if self.unsettled else 0


@dataclass(slots=True, kw_only=True)
class Standing:
    """A statement and the sum of its events.

    Attributes:
        version: Number of its last event; zero when it was just drawn up.
        confirmed_by: Who agreed for the partner.
        countersigned_by: Who agreed for the association.
        closed_at: When both had, and no dispute was left.
        paid_fen: What was paid so far.
        references: The bank's numbers of the payments.
    """

    statement_id: StatementId
    partner_id: PartnerId
    number: int
    period: str
    total_fen: int
    payment_days: int
    contract: int = 0
    drawn_by: str
    drawn_at: datetime
    version: int = 0
    confirmed_by: Actor | None = None
    countersigned_by: Actor | None = None
    closed_at: datetime | None = None
    paid_fen: int = 0
    references: set[str] = field(default_factory=set)
    disputes: dict[int, Dispute] = field(default_factory=dict)
    fresh: bool = False
    touched: bool = False

    @classmethod
    def of(cls, statement: Statement, *, fresh: bool = True) -> "Standing":
        """Return where a statement stands that was just drawn up."""
        ensure(statement.statement_id is not None, "a draft stands nowhere")
        ensure(statement.drawn_at is not None, "what was drawn up was so at some time")
        return cls(
            statement_id=StatementId(str(statement.statement_id)),
            partner_id=statement.partner_id,
            number=statement.number,
            period=statement.period,
            total_fen=statement.totals.total_fen,
            payment_days=statement.payment_days,
            contract=statement.contract,
            drawn_by=statement.drawn_by,
            drawn_at=statement.drawn_at or statement.ends,
            fresh=fresh,
        )

    @property
    def open(self) -> int:
        """How many disputes wait for the association."""
        return sum(each.state is DisputeState.OPEN for each in self.disputes.values())

    @property
    def rejected(self) -> int:
        """How many rejected disputes wait for the partner."""
        return sum(each.state is DisputeState.REJECTED for each in self.disputes.values())

    @property
    def withheld_fen(self) -> int:
        """What is not paid before the disputes are settled."""
        return sum(each.withheld_fen for each in self.disputes.values())

    @property
    def payable_fen(self) -> int:
        """What can be paid now: once both sides agreed, all but what is disputed and was paid."""
        if self.confirmed_by is None or self.countersigned_by is None:
            return 0
        return self.total_fen - self.withheld_fen - self.paid_fen

    @property
    def state(self) -> State:
        """Where it stands as a whole."""
        if self.open or self.rejected:
            return State.DISPUTED
        if self.closed_at is not None:
            return State.PAID if self.paid_fen == self.total_fen else State.CLOSED
        if self.confirmed_by is not None:
            return State.CONFIRMED
        return State.DRAWN_UP if self.countersigned_by is None else State.COUNTERSIGNED

    def apply(self, event: StatementEvent) -> None:
        """Follow one event, in the decision and when the projection is built anew.

        Raises:
            BrokenInvariant: The event cannot follow the ones before it.
        """
        ensure(event.version == self.version + 1, "a statement's events follow without a gap")
        self.version, self.touched = event.version, True
        match event.step:
            case Step.DISPUTED:
                self._dispute(event)
            case Step.ACCEPTED | Step.REJECTED:
                self._answer(event)
            case Step.CONFIRMED:
                self._confirm(event)
            case Step.COUNTERSIGNED:
                ensure(self.countersigned_by is None, "one side agrees once")
                self.countersigned_by = event.actor
            case Step.PAID:
                self._pay(event)
        agreed = self.confirmed_by is not None and self.countersigned_by is not None
        if agreed and self.closed_at is None and not (self.open or self.rejected):
            self.closed_at = event.recorded_at

    def _dispute(self, event: StatementEvent) -> None:
        line = event.line or 0
        before = self.disputes.get(line)
        ensure(before is None or before.state is DisputeState.REJECTED, "one dispute at a time")
        self.disputes[line] = Dispute(
            line=line,
            state=DisputeState.OPEN,
            line_fen=event.line_fen,
            claims_fen=event.amount_fen,
            reason=event.reason,
            rounds=1 if before is None else before.rounds + 1,
            disputed_at=event.recorded_at,
        )

    def _answer(self, event: StatementEvent) -> None:
        dispute = self.disputes[event.line or 0]
        ensure(dispute.state is DisputeState.OPEN, "an answer follows a dispute")
        dispute.answered_at = event.recorded_at
        if event.step is Step.ACCEPTED:
            dispute.state = DisputeState.ACCEPTED
        else:
            last = dispute.rounds >= ROUNDS_MAX
            dispute.state = DisputeState.SETTLED if last else DisputeState.REJECTED

    def _confirm(self, event: StatementEvent) -> None:
        """Agree for the partner, and with what was rejected so far."""
        self.confirmed_by = self.confirmed_by or event.actor
        for dispute in self.disputes.values():
            if dispute.state is DisputeState.REJECTED:
                dispute.state = DisputeState.SETTLED

    def _pay(self, event: StatementEvent) -> None:
        ensure(event.reference not in self.references, "one transfer is marked once")
        self.paid_fen += event.amount_fen
        self.references.add(event.reference)
