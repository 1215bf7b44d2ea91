"""Single sign-on: whoever an issuer means logs in, if an admin linked them to an account before."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from points.audit.model import Origin, Result
from points.engine import Decision, Engine, Flow
from points.flows.guessing import closed_now, counted, guards_of, refuse_closed
from points.flows.issuer import Issuer
from points.flows.log_in import LoggedIn, fresh_session
from points.flows.staffing import account_of, needs_everyone, tell_watchers
from points.identity.errors import LogInRefused, SignOnTaken, SignOnUnavailable, StaffUnchanged
from points.identity.keys import fresh_secret
from points.identity.oidc import Begun, Client, NotGood
from points.identity.second_factor import SecondFactors, WrongSecret
from points.identity.sessions import Binding, Session, spell_token
from points.identity.staff import UNKNOWN, Change
from points.identity.staff_reads import knocking, list_accounts
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet

LASTS = timedelta(minutes=10)
_ABOUT = "sign on"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSignOn:
    """Say whom at the issuer an account belongs to; nobody else comes in that way.

    Attributes:
        sign_on: Keyed hash of issuer and subject; None ends the link.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff_id: str
    sign_on: str | None


def needs_link(_command: LinkSignOn, keys: Keys) -> None:
    """Lock all accounts: a subject belongs to one of them."""
    needs_everyone(keys)


def decide_link(command: LinkSignOn, on: WorkingSet) -> Decision:
    """Link the account."""
    account = account_of(command.staff_id, command.actor, on)
    if isinstance(account, Refusal):
        return account
    if account.sign_on == command.sign_on:
        return StaffUnchanged()
    others = (each for each in on.staff.accounts.values() if each.staff_id != account.staff_id)
    if command.sign_on and any(each.sign_on == command.sign_on for each in others):
        return SignOnTaken()
    after = replace(account, sign_on=command.sign_on)
    stands = on.staff.happened(after, Change.LINKED, command.actor, on.now)
    on.trail.note("link_sign_on", command.staff_id, detail={"linked": command.sign_on is not None})
    # Whoever is linked logs in as this person: an admin could have named themselves.
    tell_watchers("sign_on_linked", command.staff_id, command.actor, on, command.staff_id)
    return {"staff_id": command.staff_id, "version": stands.version}


LINK = Flow("link_sign_on", needs_link, decide_link)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOn:
    """Open a session for whoever the issuer means, or note that nobody came in.

    Attributes:
        operation_id: Holds the state, so that what came back once is taken once.
        sign_on: Of the claims that were verified; empty where none were.
        staff_id: The account that was found linked; empty where none was.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff_id: str
    sign_on: str
    session: Session
    guards: tuple[str, ...]


def needs(command: SignOn, keys: Keys) -> None:
    """Lock the account and the guards."""
    keys.staff.accounts.add(command.staff_id)
    keys.staff.guards.update(command.guards)


def decide(command: SignOn, on: WorkingSet) -> Decision:
    """Open the session if the account still is linked; a failure is noted."""
    account = on.staff.accounts.get(command.staff_id)
    linked = account is not None and bool(command.sign_on) and account.sign_on == command.sign_on
    if account is None or not linked or not account.roles(on.now):
        on.trail.note(
            "sign_on",
            account.staff_id if account else "",
            outcome=Result.REFUSED,
            code=LogInRefused.code,
            detail={"closed": closed_now(command.guards, on)},
        )
        return {"open": False}
    on.staff.forgive(command.guards)
    on.sessions.open(command.session)
    on.trail.note("sign_on", account.staff_id, detail={"session": command.session.session_id})
    return {"open": True}


FLOW = Flow("sign_on", needs, decide)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What whoever begins a single sign-on keeps until the issuer sends them back.

    Attributes:
        url: Where the browser goes.
        ticket: Sealed; without it what comes back opens nothing, so nobody is logged in as another.
    """

    url: str
    ticket: str = field(repr=False)


def sign_on_of(factors: SecondFactors, client: Client, subject: str) -> str:
    """Return what is kept of somebody at the issuer; their name there is kept nowhere."""
    return factors.blind(subject, _ABOUT, client.issuer)


def begin_sign_on(engine: Engine, issuer: Issuer, association: AssociationId) -> Ticket | Refusal:
    """Return where the browser goes, and what its holder keeps."""
    now = engine.clock.now()
    begun = Begun(
        association_id=association,
        state=fresh_secret(),
        nonce=fresh_secret(),
        verifier=fresh_secret(),
        begun_at=now,
    )
    try:
        url = issuer.url(begun, now)
    except NotGood:
        return SignOnUnavailable()
    sealed = engine.context.factors.seal(
        json.dumps(
            [association, begun.state, begun.nonce, begun.verifier, now.isoformat()],
            separators=(",", ":"),
        ),
        _ABOUT,
    )
    return Ticket(url=url, ticket=sealed)


def finish_sign_on(
    engine: Engine, issuer: Issuer, ticket: str, state: str, code: str, origin: Origin
) -> LoggedIn | Refusal:
    """Log in whoever the issuer means. Asks the issuer: call it outside an event loop.

    Raises:
        Unavailable: The database does not answer.
    """
    begun = _begun(engine, ticket, state)
    if begun is None:
        return LogInRefused()
    association = AssociationId(begun.association_id)
    guards = guards_of(engine, association, "", origin.address)
    with engine.reading(association) as connection:
        found = knocking(connection, association, "nobody", guards, origin.device)
        accounts = list_accounts(connection, association)
    if refusal := refuse_closed(found.guards, engine):
        return refusal
    if not found.anybody or not counted(engine, association, guards):
        return LogInRefused()
    sign_on = _claimed(engine, issuer, begun, code)
    account = next((each for each in accounts if sign_on and each.sign_on == sign_on), None)
    name, secret = account.staff_id if account else "", fresh_secret()
    session = fresh_session(engine, name, secret, origin, Binding.NONE)
    command = SignOn(
        association_id=association,
        operation_id=OperationId(f"{UNKNOWN}:sign-on-{begun.state}"),
        actor=account.actor if account else UNKNOWN,
        staff_id=name,
        sign_on=sign_on,
        session=session,
        guards=guards,
    )
    outcome = engine.submit(command, origin)
    if outcome.refusal is not None or outcome.replayed or not outcome.result["open"]:
        return LogInRefused()
    token = spell_token(association, session.session_id, secret)
    return LoggedIn(token=token, session=session, recovery_left=0)


def _begun(engine: Engine, ticket: str, state: str) -> Begun | None:
    try:
        kept = json.loads(engine.context.factors.unseal(ticket, _ABOUT))
    except (WrongSecret, ValueError):
        return None
    association, expected, nonce, verifier, at = kept
    begun_at = datetime.fromisoformat(at)
    if expected != state or engine.clock.now() - begun_at >= LASTS:
        return None
    return Begun(
        association_id=association,
        state=expected,
        nonce=nonce,
        verifier=verifier,
        begun_at=begun_at,
    )


def _claimed(engine: Engine, issuer: Issuer, begun: Begun, code: str) -> str:
    """Return whom the issuer means, if it says that a second factor was used; else nothing."""
    try:
        claims = issuer.claims(begun, code, engine.clock.now())
    except NotGood:
        return ""
    if not claims.second_factor:
        return ""
    return sign_on_of(engine.context.factors, issuer.client, claims.subject)
