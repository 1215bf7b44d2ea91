"""Operators: they log in at their till; their office takes them up, resets them, shuts them out."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from points.api.caller import Asking, Caller
from points.api.gate import Keyed
from points.api.problems import Problem, refused
from points.api.route import Route, get, post
from points.api.wire import IN_QUERY, Answer, Asked, Body, Id
from points.flows.guessing import blinded, operator_name
from points.flows.log_in_operator import TillKnock, log_in_operator
from points.flows.neutral import told
from points.flows.operator_sessions import (
    AtTill,
    EndOperatorSession,
    TillKey,
    operators_of,
    till_sessions,
)
from points.flows.operator_standing import (
    AddOperator,
    DisableOperator,
    EnableOperator,
    ResetOperator,
)
from points.flows.set_up_operator import TillSetUp, set_up_hash, set_up_operator
from points.identity.errors import Forbidden
from points.identity.policy import Action
from points.identity.roles import Kind
from points.identity.sessions import Session
from points.kernel.errors import Refusal
from points.kernel.ids import OutletId, PartnerId
from points.partners.errors import PartnerUnknown
from points.partners.operator_store import Registered

Number = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,40}$")]
Pin = Annotated[str, StringConstraints(min_length=1, max_length=256)]
SetUpCodeText = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class NewOperator(Body):
    """Who is to work at which outlet: a number of the partner's own, never a name."""

    outlet_id: Id
    operator_id: Number


class OperatorLogIn(Body):
    """Who stands at the till; the outlet is the key's."""

    operator: Number
    pin: Pin = Field(repr=False)


class OperatorSetUp(Body):
    """The first use: the set-up code of the office, and the PIN that the operator chooses."""

    operator: Number
    code: SetUpCodeText = Field(repr=False)
    pin: Pin = Field(repr=False, description="6 to 12 digits, or a passphrase")


class OperatorsQuery(Asked):
    """Whose operators."""

    partner_id: Id | None = None
    outlet_id: Id | None = None


class OperatorCode(Answer):
    """A one-time code with which the operator chooses a PIN; kept as a hash only."""

    outlet_id: str
    operator_id: str
    set_up_code: str = Field(repr=False)
    set_up_until: datetime


class OperatorOut(Answer):
    """An operator of an outlet."""

    outlet_id: str
    operator_id: str
    active: bool
    ready: bool = Field(description="whether they have chosen a PIN")


class OperatorList(Answer):
    """Operators by outlet and number, at most 500; ask by outlet for more."""

    items: list[OperatorOut]


class OperatorChanged(Answer):
    """An operator that was changed."""

    outlet_id: str
    operator_id: str


class TillSession(Answer):
    """A session of an operator that was opened; the token is shown once."""

    token: str = Field(repr=False, description="goes into `Authorization: Bearer`")
    session_id: str
    outlet_id: str
    operator_id: str
    expires_at: datetime
    idle_seconds: int = Field(description="without a request for so long, it is over")


class TillSessionOut(Answer):
    """An operator who is logged in."""

    session_id: str
    outlet_id: str
    operator_id: str
    key_id: str = Field(description="of the till; without it the session opens nothing")
    address: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


class TillSessions(Answer):
    """Sessions of operators that count, the newest first, at most 100."""

    items: list[TillSessionOut]


class TillSessionEnded(Answer):
    """A session that opens nothing any more."""

    session_id: str
    ended: Literal[True] = True


def open_till_session(caller: Asking, body: OperatorLogIn) -> TillSession:
    """Log an operator in at the till whose key it is."""
    knock = TillKnock(till=_till(caller), operator=body.operator, pin=body.pin)
    return _opened(caller, log_in_operator(caller.engine, knock, caller.origin))


def set_up_till_operator(caller: Asking, body: OperatorSetUp) -> TillSession:
    """Choose a PIN with the office's code, and be logged in."""
    given = TillSetUp(till=_till(caller), operator=body.operator, code=body.code, pin=body.pin)
    opened = set_up_operator(caller.engine, given, caller.origin)
    caller.forget_keys()
    return _opened(caller, opened)


async def add_operator(caller: Asking, body: NewOperator) -> OperatorCode:
    """Register an operator; from the first one on the outlet's counter asks for a log-in."""
    seat = OutletId(body.outlet_id), body.operator_id
    code, hashed = _set_up_code(caller, *seat)
    done = await caller.carry_out(AddOperator(**_about(caller, *seat), set_up_hash=hashed))
    return OperatorCode(set_up_code=code, **done)


async def reset_operator(caller: Asking, outlet: str, operator: str) -> OperatorCode:
    """Take an operator's PIN away; they choose another with the code."""
    code, hashed = _set_up_code(caller, OutletId(outlet), operator)
    guard = blinded(caller.engine, caller.association, operator_name(outlet, operator))
    command = ResetOperator(**_about(caller, outlet, operator), set_up_hash=hashed, guard=guard)
    done = await caller.carry_out(command)
    caller.forget_keys()
    return OperatorCode(set_up_code=code, **done)


async def disable_operator(caller: Asking, outlet: str, operator: str) -> OperatorChanged:
    """Let an operator in no more; their sessions end."""
    done = await caller.carry_out(DisableOperator(**_about(caller, outlet, operator)))
    caller.forget_keys()
    return OperatorChanged(**done)


async def enable_operator(caller: Asking, outlet: str, operator: str) -> OperatorChanged:
    """Let an operator in again."""
    return OperatorChanged(
        **await caller.carry_out(EnableOperator(**_about(caller, outlet, operator)))
    )


def get_operators(caller: Asking, query: Annotated[OperatorsQuery, IN_QUERY]) -> OperatorList:
    """List operators: an office its own, the association all."""
    outlet = None if query.outlet_id is None else OutletId(query.outlet_id)
    found = operators_of(caller.engine, caller.association, _asked_for(caller, query), outlet)
    return OperatorList(items=[_shown(each) for each in found])


def get_till_sessions(caller: Asking, query: Annotated[OperatorsQuery, IN_QUERY]) -> TillSessions:
    """List who is logged in at a partner's tills."""
    partner = _asked_for(caller, query)
    if partner is None:
        raise Problem.of(PartnerUnknown())
    found = till_sessions(caller.engine, caller.association, partner, query.outlet_id)
    return TillSessions(items=[_session(each) for each in found])


async def end_till_session(caller: Asking, till_session: str) -> TillSessionEnded:
    """Log an operator out, as who left without doing so."""
    await caller.carry_out(
        EndOperatorSession(
            association_id=caller.association,
            operation_id=caller.fresh_operation,
            actor=caller.actor,
            session_id=till_session,
            firm=_firm(caller),
        )
    )
    caller.forget_keys()
    return TillSessionEnded(session_id=till_session)


def _till(caller: Caller) -> TillKey:
    """Return the till whose key was presented; an operator who is logged in is no till."""
    if caller.principal.session is not None:
        raise Problem.of(Forbidden())
    return TillKey.of(caller.principal, caller.origin.session)


def _opened(caller: Caller, opened: AtTill | Refusal) -> TillSession:
    if isinstance(opened, Refusal):
        raise refused(told(caller.principal.kind, opened), caller.installation.clock)
    session = opened.session
    return TillSession(
        token=opened.token,
        session_id=session.session_id,
        outlet_id=session.outlet or "",
        operator_id=session.operator or "",
        expires_at=session.expires_at,
        idle_seconds=session.idle_seconds,
    )


def _firm(caller: Caller) -> PartnerId | None:
    """Return the partner whose office asks; None for the association."""
    principal = caller.principal
    return PartnerId(principal.subject) if principal.kind is Kind.PARTNER else None


def _asked_for(caller: Caller, query: OperatorsQuery) -> PartnerId | None:
    """Return whose operators are asked for: an office sees its own, whatever it asks for."""
    asked = None if query.partner_id is None else PartnerId(query.partner_id)
    firm = _firm(caller)
    if firm is not None and asked not in {None, firm}:
        raise Problem.of(PartnerUnknown())
    return firm or asked


def _about(caller: Caller, outlet: str, operator: str) -> dict[str, Any]:
    return {
        "association_id": caller.association,
        "operation_id": caller.operation,
        "actor": caller.actor,
        "outlet_id": OutletId(outlet),
        "operator_id": operator,
        "firm": _firm(caller),
    }


def _set_up_code(caller: Caller, outlet: OutletId, operator: str) -> tuple[str, str]:
    context = caller.installation.context
    code = context.factors.set_up_code(f"{caller.association}|{caller.operation}")
    return code, set_up_hash(context, caller.association, (outlet, operator), code)


def _shown(each: Registered) -> OperatorOut:
    account = each.account
    return OperatorOut(
        outlet_id=account.outlet_id,
        operator_id=account.operator_id,
        active=account.active,
        ready=each.ready,
    )


def _session(each: Session) -> TillSessionOut:
    return TillSessionOut(
        session_id=each.session_id,
        outlet_id=each.outlet or "",
        operator_id=each.operator or "",
        key_id=each.till_key or "",
        address=each.address,
        created_at=each.created_at,
        seen_at=each.seen_at,
        expires_at=each.expires_at,
    )


_LOG_IN, _OFFICE = Action.LOG_IN_OPERATOR, Action.MANAGE_OPERATORS
_ONE = "/v1/counter/operators/{outlet}/{operator}"
ROUTES = (
    post(
        "/v1/counter/sessions",
        open_till_session,
        allows=_LOG_IN,
        zh="操作员登录（以门店收银密钥调用）",
        status=201,
        keyed=Keyed.NOT,
    ),
    post(
        "/v1/counter/operators:set-up",
        set_up_till_operator,
        allows=_LOG_IN,
        zh="操作员首次使用：以一次性设置码设定 PIN",
        status=201,
        keyed=Keyed.NOT,
    ),
    post("/v1/counter/operators", add_operator, allows=_OFFICE, zh="登记操作员", status=201),
    get("/v1/counter/operators", get_operators, allows=_OFFICE, zh="操作员"),
    post(f"{_ONE}:reset", reset_operator, allows=_OFFICE, zh="重置操作员的 PIN"),
    post(f"{_ONE}:disable", disable_operator, allows=_OFFICE, zh="停用操作员"),
    post(f"{_ONE}:enable", enable_operator, allows=_OFFICE, zh="启用操作员"),
    get("/v1/counter/sessions", get_till_sessions, allows=_OFFICE, zh="操作员的会话"),
    Route(
        "DELETE",
        "/v1/counter/sessions/{till_session}",
        end_till_session,
        allows=_OFFICE,
        zh="结束操作员的会话",
    ),
)
