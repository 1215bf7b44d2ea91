"""The QR that changes, large and white; a page draws it anew before it dies."""

from starlette.responses import Response

from points.flows.show_qr import ShownQr, show_qr
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import VoucherId
from points.vouchers.errors import VoucherUnknown
from points.web.doors import PHONE
from points.web.m.points import me
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, _post, _entrance = pages(PHONE)


def shown_here(visit: Visit, voucher_id: str) -> ShownQr | None:
    """Return the QR of one's own voucher, or None where it cannot be used any more.

    Raises:
        Missing: It is nobody's, or somebody else's.
    """
    shown = show_qr(visit.engine, visit.association, VoucherId(voucher_id), me(visit))
    if isinstance(shown, VoucherUnknown):
        raise Missing
    return None if isinstance(shown, Refusal) else shown


def qr_page(visit: Visit, voucher_id: str) -> Response:
    """Show nothing but the QR; a script asks for the box alone.

    What was used up meanwhile has none: the voucher's own page says what became of it.
    """
    shown = shown_here(visit, voucher_id)
    if shown is None:
        return visit.go(f"/m/vouchers/{voucher_id}")
    whole = visit.query("part") != "box"
    return visit.show("m/qr.html" if whole else "m/qr_box.html", qr=shown)


PAGES = (get("/m/vouchers/{voucher_id}/qr", qr_page, allows=Action.READ_VOUCHER),)
