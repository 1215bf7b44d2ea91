"""Statements: what a partner is owed for a period, line by line; closing one."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from points.api.caller import NO_STATEMENT, Asking, Caller
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import (
    IN_QUERY,
    Answer,
    Asked,
    AskedDay,
    Body,
    Day,
    Id,
    Page,
    PageQuery,
    page_of,
    read_number,
)
from points.flows.close_statement import CloseStatement, draft_statement, prepare
from points.flows.statement_export import as_csv, as_xlsx
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import PartnerId, StatementId
from points.partners.errors import PartnerUnknown
from points.partners.model import Partner, Statement
from points.partners.store import EARLIEST, find_partner, find_statement, list_statements

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATEMENTS_MAX = 99


class LineOut(Answer):
    """One line; what the partner gives back is below zero."""

    number: int
    kind: str
    outlet_id: str | None = None
    reward_id: str
    reference: str
    last4: str
    amount_fen: int
    booked_at: datetime


class OutletTotalOut(Answer):
    """What an outlet did in a period."""

    outlet_id: str | None = None
    count: int
    amount_fen: int


class StatementOut(Answer):
    """A statement with its control totals; a draft has neither id nor closing time."""

    statement_id: str | None = None
    partner_id: str
    number: int
    period: str
    begins: datetime
    ends: datetime
    closed_at: datetime | None = None
    count: int
    total_fen: int
    outlets: list[OutletTotalOut]
    sha256: str


class FullStatement(StatementOut):
    """A statement with all its lines."""

    lines: list[LineOut]


class StatementsQuery(PageQuery):
    """Whose statements; a partner's own where nobody is named."""

    partner_id: Id | None = None


class DraftQuery(Asked):
    """Whose open period, by any local day of it."""

    partner_id: Id | None = None
    day: AskedDay


class NewClose(Body):
    """Which period to close, by any local day of it."""

    partner_id: Id
    day: Day


class Closed(Answer):
    """A period that never changes any more."""

    statement_id: str
    number: int
    period: str
    count: int
    total_fen: int
    sha256: str


def list_all(caller: Asking, query: Annotated[StatementsQuery, IN_QUERY]) -> Page[StatementOut]:
    """List closed statements, newest first."""
    partner_id = _partner_id(caller, query.partner_id)
    limit = min(query.limit, STATEMENTS_MAX)
    with caller.engine.reading(caller.association) as connection:
        rows = list_statements(
            connection,
            caller.association,
            partner_id,
            before=read_number(query.key),
            most=limit + 1,
        )
    return page_of(rows, limit, lambda row: row.number, _shown)


def get_draft(caller: Asking, query: Annotated[DraftQuery, IN_QUERY]) -> FullStatement:
    """Return what the statement of an open period would list now."""
    partner_id = _partner_id(caller, query.partner_id)
    found = draft_statement(caller.engine, caller.association, partner_id, query.day)
    if found is None:
        raise Problem.of(PartnerUnknown())
    return _full(found)


def get_one(caller: Asking, statement_id: str) -> FullStatement:
    """Return a closed statement with its lines."""
    return _full(_find(caller, statement_id)[0])


def get_csv(caller: Asking, statement_id: str) -> Response:
    """Return a closed statement as CSV."""
    statement, partner = _find(caller, statement_id)
    return _file(as_csv(statement, partner.zone), CSV, statement, "csv")


def get_xlsx(caller: Asking, statement_id: str) -> Response:
    """Return a closed statement as a workbook."""
    statement, partner = _find(caller, statement_id)
    return _file(as_xlsx(statement, partner.zone), XLSX, statement, "xlsx")


async def close(caller: Asking, body: NewClose) -> Closed:
    """Close a period for ever, once it has ended."""
    command = await run_in_threadpool(_command, caller, PartnerId(body.partner_id), body.day)
    if isinstance(command, Refusal):
        raise Problem.of(command)
    return Closed.model_validate(await caller.carry_out(command))


def _command(caller: Caller, partner_id: PartnerId, day: date) -> CloseStatement | PartnerUnknown:
    """Return the command; for a period that is closed already the one that closed it.

    It names where its period begins, which moves with every close: so a repeated request would
    else come with another body than it had the first time.
    """
    command = prepare(
        caller.engine, caller.association, caller.operation, caller.actor, partner_id, day
    )
    if isinstance(command, Refusal):
        return command
    with caller.engine.reading(caller.association) as connection:
        closed = list_statements(connection, caller.association, partner_id, most=STATEMENTS_MAX)
    for statement in closed:
        if statement.ends == command.ends:
            begins = None if statement.begins == EARLIEST else statement.begins
            return replace(command, begins=begins)
    return command


def _partner_id(caller: Caller, named: str | None) -> PartnerId:
    partner = named or (caller.principal.subject if not caller.may("") else None)
    if partner is None:
        raise Problem.of(PartnerUnknown())
    caller.owns(partner, PartnerUnknown())
    return PartnerId(partner)


def _find(caller: Caller, statement_id: str) -> tuple[Statement, Partner]:
    with caller.engine.reading(caller.association) as connection:
        found = find_statement(connection, caller.association, StatementId(statement_id))
        if found is None or not caller.may(found.partner_id):
            raise Problem.of(NO_STATEMENT)
        partner = find_partner(connection, caller.association, found.partner_id)
    if partner is None:
        raise Problem.of(NO_STATEMENT)
    return found, partner[0]


def _values(statement: Statement) -> dict[str, object]:
    totals = statement.totals
    return {
        "statement_id": statement.statement_id,
        "partner_id": statement.partner_id,
        "number": statement.number,
        "period": statement.period,
        "begins": statement.begins,
        "ends": statement.ends,
        "closed_at": statement.closed_at,
        "count": totals.count,
        "total_fen": totals.total_fen,
        "outlets": [OutletTotalOut.model_validate(each) for each in totals.outlets],
        "sha256": totals.sha256,
    }


def _shown(statement: Statement) -> StatementOut:
    return StatementOut.model_validate(_values(statement))


def _full(statement: Statement) -> FullStatement:
    lines = [LineOut.model_validate(line) for line in statement.lines]
    return FullStatement.model_validate({**_values(statement), "lines": lines})


def _file(content: bytes, media_type: str, statement: Statement, ending: str) -> Response:
    name = f"{statement.partner_id}-{statement.period}.{ending}"
    disposition = f'attachment; filename="{name}"'
    return Response(content, 200, {"Content-Disposition": disposition}, media_type)


ONE = "/v1/statements/{statement_id}"
READ, CLOSE = Action.READ_STATEMENT, Action.CLOSE_STATEMENT
ROUTES = (
    get("/v1/statements", list_all, allows=READ, zh="已结对账单"),
    get("/v1/statements:draft", get_draft, allows=READ, zh="未结账期的草稿"),
    post("/v1/statements:close", close, allows=CLOSE, zh="结账", status=201),
    get(f"{ONE}.csv", get_csv, allows=READ, zh="对账单 CSV", media_type=CSV),
    get(f"{ONE}.xlsx", get_xlsx, allows=READ, zh="对账单 Excel", media_type=XLSX),
    get(ONE, get_one, allows=READ, zh="对账单及明细"),
)
