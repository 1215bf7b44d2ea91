"""Look a presented code up, and count those that do not exist: guessing is throttled.

The counter stands in the database under a lock of its own, and every look-up passes it: five
invalid codes in ten minutes close the device, fifty in an hour the outlet. A code with a wrong
check character never comes here.
"""

from dataclasses import asdict, dataclass

from points.engine import Decision, Flow
from points.flows.desk import refuse_operator
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId
from points.partners.errors import TillUnknown
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.errors import TooManyAttempts
from points.vouchers.model import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Find the voucher of a code.

    Attributes:
        operation_id: Fresh for every try: each is counted.
        device_id: The till or phone that it was typed or scanned on.
        code_hash: Of the code, as :meth:`CodeBook.hashed` returns it.
        operator_id: Who asks.
        operator_proven: Whether they logged in; a till's key alone must not try codes where the
            outlet registered operators.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    outlet_id: OutletId
    device_id: str
    code_hash: str
    operator_id: str = ""
    operator_proven: bool = False


def needs(command: LookUp, keys: Keys) -> None:
    """Lock the outlet's counter and look the code up."""
    keys.vouchers.guards.add(command.outlet_id)
    keys.vouchers.codes.add(command.code_hash)
    keys.partners.outlets.add(command.outlet_id)


def decide(command: LookUp, on: WorkingSet) -> Decision:
    """Return the voucher's links, or that there is none, which is recorded."""
    operator, proven = command.operator_id, command.operator_proven
    if refusal := refuse_operator(command.outlet_id, operator, on, proven=proven):
        return refusal
    if not on.contracts.works(command.outlet_id, command.device_id):
        return TillUnknown()
    closed_until = on.drawer.guard(command.outlet_id).closed_until(command.device_id, on.now)
    if closed_until is not None:
        return TooManyAttempts(until=closed_until.isoformat(timespec="seconds"))
    links = on.drawer.found.get(command.code_hash)
    if links is not None:
        return {"found": True, **asdict(links)}
    on.drawer.fail(
        Failure(
            attempt_id=on.ids.next(),
            outlet_id=command.outlet_id,
            device_id=command.device_id,
            attempted_at=on.now,
        )
    )
    return {"found": False}


FLOW = Flow("look_up", needs, decide)
