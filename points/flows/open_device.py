"""Let a member in on a device that holds a key of its own."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.identity.devices import ACCESS_TTL, Device
from points.identity.errors import CodeWrong
from points.identity.roles import Kind
from points.identity.sessions import Binding, Session
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDevice:
    """Take up a device of a member whose code was right just now.

    Attributes:
        device_id: Fresh; also the id of its session.
        name: What the member calls it.
        thumbprint: Of its key.
        token_hash: Of the access token's secret part.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    device_id: str
    name: str
    thumbprint: str
    token_hash: str


def needs(command: OpenDevice, keys: Keys) -> None:
    """Lock the member: whoever ends all their sessions holds the same lock."""
    keys.members.members.add(command.member_id)


def decide(command: OpenDevice, on: WorkingSet) -> Decision:
    """Open the device's session; what the member calls it stands with the device alone."""
    if on.register.member(command.member_id) is None:
        return CodeWrong()
    on.reception.put(
        Device(
            device_id=command.device_id,
            member_id=command.member_id,
            name=command.name,
            thumbprint=command.thumbprint,
            created_at=on.now,
            renewed_at=on.now,
        )
    )
    on.sessions.open(
        Session(
            session_id=command.device_id,
            token_hash=command.token_hash,
            kind=Kind.MEMBER,
            subject=command.member_id,
            binding=Binding.DPOP,
            thumbprint=command.thumbprint,
            created_at=on.now,
            seen_at=on.now,
            idle_seconds=int(ACCESS_TTL.total_seconds()),
            expires_at=on.now + ACCESS_TTL,
            verified_at=on.now,
        )
    )
    return {"device_id": command.device_id}


FLOW = Flow("open_device", needs, decide)
