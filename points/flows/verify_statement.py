"""Hold statements against what was booked: each is derived anew, and compared line by line.

The database's own sums are compared apart from this, in :mod:`points.partners.verify`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, zip_longest
from typing import Any

from points.db.checks import Checked, Difference
from points.engine import Engine
from points.flows.draw_up_statement import Booked, fresh_names
from points.kernel.ids import AssociationId, PartnerId, StatementId
from points.partners.agreement import Agreement
from points.partners.model import Account, Correction, Line, Statement
from points.partners.statement_store import chain_of, lines_of
from points.partners.statements import canonical, hash_of, totals_of
from points.partners.store import EARLIEST, corrections_since, find_agreement, list_partners
from points.unit_of_work import snapshot
from points.vouchers.drawer import Period
from points.vouchers.store import owed_in

Reading = Any
"""A connection for reads."""

FIRST_FORM = 1
COUNT = 1
"""How many checks of the whole association there are here."""

LINES = "statements_list_what_was_booked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What came of holding one statement against the facts."""

    lines: int
    first_difference: Difference | None

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return self.first_difference is None


def verify_statement(engine: Engine, association: AssociationId, statement: Statement) -> Verified:
    """Hold one statement against all that was booked for its period, and its place in the chain."""
    with snapshot(engine.database, association) as connection:
        before = _before(connection, association, statement)
        return _verify(connection, association, statement, before)


def _before(
    connection: Reading, association: AssociationId, statement: Statement
) -> Statement | None:
    if statement.number == 1:
        return None
    after = statement.number - 2
    found = chain_of(connection, association, statement.partner_id, after=after, most=1)
    return found[0].statement if found else None


def verify_statements(connection: Reading, association: AssociationId) -> Iterator[Checked]:
    """Yield the one check of all statements of an association, with the first line that differs."""
    rows, first = 0, None
    for statement, before in _chains(connection, association):
        found = _verify(connection, association, statement, before)
        rows += found.lines
        first = first or found.first_difference
    yield Checked(check=LINES, rows=rows, difference=first)


def _chains(
    connection: Reading, association: AssociationId
) -> Iterator[tuple[Statement, Statement | None]]:
    partner: PartnerId | None = None
    while page := list_partners(connection, association, after=partner):
        for each in page:
            yield from _chain(connection, association, each.partner_id)
        partner = page[-1].partner_id


def _chain(
    connection: Reading, association: AssociationId, partner_id: PartnerId
) -> Iterator[tuple[Statement, Statement | None]]:
    before: Statement | None = None
    number = 0
    while page := chain_of(connection, association, partner_id, after=number):
        for filed in page:
            yield filed.statement, before
            before, number = filed.statement, filed.statement.number


def _verify(
    connection: Reading,
    association: AssociationId,
    statement: Statement,
    before: Statement | None,
) -> Verified:
    place = f"statement {statement.partner_id}/{statement.number}"
    found = find_agreement(connection, association, statement.partner_id)
    if found is None:
        return Verified(lines=0, first_difference=_differs(place, "a partner", "none"))
    stored = list(lines_of(connection, association, StatementId(str(statement.statement_id))))
    differences = chain(
        _link(place, statement, before),
        _lines(place, stored, _derived(connection, association, statement, found[0], stored)),
        _totals(place, statement, stored),
    )
    return Verified(lines=len(stored), first_difference=next(differences, None))


def _link(place: str, statement: Statement, before: Statement | None) -> Iterator[Difference]:
    """Hold a statement against the one before it: number, first instant, hash."""
    number, begins, sha256 = 1, EARLIEST, ""
    if before is not None:
        number, begins = before.number + 1, before.ends
        sha256 = before.totals.sha256
    expected: tuple[Any, ...] = (number, begins, sha256)
    stored: tuple[Any, ...] = (statement.number, statement.begins, statement.previous_sha256)
    if statement.form == FIRST_FORM or (before is not None and before.form == FIRST_FORM):
        expected, stored = expected[:2], stored[:2]
    if expected != stored:
        yield _differs(place, _said(expected), _said(stored))


def _derived(
    connection: Reading,
    association: AssociationId,
    statement: Statement,
    agreement: Agreement,
    stored: list[Line],
) -> tuple[Line, ...]:
    """Return the lines that follow from what was booked; fees keep the ids that they were given."""
    period = Period(partner_id=statement.partner_id, begins=statement.begins, ends=statement.ends)
    booked = Booked(
        agreement=agreement,
        account=Account(
            partner_id=statement.partner_id,
            statements=statement.number - 1,
            last_sha256=statement.previous_sha256,
        ),
        owed=owed_in(connection, association, period),
        corrections=_within(
            corrections_since(connection, association, statement.partner_id, statement.begins),
            statement.ends,
        ),
    )
    ids = (line.source_id for line in stored if line.sums_fees)
    return booked.statement(statement.period, period, fee_ids=chain(ids, fresh_names())).lines


def _within(corrections: Iterable[Correction], ends: datetime) -> list[Correction]:
    return [each for each in corrections if each.booked_at < ends]


def _lines(place: str, stored: list[Line], derived: tuple[Line, ...]) -> Iterator[Difference]:
    for number, (have, want) in enumerate(zip_longest(stored, derived), 1):
        if have is not None and want is not None and _same(have, want):
            continue
        said = [_line_said(each) if each is not None else "no line" for each in (want, have)]
        yield _differs(f"{place} line {number}", *said)


def _same(have: Line, want: Line) -> bool:
    if have == want:
        return True
    # What was listed before there were programmes and fees in a line says neither.
    return not have.programme and (have.number, have.source_id, have.kind, have.amount_fen) == (
        want.number,
        want.source_id,
        want.kind,
        want.amount_fen,
    )


def _line_said(line: Line) -> str:
    return _said(
        (
            *(line.kind.value, line.source_id, line.outlet_id or "", line.programme),
            *(line.reward_id, line.reference, line.last4, line.amount_fen, line.fee_fen),
            line.booked_at.isoformat(),
        )
    )


def _totals(place: str, statement: Statement, stored: list[Line]) -> Iterator[Difference]:
    """Hold control totals and hash against the lines as they are stored."""
    first = statement.form == FIRST_FORM
    sha256 = statement.totals.sha256 if first else hash_of(canonical(statement, stored))
    totals = totals_of(stored, sha256)
    if first:
        expected: Any = (totals.count, totals.total_fen)
        have: Any = (statement.totals.count, statement.totals.total_fen)
    else:
        expected, have = totals, statement.totals
    if expected != have:
        yield _differs(f"{place} totals", str(expected), str(have))


def _said(parts: Iterable[object]) -> str:
    return "/".join(map(str, parts))


def _differs(place: str, expected: str, found: str) -> Difference:
    return Difference(check=LINES, place=place, expected=expected, found=found)
