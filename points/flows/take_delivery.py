"""Take a signed delivery of several activities, once: its id with another body is refused.

Each activity is a command of its own, so that one of them can be refused alone. This one stands for
all of them together; the engine answers its repetition, and refuses the same id with other bytes.
"""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeDelivery:
    """Say what came under an id.

    Attributes:
        digest: SHA-256 of the body, in hexadecimal.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    digest: str


def needs(_command: TakeDelivery, _keys: Keys) -> None:
    """Need nothing but the engine's own memory of operations."""


def decide(_command: TakeDelivery, _on: WorkingSet) -> Decision:
    """Let the activities follow."""
    return {}


FLOW = Flow("take_delivery", needs, decide)
