"""Pools and what open points may cost; money that is put in, and money that goes back."""

from starlette.responses import Response

from points.catalogue.model import PROGRAMMES, Source
from points.catalogue.money import list_entries
from points.catalogue.store import find_pools
from points.flows.budget import budget_report
from points.flows.budget_export import budget_as_csv, budget_as_xlsx
from points.flows.fund import Fund
from points.flows.return_funds import DecideReturn, ProposeReturn, WithdrawReturn
from points.funds.model import Return
from points.funds.store import find_return, list_returns
from points.identity.policy import Action
from points.kernel.amounts import Fen
from points.kernel.ids import ReturnId
from points.kernel.two_people import Standing, State, Verdict
from points.web.budget import shown
from points.web.budget_file import standalone
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
HOME, TO_DECIDE = "/console/budget", "/console/fund-decisions"
PAGE, YUAN_MAX, DOCUMENT_MAX = 50, 100_000_000, 80
FILES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
}


def budget_page(visit: Visit) -> Response:
    """Show the report as of now."""
    found = budget_report(visit.engine, visit.association)
    return visit.show("console/budget/report.html", budget=shown(found, visit.language))


def budget_file(visit: Visit, form: str) -> Response:
    """Return the report as of now as a file."""
    if form not in FILES:
        raise Missing
    found = budget_report(visit.engine, visit.association)
    made = {
        "csv": lambda: budget_as_csv(found),
        "xlsx": lambda: budget_as_xlsx(found),
        "html": lambda: standalone(found, visit.language).encode(),
    }[form]()
    name = f"budget-{found.at:%Y%m%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(made, 200, headers, FILES[form])


def pool_page(visit: Visit, programme: str) -> Response:
    """Show a pool's entries and returns, and how to move money."""
    return _pool(visit, _known(programme))


def _known(programme: str) -> str:
    if programme not in PROGRAMMES:
        raise Missing
    return programme


def _pool(visit: Visit, programme: str) -> Response:
    funding_only = visit.query("only") == "funding"
    with visit.engine.reading(visit.association) as connection:
        rows = list_entries(
            connection,
            visit.association,
            programme,
            before=visit.query("before"),
            funding_only=funding_only,
            limit=PAGE + 1,
        )
        returns = list_returns(connection, visit.association, programme, limit=PAGE)
        pool = find_pools(connection, visit.association)[programme]
    return visit.show(
        "console/budget/pool.html",
        programme=programme,
        pool=pool,
        rows=rows[:PAGE],
        more=rows[PAGE - 1].entry.entry_id if len(rows) > PAGE else "",
        funding_only=funding_only,
        returns=returns,
        sources=[each.value for each in Source],
        address=f"{HOME}/{programme}",
    )


def funding_sent(visit: Visit, programme: str) -> Response:
    """Put money into a pool."""
    form, known = visit.form, _known(programme)
    yuan = form.whole("yuan", least=1, most=YUAN_MAX)
    source = form.choice("source", [each.value for each in Source])
    document = form.text("document", most=DOCUMENT_MAX, needed=False)
    note = form.text("note", needed=False)
    if form.sound:
        visit.submit(
            Fund(
                **visit.acting(),
                programme=known,
                amount_fen=Fen(yuan * 100),
                source=Source(source),
                note=note,
                document=document,
            ),
            personal_in_text="note",
        )
    return visit.go(f"{HOME}/{known}", "funded") if form.sound else _pool(visit, known)


def return_sent(visit: Visit, programme: str) -> Response:
    """Ask another person to give unspent money back."""
    form, known = visit.form, _known(programme)
    yuan = form.whole("yuan", least=1, most=YUAN_MAX)
    source = form.choice("source", [each.value for each in Source])
    document = form.text("document", most=DOCUMENT_MAX, needed=False)
    note = form.text("note")
    if form.sound:
        visit.submit(
            ProposeReturn(
                **visit.acting(),
                programme=known,
                amount_fen=Fen(yuan * 100),
                source=Source(source),
                note=note,
                document=document,
            ),
            personal_in_text="note",
            return_too_large="yuan",
        )
    return visit.go(f"{HOME}/{known}", "return_proposed") if form.sound else _pool(visit, known)


def withdrawal_sent(visit: Visit, programme: str, return_id: str) -> Response:
    """Take one's own return back before somebody decides."""
    fact = _found(visit, return_id).fact
    visit.submit(WithdrawReturn(**visit.acting(), fact=fact))
    known = _known(programme)
    return visit.go(f"{HOME}/{known}", "withdrawn") if visit.form.sound else _pool(visit, known)


def decisions_page(visit: Visit) -> Response:
    """List the returns that wait for another person."""
    return _decisions(visit)


def _decisions(visit: Visit) -> Response:
    now = visit.house.installation.clock.now()
    with visit.engine.reading(visit.association) as connection:
        rows = [
            each
            for programme in PROGRAMMES
            for each in list_returns(connection, visit.association, programme, limit=PAGE)
            if each.state(now) is State.PROPOSED
        ]
    return visit.show("console/budget/decisions.html", rows=rows)


def decision_sent(visit: Visit, return_id: str) -> Response:
    """Approve a return of somebody else, or reject it."""
    form, fact = visit.form, _found(visit, return_id).fact
    verdict = form.choice("verdict", [each.value for each in Verdict])
    reason = form.text("reason", needed=verdict == Verdict.REJECT.value)
    if form.sound:
        visit.submit(
            DecideReturn(
                **visit.acting(),
                fact=fact,
                verdict=Verdict(verdict),
                reason=reason,
                person=visit.principal.person,
            )
        )
    return visit.go(TO_DECIDE, f"return_{verdict}") if form.sound else _decisions(visit)


def _found(visit: Visit, return_id: str) -> Standing[Return]:
    with visit.engine.reading(visit.association) as connection:
        found = find_return(connection, visit.association, ReturnId(return_id))
    if found is None:
        raise Missing
    return found


_READ, _MOVE, _DECIDE = Action.READ_BUDGET, Action.FUND, Action.DECIDE_FUNDS
PAGES = (
    get(HOME, budget_page, allows=_READ),
    get(f"{HOME}/report/{{form}}", budget_file, allows=_READ),
    get(f"{HOME}/{{programme}}", pool_page, allows=_READ),
    post(f"{HOME}/{{programme}}/fundings", funding_sent, allows=_MOVE),
    post(f"{HOME}/{{programme}}/returns", return_sent, allows=_MOVE),
    post(f"{HOME}/{{programme}}/returns/{{return_id}}/withdraw", withdrawal_sent, allows=_MOVE),
    get(TO_DECIDE, decisions_page, allows=_DECIDE),
    post(f"{TO_DECIDE}/{{return_id}}", decision_sent, allows=_DECIDE),
)
