"""Take expired points out of an account: breakage. Late sweeping never lets them be spent."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.kernel.ids import AccountId, Actor, AssociationId, OperationId
from points.ledger.books import Draft
from points.ledger.errors import NoAccount, NothingToDo
from points.ledger.model import Kind
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire:
    """Expire one account's lots that are past their expiry."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    account_id: AccountId


def needs(command: Expire, keys: Keys) -> None:
    """Lock the account and read its lots."""
    keys.ledger.accounts.add(command.account_id)
    keys.ledger.lots_of.add(command.account_id)


def decide(command: Expire, on: WorkingSet) -> Decision:
    """Move what is available in expired lots to breakage; what is held for vouchers stays."""
    account = on.books.account(command.account_id)
    if account is None:
        return NoAccount()
    lots = [lot for lot in account.open_lots().values() if lot.available and lot.expired(on.now)]
    if not lots:
        return NothingToDo()
    points = sum(lot.available for lot in lots)
    draft = Draft(
        books=on.books,
        ids=on.ids,
        kind=Kind.EXPIRE,
        operation_id=command.operation_id,
        actor=command.actor,
        reason="expired",
        now=on.now,
    )
    draft.expire(command.account_id, lots)
    return {"transaction_id": draft.post().transaction_id, "points": points}


FLOW = Flow("expire", needs, decide)
