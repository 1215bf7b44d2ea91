"""Calls about statements: drawing up, reading, disputes, consent, payment; and contracts."""

from collections.abc import Mapping
from datetime import date

from points.client import statement_answers as answers
from points.client.answers import Page
from points.client.calls import Call, get, path_of, post

ONE = "/v1/statements/{}"


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
