"""What contracts let happen by itself: statements are drawn up, and silence counts as consent."""

from collections.abc import Iterator
from datetime import date, timedelta

from points.engine import Engine
from points.flows.confirm_statement import ConfirmBySilence, silence_due
from points.flows.draw_up_statement import prepare
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId
from points.partners.agreement import Agreement
from points.partners.model import Account
from points.partners.statement_store import Filed, awaiting_word
from points.partners.store import find_agreement, list_automatic

AT_ONCE_MAX = 62
"""How many periods of one partner are drawn up in one round: two months of days."""


def draw_up_due(engine: Engine, association: AssociationId, actor: Actor) -> int:
    """Draw up what ended and whose days of grace are over; return how many statements."""
    drawn = 0
    for agreement, first in _automatic(engine, association):
        account = first
        for _ in range(AT_ONCE_MAX):
            day = next_due(agreement, account, engine)
            if day is None or not _draw_up(engine, association, actor, agreement, day):
                break
            drawn += 1
            account = _account(engine, association, agreement)
    return drawn


def next_due(agreement: Agreement, account: Account, engine: Engine) -> date | None:
    """Return a day of the first open period that is to be drawn up by now, or None."""
    if account.closed_until is None:
        day = min(each.starts_on for each in agreement.versions)
    else:
        day = agreement.partner.day(account.closed_until)
    ends = agreement.span(day)[1]
    contract = agreement.at(ends - timedelta(microseconds=1))
    if contract is None or contract.grace_days is None:
        return None
    due = ends + timedelta(days=contract.grace_days)
    return day if due <= engine.clock.now() else None


def _draw_up(
    engine: Engine, association: AssociationId, actor: Actor, agreement: Agreement, day: date
) -> bool:
    partner_id = agreement.partner.partner_id
    name = OperationId(f"system:draw-up:{partner_id}:{agreement.span(day)[1].isoformat()}")
    command = prepare(engine, association, name, actor, partner_id, day)
    if isinstance(command, Refusal):
        return False
    outcome = engine.submit(command)
    return outcome.refusal is None and not outcome.replayed


def _account(engine: Engine, association: AssociationId, agreement: Agreement) -> Account:
    with engine.reading(association) as connection:
        found = find_agreement(connection, association, agreement.partner.partner_id)
    return found[1] if found else Account(partner_id=agreement.partner.partner_id)


def _automatic(engine: Engine, association: AssociationId) -> Iterator[tuple[Agreement, Account]]:
    after = ""
    while True:
        with engine.reading(association) as connection:
            page = list_automatic(connection, association, after=after)
        if not page:
            return
        yield from page
        after = page[-1][1].partner_id


def hear_silence(engine: Engine, association: AssociationId, actor: Actor) -> int:
    """Confirm what partners said nothing about for as long as they agreed; return how many."""
    confirmed, now = 0, engine.clock.now()
    for filed, agreement in _awaited(engine, association):
        due = silence_due(filed.standing, agreement.versions)
        if due is None or now < due:
            continue
        standing = filed.standing
        outcome = engine.submit(
            ConfirmBySilence(
                association_id=association,
                operation_id=OperationId(
                    f"system:silence:{standing.statement_id}:{standing.version}"
                ),
                actor=actor,
                partner_id=standing.partner_id,
                statement_id=standing.statement_id,
            )
        )
        confirmed += outcome.refusal is None and not outcome.replayed
    return confirmed


def _awaited(engine: Engine, association: AssociationId) -> Iterator[tuple[Filed, Agreement]]:
    after = ""
    while True:
        with engine.reading(association) as connection:
            page = awaiting_word(connection, association, after=after)
            found = {
                each: find_agreement(connection, association, each)
                for each in {filed.standing.partner_id for filed in page}
            }
        if not page:
            return
        for filed in page:
            known = found[filed.standing.partner_id]
            if known is not None:
                yield filed, known[0]
        after = page[-1].standing.statement_id
