"""The counter: authorise a code, capture it, void the capture, and ask what became of one."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from points.api.caller import Asking, Caller
from points.api.gate import Keyed
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import Answer, Body, Code, Id
from points.flows.counter import Desk, Till
from points.identity.policy import Action
from points.kernel.ids import OutletId, PartnerId
from points.partners.errors import OperatorDiffers, OutletUnknown
from points.vouchers.errors import CaptureUnknown

Presented = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Operator = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,60}$")]


class AtTill(Body):
    """Where it happens; a key that is bound to an outlet need not say which.

    Whoever logged in acts: the operator of a session is the session's.
    """

    outlet_id: Id | None = None
    operator_id: Operator | None = None
    device_id: Code = Field(default="key", description="the till; invalid codes count for it")


class NewAuthorisation(AtTill):
    """A code that somebody presents."""

    code: Presented


class NewCapture(NewAuthorisation):
    """A code to use, under the partner's own number; the same again answers the same."""

    request_no: Code
    amount_fen: int | None = Field(default=None, ge=1, le=10_000_000)


class NewVoid(AtTill):
    """A capture to take back on its day, and the void's own number."""

    request_no: Code
    void_no: Code


class Title(Answer):
    """What to hand over."""

    zh: str
    en: str


class Authorised(Answer):
    """What a voucher is good for; for three minutes no other outlet can use it."""

    voucher_id: str
    reward_id: str
    title: Title
    kind: str
    remaining_fen: int | None = None
    remaining_uses: int | None = None
    valid_until: datetime
    authorised_until: datetime


class CaptureOut(Answer):
    """A capture: what the partner hands over and is owed."""

    capture_id: str
    voucher_id: str
    reward_id: str
    title: Title
    state: str
    amount_fen: int | None = None
    remaining_fen: int | None = None
    remaining_uses: int | None = None
    points: int
    owed_fen: int


class Voided(Answer):
    """A capture that was taken back."""

    void_id: str
    capture_id: str
    voucher_id: str
    points: int
    owed_fen: int


class FoundCapture(Answer):
    """What became of a request number."""

    request_no: str
    capture_id: str
    voucher_id: str
    outlet_id: str
    points: int
    owed_fen: int
    captured_at: datetime
    voided: bool


def authorise(caller: Asking, body: NewAuthorisation) -> Authorised:
    """Say what a code is good for, and keep others from it for three minutes."""
    outcome = _desk(caller).authorise(till_of(caller, body), body.code, caller.key or "")
    return Authorised.model_validate(caller.accept(outcome))


def capture(caller: Asking, body: NewCapture) -> CaptureOut:
    """Use a code."""
    outcome = _desk(caller).capture(
        till_of(caller, body), body.code, body.request_no, body.amount_fen
    )
    return CaptureOut.model_validate(caller.accept(outcome))


def void(caller: Asking, body: NewVoid) -> Voided:
    """Take a capture back on the day on which it was made."""
    till = till_of(caller, body)
    _refuse_others(caller, till, body.request_no)
    outcome = _desk(caller).void(till, body.request_no, body.void_no)
    return Voided.model_validate(caller.accept(outcome))


def find_capture(caller: Asking, request_no: str) -> FoundCapture:
    """Say what became of a capture whose answer was lost."""
    principal = caller.principal
    till = _till_at(caller, principal.outlet or "", None, "key")
    _refuse_others(caller, till, request_no)
    found = _desk(caller).find_capture(till, request_no)
    if found is None:
        raise Problem.of(CaptureUnknown())
    event = found.event
    return FoundCapture(
        request_no=request_no,
        capture_id=event.event_id,
        voucher_id=event.voucher_id,
        outlet_id=event.outlet_id or "",
        points=event.points,
        owed_fen=event.cost_fen,
        captured_at=event.recorded_at,
        voided=found.voided,
    )


def _desk(caller: Caller) -> Desk:
    return Desk(caller.engine, caller.installation.context.codes, caller.installation.ids)


def till_of(caller: Caller, body: AtTill) -> Till:
    """Return where it happens: a bound key acts for its own outlet and no other."""
    bound = caller.principal.outlet
    outlet = body.outlet_id or bound
    if outlet is None or (bound is not None and outlet != bound):
        raise Problem.of(OutletUnknown())
    return _till_at(caller, outlet, body.operator_id, body.device_id)


def _till_at(caller: Caller, outlet: str, operator: str | None, device: str) -> Till:
    logged_in = caller.principal.operator
    if logged_in is not None and operator not in {None, logged_in}:
        raise Problem.of(OperatorDiffers())
    return Till(
        association_id=caller.association,
        partner_id=PartnerId(caller.principal.subject),
        outlet_id=OutletId(outlet),
        device_id=device,
        operator_id=logged_in or operator or "",
        operator_proven=logged_in is not None,
    )


def _refuse_others(caller: Caller, till: Till, request_no: str) -> None:
    """Refuse a bound key at another outlet's capture as if there were none."""
    if caller.principal.outlet is None:
        return
    found = _desk(caller).find_capture(till, request_no)
    if found is None or found.event.outlet_id != caller.principal.outlet:
        raise Problem.of(CaptureUnknown())


ROUTES = (
    post(
        "/v1/counter/authorisations",
        authorise,
        allows=Action.USE_COUNTER,
        zh="验券（三分钟内有效）",
    ),
    post(
        "/v1/counter/captures",
        capture,
        allows=Action.USE_COUNTER,
        zh="核销；request_no 即幂等编号",
        keyed=Keyed.BODY,
    ),
    post(
        "/v1/counter/voids",
        void,
        allows=Action.USE_COUNTER,
        zh="当日撤销；void_no 即幂等编号",
        keyed=Keyed.BODY,
    ),
    get(
        "/v1/counter/captures/by-request/{request_no}",
        find_capture,
        allows=Action.USE_COUNTER,
        zh="按请求编号查核销",
    ),
)
