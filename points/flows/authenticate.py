"""Find out who presents a key or a session's token."""

from dataclasses import dataclass, replace
from datetime import datetime

from points.engine import Engine
from points.identity.keys import ApiKey, Presented, read_key
from points.identity.model import Principal
from points.identity.policy import Action
from points.identity.roles import AT_OUTLET, Grant, Kind, Role
from points.identity.session_store import find_session, touch_session
from points.identity.sessions import Held, PresentedToken, Session, read_token
from points.identity.staff import Account
from points.identity.staff_reads import find_account
from points.identity.store import find_key
from points.kernel.ids import AssociationId, OutletId
from points.partners.operator_store import find_operator
from points.partners.operators import is_ready
from points.unit_of_work import writing

BARE = Held()


@dataclass(frozen=True, slots=True)
class Turned:
    """A key that exists and was presented in vain.

    Attributes:
        key: Whom it stands for; whoever presented it need not be them.
        code: ``key_revoked``, ``key_expired``, or ``key_wrong`` where the secret part is another.
    """

    key: ApiKey
    code: str


def authenticate(engine: Engine, spelled: str, held: Held = BARE) -> Principal | None:
    """Return whom a key or a token stands for; None for any that is not valid, whatever is wrong.

    Args:
        engine: Whose database.
        spelled: The key or the token.
        held: How it was presented; a token that is bound opens nothing when it comes bare.
    """
    found = examine(engine, spelled, held)
    return found if isinstance(found, Principal) else None


def examine(engine: Engine, spelled: str, held: Held = BARE) -> Principal | Turned | None:
    """Return whom a key or a token stands for, or which known key it pretends to be.

    The difference is for the audit trail; whoever presents a key is not told.
    """
    if (token := read_token(spelled)) is not None:
        return _of_session(engine, token, held)
    if (presented := read_key(spelled)) is not None and held == BARE:
        return _of_key(engine, presented)
    return None


def _of_key(engine: Engine, presented: Presented) -> Principal | Turned | None:
    with engine.reading(presented.association_id) as connection:
        key = find_key(connection, presented.association_id, presented.key_id)
        if key is None:
            return None
        who = key.principal
        # An account added after the key was issued: what a machine does must not be told of a
        # person.
        named = who.kind is Kind.STAFF
        if named and find_account(connection, who.association_id, who.subject) is not None:
            return None
    opens = presented.opens(key)
    if key.revoked_at is not None:
        return Turned(key, "key_revoked")
    if not key.counts(engine.clock.now()):
        return Turned(key, "key_expired")
    return key.principal if opens else Turned(key, "key_wrong")


def _of_session(engine: Engine, token: PresentedToken, held: Held) -> Principal | None:
    now = engine.clock.now()
    with engine.reading(token.association_id) as connection:
        session = find_session(connection, token.association_id, token.session_id)
        if session is None or not session.counts(now) or not token.opens(session, held):
            return None
        if session.kind is Kind.PARTNER:
            seat = OutletId(session.outlet or ""), session.operator or ""
            key = find_key(connection, token.association_id, session.till_key or "")
            ready = is_ready(*find_operator(connection, token.association_id, seat))
            return _of_operator(session, key, now) if key is not None and ready else None
        account = None
        if session.kind is Kind.STAFF:
            account = find_account(connection, token.association_id, session.subject)
    return _principal(token.association_id, session, account, now)


def _principal(
    association: AssociationId, session: Session, account: Account | None, now: datetime
) -> Principal | None:
    """Return whom a session stands for, with the roles of this moment, not of the log-in."""
    grants = _grants(session, account, now)
    if not grants:
        return None
    return Principal(
        association_id=association,
        kind=session.kind,
        subject=session.subject,
        grants=grants,
        person=account.person if account else None,
        session=session.session_id,
        verified_at=session.verified_at,
    )


def _grants(session: Session, account: Account | None, now: datetime) -> tuple[Grant, ...]:
    if session.kind is Kind.STAFF:
        return account.roles(now) if account else ()
    return (Grant(role=Role.MEMBER),)


def _of_operator(session: Session, key: ApiKey, now: datetime) -> Principal | None:
    """Return the operator at their till; nobody where the till's key has ended."""
    if not key.counts(now) or key.principal.outlet != session.outlet:
        return None
    allowed = key.principal.actions
    return Principal(
        association_id=key.principal.association_id,
        kind=Kind.PARTNER,
        subject=session.subject,
        grants=tuple(each for each in key.principal.grants if each.role in AT_OUTLET),
        outlet=session.outlet,
        # At the till whose key let them in, and at no other.
        till=key.principal.till,
        operator=session.operator,
        # What the till may not do its operators may not either, but for logging out.
        actions=None if allowed is None else allowed | {Action.OWN_SESSIONS.value},
        session=session.session_id,
        conditions=replace(key.principal.conditions, feed_secret=None),
    )


def touch(engine: Engine, association: AssociationId, session_id: str) -> None:
    """Note that a session is in use. No command: it is no fact, and nobody waits for it."""
    with writing(engine.database, association) as connection:
        touch_session(connection, association, session_id, engine.clock.now())
