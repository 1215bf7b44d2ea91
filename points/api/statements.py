"""Statements: what a partner is owed for a period, line by line; drawing one up."""

from datetime import date, datetime
from typing import Annotated

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

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
from points.flows.draw_up_statement import draft_statement, prepare
from points.flows.statement_files import MEDIA_TYPES, StatementFiles
from points.flows.verify_statement import verify_statement
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import PartnerId, StatementId
from points.partners.errors import PartnerUnknown
from points.partners.model import Statement
from points.partners.standing import Dispute, State
from points.partners.statement_store import (
    Filed,
    events_of,
    find_statement,
    list_statements,
    page_of_lines,
)
from points.partners.store import find_partner

STATEMENTS_MAX = 99
DRAFT_LINES_MAX = 200
LINE_MAX = 10_000_000


class StatementLineOut(Answer):
    """One line; what the partner gives back is below zero."""

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


class OutletTotalOut(Answer):
    """What an outlet did in a period."""

    outlet_id: str | None = None
    count: int
    amount_fen: int
    captured_fen: int
    voided_fen: int
    corrected_fen: int
    fees_fen: int


class TotalsOut(Answer):
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
    outlets: list[OutletTotalOut]
    sha256: str
    previous_sha256: str
    contract: int
    payment_days: int


class StatementOut(TotalsOut):
    """A drawn-up statement and where it stands."""

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


class DraftOut(TotalsOut):
    """What the statement of an open period would list now.

    Attributes:
        lines: The first of them.
        lines_left_out: How many more there are.
    """

    lines: list[StatementLineOut]
    lines_left_out: int


class DisputeOut(Answer):
    """A disputed line."""

    line: int
    state: str
    reason: str
    line_fen: int
    claims_fen: int
    rounds: int
    disputed_at: datetime
    answered_at: datetime | None = None


class DisputesOut(Answer):
    """Every disputed line of a statement; at most a thousand."""

    items: list[DisputeOut]


class EventOut(Answer):
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
    correction_id: str | None = None
    recorded_at: datetime


class EventsOut(Answer):
    """What happened to a statement, in order."""

    items: list[EventOut]


class StatementsQuery(PageQuery):
    """Whose statements; a partner's own where nobody is named."""

    partner_id: Id | None = None
    state: State | None = None


class LinesQuery(PageQuery):
    """Which lines of a statement."""


class DraftQuery(Asked):
    """Whose open period, by any local day of it."""

    partner_id: Id | None = None
    day: AskedDay


class NewStatement(Body):
    """Which period to draw up, by any local day of it."""

    partner_id: Id
    day: Day


class DrawnUp(Answer):
    """A period that never changes any more."""

    statement_id: str
    number: int
    period: str
    count: int
    captured_fen: int
    voided_fen: int
    corrected_fen: int
    fees_fen: int
    total_fen: int
    sha256: str
    previous_sha256: str


class DifferenceOut(Answer):
    """Something that does not follow from what was booked."""

    check: str
    place: str
    expected: str
    found: str


class VerifiedOut(Answer):
    """What came of holding a statement against all that was booked.

    Attributes:
        first_difference: The first line that differs; missing where none does.
    """

    ok: bool
    lines: int
    first_difference: DifferenceOut | None = None


def list_all(caller: Asking, query: Annotated[StatementsQuery, IN_QUERY]) -> Page[StatementOut]:
    """List drawn-up statements, newest first."""
    everybody = caller.may("") and query.partner_id is None
    partner_id = None if everybody else _partner_id(caller, query.partner_id)
    limit = min(query.limit, STATEMENTS_MAX)
    with caller.engine.reading(caller.association) as connection:
        rows = list_statements(
            connection,
            caller.association,
            partner_id,
            state=query.state,
            before=query.key,
            most=limit + 1,
        )
    return page_of(rows, limit, lambda row: row.statement.statement_id, _shown)


def get_draft(caller: Asking, query: Annotated[DraftQuery, IN_QUERY]) -> DraftOut:
    """Return what the statement of an open period would list now."""
    partner_id = _partner_id(caller, query.partner_id)
    found = draft_statement(caller.engine, caller.association, partner_id, query.day)
    if found is None:
        raise Problem.of(PartnerUnknown())
    shown = found.lines[:DRAFT_LINES_MAX]
    return DraftOut.model_validate(
        {
            **_totals(found),
            "lines": [StatementLineOut.model_validate(line) for line in shown],
            "lines_left_out": len(found.lines) - len(shown),
        }
    )


def get_one(caller: Asking, statement_id: str) -> StatementOut:
    """Return a drawn-up statement and where it stands."""
    return _shown(find(caller, statement_id))


def get_lines(
    caller: Asking, statement_id: str, query: Annotated[LinesQuery, IN_QUERY]
) -> Page[StatementLineOut]:
    """List a statement's lines, in their order."""
    found = find(caller, statement_id)
    with caller.engine.reading(caller.association) as connection:
        rows = page_of_lines(
            connection,
            caller.association,
            found.standing.statement_id,
            after=read_number(query.key) or 0,
            most=query.limit + 1,
        )
    return page_of(rows, query.limit, lambda row: row.number, StatementLineOut.model_validate)


def get_disputes(caller: Asking, statement_id: str) -> DisputesOut:
    """List a statement's disputed lines."""
    disputes = find(caller, statement_id).standing.disputes
    return DisputesOut(items=[_dispute(disputes[line]) for line in sorted(disputes)])


def get_events(caller: Asking, statement_id: str) -> EventsOut:
    """List what happened to a statement: disputes, answers, consent, payments."""
    found = find(caller, statement_id)
    with caller.engine.reading(caller.association) as connection:
        rows = events_of(connection, caller.association, found.standing.statement_id)
    return EventsOut(items=[EventOut.model_validate(row) for row in rows])


def get_verification(caller: Asking, statement_id: str) -> VerifiedOut:
    """Hold a statement against everything that was booked for its period."""
    found = find(caller, statement_id)
    verified = verify_statement(caller.engine, caller.association, found.statement)
    return VerifiedOut.model_validate(verified)


def get_csv(caller: Asking, statement_id: str) -> Response:
    """Return a drawn-up statement as CSV."""
    return _file(caller, statement_id, "csv")


def get_xlsx(caller: Asking, statement_id: str) -> Response:
    """Return a drawn-up statement as a workbook."""
    return _file(caller, statement_id, "xlsx")


def get_pdf(caller: Asking, statement_id: str) -> Response:
    """Return a drawn-up statement as a PDF that can be signed and stamped."""
    return _file(caller, statement_id, "pdf")


def get_canonical(caller: Asking, statement_id: str) -> Response:
    """Return the canonical form of a statement, whose SHA-256 is the statement's."""
    return _file(caller, statement_id, "jsonl")


def _file(caller: Caller, statement_id: str, ending: str) -> Response:
    found = find(caller, statement_id).statement
    with caller.engine.reading(caller.association) as connection:
        partner = find_partner(connection, caller.association, found.partner_id)
    if partner is None:
        raise Problem.of(NO_STATEMENT)
    files = StatementFiles(
        engine=caller.engine,
        association=caller.association,
        partner=partner[0],
        statement=found,
    )
    headers = {"Content-Disposition": f'attachment; filename="{files.name(ending)}"'}
    return StreamingResponse(files.chunks(ending), 200, headers, MEDIA_TYPES[ending])


async def draw_up(caller: Asking, body: NewStatement) -> DrawnUp:
    """Draw a period up for ever, once it has ended."""
    command = await run_in_threadpool(
        prepare,
        caller.engine,
        caller.association,
        caller.operation,
        caller.actor,
        PartnerId(body.partner_id),
        body.day,
    )
    if isinstance(command, Refusal):
        raise Problem.of(command)
    return DrawnUp.model_validate(await caller.carry_out(command))


def _partner_id(caller: Caller, named: str | None) -> PartnerId:
    partner = named or (caller.principal.subject if not caller.may("") else None)
    if partner is None:
        raise Problem.of(PartnerUnknown())
    caller.owns(partner, PartnerUnknown())
    return PartnerId(partner)


def find(caller: Caller, statement_id: str) -> Filed:
    """Return a statement with where it stands; another's is answered as one that is not there.

    Raises:
        Problem: The caller may see no such statement.
    """
    with caller.engine.reading(caller.association) as connection:
        found = find_statement(connection, caller.association, StatementId(statement_id))
    if found is None or not caller.may(found.statement.partner_id):
        raise Problem.of(NO_STATEMENT)
    return found


def _totals(statement: Statement) -> dict[str, object]:
    totals = statement.totals
    return {
        "statement_id": statement.statement_id,
        "partner_id": statement.partner_id,
        "number": statement.number,
        "period": statement.period,
        "begins": statement.begins,
        "ends": statement.ends,
        "drawn_at": statement.drawn_at,
        "count": totals.count,
        "captured_fen": totals.captured_fen,
        "voided_fen": totals.voided_fen,
        "corrected_fen": totals.corrected_fen,
        "fees_fen": totals.fees_fen,
        "total_fen": totals.total_fen,
        "outlets": [OutletTotalOut.model_validate(each) for each in totals.outlets],
        "sha256": totals.sha256,
        "previous_sha256": statement.previous_sha256,
        "contract": statement.contract,
        "payment_days": statement.payment_days,
    }


def _shown(filed: Filed) -> StatementOut:
    standing = filed.standing
    return StatementOut.model_validate(
        {
            **_totals(filed.statement),
            "state": standing.state.value,
            "version": standing.version,
            "confirmed": standing.confirmed_by is not None,
            "countersigned": standing.countersigned_by is not None,
            "closed_at": standing.closed_at,
            "disputes_open": standing.open,
            "disputes_rejected": standing.rejected,
            "withheld_fen": standing.withheld_fen,
            "payable_fen": standing.payable_fen,
            "paid_fen": standing.paid_fen,
        }
    )


def _dispute(dispute_: Dispute) -> DisputeOut:
    return DisputeOut.model_validate(dispute_)


ONE = "/v1/statements/{statement_id}"
READ, FILES = Action.READ_STATEMENT, MEDIA_TYPES
ROUTES = (
    get("/v1/statements", list_all, allows=READ, zh="对账单"),
    get("/v1/statements:draft", get_draft, allows=READ, zh="未结账期的草稿"),
    post(
        "/v1/statements:draw-up",
        draw_up,
        allows=Action.DRAW_UP_STATEMENT,
        zh="出具对账单",
        status=201,
    ),
    get(f"{ONE}.csv", get_csv, allows=READ, zh="对账单 CSV", media_type=FILES["csv"]),
    get(f"{ONE}.xlsx", get_xlsx, allows=READ, zh="对账单 Excel", media_type=FILES["xlsx"]),
    get(f"{ONE}.pdf", get_pdf, allows=READ, zh="对账单 PDF", media_type=FILES["pdf"]),
    get(
        f"{ONE}.jsonl",
        get_canonical,
        allows=READ,
        zh="对账单校验原文",
        media_type=FILES["jsonl"],
    ),
    get(f"{ONE}/lines", get_lines, allows=READ, zh="对账单明细"),
    get(f"{ONE}/disputes", get_disputes, allows=READ, zh="对账单异议"),
    get(f"{ONE}/events", get_events, allows=READ, zh="对账单办理经过"),
    get(f"{ONE}/verification", get_verification, allows=READ, zh="核验对账单"),
    get(ONE, get_one, allows=READ, zh="对账单"),
)
