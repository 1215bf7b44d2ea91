"""Statements as one would keep them on paper: what is open, what was listed, what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from points.kernel.ids import Actor, OutletId, PartnerId, StatementId
from points.partners.agreement import Fee
from points.partners.standing import ROUNDS_MAX
from tests.flows.market import HOSPITAL, PHARMACY

FEES = {
    PHARMACY: Fee(basis_points=333, least_fen=3, most_fen=50),
    HOSPITAL: Fee(per_capture_fen=30),
}
OPEN, REJECTED, ACCEPTED, SETTLED = "open", "rejected", "accepted", "settled"


def fee_of(partner: PartnerId, fen: int) -> int:
    """Return what the association keeps of a capture, recounted without the product's formula."""
    if partner == HOSPITAL:
        return min(30, fen)
    part = int((Decimal(fen) * 333 / 10_000).quantize(Decimal(1), ROUND_HALF_UP))
    return min(max(part, 3), 50, fen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """What a partner is owed, or owes back, for one thing that happened.

    Attributes:
        source: The capture, void or correction.
        fee: What a capture is charged, below zero, or its void gives back.
    """

    partner: PartnerId
    source: str
    kind: str
    outlet: OutletId | None
    at: datetime
    fen: int
    fee: int = 0
    reference: str
    last4: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line as it has to stand in a statement; one that sums fees up has no source."""

    number: int
    source: str
    kind: str
    outlet: OutletId | None
    fen: int
    fee: int
    reference: str
    last4: str


def rows_of(booked: list[Booked]) -> Iterator[Row]:
    """Yield the lines that list what was booked: in its order, and one for each outlet's fees."""
    fees: dict[OutletId, int] = {}
    in_order = sorted(booked, key=lambda each: (each.at, each.source))
    for number, each in enumerate(in_order, 1):
        if each.kind in {"capture", "void"} and each.outlet:
            fees[each.outlet] = fees.get(each.outlet, 0) + each.fee
        yield Row(
            number=number,
            source=each.source,
            kind=each.kind,
            outlet=each.outlet,
            fen=each.fen,
            fee=each.fee,
            reference=each.reference,
            last4=each.last4,
        )
    left = [(outlet, fen) for outlet, fen in sorted(fees.items()) if fen]
    for number, (outlet, fen) in enumerate(left, len(in_order) + 1):
        yield Row(
            number=number,
            source="",
            kind="fee",
            outlet=outlet,
            fen=fen,
            fee=0,
            reference="fee",
            last4="",
        )


@dataclass(slots=True)
class Quarrel:
    """A line that the partner disputes."""

    row: Row
    claims: int
    rounds: int = 1
    state: str = OPEN

    @property
    def withheld(self) -> int:
        return max(self.row.fen - self.claims, 0) if self.state in {OPEN, REJECTED} else 0


@dataclass(slots=True, kw_only=True)
class Sheet:
    """A drawn-up statement, and what both sides said of it since.

    Attributes:
        frozen: What the database had of it when it was drawn up, to the letter.
        steps: How many things happened to it.
    """

    statement_id: StatementId
    partner: PartnerId
    number: int
    drawn_by: Actor
    rows: dict[int, Row]
    frozen: Any
    quarrels: dict[int, Quarrel] = field(default_factory=dict)
    confirmed: bool = False
    countersigned: Actor | None = None
    closed: bool = False
    paid: int = 0
    references: set[str] = field(default_factory=set)
    steps: int = 0

    @property
    def total(self) -> int:
        return sum(row.fen for row in self.rows.values())

    @property
    def from_pools(self) -> int:
        return sum(row.fen for row in self.rows.values() if row.kind != "fee")

    @property
    def waiting(self) -> list[int]:
        """The lines whose dispute nobody has answered yet."""
        return [number for number, each in self.quarrels.items() if each.state == OPEN]

    @property
    def rejected(self) -> list[int]:
        """The lines about which the partner may say once more what they should say."""
        return [number for number, each in self.quarrels.items() if each.state == REJECTED]

    @property
    def disputed(self) -> bool:
        return any(each.state in {OPEN, REJECTED} for each in self.quarrels.values())

    @property
    def payable(self) -> int:
        if not self.confirmed or self.countersigned is None:
            return 0
        return self.total - sum(each.withheld for each in self.quarrels.values()) - self.paid

    @property
    def state(self) -> str:
        if self.disputed:
            return "disputed"
        if self.closed:
            return "paid" if self.paid == self.total else "closed"
        if self.confirmed:
            return "confirmed"
        return "drawn_up" if self.countersigned is None else "countersigned"

    def step(self) -> None:
        """Count a step; the statement is closed once both agreed and nothing is in dispute."""
        self.steps += 1
        agreed = self.confirmed and self.countersigned is not None
        self.closed = self.closed or (agreed and not self.disputed)

    def confirm(self) -> None:
        """Agree for the partner, with what was rejected so far as well."""
        self.confirmed = True
        for each in self.quarrels.values():
            if each.state == REJECTED:
                each.state = SETTLED

    def dispute(self, number: int, claims: int) -> None:
        before = self.quarrels.get(number)
        rounds = 1 if before is None else before.rounds + 1
        self.quarrels[number] = Quarrel(self.rows[number], claims, rounds)

    def reject(self, number: int) -> None:
        quarrel = self.quarrels[number]
        quarrel.state = SETTLED if quarrel.rounds >= ROUNDS_MAX else REJECTED

    def against_dispute(self, number: int, claims: int) -> str:
        """Return the reason against disputing a line, or nothing."""
        row, before = self.rows.get(number), self.quarrels.get(number)
        if row is None:
            return "line_unknown"
        if before is None and self.confirmed:
            return "statement_confirmed"
        if before is not None and before.state == OPEN:
            return "dispute_open"
        if before is not None and before.state != REJECTED:
            return "dispute_settled"
        if claims == row.fen:
            return "claim_unchanged"
        return "fee_never_paid" if row.kind == "fee" and row.fen < 0 < claims else ""

    def against_answer(self, number: int) -> str:
        quarrel = self.quarrels.get(number)
        return "" if quarrel is not None and quarrel.state == OPEN else "dispute_unknown"

    def against_confirming(self) -> str:
        return "statement_confirmed" if self.confirmed and not self.rejected else ""

    def against_countersigning(self, actor: Actor) -> str:
        if self.countersigned is not None:
            return "statement_confirmed"
        return "own_statement" if actor == self.drawn_by else ""

    def against_paying(self, actor: Actor, fen: int, reference: str) -> str:
        if actor == self.countersigned:
            return "own_statement"
        if reference in self.references:
            return "payment_marked"
        within = 0 < fen <= self.payable or self.payable <= fen < 0
        return "" if within else "not_payable"
