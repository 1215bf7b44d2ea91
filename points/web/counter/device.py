"""The till that a browser is: its key was shown once here, and the cookie says so.

The cookie holds no key, only its public part under the installation's own seal: who steals it can
log nobody in without a clerk's PIN, and it is worth nothing as soon as the key ends.
"""

import hmac
import re

from points.flows.access import from_there
from points.flows.operator_sessions import TillKey
from points.identity.keys import ApiKey, read_key
from points.identity.policy import Action, judge
from points.identity.roles import AT_OUTLET
from points.identity.sessions import Binding
from points.identity.store import find_key
from points.web.doors import COUNTER
from points.web.visit import Visit

_WORK = (Action.USE_COUNTER, Action.READ_STATEMENT)
"""What an outlet's key is for; one that may do neither lets nobody log in."""

_DEVICE = re.compile(r"([0-9A-Z]{26})\.([0-9a-f]{64})")


def present_key(visit: Visit, spelled: str) -> str | None:
    """Return the cookie of a till whose key was shown, or None where that is none."""
    presented = read_key(spelled)
    if presented is None or presented.association_id != visit.association:
        return None
    key = _found(visit, presented.key_id)
    if key is None or not presented.opens(key):
        return None
    return f"{key.key_id}.{_seal(visit, key.key_id)}"


def till_here(visit: Visit) -> TillKey | None:
    """Return the till that this browser is, as long as its key counts."""
    read = _DEVICE.fullmatch(visit.request.cookies.get(device_cookie(visit), ""))
    if read is None or not hmac.compare_digest(read[2], _seal(visit, read[1])):
        return None
    key = _found(visit, read[1])
    return None if key is None else TillKey.of(key.principal, key.key_id, Binding.COOKIE)


def device_cookie(visit: Visit) -> str:
    """Return the cookie's name."""
    name = f"points{COUNTER.suffix}-till"
    return f"__Host-{name}" if visit.house.secure else name


def _seal(visit: Visit, key_id: str) -> str:
    return visit.context.factors.blind(key_id, "till", visit.association)


def _found(visit: Visit, key_id: str) -> ApiKey | None:
    """Return a till's key that counts, from where it may come."""
    with visit.engine.reading(visit.association) as connection:
        key = find_key(connection, visit.association, key_id)
    if key is None or not key.counts(visit.engine.clock.now()):
        return None
    who = key.principal
    till = any(each.role in AT_OUTLET for each in who.grants)
    may = till and any(judge(who, each).allowed for each in _WORK)
    return key if may and from_there(visit.origin.address, who.conditions.networks) else None
