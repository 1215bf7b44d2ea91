"""Partners and what was agreed with each: contracts in versions by local date."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from points.api.caller import Asking
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import IN_QUERY, Answer, Body, Day, Id, Page, PageQuery, page_of
from points.flows.make_contract import MakeContract
from points.flows.statement_steps import FEN_MAX
from points.identity.policy import Action
from points.kernel.ids import PartnerId
from points.partners.agreement import (
    BASIS_POINTS,
    DAYS_MAX,
    NO_FEE,
    TARIFFS_MAX,
    Fee,
    Rounding,
)
from points.partners.errors import PartnerUnknown
from points.partners.model import Account, Cycle, Partner
from points.partners.store import find_agreement, list_accounts

PARTNERS_MAX = 99
Fen = Annotated[int, Field(ge=0, le=FEN_MAX)]
Days = Annotated[int, Field(ge=0, le=DAYS_MAX)]


class PartnerOut(Answer):
    """A partner, and how far its statements reach."""

    partner_id: str
    category: str
    name: str
    cycle: str
    closed_until: datetime | None = None
    statements: int


class FeeOut(Answer):
    """What the association keeps of a capture."""

    per_capture_fen: int
    basis_points: int
    rounding: str
    least_fen: int
    most_fen: int | None = None


class ContractOut(Answer):
    """One version of what was agreed with a partner."""

    version: int
    starts_on: date
    cycle: str
    tariff_fen: dict[str, int]
    fee: FeeOut
    payment_days: int
    grace_days: int | None = None
    silence_days: int | None = None
    contact: str
    recorded_at: datetime


class ContractsOut(Answer):
    """Every version of a partner's contract, in order."""

    items: list[ContractOut]


class NewFee(Body):
    """A fee: an amount for each capture, or a part of its tariff in basis points."""

    per_capture_fen: Fen = 0
    basis_points: Annotated[int, Field(ge=0, le=BASIS_POINTS)] = 0
    rounding: Rounding = Rounding.HALF_UP
    least_fen: Fen = 0
    most_fen: Fen | None = None


class NewContract(Body):
    """Terms that are in force from a local day on."""

    starts_on: Day
    cycle: Cycle
    tariff_fen: Annotated[dict[Id, Fen], Field(max_length=TARIFFS_MAX)] = Field(
        default_factory=dict
    )
    fee: NewFee | None = None
    payment_days: Days = 30
    grace_days: Days | None = None
    silence_days: Days | None = None
    contact: str = Field(default="", max_length=120)


class ContractMade(Answer):
    """A version that was put on file."""

    partner_id: str
    version: int


class PartnersQuery(PageQuery):
    """Which partners."""


def list_of_partners(caller: Asking, query: Annotated[PartnersQuery, IN_QUERY]) -> Page[PartnerOut]:
    """List partners by their codes; a partner sees itself."""
    limit = min(query.limit, PARTNERS_MAX)
    own = None if caller.may("") else PartnerId(caller.principal.subject)
    after = PartnerId(query.key) if query.key else None
    with caller.engine.reading(caller.association) as connection:
        rows = list_accounts(connection, caller.association, only=own, after=after, most=limit + 1)
    return page_of(rows, limit, lambda row: row[0].partner_id, _shown)


def get_contracts(caller: Asking, partner_id: str) -> ContractsOut:
    """Return every version of a partner's contract."""
    caller.owns(partner_id, PartnerUnknown())
    with caller.engine.reading(caller.association) as connection:
        found = find_agreement(connection, caller.association, PartnerId(partner_id))
    if found is None:
        raise Problem.of(PartnerUnknown())
    return ContractsOut(items=[ContractOut.model_validate(each) for each in found[0].versions])


async def make_contract(caller: Asking, partner_id: str, body: NewContract) -> ContractMade:
    """Agree on terms with a partner from a day on."""
    command = MakeContract(
        association_id=caller.association,
        operation_id=caller.operation,
        actor=caller.actor,
        partner_id=PartnerId(partner_id),
        starts_on=body.starts_on,
        cycle=body.cycle,
        tariff_fen=dict(body.tariff_fen),
        fee=_fee(body.fee),
        payment_days=body.payment_days,
        grace_days=body.grace_days,
        silence_days=body.silence_days,
        contact=body.contact,
    )
    return ContractMade.model_validate(await caller.carry_out(command))


def _fee(body: NewFee | None) -> Fee:
    if body is None:
        return NO_FEE
    mixed = bool(body.per_capture_fen and body.basis_points)
    if mixed or (body.most_fen is not None and body.most_fen < body.least_fen):
        raise Problem(
            422,
            "content_invalid",
            "服务费须为每笔定额或比例之一，上限不得低于下限",
            "a fee is an amount or a part, and its most is not below its least",
            faults=[("/fee", "fee_invalid")],
        )
    return Fee(
        per_capture_fen=body.per_capture_fen,
        basis_points=body.basis_points,
        rounding=body.rounding,
        least_fen=body.least_fen,
        most_fen=body.most_fen,
    )


def _shown(row: tuple[Partner, Account]) -> PartnerOut:
    partner, account = row
    return PartnerOut(
        partner_id=partner.partner_id,
        category=partner.category.value,
        name=partner.name,
        cycle=partner.cycle.value,
        closed_until=account.closed_until,
        statements=account.statements,
    )


CONTRACTS = "/v1/partners/{partner_id}/contracts"
ROUTES = (
    get("/v1/partners", list_of_partners, allows=Action.READ_STATEMENT, zh="合作单位"),
    get(CONTRACTS, get_contracts, allows=Action.READ_STATEMENT, zh="合同各版本"),
    post(CONTRACTS, make_contract, allows=Action.MANAGE_PARTNERS, zh="签订合同条款", status=201),
)
"""Statements themselves are in :mod:`points.api.statements`."""
