"""Machine keys: which there are, and shutting one out."""

from starlette.responses import Response

from points.flows.list_keys import list_keys
from points.flows.revoke_key import RevokeKey
from points.identity.policy import Action
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)


def keys_page(visit: Visit) -> Response:
    """List the newest keys, without their secrets."""
    return visit.show("console/keys.html", keys=list_keys(visit.engine, visit.association))


def revoke_sent(visit: Visit, key_id: str) -> Response:
    """Revoke a key; it opens nothing from then on."""
    visit.submit(RevokeKey(**visit.acting(), key_id=key_id))
    return visit.go("/console/keys", "key_revoked") if visit.form.sound else keys_page(visit)


PAGES = (
    get("/console/keys", keys_page, allows=Action.MANAGE_KEYS),
    post("/console/keys/{key_id}/revoke", revoke_sent, allows=Action.MANAGE_KEYS),
)
