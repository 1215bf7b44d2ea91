"""People of staff for tests: an account with roles, and a session as if they had just logged in."""

from dataclasses import replace
from datetime import datetime, timedelta

from points.engine import Engine
from points.identity.keyring import Keyring
from points.identity.keys import ApiKey, fresh_secret, secret_hash, spell_key
from points.identity.model import Principal
from points.identity.roles import Grant, Kind, Role
from points.identity.session_book import SessionBook
from points.identity.session_store import save_sessions
from points.identity.sessions import Session, spell_token
from points.identity.staff import CONSOLE, Account, Change, Credential
from points.identity.staff_reads import find_account
from points.identity.staff_store import save_staffroom
from points.identity.staffroom import Staffroom
from points.identity.store import save_keyring
from points.kernel.ids import AssociationId, OutletId, PartnerId
from points.partners.appends import save_contracts
from points.partners.contracts import Contracts
from points.partners.model import Category, Operator, Outlet, Partner
from points.partners.operator_store import save_operators
from points.partners.operators import (
    OperatorAccount,
    OperatorBook,
    OperatorChange,
    OperatorCredential,
)
from points.partners.store import find_outlet, find_partner
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
    till = _till(engine, association, name, outlet, now, grants) if outlet else (None, None)
    session_id, secret = engine.ids.next(), fresh_secret()
    proofs = {True: now + AGES, False: None}
    session = Session(
        session_id=session_id,
        token_hash=secret_hash(secret),
        kind=kind,
        subject=name,
        outlet=outlet,
        operator=till[1],
        till_key=till[0],
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


def _till(
    engine: Engine,
    association: AssociationId,
    partner: str,
    outlet: str,
    now: datetime,
    grants: tuple[Grant, ...],
) -> tuple[str, str]:
    """Put a fresh key on a till and an operator before it; return the key's id and the number."""
    key_id, place = engine.ids.next(), OutletId(outlet)
    number = f"op-{int.from_bytes(key_id.encode()) % 10**9}"
    till = Principal(
        association_id=association,
        kind=Kind.PARTNER,
        subject=partner,
        grants=grants or (Grant(role=Role.TILL),),
        outlet=outlet,
    )
    key = ApiKey(key_id=key_id, principal=till, secret_hash="0" * 64, created_at=now)
    open_outlet(engine, association, partner, outlet)
    book, contracts = OperatorBook(), Contracts()
    with writing(engine.database, association) as connection:
        contracts.add_operator(Operator(operator_id=number, outlet_id=place))
        account = OperatorAccount(outlet_id=place, operator_id=number)
        book.happened(account, OperatorChange.ADDED, CONSOLE, now)
        book.secure(OperatorCredential(outlet_id=place, operator_id=number, pin_hash="x"))
        save_keyring(connection, association, Keyring(issued=[(key, CONSOLE)]), now)
        save_contracts(connection, association, contracts, now)
        save_operators(connection, association, book)
    return key_id, number


def old_key(engine: Engine, who: Principal) -> str:
    """Return a key as it was issued when nobody asked yet whether there is such an outlet."""
    key_id, secret, now = engine.ids.next(), fresh_secret(), engine.clock.now()
    hashed = secret_hash(secret)
    key = ApiKey(key_id=key_id, principal=who, secret_hash=hashed, created_at=now)
    with writing(engine.database, who.association_id) as connection:
        save_keyring(connection, who.association_id, Keyring(issued=[(key, CONSOLE)]), now)
    return spell_key(who.association_id, key_id, secret)


def open_outlet(engine: Engine, association: AssociationId, partner: str, outlet: str) -> None:
    """Take an outlet and its partner up, unless they are known: no key is bound to any other."""
    contracts, place, firm = Contracts(), OutletId(outlet), PartnerId(partner)
    with writing(engine.database, association) as connection:
        if find_outlet(connection, association, place) is not None:
            return
        if find_partner(connection, association, firm) is None:
            contracts.add_partner(
                Partner(partner_id=firm, category=Category.PHARMACY, name=partner)
            )
        contracts.add_outlet(Outlet(outlet_id=place, partner_id=firm, name=outlet))
        save_contracts(connection, association, contracts, engine.clock.now())


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
