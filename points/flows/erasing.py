"""Erasures and the journal: one is acknowledged only once both know of it, and both can be mended.

The database commits first, then the journal is written, then the caller hears of it. Whoever dies
in between leaves an erasure that the journal lacks: the same command again, or ``reconcile``,
writes it down. A restored backup leaves one that the database lacks: ``reapply`` erases again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from points.audit.model import Origin
from points.engine import Engine, Outcome
from points.flows.erase import Erase, Ground
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.members.reads import erased, members
from points.vault.journal import Erasure, Journal

WORKER = Actor("system:erasures")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What was found to mend, or what was mended.

    Attributes:
        again: Members whom the database still knew and the journal did not.
        written: Erasures that only the database knew of.
        refused: Members who could not be erased again, with the code of the refusal.
    """

    again: tuple[MemberId, ...] = ()
    written: int = 0
    refused: tuple[tuple[MemberId, str], ...] = ()


def erase_person(
    engine: Engine, journal: Journal, command: Erase, origin: Origin | None = None
) -> Outcome:
    """Erase somebody, and come back once the journal holds it as well.

    Raises:
        OSError: The journal cannot be written. The person is erased; send the command again.
    """
    outcome = engine.submit(command, origin)
    if outcome.refusal is None:
        journal.append([_line(command.association_id, outcome.result)])
    return outcome


def _line(association: AssociationId, result: dict[str, str]) -> Erasure:
    member, erased_at = result["member_id"], result["erased_at"]
    return Erasure(association=association, member=member, erased_at=erased_at)


def undone(engine: Engine, association: AssociationId, journal: Journal) -> list[MemberId]:
    """Return whom the journal calls erased and the database does not: a backup was restored."""
    named = [MemberId(e.member) for e in journal.read() if e.association == association]
    with engine.reading(association) as connection:
        gone = erased(connection, association, named)
        left = [member for member in dict.fromkeys(named) if member not in gone]
        # Whoever joined after the backup is not there at all.
        there = members(connection, association, left, engine.context)
    return [member for member in left if member in there]


def reapply(engine: Engine, association: AssociationId, journal: Journal) -> Reconciled:
    """Erase again whom a restored backup brought back; write down what the journal lacks."""
    again, refused = [], []
    for member in undone(engine, association, journal):
        outcome = engine.submit(_again(engine, association, member))
        if outcome.refusal is None:
            again.append(member)
        else:
            refused.append((member, outcome.refusal.code))
    written = journal.append(list(_known(engine, association)))
    return Reconciled(again=tuple(again), written=written, refused=tuple(refused))


def _again(engine: Engine, association: AssociationId, member: MemberId) -> Erase:
    return Erase(
        association_id=association,
        operation_id=OperationId(f"system:erase-again:{engine.ids.next()}"),
        actor=WORKER,
        member_id=member,
        ground=Ground.RESTORED,
        again=True,
    )


def _known(engine: Engine, association: AssociationId) -> Iterable[Erasure]:
    with engine.reading(association) as connection:
        found: dict[MemberId, datetime] = erased(connection, association)
    for member, at in sorted(found.items(), key=lambda each: (each[1], each[0])):
        yield Erasure(association=association, member=member, erased_at=at.isoformat())
