"""Draw a partner's period up: every capture, void and correction in one line, for ever.

A statement begins where the last one ended. Drawing up locks the partner's account, and so does
everything that books; what comes later, even with an older clock, is booked into the next period.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from points import unit_of_work
from points.engine import Decision, Engine, Flow
from points.kernel.amounts import Fen
from points.kernel.ids import Actor, AssociationId, IdSource, OperationId, PartnerId, StatementId
from points.partners.agreement import Agreement
from points.partners.errors import PartnerUnknown, PeriodClosed, PeriodOpen
from points.partners.model import Account, Correction, Line, LineKind, Statement, Totals
from points.partners.statement_store import find_covering
from points.partners.statements import (
    canonical,
    correction_line,
    fee_lines,
    hash_of,
    numbered,
    totals_of,
)
from points.partners.store import EARLIEST, corrections_since, find_agreement
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.drawer import Owed, Period
from points.vouchers.model import EventKind
from points.vouchers.store import owed_in

AN_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawUpStatement:
    """Draw up the period that a local day falls in, with all that is open before its end.

    Attributes:
        day: Any local day of the period.
        begins: Where the last statement ended, or None before the first.
        ends: First instant after the period; as :meth:`Agreement.span` has it.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    day: date
    begins: datetime | None
    ends: datetime

    @property
    def period(self) -> Period:
        """What must be listed."""
        return Period(partner_id=self.partner_id, begins=self.begins or EARLIEST, ends=self.ends)


def prepare(
    engine: Engine,
    association: AssociationId,
    operation: OperationId,
    actor: Actor,
    partner_id: PartnerId,
    day: date,
) -> DrawUpStatement | PartnerUnknown:
    """Return the command that draws a partner's period up, or that there is no such partner.

    For a period that is drawn up already it is the command that did it. It names where its period
    begins, which moves with every statement: who lost the answer and asks again would else send
    another body than the first time.
    """
    with unit_of_work.reading(engine.database, association) as connection:
        found = find_agreement(connection, association, partner_id)
        if found is None:
            return PartnerUnknown()
        agreement, account = found
        begins, ends = account.closed_until, agreement.span(day)[1]
        drawn = find_covering(connection, association, partner_id, ends - AN_INSTANT)
    if drawn is not None and drawn.statement.ends == ends:
        begins = None if drawn.statement.begins == EARLIEST else drawn.statement.begins
    return DrawUpStatement(
        association_id=association,
        operation_id=operation,
        actor=actor,
        partner_id=partner_id,
        day=day,
        begins=begins,
        ends=ends,
    )


def needs(command: DrawUpStatement, keys: Keys) -> None:
    """Lock the partner's account; then list what was booked."""
    keys.partners.partners.add(command.partner_id)
    keys.partners.corrections.add(command.partner_id)
    keys.vouchers.periods.add(command.period)


def decide(command: DrawUpStatement, on: WorkingSet) -> Decision:
    """Draw the statement up, once the period has ended and if nobody did it meanwhile."""
    if command.partner_id not in on.contracts.partners:
        return PartnerUnknown()
    agreement = on.contracts.agreement(command.partner_id)
    account, name = on.contracts.accounts[command.partner_id], agreement.period(command.day)
    ends = agreement.span(command.day)[1]
    if on.now < ends or ends != command.ends:
        return PeriodOpen(period=name)
    if account.closed_until != command.begins or command.period.begins >= ends:
        return PeriodClosed(period=name)
    found = Booked(
        agreement=agreement,
        account=account,
        owed=on.drawer.periods[command.period],
        corrections=on.contracts.corrections.get(command.partner_id, []),
    )
    statement = found.statement(
        name,
        command.period,
        drawn=(StatementId(on.ids.next()), command.actor, on.now),
        fee_ids=_fresh(on.ids),
    )
    on.contracts.draw_up(statement)
    done = _done(statement)
    on.trail.note(
        "draw_up_statement",
        command.partner_id,
        before={"closed_until": command.begins},
        after={"closed_until": ends, **done},
    )
    return done


def _done(statement: Statement) -> dict[str, str | int | None]:
    totals = statement.totals
    return {
        "statement_id": statement.statement_id,
        "number": statement.number,
        "period": statement.period,
        "count": totals.count,
        "captured_fen": totals.captured_fen,
        "voided_fen": totals.voided_fen,
        "corrected_fen": totals.corrected_fen,
        "fees_fen": totals.fees_fen,
        "total_fen": totals.total_fen,
        "sha256": totals.sha256,
        "previous_sha256": statement.previous_sha256,
    }


def _fresh(ids: IdSource) -> Iterator[str]:
    while True:
        yield ids.next()


def fresh_names() -> Iterator[str]:
    """Name lines of fees that have no id yet."""
    number = 0
    while True:
        number += 1
        yield f"fee-{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """What was booked for a partner in a period, and by which agreement."""

    agreement: Agreement
    account: Account
    owed: list[Owed]
    corrections: list[Correction]

    def statement(
        self,
        name: str,
        period: Period,
        *,
        drawn: tuple[StatementId, Actor, datetime] | None = None,
        fee_ids: Iterator[str],
    ) -> Statement:
        """Return the statement of a period; without an id and a time it is a draft."""
        lines = self._lines(period, fee_ids)
        last = period.ends - AN_INSTANT
        contract = self.agreement.at(last)
        head = Statement(
            statement_id=drawn[0] if drawn else None,
            partner_id=period.partner_id,
            number=self.account.statements + 1,
            period=name,
            begins=period.begins,
            ends=period.ends,
            lines=lines,
            totals=Totals(count=0, total_fen=0, outlets=(), sha256=""),
            previous_sha256=self.account.last_sha256,
            contract=contract.version if contract else 0,
            payment_days=contract.payment_days if contract else 0,
            drawn_by=drawn[1] if drawn else "",
            drawn_at=drawn[2] if drawn else None,
        )
        return head.with_totals(totals_of(lines, hash_of(canonical(head, lines))))

    def _lines(self, period: Period, fee_ids: Iterator[str]) -> tuple[Line, ...]:
        lines = [self._line(each) for each in self.owed]
        fees = fee_lines(lines, fee_ids, period.ends - AN_INSTANT)
        lines += [correction_line(c) for c in self.corrections if c.booked_at < period.ends]
        return numbered(lines, fees)

    def _line(self, owed: Owed) -> Line:
        """Return the line of a capture, or of a void with what the partner gives back."""
        event, void = owed.event, owed.event.kind is EventKind.VOIDED
        sign = -1 if void else 1
        fee = self.agreement.fee_of(event.cost_fen, owed.captured_at)
        return Line(
            number=0,
            source_id=event.event_id,
            kind=LineKind.VOID if void else LineKind.CAPTURE,
            outlet_id=event.outlet_id,
            programme=owed.programme,
            reward_id=owed.reward_id,
            reference=event.request_no or event.undoes or "",
            last4=owed.last4,
            amount_fen=Fen(sign * event.cost_fen),
            fee_fen=Fen(-sign * fee),
            booked_at=event.booked_at,
        )


FLOW = Flow("draw_up_statement", needs, decide)


def draft_statement(
    engine: Engine, association: AssociationId, partner_id: PartnerId, day: date
) -> Statement | None:
    """Return what the statement of an open period would list now, or None without the partner."""
    with unit_of_work.reading(engine.database, association) as connection:
        found = find_agreement(connection, association, partner_id)
        if found is None:
            return None
        agreement, account = found
        begins, ends = account.closed_until or EARLIEST, agreement.span(day)[1]
        if begins >= ends:  # nothing of it is open: the draft of the period that is
            ends = agreement.span(agreement.partner.day(begins))[1]
        period = Period(partner_id=partner_id, begins=begins, ends=ends)
        booked = Booked(
            agreement=agreement,
            account=account,
            owed=owed_in(connection, association, period),
            corrections=corrections_since(connection, association, partner_id, begins),
        )
    name = agreement.period(agreement.partner.day(ends - AN_INSTANT))
    return booked.statement(name, period, fee_ids=fresh_names())
