"""People of staff for tests: an account with roles, and a session as if they had just logged in."""

from dataclasses import replace
from datetime import datetime, timedelta

from points.engine import Engine
from points.identity.keys import fresh_secret, secret_hash
from points.identity.roles import Grant, Kind
from points.identity.session_book import SessionBook
from points.identity.session_store import save_sessions
from points.identity.sessions import Session, spell_token
from points.identity.staff import CONSOLE, Account, Change, Credential
from points.identity.staff_reads import find_account
from points.identity.staff_store import save_staffroom
from points.identity.staffroom import Staffroom
from points.kernel.ids import AssociationId
from points.unit_of_work import writing

AGES = timedelta(days=36_500)


def sign_in(
    engine: Engine,
    association: AssociationId,
    name: str,
    grants: tuple[Grant, ...] = (),
    *,
    kind: Kind = Kind.STAFF,
    outlet: str | None = None,
    verified_at: datetime | bool = True,
) -> str:
    """Return the token of somebody with exactly these roles; it never ends by itself.

    The flows refuse accounts with all roles at once; the stores do not. ``True`` keeps the second
    factor fresh whatever the clock does.
    """
    now = engine.clock.now()
    session_id, secret = engine.ids.next(), fresh_secret()
    proofs = {True: now + AGES, False: None}
    session = Session(
        session_id=session_id,
        token_hash=secret_hash(secret),
        kind=kind,
        subject=name,
        outlet=outlet,
        created_at=now,
        seen_at=now + AGES,
        idle_seconds=1,
        expires_at=now + 2 * AGES,
        verified_at=proofs[verified_at] if isinstance(verified_at, bool) else verified_at,
    )
    with writing(engine.database, association) as connection:
        if kind is Kind.STAFF:
            account = find_account(connection, association, name)
            save_staffroom(connection, association, _room(name, account, grants, now))
        book = SessionBook(sessions={session_id: session}, opened=[session])
        save_sessions(connection, association, book, now)
    return spell_token(association, session_id, secret)


def _room(
    name: str, account: Account | None, grants: tuple[Grant, ...], now: datetime
) -> Staffroom:
    if account is None:
        room = Staffroom()
        added = Account(staff_id=name, version=0, grants=grants)
        room.add(added, Credential(staff_id=name), CONSOLE, now)
        return room
    room = Staffroom(accounts={name: account})
    if account.grants != grants:
        room.happened(replace(account, grants=grants), Change.GRANTED, CONSOLE, now)
    return room
