"""One statement before either side: totals, net per outlet, lines page by page, disputes, files."""

from typing import Any

from starlette.responses import Response, StreamingResponse

from points.adjustments.store import adjustments_among
from points.flows.statement_files import MEDIA_TYPES, StatementFiles
from points.flows.verify_statement import verify_statement
from points.kernel.ids import StatementId
from points.partners.model import LineKind
from points.partners.statement_store import Filed, events_of, find_statement, page_of_lines
from points.partners.store import find_partner
from points.web.stops import Missing
from points.web.visit import Visit

LINES = 50
EVENTS_MAX = 200


def find(visit: Visit, statement_id: str) -> Filed:
    """Return a statement that the visitor may see.

    Raises:
        Missing: There is none, or it is somebody else's: nobody learns which.
    """
    with visit.engine.reading(visit.association) as connection:
        found = find_statement(connection, visit.association, StatementId(statement_id))
    if found is None or not visit.here.may(found.statement.partner_id):
        raise Missing
    return found


def shown(visit: Visit, filed: Filed, address: str) -> dict[str, Any]:
    """Return what both doors show of a statement.

    Args:
        visit: Whose page it is.
        filed: Which one.
        address: Of its page.
    """
    after = visit.query("after", 7)
    number = int(after) if after.isascii() and after.isdigit() else 0
    statement_id = filed.standing.statement_id
    with visit.engine.reading(visit.association) as connection:
        rows = page_of_lines(
            connection, visit.association, statement_id, after=number, most=LINES + 1
        )
        adjusted = adjustments_among(
            connection,
            visit.association,
            [each.source_id for each in rows if each.kind is LineKind.CORRECTION],
        )
        events = events_of(connection, visit.association, statement_id)
        partner = find_partner(connection, visit.association, filed.statement.partner_id)
    disputes = filed.standing.disputes
    return {
        "address": address,
        "partner": partner[0] if partner else None,
        "s": filed.statement,
        "standing": filed.standing,
        "state": filed.standing.state.value,
        "lines": rows[:LINES],
        "more": rows[LINES - 1].number if len(rows) > LINES else 0,
        "disputes": [disputes[line] for line in sorted(disputes)],
        "disputed": disputes,
        "adjusted": adjusted,
        "events": events[-EVENTS_MAX:],
        "verified": _verified(visit, filed),
    }


def _verified(visit: Visit, filed: Filed) -> Any:  # noqa: ANN401 - of the template
    """Return what came of verifying, where somebody asked for it."""
    if visit.query("verify") != "yes":
        return None
    return verify_statement(visit.engine, visit.association, filed.statement)


def file(visit: Visit, filed: Filed, ending: str) -> Response:
    """Return a statement as a file.

    Raises:
        Missing: There is no such kind of file.
    """
    with visit.engine.reading(visit.association) as connection:
        partner = find_partner(connection, visit.association, filed.statement.partner_id)
    if ending not in MEDIA_TYPES or partner is None:
        raise Missing
    files = StatementFiles(
        engine=visit.engine,
        association=visit.association,
        partner=partner[0],
        statement=filed.statement,
    )
    headers = {"Content-Disposition": f'attachment; filename="{files.name(ending)}"'}
    return StreamingResponse(files.chunks(ending), 200, headers, MEDIA_TYPES[ending])


def about(visit: Visit, filed: Filed) -> dict[str, Any]:
    """Return what every step about a statement begins with."""
    standing = filed.standing
    named = {"partner_id": standing.partner_id, "statement_id": standing.statement_id}
    return {**visit.acting(), **named}


def claimed(typed: str) -> int | None:
    """Return an amount of yuan in fen, which may be below zero; None where it is none."""
    sign, text = (-1, typed[1:]) if typed.startswith(("-", "−")) else (1, typed)
    whole, _, rest = text.replace(",", "").partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= len("9999999999")):
        return None
    if rest and not (rest.isascii() and rest.isdigit() and len(rest) <= len("00")):
        return None
    return sign * (int(whole) * 100 + int(rest.ljust(2, "0") or "0"))
