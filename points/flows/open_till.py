"""Let a till in with a browser: its key is shown once, and lives on in a session of the device.

The session is worth what the key is worth: as soon as the key ends, it opens nothing either.
"""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network

from points.audit.model import Origin
from points.engine import Decision, Engine, Flow
from points.flows.casework import NO_KEY
from points.identity.keys import ApiKey, Presented, fresh_secret, read_key, secret_hash
from points.identity.model import Principal
from points.identity.policy import Action, judge
from points.identity.roles import Kind, Role
from points.identity.session_store import find_session
from points.identity.sessions import Binding, Session, spell_token
from points.identity.store import find_key
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId
from points.partners.errors import OperatorUnknown
from points.unit_of_work import Keys, WorkingSet

TILL_IDLE, TILL_LONGEST = timedelta(days=3), timedelta(days=90)
"""A till that rests over a weekend goes on by itself; each quarter its key is shown again."""

OPENED_WITH = "key:"
"""How a till's session names the key that opened it, in the place of the device's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTill:
    """Open a session for the holder of a till's key.

    Attributes:
        key_id: The key that was shown, and was right.
        session_id: Fresh.
        token_hash: Of the token's secret part.
        operator: Which clerk; empty where the outlet keeps none apart.
        address: From where.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    key_id: str
    session_id: str
    token_hash: str
    operator: str = ""
    outlet_id: OutletId
    address: str = ""


def needs(command: OpenTill, keys: Keys) -> None:
    """Load the key, and the outlet with its operators."""
    keys.identity.keys.add(command.key_id)
    keys.partners.outlets.add(command.outlet_id)


def decide(command: OpenTill, on: WorkingSet) -> Decision:
    """Open the session, if the key still counts and the outlet knows the clerk."""
    key = on.keyring.keys.get(command.key_id)
    if key is None or not key.counts(on.now) or key.principal.outlet != command.outlet_id:
        return NO_KEY
    known = {name for where, name in on.contracts.operators if where == command.outlet_id}
    if known and command.operator not in known:
        return OperatorUnknown()
    on.sessions.open(
        Session(
            session_id=command.session_id,
            token_hash=command.token_hash,
            kind=Kind.PARTNER,
            subject=key.principal.subject,
            outlet=command.outlet_id,
            operator=command.operator or None,
            device=f"{OPENED_WITH}{key.key_id}",
            address=command.address,
            binding=Binding.COOKIE,
            created_at=on.now,
            seen_at=on.now,
            idle_seconds=int(TILL_IDLE.total_seconds()),
            expires_at=on.now + TILL_LONGEST,
        )
    )
    return {"session_id": command.session_id}


FLOW = Flow("open_till", needs, decide)


def open_till(
    engine: Engine, association: AssociationId, spelled: str, operator: str, origin: Origin
) -> str | Refusal:
    """Return the token with which a till goes on, or why its key does not open one."""
    presented = read_key(spelled)
    if presented is None or presented.association_id != association:
        return NO_KEY
    key = _right(engine, presented, origin.address)
    if key is None or key.principal.outlet is None:
        return NO_KEY
    return _open(engine, key, operator, origin)


def till_counts(engine: Engine, who: Principal, address: str) -> bool:
    """Return whether the key that opened a till's session still opens one from here."""
    with engine.reading(who.association_id) as connection:
        session = find_session(connection, who.association_id, who.session or "")
        named = session.device.removeprefix(OPENED_WITH) if session else ""
        key = find_key(connection, who.association_id, named)
    return key is not None and _good(key, engine, address)


def change_operator(engine: Engine, who: Principal, operator: str, origin: Origin) -> str | Refusal:
    """Return the token with which another clerk goes on at the same till."""
    with engine.reading(who.association_id) as connection:
        session = find_session(connection, who.association_id, who.session or "")
        named = session.device.removeprefix(OPENED_WITH) if session else ""
        key = find_key(connection, who.association_id, named)
    if key is None or not _good(key, engine, origin.address):
        return NO_KEY
    return _open(engine, key, operator, origin)


def _open(engine: Engine, key: ApiKey, operator: str, origin: Origin) -> str | Refusal:
    association = key.principal.association_id
    session_id, secret = engine.ids.next(), fresh_secret()
    outcome = engine.submit(
        OpenTill(
            association_id=association,
            operation_id=OperationId(f"{key.principal.actor}:open-{session_id}"),
            actor=key.principal.actor,
            key_id=key.key_id,
            session_id=session_id,
            token_hash=secret_hash(secret),
            operator=operator,
            outlet_id=OutletId(key.principal.outlet or ""),
            address=origin.address,
        ),
        origin,
    )
    if outcome.refusal is not None:
        return outcome.refusal
    return spell_token(association, session_id, secret)


def _right(engine: Engine, presented: Presented, address: str) -> ApiKey | None:
    with engine.reading(presented.association_id) as connection:
        key = find_key(connection, presented.association_id, presented.key_id)
    if key is None or not presented.opens(key) or not _good(key, engine, address):
        return None
    return key


def _good(key: ApiKey, engine: Engine, address: str) -> bool:
    till = any(each.role is Role.TILL for each in key.principal.grants)
    may = judge(key.principal, Action.USE_COUNTER).allowed
    return till and may and key.counts(engine.clock.now()) and _from_there(key, address)


def _from_there(key: ApiKey, address: str) -> bool:
    networks = key.principal.conditions.networks
    if not networks:
        return True
    try:
        near = ip_address(address)
    except ValueError:
        return False
    return any(near in ip_network(each) for each in networks)
