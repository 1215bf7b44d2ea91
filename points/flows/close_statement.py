"""Close a partner's period: every capture, void and correction in one line, for ever.

A statement begins where the last one ended. Closing locks the partner's account, and so does
everything that books; what comes later, even with an older clock, is booked into the next period.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from points import unit_of_work
from points.engine import Decision, Engine, Flow
from points.kernel.amounts import Fen
from points.kernel.ids import Actor, AssociationId, OperationId, PartnerId, StatementId
from points.partners.errors import PartnerUnknown, PeriodClosed, PeriodOpen
from points.partners.model import Line, LineKind, Statement
from points.partners.statements import correction_line, draw_up
from points.partners.store import EARLIEST, corrections_since, find_partner
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.drawer import Owed, Period
from points.vouchers.model import EventKind
from points.vouchers.store import owed_in


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseStatement:
    """Close the period that a local day falls in, with all that is open before its end.

    Attributes:
        day: Any local day of the period.
        begins: Where the last statement ended, or None before the first; as
            :func:`open_since` returns it.
        ends: First instant after the period; as :func:`points.partners.model.Partner.span` has it.
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
) -> CloseStatement | PartnerUnknown:
    """Return the command that closes a partner's period, or that there is no such partner."""
    with unit_of_work.reading(engine.database, association) as connection:
        found = find_partner(connection, association, partner_id)
    if found is None:
        return PartnerUnknown()
    partner, account = found
    return CloseStatement(
        association_id=association,
        operation_id=operation,
        actor=actor,
        partner_id=partner_id,
        day=day,
        begins=account.closed_until,
        ends=partner.span(day)[1],
    )


def needs(command: CloseStatement, keys: Keys) -> None:
    """Lock the partner's account; then list what was booked."""
    keys.partners.partners.add(command.partner_id)
    keys.partners.corrections.add(command.partner_id)
    keys.vouchers.periods.add(command.period)


def decide(command: CloseStatement, on: WorkingSet) -> Decision:
    """Close the period, once it has ended and if nobody closed it meanwhile."""
    partner = on.contracts.partners.get(command.partner_id)
    if partner is None:
        return PartnerUnknown()
    account, name = on.contracts.accounts[command.partner_id], partner.period(command.day)
    ends = partner.span(command.day)[1]
    if on.now < ends or ends != command.ends:
        return PeriodOpen(period=name)
    if account.closed_until != command.begins or command.period.begins >= ends:
        return PeriodClosed(period=name)
    corrections = on.contracts.corrections.get(command.partner_id, [])
    statement = draw_up(
        partner,
        account,
        [
            *owed_lines(on.drawer.periods[command.period]),
            *(correction_line(each) for each in corrections if each.booked_at < ends),
        ],
        period=name,
        begins=command.period.begins,
        ends=ends,
        closed=(StatementId(on.ids.next()), on.now),
    )
    on.contracts.close(statement)
    done = {
        "statement_id": statement.statement_id,
        "number": statement.number,
        "period": name,
        "count": statement.totals.count,
        "total_fen": statement.totals.total_fen,
        "sha256": statement.totals.sha256,
    }
    on.trail.note(
        "close_statement",
        command.partner_id,
        before={"closed_until": command.begins},
        after={"closed_until": ends, **done},
    )
    return done


def owed_lines(owed: list[Owed]) -> Iterator[Line]:
    """Yield the lines of captures, and of voids with what the partner gives back."""
    for each in owed:
        event, void = each.event, each.event.kind is EventKind.VOIDED
        yield Line(
            number=0,
            source_id=event.event_id,
            kind=LineKind.VOID if void else LineKind.CAPTURE,
            outlet_id=event.outlet_id,
            reward_id=each.reward_id,
            reference=event.request_no or event.undoes or "",
            last4=each.last4,
            amount_fen=Fen(-event.cost_fen if void else event.cost_fen),
            booked_at=event.booked_at,
        )


FLOW = Flow("close_statement", needs, decide)


def draft_statement(
    engine: Engine, association: AssociationId, partner_id: PartnerId, day: date
) -> Statement | None:
    """Return what the statement of an open period would list now, or None without the partner."""
    with unit_of_work.reading(engine.database, association) as connection:
        found = find_partner(connection, association, partner_id)
        if found is None:
            return None
        partner, account = found
        begins, ends = account.closed_until or EARLIEST, partner.span(day)[1]
        period = Period(partner_id=partner_id, begins=begins, ends=ends)
        lines = [
            *owed_lines(owed_in(connection, association, period)),
            *(
                correction_line(each)
                for each in corrections_since(connection, association, partner_id, begins)
                if each.booked_at < ends
            ),
        ]
    return draw_up(partner, account, lines, period=partner.period(day), begins=begins, ends=ends)
