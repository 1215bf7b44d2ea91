"""What a member shows at a counter: the QR that changes."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from points.api.caller import NO_VOUCHER, Asking, Caller
from points.api.problems import Problem
from points.api.route import get
from points.api.wire import IN_QUERY, Answer, Asked
from points.flows.show_qr import ShownQr, show_qr
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import VoucherId
from points.vouchers.errors import VoucherUnknown
from points.vouchers.qr import STEP_SECONDS


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
)
