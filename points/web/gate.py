"""The gate before every page: a session in a cookie, for something that its holder may ask."""

import hmac
import logging

from sqlalchemy.exc import DBAPIError

from points.edge.checks import same_origin
from points.flows.access import Access, from_there, note_refusal, refuse_entry
from points.flows.authenticate import authenticate, touch
from points.flows.prove import prove
from points.flows.rotate_session import rotate_session
from points.identity.errors import SecondFactorNeeded
from points.identity.model import Principal
from points.identity.policy import Action
from points.identity.roles import Kind
from points.identity.sessions import SEEN_EVERY, Binding, Held, read_token
from points.kernel.errors import Refusal, Unavailable
from points.web.cookies import read_session
from points.web.house import TOUCHED_MAX, House
from points.web.stops import Denied, ProofWanted, Stale, Turned
from points.web.visit import Visit

IN_COOKIE = Held(binding=Binding.COOKIE)
SENT = frozenset({"POST"})
_log = logging.getLogger(__name__)


def admit(visit: Visit, action: Action) -> None:
    """Let somebody at a page.

    Raises:
        Turned: Nobody logged in here.
        Stale: The form is not one of this session's.
        Denied: They may not.
        ProofWanted: They may, once they have proved the second factor.
    """
    principal = whoever(visit)
    if principal is None:
        asked = visit.request.url.path
        wanted = (
            f"?next={asked}" if visit.request.method == "GET" and asked != visit.door.home else ""
        )
        raise Turned(visit.door.entrance + wanted)
    visit.access = Access(
        installation=visit.house.installation,
        principal=principal,
        action=action,
        origin=visit.origin,
    )
    refuse_forged(visit)
    refusal = refuse_entry(visit.house.installation, principal, action)
    if isinstance(refusal, SecondFactorNeeded):
        _prove(visit, principal)
        return
    if refusal is not None:
        note_refusal(visit.house.installation, principal, action, refusal, visit.origin)
        raise Denied(refusal, action)


def whoever(visit: Visit) -> Principal | None:
    """Return who logged in through this door in this browser; None where nobody is."""
    house = visit.house
    spelled = read_session(visit.request, visit.door, secure=house.secure)
    token = read_token(spelled)
    # A key is no session, and neither is what belongs to another association.
    if token is None or token.association_id != house.association:
        return None
    principal = authenticate(house.installation.engine, spelled, IN_COOKIE)
    if principal is None or principal.kind is not visit.door.kind:
        return None
    if not from_there(visit.origin.address, principal.conditions.networks):
        return None
    _touch(house, principal)
    return principal


def refuse_forged(visit: Visit) -> None:
    """Refuse a form that another site made a browser send.

    Raises:
        Stale: It is one, or it belongs to a session that has ended.
    """
    if visit.request.method not in SENT:
        return
    scheme = "https" if visit.house.secure else visit.request.url.scheme
    if not same_origin(visit.request.headers, scheme):
        raise Stale
    session = visit.access.principal.session if visit.access else None
    if session is None:
        return
    if not hmac.compare_digest(
        visit.form.get("_csrf").encode(), visit.house.csrf(session).encode()
    ):
        raise Stale


def _prove(visit: Visit, principal: Principal) -> None:
    """Take a code of the second factor that came with the form itself.

    Raises:
        ProofWanted: There was none, or it was wrong.
    """
    code = visit.form.get("_factor")
    if principal.kind is not Kind.STAFF or not code:
        raise ProofWanted
    renew_proof(visit, principal, code)


def renew_proof(visit: Visit, principal: Principal, code: str) -> None:
    """Prove the second factor and give the session another token.

    Raises:
        ProofWanted: The code is wrong.
    """
    engine = visit.engine
    proved = prove(engine, principal, code[:40], visit.origin)
    if isinstance(proved, Refusal):
        raise ProofWanted(proved)
    visit.renewed = rotate_session(engine, principal, visit.origin)


def _touch(house: House, principal: Principal) -> None:
    """Note that a session is in use, once a minute at most."""
    session, now = principal.session or "", house.installation.clock.now()
    before = house.touched.get(session)
    if before is not None and now - before < SEEN_EVERY:
        return
    if len(house.touched) >= TOUCHED_MAX:
        house.touched.clear()
    house.touched[session] = now
    try:
        touch(house.installation.engine, principal.association_id, session)
    except (DBAPIError, Unavailable) as error:
        _log.warning("the use of a session was not noted", extra={"error": type(error).__name__})
