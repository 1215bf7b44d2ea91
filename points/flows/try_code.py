"""Try a code against the newest one of a telephone: five tries, one use.

A wrong code is no refusal: that it was tried is kept.
"""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.identity.errors import TooManyCodes
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class TryCode:
    """Say which code came by message.

    Attributes:
        operation_id: Fresh for every try: each is counted.
        allowances: What is counted: the address.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    phone_index: str
    code_hash: str
    allowances: tuple[str, ...]


def needs(command: TryCode, keys: Keys) -> None:
    """Lock the telephone's code and what is counted."""
    keys.reception.codes.add(command.phone_index)
    keys.reception.allowances.update(command.allowances)


def decide(command: TryCode, on: WorkingSet) -> Decision:
    """Count the try, and say whether it was right."""
    there = on.reception
    until = there.closed_until(command.allowances, on.now)
    if until is not None:
        return TooManyCodes(until=until.isoformat(timespec="seconds"))
    there.take(command.allowances, on.now)
    code = there.codes.get(command.phone_index)
    if code is None:
        return {"right": False}
    after, right = code.tried(command.code_hash, on.now)
    there.keep(after)
    return {"right": right}


FLOW = Flow("try_code", needs, decide)
