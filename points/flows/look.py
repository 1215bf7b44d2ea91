"""Look at an account: balances, statement, expiries, totals. Reads only."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from points.activities.model import Award
from points.activities.reads import of_transaction
from points.engine import Engine
from points.kernel.errors import Misused
from points.kernel.ids import AssociationId, MemberId, TransactionId
from points.ledger import reads
from points.ledger.model import Balance, Transaction, account_id
from points.rules import explain
from points.rules.recalculation import correction_words


def balances(
    engine: Engine,
    association: AssociationId,
    member: MemberId,
    *,
    at: datetime | None = None,
    axis: str = "recorded",
) -> list[Balance]:
    """Return a member's balances, now or as of an instant.

    Args:
        engine: Where to look.
        association: Whose member.
        member: Which member; one who is enrolled nowhere has no balances.
        at: As of when; now by default.
        axis: ``recorded``, what had been written by then, or ``effective``, what counts from then.

    Raises:
        Misused: There is no such axis.
    """
    if axis not in ("recorded", "effective"):
        raise Misused("bad_axis", "axis 只能是 recorded 或 effective", "recorded or effective")
    with engine.reading(association) as connection:
        now = reads.balances(connection, association, member, engine.clock.now())
        if at is None:
            return now
        read = reads.as_recorded if axis == "recorded" else reads.as_effective
        return [read(connection, association, account_id(member, b.measure), at) for b in now]


def statement(
    engine: Engine,
    association: AssociationId,
    member: MemberId,
    measure: str,
    *,
    before: int | None = None,
    limit: int = 50,
) -> list[reads.StatementLine]:
    """Return the newest lines of one of a member's accounts first; page on with ``before``."""
    with engine.reading(association) as connection:
        return reads.statement(
            connection, association, account_id(member, measure), before=before, limit=limit
        )


def expiring(
    engine: Engine, association: AssociationId, member: MemberId, measure: str
) -> list[reads.Expiring]:
    """Return what expires when, soonest first."""
    with engine.reading(association) as connection:
        return reads.expiring(
            connection, association, account_id(member, measure), engine.clock.now()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a transaction came: the transaction, its awards, and what they say in sentences."""

    transaction: Transaction
    awards: list[Award]
    sentences: list[str]


def explanation(
    engine: Engine,
    association: AssociationId,
    member: MemberId,
    transaction: TransactionId,
    language: str,
) -> Explanation | None:
    """Return why one of a member's transactions came; None where it is none of theirs."""
    with engine.reading(association) as connection:
        found = reads.find_transaction(connection, association, transaction)
        if found is None or found.member_id != member:
            return None
        origin = TransactionId(found.reverses) if found.reverses else found.transaction_id
        awards = of_transaction(connection, association, origin)
    # Each award keeps its own rule's step of the trace; one rule may grant in several measures.
    steps = [award.trace for award in awards if award.trace and "rule" in award.trace]
    sentences = dict.fromkeys([*_corrected(awards, language), *explain({"steps": steps}, language)])
    return Explanation(transaction=found, awards=awards, sentences=list(sentences))


def _corrected(awards: list[Award], language: str) -> Iterator[str]:
    """Say of awards that corrections posted how many points it was, is, and why."""
    for award in awards:
        if award.trace and "corrected" in award.trace:
            yield correction_words(award.trace["corrected"]).of(language)


def totals(engine: Engine, association: AssociationId) -> list[reads.Totals]:
    """Return the totals of each measure of an association."""
    with engine.reading(association) as connection:
        return reads.totals(connection, association)
