"""Note the day on which a key was used, so that forgotten keys can be found."""

from dataclasses import dataclass
from datetime import date

from points.engine import Decision, Flow
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet

GATE = Actor("system:gate")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteKeyUse:
    """Say that a key opened something on a day."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    key_id: str
    day: date

    @classmethod
    def of(cls, association: AssociationId, key_id: str, day: date) -> "NoteKeyUse":
        """Return the one command of a key and a day; every process says the same."""
        return cls(
            association_id=association,
            operation_id=OperationId(f"system:key-use:{key_id}:{day}"),
            actor=GATE,
            key_id=key_id,
            day=day,
        )


def needs(_command: NoteKeyUse, _keys: Keys) -> None:
    """Need nothing: the key was found just now, and keys stay for ever."""


def decide(command: NoteKeyUse, on: WorkingSet) -> Decision:
    """Note it."""
    on.keyring.used[command.key_id] = command.day
    return {}


FLOW = Flow("note_key_use", needs, decide)
