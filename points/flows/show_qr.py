"""Draw the QR that a member shows at a counter; it is computed, and nothing of it is stored."""

import math
from dataclasses import dataclass
from datetime import datetime

import segno

from points.engine import Engine
from points.flows.context import Context
from points.kernel.errors import Refusal
from points.kernel.ids import AssociationId, MemberId, VoucherId
from points.vouchers import qr
from points.vouchers.errors import VoucherUnknown, VoucherUnusable
from points.vouchers.model import State
from points.vouchers.reads import find_voucher


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownQr:
    """A voucher's QR of this moment.

    Attributes:
        payload: 45 digits.
        refresh_after_seconds: When the next one can be drawn.
        expires_at: First instant at which no counter accepts it.
    """

    voucher_id: VoucherId
    payload: str
    refresh_after_seconds: int
    expires_at: datetime

    def svg(self) -> str:
        """Return it as an image for a page or an app: black on white, with the quiet zone."""
        return drawn(self.payload)


def drawn(payload: str) -> str:
    """Return digits as the data URI of an SVG, as large as wanted."""
    uri: str = segno.make_qr(payload, error="m").svg_data_uri(
        scale=6, border=4, light="#fff", omitsize=True
    )
    return uri


def show_qr(
    engine: Engine, association: AssociationId, voucher_id: VoucherId, member: MemberId | None
) -> ShownQr | Refusal:
    """Return the QR of a member's own voucher, while it can be used.

    Args:
        engine: Whose database and clock.
        association: Whose voucher.
        voucher_id: Which.
        member: Who asks; anybody else's voucher is as good as none.
    """
    with engine.reading(association) as connection:
        held = find_voucher(connection, association, voucher_id)
    if held is None or held.owner_id != member:
        return VoucherUnknown()
    now, known = engine.clock.now(), context_of(engine)
    if held.shown_state(now) is not State.ISSUED:
        return VoucherUnusable()
    step = qr.step_at(now)
    left = (qr.begins_at(step + 1) - now).total_seconds()
    return ShownQr(
        voucher_id=voucher_id,
        payload=qr.draw(known.codes, association, voucher_id, held.issue_no, step),
        # Rounded up, so that whoever comes back then finds the next one.
        refresh_after_seconds=math.ceil(left),
        expires_at=qr.ends_at(step),
    )


def context_of(engine: Engine) -> Context:
    """Return what the engine's decisions know."""
    known: Context = engine.context
    return known
