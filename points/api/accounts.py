"""Accounts: balances now and then, statement lines, what expires, and why a point came."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from points.api.caller import NO_MEMBER, NO_TRANSACTION, Asking, Caller
from points.api.members import sees_member
from points.api.problems import Problem
from points.api.route import get
from points.api.wire import (
    IN_QUERY,
    Answer,
    Asked,
    AskedInstant,
    Page,
    PageQuery,
    page_of,
    read_number,
)
from points.flows import look
from points.identity.policy import Action
from points.kernel.errors import NotFound
from points.kernel.ids import MemberId, TransactionId

MeasureName = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,20}\.[a-z]{1,20}$")]


class BalanceOut(Answer):
    """What a member holds in one measure."""

    measure: str
    version: int
    pending: int
    available: int
    held: int
    debt: int


class Balances(Answer):
    """A member's balances, one a measure."""

    member_id: str
    balances: list[BalanceOut]


class BalancesQuery(Asked):
    """As of when, and on which axis."""

    at: AskedInstant | None = None
    axis: Literal["recorded", "effective"] = "recorded"


class Line(Answer):
    """One line of a statement; ``version`` counts up within the account."""

    version: int
    transaction_id: str
    kind: str
    reason: str
    state: str
    points: int
    balance_after: int
    effective_at: datetime
    recorded_at: datetime
    reverses: str | None = None
    origin: dict[str, Any]


class StatementQuery(PageQuery):
    """Which account's lines."""

    measure: MeasureName


class ExpiringOut(Answer):
    """Points that expire at one instant."""

    expires_at: datetime
    points: int


class ExpiringList(Answer):
    """What expires when, soonest first."""

    measure: str
    expiring: list[ExpiringOut]


class ExpiringQuery(Asked):
    """Which account."""

    measure: MeasureName


class Explained(Answer):
    """Why a transaction came: the rules that were asked, in sentences, and the trace itself."""

    transaction_id: str
    kind: str
    reason: str
    recorded_at: datetime
    sentences: list[str]
    awards: list[dict[str, Any]] = Field(default_factory=list)


def _sees(caller: Caller, member_id: str, unknown: NotFound = NO_MEMBER) -> None:
    """Let the caller at a member's accounts; only limited callers cost a look at the member."""
    if caller.limited:
        sees_member(caller, member_id)
    caller.owns(member_id, unknown)


def get_balances(
    caller: Asking, member_id: str, query: Annotated[BalancesQuery, IN_QUERY]
) -> Balances:
    """Return a member's balances."""
    _sees(caller, member_id)
    found = look.balances(
        caller.engine, caller.association, MemberId(member_id), at=query.at, axis=query.axis
    )
    if not found:
        sees_member(caller, member_id)
    balances = [BalanceOut.model_validate(each) for each in found]
    return Balances(member_id=member_id, balances=balances)


def get_statement(
    caller: Asking, member_id: str, query: Annotated[StatementQuery, IN_QUERY]
) -> Page[Line]:
    """Return the lines of one account, newest first."""
    _sees(caller, member_id)
    rows = look.statement(
        caller.engine,
        caller.association,
        MemberId(member_id),
        query.measure,
        before=read_number(query.key),
        limit=query.limit + 1,
    )
    return page_of(rows, query.limit, lambda row: row.version, Line.model_validate)


def get_expiring(
    caller: Asking, member_id: str, query: Annotated[ExpiringQuery, IN_QUERY]
) -> ExpiringList:
    """Return what of an account expires when."""
    _sees(caller, member_id)
    rows = look.expiring(caller.engine, caller.association, MemberId(member_id), query.measure)
    expiring = [ExpiringOut.model_validate(row) for row in rows]
    return ExpiringList(measure=query.measure, expiring=expiring)


def explain_transaction(caller: Asking, member_id: str, transaction_id: str) -> Explained:
    """Say why points came or went."""
    _sees(caller, member_id, NO_TRANSACTION)
    found = look.explanation(
        caller.engine,
        caller.association,
        MemberId(member_id),
        TransactionId(transaction_id),
        caller.language,
    )
    if found is None:
        raise Problem.of(NO_TRANSACTION)
    return Explained(
        transaction_id=found.transaction.transaction_id,
        kind=found.transaction.kind.value,
        reason=found.transaction.reason,
        recorded_at=found.transaction.recorded_at,
        sentences=found.sentences,
        awards=[
            {
                "activity_id": award.activity_id,
                "rule": award.rule_id,
                "measure": award.measure,
                "points": award.points,
                "forgone": award.forgone,
                "ruleset": f"{award.programme} v{award.ruleset_version}",
                "ruleset_sha256": award.ruleset_sha256,
                "trace": award.trace,
            }
            for award in found.awards
        ],
    )


ROUTES = (
    get(
        "/v1/members/{member_id}/balances",
        get_balances,
        allows=Action.READ_BALANCE,
        zh="积分余额（可查历史时点）",
        tagged=True,
    ),
    get(
        "/v1/members/{member_id}/statement",
        get_statement,
        allows=Action.READ_BALANCE,
        zh="积分明细",
    ),
    get(
        "/v1/members/{member_id}/expiring",
        get_expiring,
        allows=Action.READ_BALANCE,
        zh="即将到期的积分",
    ),
    get(
        "/v1/members/{member_id}/explain/{transaction_id}",
        explain_transaction,
        allows=Action.READ_BALANCE,
        zh="每一分的由来",
    ),
)
