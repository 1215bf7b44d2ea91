"""What a member shows at a counter: the QR that changes, and the token for tills offline."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from starlette.concurrency import run_in_threadpool

from points.api.caller import NO_VOUCHER, Asking, Caller
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import IN_QUERY, Answer, Asked, Body, Id
from points.flows.issue_offline import IssueOffline, prepare, shown_token
from points.flows.show_qr import ShownQr, drawn, show_qr
from points.identity.policy import Action
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import MemberId, OutletId, VoucherId
from points.vouchers.errors import VoucherUnknown
from points.vouchers.qr import STEP_SECONDS
from points.vouchers.reads import find_voucher

NO_TOKEN = NotFound(noun="token", noun_zh="离线凭证")


class QrQuery(Asked):
    """Whether a picture is wanted."""

    image: Literal["svg"] | None = Field(
        default=None, description="svg: the picture as well, as a data URI"
    )


class QrOut(Answer):
    """The QR of this moment: digits only, good until ``expires_at`` at the latest."""

    voucher_id: str
    payload: str
    step_seconds: int
    refresh_after_seconds: int
    expires_at: datetime
    svg: str | None = None


class NewToken(Body):
    """For which outlet, and for how long; as long as may be where nothing is said."""

    outlet_id: Id
    hours: int | None = Field(default=None, ge=1, le=24)


class TokenOut(Answer):
    """A token: digits for a QR, good once, at one outlet, without any network."""

    token_id: str
    voucher_id: str
    outlet_id: str
    value_fen: int
    issued_at: datetime
    until: datetime
    payload: str
    svg: str | None = None


def voucher_qr(caller: Asking, voucher_id: str, query: Annotated[QrQuery, IN_QUERY]) -> QrOut:
    """Draw a voucher's QR anew; it is for its owner alone, and dies within a minute."""
    shown = _qr(caller, voucher_id)
    return QrOut(
        voucher_id=shown.voucher_id,
        payload=shown.payload,
        step_seconds=STEP_SECONDS,
        refresh_after_seconds=shown.refresh_after_seconds,
        expires_at=shown.expires_at,
        svg=shown.svg() if query.image else None,
    )


async def issue_token(caller: Asking, voucher_id: str, body: NewToken) -> TokenOut:
    """Take an offline token; until it ends, no other outlet can use the voucher."""
    await caller.carry_out(await run_in_threadpool(_issuing, caller, voucher_id, body))
    return await run_in_threadpool(_token, caller, voucher_id, image=False)


def voucher_token(caller: Asking, voucher_id: str, query: Annotated[QrQuery, IN_QUERY]) -> TokenOut:
    """Return the voucher's offline token that is out, to be shown again."""
    return _token(caller, voucher_id, image=query.image is not None)


def _issuing(caller: Caller, voucher_id: str, body: NewToken) -> IssueOffline:
    _own(caller, voucher_id)
    outlet = OutletId(body.outlet_id)
    prepared = prepare(caller.engine, caller.association, VoucherId(voucher_id), outlet)
    if isinstance(prepared, Refusal):
        raise Problem.of(prepared)
    links, partner_id = prepared
    return IssueOffline(
        association_id=caller.association,
        operation_id=caller.operation,
        actor=caller.actor,
        member_id=_member(caller),
        links=links,
        partner_id=partner_id,
        outlet_id=outlet,
        hours=body.hours,
    )


def _token(caller: Caller, voucher_id: str, *, image: bool) -> TokenOut:
    _own(caller, voucher_id)
    shown = shown_token(caller.engine, caller.association, VoucherId(voucher_id))
    if shown is None:
        raise Problem.of(NO_TOKEN)
    token = shown.token
    return TokenOut(
        token_id=token.token_id,
        voucher_id=token.voucher_id,
        outlet_id=token.outlet_id,
        value_fen=token.value_fen,
        issued_at=token.issued_at,
        until=token.until,
        payload=shown.payload,
        svg=drawn(shown.payload) if image else None,
    )


def _own(caller: Caller, voucher_id: str) -> None:
    """Let the owner at a voucher; to anybody else there is none."""
    with caller.engine.reading(caller.association) as connection:
        held = find_voucher(connection, caller.association, VoucherId(voucher_id))
    if held is None or held.owner_id != caller.member:
        raise Problem.of(NO_VOUCHER)


def _member(caller: Caller) -> MemberId:
    if caller.member is None:
        raise Problem.of(NO_VOUCHER)
    return caller.member


def _qr(caller: Caller, voucher_id: str) -> ShownQr:
    shown = show_qr(caller.engine, caller.association, VoucherId(voucher_id), caller.member)
    if isinstance(shown, VoucherUnknown):
        raise Problem.of(NO_VOUCHER)
    if isinstance(shown, Refusal):
        raise Problem.of(shown)
    return shown


ROUTES = (
    get(
        "/v1/vouchers/{voucher_id}/qr",
        voucher_qr,
        allows=Action.READ_VOUCHER,
        zh="动态二维码（每 30 秒更换）",
    ),
    post(
        "/v1/vouchers/{voucher_id}/offline-token",
        issue_token,
        allows=Action.REDEEM,
        zh="领取离线凭证（门店断网时用）",
        status=201,
    ),
    get(
        "/v1/vouchers/{voucher_id}/offline-token",
        voucher_token,
        allows=Action.READ_VOUCHER,
        zh="再次出示离线凭证",
    ),
)
