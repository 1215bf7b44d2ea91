"""Renew a device's tokens: a refresh token is good once, and an old one ends the device.

Two requests at once, or one whose answer was lost, are answered with the same tokens for half a
minute: a generation has one successor, so nothing forks, and an honest device is not shut out by a
bad connection. Whoever holds a stolen token without the device's key gets nothing in any case.
"""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.identity.devices import ACCESS_TTL, Renewal
from points.identity.errors import RefreshInvalid
from points.identity.sessions import Ended
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewDevice:
    """Present a refresh token that this installation made.

    Attributes:
        operation_id: Fresh for every try.
        generation: The token's.
        thumbprint: Of the key that proved the request.
        token_hash: Of the next generation's access token.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    device_id: str
    generation: int
    thumbprint: str
    token_hash: str


def needs(command: RenewDevice, keys: Keys) -> None:
    """Lock the device and its session."""
    keys.reception.devices.add(command.device_id)
    keys.sessions.sessions.add(command.device_id)


def decide(command: RenewDevice, on: WorkingSet) -> Decision:
    """Give the next tokens, or the same again; or end the device where an old token came back."""
    device = on.reception.devices.get(command.device_id)
    session = on.sessions.sessions.get(command.device_id)
    if device is None or session is None or session.ended_at is not None:
        return RefreshInvalid()
    what = device.renewal(command.generation, command.thumbprint, on.now)
    if what is Renewal.REFUSED:
        return RefreshInvalid()
    if what is Renewal.REPLAYED:
        on.reception.end(device, Ended.REPLAYED, on.now)
        on.sessions.end(session, Ended.REPLAYED, on.now)
    if what is Renewal.NEXT:
        device = device.renewed(on.now)
        on.reception.put(device)
        on.sessions.renew(session, command.token_hash, on.now + ACCESS_TTL, on.now)
    return {
        "renewal": what.value,
        "generation": device.generation,
        "member_id": device.member_id,
    }


FLOW = Flow("renew_device", needs, decide)
