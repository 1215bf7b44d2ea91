"""Issue a machine key: its public part and the hash of a secret that only its holder knows."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.identity.errors import KeyExists
from points.identity.model import ApiKey, Principal, Role
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueKey:
    """Let a caller in.

    Attributes:
        key_id: Public part, 26 characters.
        secret_hash: SHA-256 of the secret part, in hexadecimal; the secret itself never comes here.
        role: What kind of caller.
        subject: Whom it stands for.
        outlet: Binds a partner's key to one outlet.
        branch: Limits a reviewer to one branch.
        grid: Limits a reviewer to one grid.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    key_id: str
    secret_hash: str
    role: Role
    subject: str
    outlet: str | None = None
    branch: str | None = None
    grid: str | None = None


def needs(command: IssueKey, keys: Keys) -> None:
    """Look whether the id is taken."""
    keys.identity.keys.add(command.key_id)


def decide(command: IssueKey, on: WorkingSet) -> Decision:
    """Add the key."""
    if command.key_id in on.keyring.keys:
        return KeyExists()
    key = ApiKey(
        key_id=command.key_id,
        principal=Principal(
            association_id=command.association_id,
            role=command.role,
            subject=command.subject,
            outlet=command.outlet,
            branch=command.branch,
            grid=command.grid,
        ),
        secret_hash=command.secret_hash,
        created_at=on.now,
    )
    on.keyring.keys[key.key_id] = key
    on.keyring.issued.append((key, command.actor))
    on.trail.note(
        "issue_key",
        key.key_id,
        after={
            "role": command.role,
            "subject": command.subject,
            "outlet": command.outlet,
            "branch": command.branch,
            "grid": command.grid,
        },
    )
    return {"key_id": key.key_id}


FLOW = Flow("issue_key", needs, decide)
