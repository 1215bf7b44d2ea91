"""Give up an authorisation before its time is over: others may use the voucher at once."""

from dataclasses import dataclass, field

from points.engine import Decision, Flow
from points.flows import desk
from points.kernel.canonical import UNSPELLED
from points.kernel.ensure import ensure
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, PartnerId
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.errors import AuthorisationEnded
from points.vouchers.model import EventKind, Links


def release_operation(partner: PartnerId, authorisation_id: str) -> OperationId:
    """Return the operation id of a release: an authorisation is given up once."""
    return OperationId(f"partner:{partner}:release:{authorisation_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Give an authorisation up.

    Attributes:
        operation_id: As :func:`release_operation` spells it.
        authorisation_id: This outlet's own, at whichever of its tills it was made.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    outlet_id: OutletId
    operator_id: str = ""
    operator_proven: bool = False
    device_id: str = ""
    device_proven: bool = field(default=False, metadata=UNSPELLED)
    authorisation_id: str
    links: Links

    def __post_init__(self) -> None:
        named = release_operation(self.partner_id, self.authorisation_id)
        ensure(self.operation_id == named, "a release is named by its authorisation")


def needs(command: Release, keys: Keys) -> None:
    """Lock the voucher; neither points nor money move."""
    keys.vouchers.vouchers.add(command.links.voucher_id)
    desk.needs_counter(command, keys)


def decide(command: Release, on: WorkingSet) -> Decision:
    """Let others have the voucher, unless it is no longer in hand here."""
    standing, counter = desk.standing_of(command.links, on), desk.counter_of(command, on)
    if isinstance(standing, Refusal):
        return standing
    if isinstance(counter, Refusal):
        return counter
    if not standing.in_hand(command.authorisation_id, counter.outlet_id, on.now):
        return AuthorisationEnded()
    event = desk.event(
        EventKind.RELEASED,
        command,
        standing,
        on,
        counter=counter,
        authorisation_id=command.authorisation_id,
    )
    on.drawer.record(standing, event)
    return {
        "authorisation_id": command.authorisation_id,
        "voucher_id": standing.voucher.voucher_id,
    }


FLOW = Flow("release", needs, decide, at_outlet=True)
