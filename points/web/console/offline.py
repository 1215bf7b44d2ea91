"""The queue of what tills handed over without network and what no voucher covers any more."""

from starlette.responses import Response

from points.flows.rule_offline import RuleOffline, prepare
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.offline.model import Decision
from points.offline.reads import conflicts, find_conflict
from points.partners.store import shops
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _entrance = pages(CONSOLE)
PAGE = 50
QUEUE = "/console/offline"


def queue_page(visit: Visit) -> Response:
    """List conflicts that wait for a decision, or all of them, the oldest first."""
    everything = visit.query("which") == "all"
    with visit.engine.reading(visit.association) as connection:
        rows = conflicts(
            connection,
            visit.association,
            waiting=not everything,
            after=visit.query("after", 26),
            most=PAGE + 1,
        )
        named = shops(connection, visit.association, {each.use.outlet_id for each in rows})
    more = rows[PAGE - 1].use.use_id if len(rows) > PAGE else ""
    which = "all" if everything else "waiting"
    return visit.show(
        "console/offline/list.html",
        rows=rows[:PAGE],
        shops=named,
        more=more,
        which=which,
        off=not visit.context.offline.enabled,
    )


def conflict_page(visit: Visit, use_id: str) -> Response:
    """Show a conflict: what happened, who bears it, and what was decided."""
    with visit.engine.reading(visit.association) as connection:
        found = find_conflict(connection, visit.association, use_id)
        named = shops(connection, visit.association, [found.use.outlet_id] if found else ())
    if found is None:
        raise Missing
    return visit.show(
        "console/offline/conflict.html",
        row=found,
        shop=named.get(found.use.outlet_id),
        decisions=[each.value for each in Decision],
        programmes=list(visit.context.rules.programmes()),
    )


def ruling_sent(visit: Visit, use_id: str) -> Response:
    """Pay, or refuse with a reason."""
    form, pools = visit.form, list(visit.context.rules.programmes())
    decision = form.choice("decision", [each.value for each in Decision])
    reason = form.text("reason", most=200)
    programme = form.choice("programme", pools, needed=False)
    found = prepare(visit.engine, visit.association, use_id, programme)
    if isinstance(found, Refusal):
        raise Missing
    use, pool = found
    if form.sound:
        visit.submit(
            RuleOffline(
                **visit.acting(),
                use_id=use_id,
                partner_id=use.partner_id,
                outlet_id=use.outlet_id,
                programme=pool,
                decision=Decision(decision),
                reason=reason,
            )
        )
    return visit.go(QUEUE, "offline_decided") if form.sound else conflict_page(visit, use_id)


PAGES = (
    get(QUEUE, queue_page, allows=Action.READ_STATEMENT),
    get(f"{QUEUE}/{{use_id}}", conflict_page, allows=Action.READ_STATEMENT),
    post(f"{QUEUE}/{{use_id}}", ruling_sent, allows=Action.RULE_OFFLINE),
)
