"""Calls about statements: drawing up, reading, disputes, payment; adjustments, and contracts."""

from collections.abc import Mapping
from datetime import date

from points.client import statement_answers as answers
from points.client.answers import Page
from points.client.calls import Call, get, path_of, post

ONE = "/v1/statements/{}"
ADJUSTMENTS = "/v1/partners/{}/adjustments"


def statements(
    *,
    partner_id: str | None = None,
    state: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[Page[answers.Statement]]:
    """Ask for drawn-up statements, newest first."""
    reads = Page[answers.Statement]
    return get(
        "/v1/statements", reads, partner_id=partner_id, state=state, cursor=cursor, limit=limit
    )


def statement(statement_id: str) -> Call[answers.Statement]:
    """Ask for a statement and where it stands."""
    return get(path_of(ONE, statement_id), answers.Statement)


def statement_lines(
    statement_id: str, *, cursor: str | None = None, limit: int | None = None
) -> Call[Page[answers.StatementLine]]:
    """Ask for a page of a statement's lines."""
    path = path_of(f"{ONE}/lines", statement_id)
    return get(path, Page[answers.StatementLine], cursor=cursor, limit=limit)


def statement_disputes(statement_id: str) -> Call[answers.Disputes]:
    """Ask which lines of a statement are disputed."""
    return get(path_of(f"{ONE}/disputes", statement_id), answers.Disputes)


def statement_events(statement_id: str) -> Call[answers.StatementEvents]:
    """Ask what happened to a statement."""
    return get(path_of(f"{ONE}/events", statement_id), answers.StatementEvents)


def verify_statement(statement_id: str) -> Call[answers.StatementVerified]:
    """Hold a statement against all that was booked for its period."""
    return get(path_of(f"{ONE}/verification", statement_id), answers.StatementVerified)


def draft_statement(day: date, *, partner_id: str | None = None) -> Call[answers.Draft]:
    """Ask what the statement of an open period would list now."""
    return get("/v1/statements:draft", answers.Draft, day=day, partner_id=partner_id)


def draw_up_statement(
    partner_id: str, day: date, *, key: str | None = None
) -> Call[answers.DrawnUp]:
    """Draw a period up for ever."""
    body = {"partner_id": partner_id, "day": day}
    return post("/v1/statements:draw-up", answers.DrawnUp, body, key)


def dispute_line(
    statement_id: str,
    line: int,
    claims_fen: int,
    reason: str,
    *,
    text: str = "",
    key: str | None = None,
) -> Call[answers.StepTaken]:
    """Say, for the partner, that a line should say something else."""
    body = {"claims_fen": claims_fen, "reason": reason, "text": text}
    return post(_line(statement_id, line, "dispute"), answers.StepTaken, body, key)


def answer_dispute(
    statement_id: str, line: int, verdict: str, *, text: str = "", key: str | None = None
) -> Call[answers.StepTaken]:
    """Accept a dispute or reject it with a reason, for the association."""
    body = {"verdict": verdict, "text": text}
    return post(_line(statement_id, line, "answer"), answers.StepTaken, body, key)


def confirm_statement(statement_id: str, *, key: str | None = None) -> Call[answers.StepTaken]:
    """Agree to a statement for the partner, but for what is in dispute."""
    return post(path_of(f"{ONE}:confirm", statement_id), answers.StepTaken, {}, key)


def countersign_statement(statement_id: str, *, key: str | None = None) -> Call[answers.StepTaken]:
    """Agree to a statement for the association."""
    return post(path_of(f"{ONE}:countersign", statement_id), answers.StepTaken, {}, key)


def pay_statement(
    statement_id: str, amount_fen: int, reference: str, paid_on: date, *, key: str | None = None
) -> Call[answers.StepTaken]:
    """Mark a transfer that was made."""
    body = {"amount_fen": amount_fen, "reference": reference, "paid_on": paid_on}
    return post(path_of(f"{ONE}:pay", statement_id), answers.StepTaken, body, key)


def adjustments(
    partner_id: str, *, cursor: str | None = None, limit: int | None = None
) -> Call[Page[answers.Adjustment]]:
    """Ask for a partner's adjustments, newest first; a partner sees what was approved."""
    path = path_of(ADJUSTMENTS, partner_id)
    return get(path, Page[answers.Adjustment], cursor=cursor, limit=limit)


def adjustment(partner_id: str, adjustment_id: str) -> Call[answers.Adjustment]:
    """Ask for one adjustment, by its id: the source of its line."""
    return get(_adjustment(partner_id, adjustment_id), answers.Adjustment)


def propose_adjustment(  # noqa: PLR0913 - all that an adjustment says
    partner_id: str,
    amount_fen: int,
    reason: str,
    note: str,
    *,
    capture: str = "",
    programme: str = "",
    outlet_id: str | None = None,
    document: str = "",
    key: str | None = None,
) -> Call[answers.AdjustmentProposed]:
    """Ask another person to pay a partner more, or with an amount below zero to take back."""
    body = {"amount_fen": amount_fen, "reason": reason, "note": note, "document": document}
    body |= {"capture": capture, "programme": programme}
    if outlet_id is not None:
        body["outlet_id"] = outlet_id
    return post(path_of(ADJUSTMENTS, partner_id), answers.AdjustmentProposed, body, key)


def decide_adjustment(
    partner_id: str, adjustment_id: str, verdict: str, *, reason: str = "", key: str | None = None
) -> Call[answers.AdjustmentEnded]:
    """Approve an adjustment of somebody else, or reject it with a reason."""
    path = f"{_adjustment(partner_id, adjustment_id)}:decide"
    return post(path, answers.AdjustmentEnded, {"verdict": verdict, "reason": reason}, key)


def withdraw_adjustment(
    partner_id: str, adjustment_id: str, *, key: str | None = None
) -> Call[answers.AdjustmentEnded]:
    """Withdraw one's own adjustment."""
    path = f"{_adjustment(partner_id, adjustment_id)}:withdraw"
    return post(path, answers.AdjustmentEnded, {}, key)


def partners(*, cursor: str | None = None, limit: int | None = None) -> Call[Page[answers.Partner]]:
    """Ask for the partners, by their codes."""
    return get("/v1/partners", Page[answers.Partner], cursor=cursor, limit=limit)


def partner_contracts(partner_id: str) -> Call[answers.Contracts]:
    """Ask for every version of a partner's contract."""
    return get(path_of("/v1/partners/{}/contracts", partner_id), answers.Contracts)


def make_contract(
    partner_id: str,
    starts_on: date,
    cycle: str,
    *,
    tariff_fen: Mapping[str, int] | None = None,
    fee: Mapping[str, object] | None = None,
    key: str | None = None,
    **terms: object,
) -> Call[answers.ContractMade]:
    """Agree on terms; ``terms`` is payment_days, grace_days, silence_days, contact."""
    body = {"starts_on": starts_on, "cycle": cycle, **terms}
    body |= {"tariff_fen": dict(tariff_fen or {}), "fee": None if fee is None else dict(fee)}
    path = path_of("/v1/partners/{}/contracts", partner_id)
    return post(path, answers.ContractMade, body, key)


def _line(statement_id: str, line: int, what: str) -> str:
    return f"{path_of(ONE, statement_id)}/lines/{int(line)}:{what}"


def _adjustment(partner_id: str, adjustment_id: str) -> str:
    return path_of(f"{ADJUSTMENTS}/{{}}", partner_id, adjustment_id)
