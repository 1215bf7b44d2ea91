"""What is answered about partners, their contracts and statements."""

from datetime import date, datetime

from pydantic import Field

from points.client.answers import Read


class StatementLine(Read):
    """One line of a partner's statement; what the partner gives back is below zero."""

    number: int
    kind: str
    source_id: str
    outlet_id: str | None = None
    reward_id: str
    reference: str
    last4: str
    amount_fen: int
    fee_fen: int
    booked_at: datetime


class OutletTotal(Read):
    """What an outlet did in a period."""

    outlet_id: str | None = None
    count: int
    amount_fen: int
    captured_fen: int
    voided_fen: int
    corrected_fen: int
    fees_fen: int


class Totals(Read):
    """A statement's head with its control totals."""

    statement_id: str | None = None
    partner_id: str
    number: int
    period: str
    begins: datetime
    ends: datetime
    drawn_at: datetime | None = None
    count: int
    captured_fen: int
    voided_fen: int
    corrected_fen: int
    fees_fen: int
    total_fen: int
    outlets: list[OutletTotal]
    sha256: str
    previous_sha256: str


class Statement(Totals):
    """A drawn-up statement and where it stands; its lines come page by page."""

    state: str
    version: int
    confirmed: bool
    countersigned: bool
    closed_at: datetime | None = None
    disputes_open: int
    disputes_rejected: int
    withheld_fen: int
    payable_fen: int
    paid_fen: int


class Draft(Totals):
    """What the statement of an open period would list now: totals, and the first lines."""

    lines: list[StatementLine] = Field(default_factory=list)
    lines_left_out: int


class DrawnUp(Read):
    """A period that never changes any more."""

    statement_id: str
    number: int
    period: str
    count: int
    total_fen: int
    sha256: str


class StepTaken(Read):
    """How a statement stands after a step."""

    statement_id: str
    state: str
    version: int
    payable_fen: int
    paid_fen: int
    correction_id: str | None = None


class Dispute(Read):
    """A disputed line."""

    line: int
    state: str
    reason: str
    line_fen: int
    claims_fen: int
    rounds: int


class Disputes(Read):
    """Every disputed line of a statement."""

    items: list[Dispute]


class StatementEvent(Read):
    """Something that happened to a statement."""

    version: int
    step: str
    side: str
    line: int | None = None
    amount_fen: int
    reason: str
    text: str
    reference: str
    paid_on: date | None = None
    recorded_at: datetime


class StatementEvents(Read):
    """What happened to a statement, in order."""

    items: list[StatementEvent]


class StatementDifference(Read):
    """The first line that differs from what was booked."""

    check: str
    place: str
    expected: str
    found: str


class StatementVerified(Read):
    """What came of holding a statement against what was booked."""

    ok: bool
    lines: int
    first_difference: StatementDifference | None = None


class Adjustment(Read):
    """A change of what a partner is owed; a partner is not told who asked and who decided."""

    adjustment_id: str
    partner_id: str
    number: int
    reference: str
    programme: str | None = None
    outlet_id: str | None = None
    amount_fen: int
    capture_id: str | None = None
    request_no: str
    reason: str
    note: str
    document: str
    state: str
    proposed_by: str | None = None
    proposed_at: datetime
    until: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    decided_reason: str | None = None


class AdjustmentProposed(Read):
    """An adjustment that waits for another person."""

    adjustment_id: str
    number: int
    state: str
    until: datetime


class AdjustmentEnded(Read):
    """An adjustment that has ended."""

    adjustment_id: str
    state: str
    correction_id: str | None = None


class Partner(Read):
    """A partner."""

    partner_id: str
    category: str
    name: str
    cycle: str
    closed_until: datetime | None = None
    statements: int


class Fee(Read):
    """What the association keeps of a capture."""

    per_capture_fen: int
    basis_points: int
    rounding: str
    least_fen: int
    most_fen: int | None = None


class Contract(Read):
    """One version of what was agreed with a partner."""

    version: int
    starts_on: date
    cycle: str
    tariff_fen: dict[str, int]
    fee: Fee
    payment_days: int
    grace_days: int | None = None
    silence_days: int | None = None
    contact: str


class Contracts(Read):
    """Every version of a partner's contract, in order."""

    items: list[Contract]


class ContractMade(Read):
    """A version that was put on file."""

    partner_id: str
    version: int
