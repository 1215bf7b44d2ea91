"""Log a member out: of one device, or of all of them."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.identity.roles import Kind
from points.identity.sessions import Ended
from points.kernel.errors import NotFound
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.unit_of_work import Keys, WorkingSet

NO_MEMBER = NotFound(noun="member", noun_zh="会员")
NO_DEVICE = NotFound(noun="device", noun_zh="设备")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndDevice:
    """End one of a member's devices; ending it twice changes nothing."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    device_id: str


def needs_device(command: EndDevice, keys: Keys) -> None:
    """Lock the device and its session."""
    keys.reception.devices.add(command.device_id)
    keys.sessions.sessions.add(command.device_id)


def end_device(command: EndDevice, on: WorkingSet) -> Decision:
    """End it; another member's is as good as none."""
    device = on.reception.devices.get(command.device_id)
    if device is None or device.member_id != command.member_id:
        return NO_DEVICE
    if device.ended_at is None:
        on.reception.end(device, Ended.REVOKED, on.now)
        on.sessions.end(on.sessions.sessions[command.device_id], Ended.REVOKED, on.now)
    return {"device_id": device.device_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class EndDevices:
    """End every device of a member."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId


def needs_devices(command: EndDevices, keys: Keys) -> None:
    """Lock the member: whoever logs in as them waits."""
    keys.members.members.add(command.member_id)


def end_devices(command: EndDevices, on: WorkingSet) -> Decision:
    """End them all, and every session of the member."""
    if on.register.member(command.member_id) is None:
        return NO_MEMBER
    on.reception.end_all(command.member_id, Ended.REVOKED)
    on.sessions.end_all(Kind.MEMBER, command.member_id, Ended.REVOKED)
    on.trail.note("end_devices", command.member_id)
    return {"member_id": command.member_id}


ONE = Flow("end_device", needs_device, end_device)
ALL = Flow("end_devices", needs_devices, end_devices)
