"""Webhooks: where messages go, what did not arrive, and sending it again."""

from datetime import timedelta

from starlette.responses import Response

from points.flows.webhook_endpoints import (
    ChangeWebhook,
    Drawn,
    RegisterWebhook,
    RotateWebhookSecret,
    drawn,
)
from points.flows.webhook_replays import ReplayMessages, SendTestMessage, failed_messages
from points.identity.policy import Action
from points.kernel.ids import PartnerId
from points.partners.store import list_partners
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit
from points.webhooks.model import FOR_PARTNERS, SUBSCRIBED, Standing
from points.webhooks.reads import attempts_of, list_deliveries, list_endpoints, sendings

get, post, _ = pages(CONSOLE)
PAGE = 50
REPLAYED = timedelta(days=30)


def webhooks_page(visit: Visit) -> Response:
    """List endpoints and the newest messages."""
    return _show(visit)


def _show(visit: Visit, **issued: str) -> Response:
    with visit.engine.reading(visit.association) as connection:
        endpoints = list_endpoints(connection, visit.association)
        rows = list_deliveries(connection, visit.association, most=PAGE)
        partners = list_partners(connection, visit.association)
    return visit.show(
        "console/webhooks.html",
        endpoints=endpoints,
        rows=rows,
        partners=partners,
        kinds=SUBSCRIBED,
        for_partners=FOR_PARTNERS,
        issued=issued,
    )


def add_sent(visit: Visit) -> Response:
    """Register an endpoint; its secret is shown on this one page."""
    form = visit.form
    url, description = form.text("url", most=500), form.text("description", most=120, needed=False)
    partner = form.text("partner", most=26, needed=False)
    known = [each.value for each in SUBSCRIBED if not partner or each in FOR_PARTNERS]
    kinds = form.many("kinds", known, needed=False)
    if not form.sound:
        return _show(visit)
    fresh = drawn(visit.context, visit.association, visit.operation)
    visit.submit(
        RegisterWebhook(
            **visit.acting(),
            endpoint_id=fresh.endpoint_id,
            partner_id=PartnerId(partner) if partner else None,
            url=url,
            description=description,
            kinds=kinds or tuple(known),
            sealed=fresh.sealed,
        ),
        webhook_url="url",
        partner_unknown="partner",
    )
    return _issued(visit, fresh)


def _issued(visit: Visit, fresh: Drawn, rotated: str = "") -> Response:
    """Show a secret, unless the request was refused."""
    if not visit.form.sound:
        return _show(visit)
    visit.form.values.clear()  # the form below is for another address
    return _show(visit, endpoint_id=fresh.endpoint_id, secret=fresh.spelled, rotated=rotated)


def standing_sent(visit: Visit, endpoint_id: str) -> Response:
    """Stop messages, let them go on, or end the endpoint."""
    standing = visit.form.choice("standing", [each.value for each in Standing])
    if visit.form.sound:
        visit.submit(
            ChangeWebhook(**visit.acting(), endpoint_id=endpoint_id, standing=Standing(standing))
        )
    return visit.go("/console/webhooks", "webhook_changed") if visit.form.sound else _show(visit)


def rotate_sent(visit: Visit, endpoint_id: str) -> Response:
    """Draw another secret; it is shown on this one page."""
    fresh = drawn(visit.context, visit.association, visit.operation, endpoint_id)
    visit.submit(
        RotateWebhookSecret(**visit.acting(), endpoint_id=endpoint_id, sealed=fresh.sealed)
    )
    return _issued(visit, fresh, "yes")


def test_sent(visit: Visit, endpoint_id: str) -> Response:
    """Queue a test."""
    visit.submit(SendTestMessage(**visit.acting(), endpoint_id=endpoint_id))
    return visit.go("/console/webhooks", "webhook_queued") if visit.form.sound else _show(visit)


def replay_sent(visit: Visit, endpoint_id: str) -> Response:
    """Send one message again, or all that failed within a month."""
    message = visit.form.text("message", most=26, needed=False)
    since = visit.house.installation.clock.now() - REPLAYED
    messages = (
        (message,)
        if message
        else failed_messages(visit.engine, visit.association, endpoint_id, since)
    )
    if not messages:
        return visit.go("/console/webhooks", "webhook_none_failed")
    visit.submit(ReplayMessages(**visit.acting(), endpoint_id=endpoint_id, messages=messages))
    return visit.go("/console/webhooks", "webhook_queued") if visit.form.sound else _show(visit)


def message_page(visit: Visit, endpoint_id: str, message_id: str) -> Response:
    """Show a message with every try to deliver it."""
    key = (endpoint_id, message_id)
    with visit.engine.reading(visit.association) as connection:
        found = sendings(connection, visit.association, [key])
        tries = attempts_of(connection, visit.association, key)
    if not found:
        raise Missing
    return visit.show("console/webhook_message.html", row=found[0], tries=tries)


MANAGE = Action.MANAGE_WEBHOOKS
ONE = "/console/webhooks/{endpoint_id}"
PAGES = (
    get("/console/webhooks", webhooks_page, allows=MANAGE),
    post("/console/webhooks", add_sent, allows=MANAGE),
    post(f"{ONE}/standing", standing_sent, allows=MANAGE),
    post(f"{ONE}/secret", rotate_sent, allows=MANAGE),
    post(f"{ONE}/test", test_sent, allows=MANAGE),
    post(f"{ONE}/replay", replay_sent, allows=MANAGE),
    get(f"{ONE}/messages/{{message_id}}", message_page, allows=MANAGE),
)
