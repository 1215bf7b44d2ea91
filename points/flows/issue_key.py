"""Issue a machine key: its public part and the hash of a secret that only its holder knows."""

from dataclasses import dataclass
from datetime import datetime

from points.engine import Decision, Flow
from points.flows.staffing import needs_everyone, tell_watchers
from points.identity.errors import KeyExists, RoleNeedsPerson, SubjectTaken
from points.identity.keys import ApiKey
from points.identity.model import Conditions, Principal
from points.identity.roles import Grant, Kind, kind_of
from points.identity.segregation import PERSONS_ONLY
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueKey:
    """Let a caller in.

    Attributes:
        key_id: Public part, 26 characters.
        secret_hash: SHA-256 of the secret part, in hexadecimal; the secret itself never comes here.
        grants: Its roles, at least one; all of one kind of caller.
        subject: Whom it stands for.
        outlet: Binds a till's key to its outlet.
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
    actions: frozenset[str] | None = None
    expires_at: datetime | None = None
    networks: tuple[str, ...] = ()
    feed_secret: str | None = None


def needs(command: IssueKey, keys: Keys) -> None:
    """Look whether the id is taken, and lock all accounts: those who watch are told."""
    keys.identity.keys.add(command.key_id)
    needs_everyone(keys)


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
    key = ApiKey(
        key_id=command.key_id,
        principal=Principal(
            association_id=command.association_id,
            kind=kind,
            subject=command.subject,
            outlet=command.outlet,
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
            "actions": command.actions,
            "expires_at": command.expires_at,
        },
    )
    tell_watchers("key_issued", key.key_id, command.actor, on)
    return {"key_id": key.key_id}


FLOW = Flow("issue_key", needs, decide)
