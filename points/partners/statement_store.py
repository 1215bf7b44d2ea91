"""Statements in the database: where they stand, appends, and reads for channels, page by page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, or_, select, tuple_

from points.db.bulk import append_rows, put_rows, within
from points.kernel.canonical import plain
from points.kernel.ids import Actor, AssociationId, OperationId, PartnerId, StatementId
from points.partners.contracts import Contracts
from points.partners.model import Line, LineKind, OutletTotal, Statement, Totals
from points.partners.standing import (
    Dispute,
    DisputeState,
    Standing,
    State,
    StatementEvent,
    Step,
)
from points.partners.tables import (
    HAS_NUMBER,
    partner_contract,
    statement,
    statement_dispute,
    statement_event,
    statement_line,
    statement_state,
)

STATEMENTS_MAX = 100
LINES_MAX = 1000
"""How many lines are read at once: a statement may have very many."""

_HEAD = (
    *("statement_id", "partner_id", "number", "period", "begins", "ends", "count", "total_fen"),
    *("outlets", "sha256", "drawn_at", "captured_fen", "voided_fen", "corrected_fen", "fees_fen"),
    *("previous_sha256", "contract", "payment_days", "drawn_by", "form"),
)
_LINE = (
    *("number", "source_id", "kind", "outlet_id", "reward_id", "reference", "last4"),
    *("amount_fen", "booked_at", "programme", "fee_fen"),
)
_EVENT = (
    *("statement_id", "version", "step", "actor", "line", "line_fen", "amount_fen", "reason"),
    *("text", "reference", "paid_on", "correction_id", "operation_id", "recorded_at"),
)
_STATE = (
    *("statement_id", "partner_id", "version", "state", "confirmed_by", "countersigned_by"),
    *("closed_at", "paid_fen", "withheld_fen"),
)
_DISPUTE = (
    *("statement_id", "line", "state", "line_fen", "claims_fen", "reason", "rounds"),
    *("disputed_at", "answered_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A drawn-up statement and where it stands."""

    statement: Statement
    standing: Standing


def load_standings(
    connection: Connection, association: AssociationId, ids: set[StatementId]
) -> dict[StatementId, Standing]:
    """Read where statements stand; their partners' accounts are locked."""
    wanted = _filed(association).where(within(connection, statement.c.statement_id, ids))
    rows = list(connection.execute(wanted).mappings())
    found = {row["statement_id"]: _standing(row) for row in rows}
    _with_disputes(connection, association, found)
    _with_payments(connection, association, found)
    return found


def load_lines(
    connection: Connection, association: AssociationId, keys: set[tuple[StatementId, int]]
) -> dict[tuple[StatementId, int], Line]:
    """Read some lines of statements; they never change."""
    x = statement_line.c
    rows = connection.execute(
        select(statement_line).where(
            x.association_id == association,
            tuple_(x.statement_id, x.number).in_(sorted(keys)),
        )
    )
    return {(row["statement_id"], row["number"]): _line(row) for row in rows.mappings()}


def save_statements(
    connection: Connection, association: AssociationId, contracts: Contracts
) -> None:
    """Append statements, lines and events, and bring the projections up to them."""
    a = association
    append_rows(
        connection,
        statement,
        ("association_id", *_HEAD),
        [(a, *_head_row(each)) for each in contracts.new_statements],
    )
    append_rows(
        connection,
        statement_line,
        ("association_id", "statement_id", *_LINE),
        [
            (a, each.statement_id, *_line_row(line))
            for each in contracts.new_statements
            for line in each.lines
        ],
    )
    append_rows(
        connection,
        statement_event,
        ("association_id", *_EVENT),
        [(a, *_event_row(each)) for each in contracts.new_events],
    )
    changed = [
        contracts.standings[each]
        for each in sorted(contracts.standings)
        if contracts.standings[each].touched or contracts.standings[each].fresh
    ]
    save_standings(connection, association, changed)


def save_standings(
    connection: Connection, association: AssociationId, standings: Iterable[Standing]
) -> None:
    """Write where statements stand, with their disputes."""
    standings = list(standings)
    put_rows(
        connection,
        statement_state,
        ("association_id", *_STATE),
        [
            (
                *(association, s.statement_id, s.partner_id, s.version, s.state.value),
                *(s.confirmed_by, s.countersigned_by, s.closed_at, s.paid_fen, s.withheld_fen),
            )
            for s in standings
        ],
    )
    put_rows(
        connection,
        statement_dispute,
        ("association_id", *_DISPUTE),
        [
            (
                *(association, s.statement_id, d.line, d.state.value, d.line_fen, d.claims_fen),
                *(d.reason, d.rounds, d.disputed_at, d.answered_at),
            )
            for s in standings
            for d in s.disputes.values()
        ],
    )


def _head_row(each: Statement) -> tuple[Any, ...]:
    t = each.totals
    return (
        *(each.statement_id, each.partner_id, each.number, each.period, each.begins, each.ends),
        *(t.count, t.total_fen, plain(t.outlets), t.sha256, each.drawn_at),
        *(t.captured_fen, t.voided_fen, t.corrected_fen, t.fees_fen),
        *(each.previous_sha256, each.contract, each.payment_days, each.drawn_by, each.form),
    )


def _line_row(x: Line) -> tuple[Any, ...]:
    return (
        *(x.number, x.source_id, x.kind.value, x.outlet_id, x.reward_id, x.reference, x.last4),
        *(x.amount_fen, x.booked_at, x.programme, x.fee_fen),
    )


def _event_row(e: StatementEvent) -> tuple[Any, ...]:
    paid_on = e.paid_on.isoformat() if e.paid_on is not None else None
    return (
        *(e.statement_id, e.version, e.step.value, e.actor, e.line, e.line_fen, e.amount_fen),
        *(e.reason, e.text, e.reference, paid_on, e.correction_id, e.operation_id, e.recorded_at),
    )


def list_statements(
    connection: Connection,
    association: AssociationId,
    partner_id: PartnerId | None = None,
    *,
    state: State | None = None,
    before: str | None = None,
    most: int = 24,
) -> list[Filed]:
    """Return drawn-up statements without their lines, newest first.

    Args:
        connection: For reads.
        association: Whose.
        partner_id: Of one partner only.
        state: Only those that stand like that.
        before: The id of the last one of the page before; ids sort by when they were drawn.
        most: How many at most.
    """
    wanted = _filed(association).where(HAS_NUMBER)
    if partner_id is not None:
        wanted = wanted.where(statement.c.partner_id == partner_id)
    if state is not None:
        wanted = wanted.where(statement_state.c.state == state.value)
    if before:
        wanted = wanted.where(statement.c.statement_id < before)
    rows = connection.execute(
        wanted.order_by(statement.c.statement_id.desc()).limit(min(most, STATEMENTS_MAX))
    ).mappings()
    return _all(connection, association, list(rows))


def chain_of(
    connection: Connection,
    association: AssociationId,
    partner_id: PartnerId,
    *,
    after: int = 0,
    most: int = STATEMENTS_MAX,
) -> list[Filed]:
    """Return a partner's statements in their order, beginning after a number."""
    wanted = _filed(association).where(
        statement.c.partner_id == partner_id, HAS_NUMBER, statement.c.number > after
    )
    rows = connection.execute(wanted.order_by(statement.c.number).limit(most)).mappings()
    return _all(connection, association, list(rows))


def awaiting_word(
    connection: Connection, association: AssociationId, *, after: str = "", most: int = 100
) -> list[Filed]:
    """Return statements about which the partner may still say something before silence does."""
    s, c = statement.c, partner_contract.c
    wanted = (
        _filed(association)
        .join(
            partner_contract,
            and_(
                c.association_id == s.association_id,
                c.partner_id == s.partner_id,
                c.version == s.contract,
            ),
        )
        .where(
            c.silence_days.is_not(None),
            s.statement_id > after,
            or_(
                statement_state.c.confirmed_by.is_(None),
                statement_state.c.state == State.DISPUTED.value,
            ),
        )
    )
    rows = connection.execute(wanted.order_by(s.statement_id).limit(most)).mappings()
    return _all(connection, association, list(rows))


def find_statement(
    connection: Connection, association: AssociationId, statement_id: StatementId
) -> Filed | None:
    """Return a drawn-up statement without its lines and where it stands, or None."""
    wanted = _filed(association).where(statement.c.statement_id == statement_id)
    rows = list(connection.execute(wanted).mappings())
    return next(iter(_all(connection, association, rows)), None)


def find_covering(
    connection: Connection, association: AssociationId, partner_id: PartnerId, instant: datetime
) -> Filed | None:
    """Return the statement whose period an instant falls in, or None where none is drawn up."""
    wanted = _filed(association).where(
        statement.c.partner_id == partner_id,
        HAS_NUMBER,
        statement.c.begins <= instant,
        statement.c.ends > instant,
    )
    rows = list(connection.execute(wanted).mappings())
    return next(iter(_all(connection, association, rows)), None)


def page_of_lines(
    connection: Connection,
    association: AssociationId,
    statement_id: StatementId,
    *,
    after: int = 0,
    most: int = LINES_MAX,
) -> list[Line]:
    """Return a statement's lines after a number."""
    x = statement_line.c
    rows = connection.execute(
        select(statement_line)
        .where(x.association_id == association, x.statement_id == statement_id, x.number > after)
        .order_by(x.number)
        .limit(min(most, LINES_MAX))
    )
    return [_line(row) for row in rows.mappings()]


def lines_of(
    connection: Connection, association: AssociationId, statement_id: StatementId
) -> Iterator[Line]:
    """Yield all lines of a statement, reading a page at a time."""
    after = 0
    while page := page_of_lines(connection, association, statement_id, after=after):
        yield from page
        after = page[-1].number


def events_of(
    connection: Connection,
    association: AssociationId,
    statement_id: StatementId,
    *,
    line: int | None = None,
    step: Step | None = None,
) -> list[StatementEvent]:
    """Return what happened to a statement, in order; their number is bounded by the disputes'."""
    e = statement_event.c
    wanted = select(statement_event).where(
        e.association_id == association, e.statement_id == statement_id
    )
    if line is not None:
        wanted = wanted.where(e.line == line)
    if step is not None:
        wanted = wanted.where(e.step == step.value)
    rows = connection.execute(wanted.order_by(e.version))
    return [_event(row) for row in rows.mappings()]


def _filed(association: AssociationId) -> Select[Any]:
    s, h = statement_state.c, statement.c
    names = ("version", "confirmed_by", "countersigned_by", "closed_at", "paid_fen")
    return (
        select(statement, *(s[name] for name in names))
        .join(
            statement_state,
            and_(s.association_id == h.association_id, s.statement_id == h.statement_id),
        )
        .where(h.association_id == association)
    )


def _all(connection: Connection, association: AssociationId, rows: list[RowMapping]) -> list[Filed]:
    standings = {row["statement_id"]: _standing(row) for row in rows}
    _with_disputes(connection, association, standings)
    return [
        Filed(statement=statement_of(row), standing=standings[row["statement_id"]]) for row in rows
    ]


def _with_disputes(
    connection: Connection, association: AssociationId, into: dict[StatementId, Standing]
) -> None:
    if not into:
        return
    d = statement_dispute.c
    rows = connection.execute(
        select(statement_dispute)
        .where(d.association_id == association, within(connection, d.statement_id, into))
        .order_by(d.statement_id, d.line)
    )
    for row in rows.mappings():
        into[row["statement_id"]].disputes[row["line"]] = Dispute(
            line=row["line"],
            state=DisputeState(row["state"]),
            line_fen=row["line_fen"],
            claims_fen=row["claims_fen"],
            reason=row["reason"],
            rounds=row["rounds"],
            disputed_at=row["disputed_at"],
            answered_at=row["answered_at"],
        )


def _with_payments(
    connection: Connection, association: AssociationId, into: dict[StatementId, Standing]
) -> None:
    if not into:
        return
    e = statement_event.c
    rows = connection.execute(
        select(e.statement_id, e.reference).where(
            e.association_id == association,
            within(connection, e.statement_id, into),
            e.step == Step.PAID.value,
        )
    )
    for statement_id, reference in rows:
        into[statement_id].references.add(reference)


def statement_of(row: RowMapping) -> Statement:
    """Return the statement of a row, without its lines."""
    return Statement(
        statement_id=row["statement_id"],
        partner_id=row["partner_id"],
        number=row["number"],
        period=row["period"],
        begins=row["begins"],
        ends=row["ends"],
        totals=Totals(
            count=row["count"],
            total_fen=row["total_fen"],
            captured_fen=row["captured_fen"],
            voided_fen=row["voided_fen"],
            corrected_fen=row["corrected_fen"],
            fees_fen=row["fees_fen"],
            outlets=tuple(OutletTotal(**{"outlet_id": None} | each) for each in row["outlets"]),
            sha256=row["sha256"],
        ),
        previous_sha256=row["previous_sha256"],
        contract=row["contract"],
        payment_days=row["payment_days"],
        drawn_by=row["drawn_by"],
        drawn_at=row["drawn_at"],
        form=row["form"],
    )


def _standing(row: RowMapping) -> Standing:
    return Standing(
        statement_id=row["statement_id"],
        partner_id=row["partner_id"],
        number=row["number"],
        period=row["period"],
        total_fen=row["total_fen"],
        payment_days=row["payment_days"],
        contract=row["contract"],
        drawn_by=row["drawn_by"],
        drawn_at=row["drawn_at"],
        version=row["version"],
        confirmed_by=row["confirmed_by"],
        countersigned_by=row["countersigned_by"],
        closed_at=row["closed_at"],
        paid_fen=row["paid_fen"],
    )


def _line(row: RowMapping) -> Line:
    return Line(
        number=row["number"],
        source_id=row["source_id"],
        kind=LineKind(row["kind"]),
        outlet_id=row["outlet_id"],
        programme=row["programme"],
        reward_id=row["reward_id"],
        reference=row["reference"],
        last4=row["last4"],
        amount_fen=row["amount_fen"],
        fee_fen=row["fee_fen"],
        booked_at=row["booked_at"],
    )


def _event(row: RowMapping) -> StatementEvent:
    return StatementEvent(
        statement_id=row["statement_id"],
        version=row["version"],
        step=Step(row["step"]),
        actor=Actor(row["actor"]),
        line=row["line"],
        line_fen=row["line_fen"],
        amount_fen=row["amount_fen"],
        reason=row["reason"],
        text=row["text"],
        reference=row["reference"],
        paid_on=date.fromisoformat(row["paid_on"]) if row["paid_on"] else None,
        correction_id=row["correction_id"],
        operation_id=OperationId(row["operation_id"]),
        recorded_at=row["recorded_at"],
    )
