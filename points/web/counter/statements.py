"""A partner's accounts office: its statements, what it says against lines, and its consent."""

from starlette.responses import Response

from points.flows.confirm_statement import ConfirmStatement
from points.flows.dispute_line import DisputeLine
from points.identity.policy import Action
from points.kernel.ids import PartnerId
from points.partners.model import Line
from points.partners.standing import Reason
from points.partners.statement_store import Filed, list_statements, load_lines
from points.web.doors import COUNTER
from points.web.forms import NO_SIGNED_MONEY
from points.web.route import pages
from points.web.statements import about, claimed, file, find, shown
from points.web.visit import Visit

get, post, _ = pages(COUNTER)
HOME = "/counter/statements"
PAGE = 24


def statements_page(visit: Visit) -> Response:
    """List the partner's own statements, newest first."""
    with visit.engine.reading(visit.association) as connection:
        rows = list_statements(
            connection,
            visit.association,
            PartnerId(visit.principal.subject),
            before=visit.query("before", 26),
            most=PAGE + 1,
        )
    more = str(rows[PAGE - 1].statement.statement_id) if len(rows) > PAGE else ""
    return visit.show(
        "counter/statements.html",
        rows=[(each.statement, each.standing) for each in rows[:PAGE]],
        more=more,
        address=HOME,
    )


def statement_page(visit: Visit, statement_id: str) -> Response:
    """Show a statement with its lines, and what can still be said about it."""
    return _statement(visit, statement_id)


def _statement(visit: Visit, statement_id: str) -> Response:
    filed = find(visit, statement_id)
    asked = visit.form.get("line") or visit.query("line", 7)
    return visit.show(
        "counter/statement.html",
        **shown(visit, filed, f"{HOME}/{statement_id}"),
        reasons=[each.value for each in Reason],
        asked_line=asked,
        asked=_line(visit, filed, asked),
        names_association=False,
    )


def _line(visit: Visit, filed: Filed, number: str) -> Line | None:
    """Return a line of a statement by its number, or None."""
    if not (number.isascii() and number.isdigit()):
        return None
    key = filed.standing.statement_id, int(number)
    with visit.engine.reading(visit.association) as connection:
        return load_lines(connection, visit.association, {key}).get(key)


def file_page(visit: Visit, statement_id: str, form: str) -> Response:
    """Return a statement as a file."""
    return file(visit, find(visit, statement_id), form)


def dispute_sent(visit: Visit, statement_id: str) -> Response:
    """Say that a line should say something else."""
    filed, form = find(visit, statement_id), visit.form
    line = form.whole("line", least=1, most=10_000_000)
    claims = claimed(form.text("claims", most=16))
    about_line = _line(visit, filed, str(line))
    if claims and about_line is not None and about_line.takes_fees:
        claims = -abs(claims)  # a fee is always taken off; keyboards of telephones lack the sign
    reason = form.choice("why", [each.value for each in Reason])
    text = form.text("text", needed=reason == Reason.OTHER.value)
    if claims is None:
        form.faults.setdefault("claims", NO_SIGNED_MONEY)
    if form.sound and claims is not None:
        visit.submit(
            DisputeLine(
                **about(visit, filed),
                line=line,
                claims_fen=claims,
                reason=Reason(reason),
                text=text,
            ),
            reason_needed="text",
            personal_in_text="text",
            claim_unchanged="claims",
            fee_never_paid="claims",
            line_unknown="line",
        )
    if form.sound:
        return visit.go(f"{HOME}/{statement_id}", "disputed")
    return _statement(visit, statement_id)


def confirmation_sent(visit: Visit, statement_id: str) -> Response:
    """Agree to a statement, but for what is in dispute."""
    visit.submit(ConfirmStatement(**about(visit, find(visit, statement_id))))
    if visit.form.sound:
        return visit.go(f"{HOME}/{statement_id}", "confirmed")
    return _statement(visit, statement_id)


_READ, _ONE = Action.READ_STATEMENT, f"{HOME}/{{statement_id}}"
PAGES = (
    get(HOME, statements_page, allows=_READ),
    get(_ONE, statement_page, allows=_READ),
    get(f"{_ONE}/file/{{form}}", file_page, allows=_READ),
    post(f"{_ONE}/dispute", dispute_sent, allows=Action.DISPUTE_STATEMENT),
    post(f"{_ONE}/confirm", confirmation_sent, allows=Action.CONFIRM_STATEMENT),
)
