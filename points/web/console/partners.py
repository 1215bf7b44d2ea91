"""Partners: what was agreed with each, and its statements from drawing up to the payment."""

from datetime import date

from starlette.responses import Response

from points.flows.answer_dispute import AnswerDispute, Verdict
from points.flows.confirm_statement import CountersignStatement
from points.flows.draw_up_statement import AN_INSTANT, draft_statement, prepare
from points.flows.make_contract import MakeContract
from points.flows.pay_statement import PayStatement
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import PartnerId
from points.partners.agreement import BASIS_POINTS, DAYS_MAX, Agreement, Fee, Rounding
from points.partners.model import Account, Cycle, Statement
from points.partners.standing import State
from points.partners.statement_store import list_statements
from points.partners.store import find_agreement, list_accounts
from points.web.doors import CONSOLE
from points.web.forms import NO_SIGNED_MONEY
from points.web.route import pages
from points.web.statements import about, claimed, file, find, shown
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
HOME, STATEMENTS = "/console/partners", "/console/statements"
PAGE, FEE_MAX = 30, 10_000_000
NO_DAY = ("请填写日期，如 2026-04-01", "please enter a day, as 2026-04-01")
NO_TARIFF = ("每行一项，写作 商品=分，如 C13=900", "one a line, as REWARD=FEN: C13=900")


def partners_page(visit: Visit) -> Response:
    """List partners, and how far the statements of each reach."""
    after = visit.query("after", 26)
    with visit.engine.reading(visit.association) as connection:
        rows = list_accounts(
            connection,
            visit.association,
            after=PartnerId(after) if after else None,
            most=PAGE + 1,
        )
        waiting = list_statements(connection, visit.association, state=State.DISPUTED, most=PAGE)
    more = rows[PAGE - 1][0].partner_id if len(rows) > PAGE else ""
    return visit.show(
        "console/partners/list.html",
        rows=rows[:PAGE],
        more=more,
        address=HOME,
        waiting=[(each.statement, each.standing) for each in waiting],
    )


def partner_page(visit: Visit, partner_id: str) -> Response:
    """Show a partner: contracts, the open period, statements."""
    return _partner(visit, partner_id)


def _partner(visit: Visit, partner_id: str) -> Response:
    agreement, account = _found(visit, partner_id)
    known = agreement.partner
    today = known.day(visit.house.installation.clock.now())
    open_day, draft = _open(visit, agreement, account, today)
    with visit.engine.reading(visit.association) as connection:
        rows = list_statements(
            connection,
            visit.association,
            known.partner_id,
            before=visit.query("before", 26),
            most=PAGE + 1,
        )
    more = str(rows[PAGE - 1].statement.statement_id) if len(rows) > PAGE else ""
    return visit.show(
        "console/partners/partner.html",
        partner=known,
        versions=agreement.versions[::-1],
        in_force=agreement.on(today),
        draft=draft,
        open_day=open_day,
        ended=draft is not None and draft.ends <= visit.house.installation.clock.now(),
        rows=[(each.statement, each.standing) for each in rows[:PAGE]],
        more=more,
        address=f"{HOME}/{known.partner_id}",
        cycles=[each.value for each in Cycle],
        roundings=[each.value for each in Rounding],
    )


def _open(
    visit: Visit, agreement: Agreement, account: Account, today: date
) -> tuple[date, Statement | None]:
    """Return a day of the open period, and its draft.

    Before the first statement everything so far is open: the period that ended last is offered if
    it would list anything.
    """
    known = agreement.partner
    if account.closed_until is not None:
        day = known.day(account.closed_until)
        return day, draft_statement(visit.engine, visit.association, known.partner_id, day)
    last = known.day(agreement.span(today)[0] - AN_INSTANT)
    draft = draft_statement(visit.engine, visit.association, known.partner_id, last)
    if draft is not None and draft.totals.count:
        return last, draft
    return today, draft_statement(visit.engine, visit.association, known.partner_id, today)


def _found(visit: Visit, partner_id: str) -> tuple[Agreement, Account]:
    with visit.engine.reading(visit.association) as connection:
        found = find_agreement(connection, visit.association, PartnerId(partner_id))
    if found is None:
        raise Missing
    return found


def contract_sent(visit: Visit, partner_id: str) -> Response:
    """Put the next version of a partner's contract on file."""
    _found(visit, partner_id)
    form = visit.form
    starts_on = _day(visit, "starts_on")
    cycle = form.choice("cycle", [each.value for each in Cycle])
    tariffs, fee = _tariffs(visit), _fee(visit)
    payment_days = form.whole("payment_days", least=0, most=DAYS_MAX)
    grace, silence = (_days(visit, name) for name in ("grace_days", "silence_days"))
    contact = form.text("contact", most=120, needed=False)
    if form.sound and starts_on is not None:
        visit.submit(
            MakeContract(
                **visit.acting(),
                partner_id=PartnerId(partner_id),
                starts_on=starts_on,
                cycle=Cycle(cycle),
                tariff_fen=tariffs,
                fee=fee,
                payment_days=payment_days,
                grace_days=grace,
                silence_days=silence,
                contact=contact,
            ),
            personal_in_text="contact",
            contract_too_soon="starts_on",
            contract_within_period="starts_on",
            tariff_invalid="tariffs",
            tariff_too_high="tariffs",
        )
    if form.sound:
        return visit.go(f"{HOME}/{partner_id}", "contract_made")
    return _partner(visit, partner_id)


def _day(visit: Visit, name: str) -> date | None:
    typed = visit.form.text(name, most=10)
    try:
        return date.fromisoformat(typed)
    except ValueError:
        visit.form.faults.setdefault(name, NO_DAY)
        return None


def _days(visit: Visit, name: str) -> int | None:
    """Return a number of days, or None where the field was left empty."""
    if not visit.form.get(name).strip():
        return None
    return visit.form.whole(name, least=0 if name == "grace_days" else 1, most=DAYS_MAX)


def _tariffs(visit: Visit) -> dict[str, int]:
    found = {}
    for each in visit.form.get("tariffs").split():
        reward, _, fen = each.partition("=")
        if not reward or not (fen.isascii() and fen.isdigit() and len(fen) <= len("999999999")):
            visit.form.faults["tariffs"] = NO_TARIFF
            continue
        found[reward[:26]] = int(fen)
    return found


def _fee(visit: Visit) -> Fee:
    form = visit.form
    each = form.whole("fee_fen", least=0, most=FEE_MAX) if form.get("fee_fen").strip() else 0
    part = (
        form.whole("fee_points", least=0, most=BASIS_POINTS)
        if form.get("fee_points").strip()
        else 0
    )
    rounding = form.choice("fee_rounding", [one.value for one in Rounding], needed=False)
    if each and part:
        form.faults["fee_points"] = (
            "服务费须为每笔定额或比例之一",
            "a fee is an amount or a part, not both",
        )
        return Fee()
    return Fee(
        per_capture_fen=each,
        basis_points=part,
        rounding=Rounding(rounding) if rounding in set(Rounding) else Rounding.HALF_UP,
    )


def drawing_up_sent(visit: Visit, partner_id: str) -> Response:
    """Draw the open period up, once it has ended."""
    _found(visit, partner_id)
    day = _day(visit, "day")
    if not visit.form.sound or day is None:
        return _partner(visit, partner_id)
    by = visit.acting()
    command = prepare(
        visit.engine,
        visit.association,
        by["operation_id"],
        by["actor"],
        PartnerId(partner_id),
        day,
    )
    if isinstance(command, Refusal):
        raise Missing
    outcome = visit.submit(command)
    if outcome.refusal is None:
        return visit.go(f"{STATEMENTS}/{outcome.result['statement_id']}", "drawn_up")
    return _partner(visit, partner_id)


def statement_page(visit: Visit, statement_id: str) -> Response:
    """Show a statement, and what whoever looks may do with it."""
    return _statement(visit, statement_id)


def _statement(visit: Visit, statement_id: str) -> Response:
    filed = find(visit, statement_id)
    address = f"{STATEMENTS}/{statement_id}"
    values = shown(visit, filed, address)
    standing = filed.standing
    return visit.show(
        "console/partners/statement.html",
        **values,
        own=visit.here.actor == standing.drawn_by,
        signed=visit.here.actor == standing.countersigned_by,
        home=f"{HOME}/{standing.partner_id}",
        names_association=True,
    )


def file_page(visit: Visit, statement_id: str, form: str) -> Response:
    """Return a statement as a file."""
    return file(visit, find(visit, statement_id), form)


def answer_sent(visit: Visit, statement_id: str) -> Response:
    """Accept a dispute, or reject it with a reason."""
    filed, form = find(visit, statement_id), visit.form
    line = form.whole("line", least=1, most=10_000_000)
    verdict = form.choice("verdict", [each.value for each in Verdict])
    text = form.text("text", needed=verdict == Verdict.REJECT.value)
    if form.sound:
        visit.submit(
            AnswerDispute(**about(visit, filed), line=line, verdict=Verdict(verdict), text=text),
            reason_needed="text",
            personal_in_text="text",
        )
    if form.sound:
        return visit.go(f"{STATEMENTS}/{statement_id}", "dispute_answered")
    return _statement(visit, statement_id)


def countersigning_sent(visit: Visit, statement_id: str) -> Response:
    """Agree for the association, as another person than whoever drew it up."""
    filed = find(visit, statement_id)
    visit.submit(
        CountersignStatement(
            **about(visit, filed),
            drawn_by=filed.standing.drawn_by,
            person=visit.principal.person,
        )
    )
    if visit.form.sound:
        return visit.go(f"{STATEMENTS}/{statement_id}", "countersigned")
    return _statement(visit, statement_id)


def payment_sent(visit: Visit, statement_id: str) -> Response:
    """Mark a payment, as another person than whoever countersigned."""
    filed, form = find(visit, statement_id), visit.form
    amount = claimed(form.text("amount", most=16))
    reference = form.text("reference", most=40)
    paid_on = _day(visit, "paid_on")
    if amount is None:
        form.faults.setdefault("amount", NO_SIGNED_MONEY)
    if form.sound and amount is not None and paid_on is not None:
        visit.submit(
            PayStatement(
                **about(visit, filed),
                amount_fen=amount,
                reference=reference,
                paid_on=paid_on,
                countersigned_by=filed.standing.countersigned_by or "",
                person=visit.principal.person,
            ),
            not_payable="amount",
            payment_marked="reference",
            payment_invalid="reference",
        )
    if form.sound:
        return visit.go(f"{STATEMENTS}/{statement_id}", "payment_marked")
    return _statement(visit, statement_id)


_READ = Action.READ_STATEMENT
_ONE, _OF = f"{STATEMENTS}/{{statement_id}}", f"{HOME}/{{partner_id}}"
PAGES = (
    get(HOME, partners_page, allows=_READ),
    get(_OF, partner_page, allows=_READ),
    post(f"{_OF}/contracts", contract_sent, allows=Action.MANAGE_PARTNERS),
    post(f"{_OF}/draw-up", drawing_up_sent, allows=Action.DRAW_UP_STATEMENT),
    get(_ONE, statement_page, allows=_READ),
    get(f"{_ONE}/file/{{form}}", file_page, allows=_READ),
    post(f"{_ONE}/answer", answer_sent, allows=Action.ANSWER_DISPUTE),
    post(f"{_ONE}/countersign", countersigning_sent, allows=Action.COUNTERSIGN_STATEMENT),
    post(f"{_ONE}/pay", payment_sent, allows=Action.PAY_STATEMENT),
)
