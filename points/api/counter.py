"""The counter: authorise a code, capture it, void the capture, and ask what became of one."""

from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from points.api.caller import Asking, Caller
from points.api.gate import Keyed
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import (
    IN_QUERY,
    Answer,
    AskedDay,
    Body,
    Code,
    Id,
    Page,
    PageQuery,
    page_of,
)
from points.flows.authorise import authorise_operation
from points.flows.capture import capture_operation
from points.flows.counter import Desk, Till
from points.flows.void import void_operation
from points.identity.policy import Action
from points.kernel.ids import OperationId, OutletId, PartnerId
from points.partners.errors import OperatorDiffers, OutletUnknown, TillDiffers
from points.partners.store import find_partner
from points.vouchers.counter_reads import Day, captures_of, find_event, totals_of
from points.vouchers.errors import AuthorisationUnknown, CaptureUnknown, VoidUnknown
from points.vouchers.model import Event, Kind
from points.vouchers.reads import Done
from points.watch.signs import UNNAMED_TILL

Presented = Annotated[str, StringConstraints(min_length=1, max_length=400)]
Operator = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,60}$")]


class AtTill(Body):
    """Where it happens; a key that is bound to an outlet, or to a till, need not say which.

    Whoever logged in acts: the operator of a session is the session's, and the till its key's.
    """

    outlet_id: Id | None = None
    operator_id: Operator | None = None
    device_id: Code | None = Field(
        default=None,
        description="the till; invalid codes count for it. A till's own key speaks for it alone; "
        "another key that names no till is counted as `key`",
    )


class NewAuthorisation(AtTill):
    """A code that somebody presents."""

    code: Presented


class NewCapture(AtTill):
    """What to use, under the partner's own number; the same again answers the same.

    A code, or the authorisation that this outlet has in hand: then no code is needed. With both,
    the authorisation must be of that voucher.
    """

    code: Presented | None = None
    authorisation_id: Id | None = None
    request_no: Code
    amount_fen: int | None = Field(default=None, ge=1, le=10_000_000)

    @model_validator(mode="after")
    def _names_a_voucher(self) -> Self:
        if self.code is None and self.authorisation_id is None:
            raise ValueError("a code or an authorisation")
        return self


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

    authorisation_id: str | None = Field(default=None, description="capture with it, or release it")
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


class Released(Answer):
    """An authorisation that was given up; others may use the voucher at once."""

    authorisation_id: str
    voucher_id: str


class FoundVoid(Answer):
    """What became of a void's number."""

    void_no: str
    void_id: str
    capture_id: str
    voucher_id: str
    outlet_id: str
    points: int
    owed_fen: int
    voided_at: datetime


class CapturesQuery(PageQuery):
    """Which day, by the partner's own calendar; today where none is said."""

    day: AskedDay | None = None
    outlet_id: Id | None = None


class DayCapture(Answer):
    """A capture of a day; nothing in it says whose voucher it was."""

    capture_id: str
    request_no: str
    voucher_id: str
    outlet_id: str
    operator_id: str
    device_id: str
    title: Title
    last4: str
    amount_fen: int | None = None
    owed_fen: int
    captured_at: datetime
    voided: bool


class DaySums(Answer):
    """What the whole day came to, whichever page this is."""

    captures: int = Field(description="those taken back too")
    captured_fen: int
    voids: int
    voided_fen: int
    net_fen: int


class CaptureDay(Page[DayCapture]):
    """Captures of a day in the order of their making, and its sums, to compare with the till's."""

    day: date
    totals: DaySums


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
    outcome = desk_of(caller).authorise(till_of(caller, body), body.code, caller.key or "")
    return Authorised.model_validate(caller.accept(outcome))


def capture(caller: Asking, body: NewCapture) -> CaptureOut:
    """Use a code."""
    outcome = desk_of(caller).capture(
        till_of(caller, body),
        body.code,
        body.request_no,
        body.amount_fen,
        authorisation_id=body.authorisation_id,
    )
    return CaptureOut.model_validate(caller.accept(outcome))


def release_authorisation(caller: Asking, authorisation_id: str, body: AtTill) -> Released:
    """Give an authorisation up before its time is over; the same again answers the same."""
    outcome = desk_of(caller).release(till_of(caller, body), authorisation_id)
    return Released.model_validate(caller.accept(outcome))


def void(caller: Asking, body: NewVoid) -> Voided:
    """Take a capture back on the day on which it was made."""
    outcome = desk_of(caller).void(till_of(caller, body), body.request_no, body.void_no)
    return Voided.model_validate(caller.accept(outcome))


def find_capture(caller: Asking, request_no: str) -> FoundCapture:
    """Say what became of a capture whose answer was lost; a refusal is said again."""
    till = _anywhere(caller)
    found = desk_of(caller).find_capture(till, request_no)
    if found is None:
        _answer_again(caller, till, capture_operation(till.partner_id, request_no))
    if found is None or not _own(caller, found.event):
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


def find_void(caller: Asking, void_no: str) -> FoundVoid:
    """Say what became of a void whose answer was lost; a refusal is said again."""
    till = _anywhere(caller)
    done = _answer_again(caller, till, void_operation(till.partner_id, void_no))
    event = None if done is None else _event(caller, till, done["void_id"])
    if event is None or not _own(caller, event):
        raise Problem.of(VoidUnknown())
    return FoundVoid(
        void_no=void_no,
        void_id=event.event_id,
        capture_id=event.undoes or "",
        voucher_id=event.voucher_id,
        outlet_id=event.outlet_id or "",
        points=event.points,
        owed_fen=-event.cost_fen,
        voided_at=event.recorded_at,
    )


def find_authorisation(caller: Asking, key: str) -> Authorised:
    """Say again what an authorisation was answered, by its Idempotency-Key."""
    till = _anywhere(caller)
    done = _answer_again(caller, till, authorise_operation(till.partner_id, key))
    event = None if done is None else _event(caller, till, done.get("authorisation_id", ""))
    if done is None or event is None or not _own(caller, event):
        raise Problem.of(AuthorisationUnknown())
    return Authorised.model_validate(done)


def list_captures(caller: Asking, query: Annotated[CapturesQuery, IN_QUERY]) -> CaptureDay:
    """List a day's captures for the till's reconciliation: one's own outlet's, or the partner's."""
    partner_id, bound = PartnerId(caller.principal.subject), caller.principal.outlet
    if bound is not None and query.outlet_id not in {None, bound}:
        raise Problem.of(OutletUnknown())
    outlet = bound or query.outlet_id
    with caller.engine.reading(caller.association) as connection:
        found = find_partner(connection, caller.association, partner_id)
        if found is None:
            raise Problem.of(OutletUnknown())
        partner = found[0]
        local = query.day or partner.day(caller.installation.clock.now())
        begins, ends = partner.local_day(local)
        day = Day(
            partner_id=partner_id,
            begins=begins,
            ends=ends,
            outlet_id=None if outlet is None else OutletId(outlet),
        )
        rows = captures_of(
            connection, caller.association, day, after=query.key or None, most=query.limit + 1
        )
        totals = totals_of(connection, caller.association, day)
    page = page_of(rows, query.limit, lambda row: row.event.event_id, _listed)
    return CaptureDay(
        items=page.items, next=page.next, day=local, totals=DaySums.model_validate(totals)
    )


def _listed(done: Done) -> DayCapture:
    event = done.event
    return DayCapture(
        capture_id=event.event_id,
        request_no=event.request_no or "",
        voucher_id=event.voucher_id,
        outlet_id=event.outlet_id or "",
        operator_id=event.operator_id,
        device_id=event.device_id,
        title=Title(zh=done.title_zh, en=done.title_en),
        last4=done.last4,
        amount_fen=event.parts if done.kind is Kind.AMOUNT else None,
        owed_fen=event.cost_fen,
        captured_at=event.recorded_at,
        voided=done.voided,
    )


def _anywhere(caller: Caller) -> Till:
    """Return the till that looks something up; a head office's key is at none."""
    return _till_at(caller, caller.principal.outlet or "", None, None)


def _answer_again(caller: Caller, till: Till, operation: OperationId) -> dict[str, Any] | None:
    """Return what an operation was answered; None where it never was, or another outlet's was.

    Raises:
        Problem: It was refused, and that is said again.
    """
    found = desk_of(caller).heard(till, operation)
    return None if found is None else caller.accept(found)


def _event(caller: Caller, till: Till, event_id: str) -> Event | None:
    with caller.engine.reading(caller.association) as connection:
        return find_event(connection, caller.association, till.partner_id, event_id)


def _own(caller: Caller, event: Event) -> bool:
    """Return whether an event happened where the caller may look."""
    return caller.principal.outlet in {None, event.outlet_id}


def desk_of(caller: Caller) -> Desk:
    """Return what serves tills."""
    return Desk(caller.engine, caller.installation.context.codes, caller.installation.ids)


def till_of(caller: Caller, body: AtTill) -> Till:
    """Return where it happens: a bound key acts for its own outlet and till, and no other."""
    bound = caller.principal.outlet
    outlet = body.outlet_id or bound
    if outlet is None or (bound is not None and outlet != bound):
        raise Problem.of(OutletUnknown())
    return _till_at(caller, outlet, body.operator_id, body.device_id)


def _till_at(caller: Caller, outlet: str, operator: str | None, device: str | None) -> Till:
    logged_in, own = caller.principal.operator, caller.principal.till
    if own is not None and device not in {None, own}:
        raise Problem.of(TillDiffers())
    if logged_in is not None and operator not in {None, logged_in}:
        raise Problem.of(OperatorDiffers())
    return Till(
        association_id=caller.association,
        partner_id=PartnerId(caller.principal.subject),
        outlet_id=OutletId(outlet),
        device_id=own or device or UNNAMED_TILL,
        device_proven=own is not None,
        operator_id=logged_in or operator or "",
        operator_proven=logged_in is not None,
    )


ROUTES = (
    post(
        "/v1/counter/authorisations",
        authorise,
        allows=Action.USE_COUNTER,
        zh="验券（三分钟内有效）",
    ),
    post(
        "/v1/counter/authorisations/{authorisation_id}:release",
        release_authorisation,
        allows=Action.USE_COUNTER,
        zh="放弃验券，其他门店即可使用",
        keyed=Keyed.NOT,
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
    get(
        "/v1/counter/voids/by-request/{void_no}",
        find_void,
        allows=Action.USE_COUNTER,
        zh="按编号查撤销",
    ),
    get(
        "/v1/counter/authorisations/by-request/{key}",
        find_authorisation,
        allows=Action.USE_COUNTER,
        zh="按 Idempotency-Key 查验券",
    ),
    get(
        "/v1/counter/captures",
        list_captures,
        allows=Action.USE_COUNTER,
        zh="当日核销清单与合计",
    ),
)
