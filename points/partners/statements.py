"""Draws statements up: numbered lines, fees, control totals, and the hash that pins them. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from points.kernel.amounts import Fen
from points.kernel.canonical import canonical_json
from points.kernel.ids import OutletId
from points.partners.model import (
    NO_FEN,
    Correction,
    Line,
    LineKind,
    OutletTotal,
    Statement,
    Totals,
)

FORM = "points-statement-2"
"""Name of the canonical form; the first line of every statement begins with it."""

FEE_REFERENCE = "fee"


def correction_line(correction: Correction) -> Line:
    """Return the line of a correction; one of fees is counted among the fees."""
    of_fees = correction.of_fees
    return Line(
        number=0,
        source_id=correction.correction_id,
        kind=LineKind.FEE if of_fees else LineKind.CORRECTION,
        outlet_id=correction.outlet_id,
        programme=correction.programme,
        reference=correction.reason,
        amount_fen=correction.amount_fen,
        fee_fen=correction.amount_fen if of_fees else NO_FEN,
        booked_at=correction.booked_at,
    )


def instant(moment: datetime) -> str:
    """Return an instant in UTC with all six digits, as the canonical form spells it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(statement: Statement, lines: Iterable[Line]) -> Iterator[str]:
    """Yield the canonical form line by line: the head, then the statement's lines.

    Each is a JSON array without blanks and ends with a line feed. The SHA-256 of all of them is
    the statement's; as the head holds the hash of the statement before, each pins all before it.
    """
    head = [
        FORM,
        statement.partner_id,
        statement.number,
        statement.period,
        instant(statement.begins),
        instant(statement.ends),
        statement.previous_sha256,
    ]
    yield f"{canonical_json(head)}\n"
    for line in lines:
        yield f"{canonical_json(_spelled(line))}\n"


def _spelled(line: Line) -> list[str | int]:
    return [
        line.number,
        line.kind.value,
        line.source_id,
        line.outlet_id or "",
        line.reward_id,
        line.last4,
        line.reference,
        int(line.amount_fen),
        int(line.fee_fen),
        instant(line.booked_at),
    ]


def hash_of(canonical_lines: Iterable[str]) -> str:
    """Return the SHA-256 of a canonical form, taken as it comes."""
    found = hashlib.sha256()
    for each in canonical_lines:
        found.update(each.encode())
    return found.hexdigest()


@dataclass(slots=True)
class Sum:
    """Adds lines up, for one outlet or all of them."""

    count: int = 0
    by_kind: dict[LineKind, int] = field(default_factory=dict)

    def add(self, line: Line) -> None:
        """Count a line."""
        self.count += 1
        self.by_kind[line.kind] = self.by_kind.get(line.kind, 0) + line.amount_fen

    def outlet(self, outlet_id: OutletId | None) -> OutletTotal:
        """Return what was added, as an outlet's total."""
        return OutletTotal(
            outlet_id=outlet_id,
            count=self.count,
            amount_fen=sum(self.by_kind.values()),
            captured_fen=self.by_kind.get(LineKind.CAPTURE, 0),
            voided_fen=self.by_kind.get(LineKind.VOID, 0),
            corrected_fen=self.by_kind.get(LineKind.CORRECTION, 0),
            fees_fen=self.by_kind.get(LineKind.FEE, 0),
        )


def totals_of(lines: Iterable[Line], sha256: str) -> Totals:
    """Return the control totals of lines; every fen is counted in one outlet."""
    sums: dict[OutletId | None, Sum] = {}
    for line in lines:
        sums.setdefault(line.outlet_id, Sum()).add(line)
    outlets = tuple(sums[each].outlet(each) for each in sorted(sums, key=lambda each: each or ""))
    return Totals(
        count=sum(each.count for each in outlets),
        total_fen=sum(each.amount_fen for each in outlets),
        captured_fen=sum(each.captured_fen for each in outlets),
        voided_fen=sum(each.voided_fen for each in outlets),
        corrected_fen=sum(each.corrected_fen for each in outlets),
        fees_fen=sum(each.fees_fen for each in outlets),
        outlets=outlets,
        sha256=sha256,
    )


def fee_lines(lines: Iterable[Line], ids: Iterator[str], at: datetime) -> list[Line]:
    """Return one line of fees for each outlet that has any.

    Args:
        lines: Captures and voids, with the fee of each.
        ids: Names the lines of fees.
        at: When they are booked: the last instant of the period.
    """
    sums: dict[str, int] = {}
    for line in lines:
        if line.fee_fen:
            outlet = line.outlet_id or ""
            sums[outlet] = sums.get(outlet, 0) + line.fee_fen
    return [
        Line(
            number=0,
            source_id=next(ids),
            kind=LineKind.FEE,
            outlet_id=OutletId(outlet) if outlet else None,
            reference=FEE_REFERENCE,
            amount_fen=Fen(fen),
            booked_at=at,
        )
        for outlet, fen in sorted(sums.items())
        if fen
    ]


def numbered(lines: Iterable[Line], fees: Sequence[Line]) -> tuple[Line, ...]:
    """Return lines in the order of their booking, numbered from one; fees come last."""
    ordered = sorted(lines, key=lambda line: (line.booked_at, line.source_id))
    return tuple(_with_number(line, n) for n, line in enumerate((*ordered, *fees), 1))


def _with_number(line: Line, number: int) -> Line:
    """Return a line with its number; quicker than ``replace``, and there are very many."""
    return Line(
        number=number,
        source_id=line.source_id,
        kind=line.kind,
        outlet_id=line.outlet_id,
        programme=line.programme,
        reward_id=line.reward_id,
        reference=line.reference,
        last4=line.last4,
        amount_fen=line.amount_fen,
        fee_fen=line.fee_fen,
        booked_at=line.booked_at,
    )
