"""Issue a machine key: its public part and the hash of a secret that only its holder knows.

A key may be given to one registered till. From then on nobody else speaks under the till's name.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from points.engine import Decision, Flow
from points.flows.staffing import needs_everyone, tell_watchers
from points.flows.till_standing import NO_TILL, how_it_stands, stands
from points.identity.errors import KeyExists, RoleNeedsPerson, SubjectTaken, TillHasKey
from points.identity.keys import ApiKey
from points.identity.model import Conditions, Principal
from points.identity.roles import Grant, Kind, kind_of
from points.identity.segregation import PERSONS_ONLY
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, PartnerId
from points.partners.contracts import is_browser
from points.partners.errors import OutletUnknown, TillShared
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueKey:
    """Let a caller in.

    Attributes:
        key_id: Public part, 26 characters.
        secret_hash: SHA-256 of the secret part, in hexadecimal; the secret itself never comes here.
        grants: Its roles, at least one; all of one kind of caller.
        subject: Whom it stands for.
        outlet: Binds a till's key to its outlet, which is the partner's that it stands for.
        till: The registered till of that outlet whose own key it is.
        actions: What it is limited to, by the actions' names; None for all that its roles allow.
        expires_at: When it ceases to count by itself, if it does.
        networks: From where it may be used, as ``10.0.0.0/8``; from anywhere where there are none.
        feed_secret: The sealed secret that signs what a source feeds.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    key_id: str
    secret_hash: str
    grants: tuple[Grant, ...]
    subject: str
    outlet: str | None = None
    till: str | None = None
    actions: frozenset[str] | None = None
    expires_at: datetime | None = None
    networks: tuple[str, ...] = ()
    feed_secret: str | None = None


def needs(command: IssueKey, keys: Keys) -> None:
    """Look whether the id is taken, and lock all accounts: those who watch are told.

    A till's captures hold its partner's account, so none is decided while it is given a key.
    """
    keys.identity.keys.add(command.key_id)
    needs_everyone(keys)
    if command.outlet is not None:
        keys.partners.outlets.add(OutletId(command.outlet))
    if command.outlet is not None and command.till is not None:
        keys.partners.partners.add(PartnerId(command.subject))
        keys.identity.tills.add((command.outlet, command.till))


def decide(command: IssueKey, on: WorkingSet) -> Decision:
    """Add the key."""
    for grant in command.grants:
        if grant.role in PERSONS_ONLY:
            return RoleNeedsPerson(role=grant.role.value)
    if command.key_id in on.keyring.keys:
        return KeyExists()
    kind = kind_of(command.grants[0].role)
    if kind is Kind.STAFF and command.subject in on.staff.accounts:
        return SubjectTaken()
    if refusal := _refuse_place(command, on):
        return refusal
    key = ApiKey(
        key_id=command.key_id,
        principal=Principal(
            association_id=command.association_id,
            kind=kind,
            subject=command.subject,
            outlet=command.outlet,
            till=command.till,
            grants=command.grants,
            actions=command.actions,
            conditions=Conditions(networks=command.networks, feed_secret=command.feed_secret),
        ),
        secret_hash=command.secret_hash,
        created_at=on.now,
        expires_at=command.expires_at,
    )
    on.keyring.keys[key.key_id] = key
    on.keyring.issued.append((key, command.actor))
    on.trail.note(
        "issue_key",
        key.key_id,
        after={
            "grants": command.grants,
            "subject": command.subject,
            "outlet": command.outlet,
            "till": command.till,
            "actions": command.actions,
            "expires_at": command.expires_at,
        },
    )
    tell_watchers("key_issued", key.key_id, command.actor, on)
    return {"key_id": key.key_id, **_reserve(command, on)}


def _refuse_place(command: IssueKey, on: WorkingSet) -> Refusal | None:
    """Return why the key cannot be bound to its outlet, or its till."""
    if command.outlet is None:
        return None if command.till is None else OutletUnknown()
    outlet = on.contracts.outlets.get(OutletId(command.outlet))
    if outlet is None or outlet.partner_id != command.subject:
        return OutletUnknown()
    if command.till is None:
        return None
    if is_browser(command.till):
        return TillShared()
    if (outlet.outlet_id, command.till) not in on.contracts.tills:
        return NO_TILL
    others = on.keyring.of_till(command.outlet, command.till)
    return TillHasKey() if any(each.counts(on.now) for each in others) else None


def _reserve(command: IssueKey, on: WorkingSet) -> dict[str, object]:
    """Keep the till's name for its own key; return how the till stands."""
    if command.outlet is None or command.till is None:
        return {}
    till = on.contracts.tills[OutletId(command.outlet), command.till]
    if till.own_key:
        return how_it_stands(till)
    return stands(command.actor, replace(till, own_key=True), on)


# On the trail whoever acts: it alone says in which order a till was switched and given its key.
FLOW = Flow("issue_key", needs, decide, audited=True)
