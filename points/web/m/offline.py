"""A token for a shop without network: taken for one outlet, then shown as a QR that stays."""

from starlette.responses import Response

from points.flows.issue_offline import IssueOffline, prepare, shown_token
from points.flows.show_qr import drawn
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import OutletId, VoucherId
from points.partners.model import Outlet
from points.partners.store import find_outlet
from points.vouchers.reads import Held, find_voucher
from points.web.doors import PHONE
from points.web.m.points import me
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _entrance = pages(PHONE)


def offline_page(visit: Visit, voucher_id: str) -> Response:
    """Show the token that is out, or the form to take one."""
    held = _own(visit, voucher_id)
    shown = shown_token(visit.engine, visit.association, VoucherId(voucher_id))
    outlets = _outlets(visit)
    outlet = None if shown is None else _outlet(visit, shown.token.outlet_id)
    return visit.show(
        "m/offline.html",
        held=held,
        shown=shown,
        outlet=outlet,
        outlets=outlets,
        picture=drawn(shown.payload) if shown else "",
    )


def offline_sent(visit: Visit, voucher_id: str) -> Response:
    """Take a token; the same form sent twice takes one."""
    _own(visit, voucher_id)
    chosen = visit.form.choice("outlet", [each.outlet_id for each in _outlets(visit)])
    if not visit.form.sound:
        return offline_page(visit, voucher_id)
    prepared = prepare(visit.engine, visit.association, VoucherId(voucher_id), OutletId(chosen))
    if isinstance(prepared, Refusal):
        raise Missing
    links, partner_id = prepared
    outcome = visit.submit(
        IssueOffline(
            **visit.acting(),
            member_id=me(visit),
            links=links,
            partner_id=partner_id,
            outlet_id=OutletId(chosen),
        )
    )
    if outcome.refusal is not None:
        return offline_page(visit, voucher_id)
    return visit.go(f"/m/vouchers/{voucher_id}/offline")


def _own(visit: Visit, voucher_id: str) -> Held:
    with visit.engine.reading(visit.association) as connection:
        held = find_voucher(connection, visit.association, VoucherId(voucher_id))
    if held is None or held.owner_id != me(visit):
        raise Missing
    return held


def _outlets(visit: Visit) -> list[Outlet]:
    policy = visit.context.offline
    found = [_outlet(visit, each) for each in policy.outlets] if policy.enabled else []
    return [each for each in found if each is not None]


def _outlet(visit: Visit, outlet_id: str) -> Outlet | None:
    with visit.engine.reading(visit.association) as connection:
        return find_outlet(connection, visit.association, OutletId(outlet_id))


PAGES = (
    get("/m/vouchers/{voucher_id}/offline", offline_page, allows=Action.READ_VOUCHER),
    post("/m/vouchers/{voucher_id}/offline", offline_sent, allows=Action.REDEEM),
)
