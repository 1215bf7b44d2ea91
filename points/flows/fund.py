"""Put money into a programme's pool; redemption stops before a pool would run out."""

from dataclasses import dataclass

from points.catalogue.errors import AmountNotPositive, PoolUnknown
from points.catalogue.model import PROGRAMMES, Source
from points.catalogue.shelf import Booking
from points.engine import Decision, Flow
from points.flows.wording import refuse_document, refuse_wording
from points.kernel.amounts import Fen
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """Fund a pool.

    Attributes:
        amount_fen: Above zero.
        note: Where it comes from; never personal.
        document: The number of the resolution or the payment.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    programme: str
    amount_fen: Fen
    source: Source
    note: str = ""
    document: str = ""


def needs(command: Fund, keys: Keys) -> None:
    """Lock the pool."""
    keys.catalogue.pools.add(command.programme)


def decide(command: Fund, on: WorkingSet) -> Decision:
    """Book the funding."""
    if command.programme not in PROGRAMMES:
        return PoolUnknown()
    if command.amount_fen <= 0:
        return AmountNotPositive()
    if refusal := refuse_wording(command.note, needed=False) or refuse_document(command.document):
        return refusal
    booking = Booking(on.shelf, on.ids, command.operation_id, command.actor)
    pool = on.shelf.pool(command.programme)
    before = {"funded_fen": pool.funded, "free_fen": pool.free}
    booking.fund(
        command.programme, command.amount_fen, command.source, command.note, command.document
    )
    after = {"funded_fen": pool.funded, "free_fen": pool.free}
    on.trail.note(
        "fund",
        command.programme,
        before=before,
        after=after,
        reason=command.note,
        detail={
            "amount_fen": command.amount_fen,
            "source": command.source,
            "document": command.document,
        },
    )
    return after


FLOW = Flow("fund", needs, decide)
