"""What both sides do about a statement: dispute and answer lines, agree, and pay."""

import re
from typing import Annotated, Any

from pydantic import Field
from starlette.concurrency import run_in_threadpool

from points.api.caller import NO_STATEMENT, Asking, Caller
from points.api.problems import Problem
from points.api.route import post
from points.api.statements import ONE, find
from points.api.wire import Answer, Body, Day
from points.flows.answer_dispute import AnswerDispute, Verdict
from points.flows.confirm_statement import ConfirmStatement, CountersignStatement
from points.flows.dispute_line import DisputeLine
from points.flows.pay_statement import PayStatement
from points.flows.statement_steps import FEN_MAX
from points.identity.policy import Action
from points.partners.standing import Reason, Standing

_LINE = re.compile(r"[1-9][0-9]{0,6}")
Money = Annotated[int, Field(ge=-FEN_MAX, le=FEN_MAX)]


class NewDispute(Body):
    """What a line should say, and why."""

    claims_fen: Money
    reason: Reason
    text: str = Field(default="", max_length=500)


class NewAnswer(Body):
    """What the association says to a dispute."""

    verdict: Verdict
    text: str = Field(default="", max_length=500)


class Signed(Body):
    """Nothing is to be said beside it."""


class NewPayment(Body):
    """A transfer that was made."""

    amount_fen: Money
    reference: Annotated[str, Field(min_length=4, max_length=40)]
    paid_on: Day


class StepTaken(Answer):
    """How a statement stands after a step."""

    statement_id: str
    state: str
    version: int
    payable_fen: int
    paid_fen: int
    correction_id: str | None = None


async def dispute(caller: Asking, statement_id: str, line: str, body: NewDispute) -> StepTaken:
    """Say, for the partner, that a line should say something else."""
    found = await run_in_threadpool(find, caller, statement_id)
    command = DisputeLine(
        **_acting(caller, found.standing),
        line=_number(line),
        claims_fen=body.claims_fen,
        reason=body.reason,
        text=body.text,
    )
    return StepTaken.model_validate(await caller.carry_out(command))


async def answer(caller: Asking, statement_id: str, line: str, body: NewAnswer) -> StepTaken:
    """Accept a dispute, which adjusts the next statement, or reject it with a reason."""
    found = await run_in_threadpool(find, caller, statement_id)
    command = AnswerDispute(
        **_acting(caller, found.standing),
        line=_number(line),
        verdict=body.verdict,
        text=body.text,
    )
    return StepTaken.model_validate(await caller.carry_out(command))


async def confirm(caller: Asking, statement_id: str, body: Signed) -> StepTaken:  # noqa: ARG001 - says that there is none
    """Agree to a statement for the partner, but for what is in dispute."""
    found = await run_in_threadpool(find, caller, statement_id)
    command = ConfirmStatement(**_acting(caller, found.standing))
    return StepTaken.model_validate(await caller.carry_out(command))


async def countersign(caller: Asking, statement_id: str, body: Signed) -> StepTaken:  # noqa: ARG001 - says that there is none
    """Agree to a statement for the association, as another person than whoever drew it up."""
    found = await run_in_threadpool(find, caller, statement_id)
    command = CountersignStatement(
        **_acting(caller, found.standing),
        drawn_by=found.standing.drawn_by,
        person=caller.principal.person,
    )
    return StepTaken.model_validate(await caller.carry_out(command))


async def pay(caller: Asking, statement_id: str, body: NewPayment) -> StepTaken:
    """Mark a payment, as another person than whoever countersigned; several add up."""
    found = await run_in_threadpool(find, caller, statement_id)
    command = PayStatement(
        **_acting(caller, found.standing),
        amount_fen=body.amount_fen,
        reference=body.reference,
        paid_on=body.paid_on,
        countersigned_by=found.standing.countersigned_by or "",
        person=caller.principal.person,
    )
    return StepTaken.model_validate(await caller.carry_out(command))


def _acting(caller: Caller, standing: Standing) -> dict[str, Any]:
    return {
        "association_id": caller.association,
        "operation_id": caller.operation,
        "actor": caller.actor,
        "partner_id": standing.partner_id,
        "statement_id": standing.statement_id,
    }


def _number(line: str) -> int:
    if _LINE.fullmatch(line) is None:
        raise Problem.of(NO_STATEMENT)
    return int(line)


ROUTES = (
    post(
        f"{ONE}/lines/{{line}}:dispute",
        dispute,
        allows=Action.DISPUTE_STATEMENT,
        zh="对一行提出异议",
    ),
    post(f"{ONE}/lines/{{line}}:answer", answer, allows=Action.ANSWER_DISPUTE, zh="答复异议"),
    post(f"{ONE}:confirm", confirm, allows=Action.CONFIRM_STATEMENT, zh="商户确认"),
    post(f"{ONE}:countersign", countersign, allows=Action.COUNTERSIGN_STATEMENT, zh="协会复核"),
    post(f"{ONE}:pay", pay, allows=Action.PAY_STATEMENT, zh="登记付款"),
)
