"""Who holds most of a measure, among some members."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from points.db.bulk import within
from points.kernel.ids import AccountId, AssociationId, MemberId
from points.ledger.model import account_id
from points.ledger.tables import account


def ranking(
    connection: Connection,
    association: AssociationId,
    measure: str,
    members: Collection[MemberId],
    most: int,
) -> list[tuple[MemberId, int]]:
    """Return members with what they own, spent and pending points aside, the most first."""
    a = account.c
    accounts: list[AccountId] = [account_id(member, measure) for member in members]
    owned = a.available + a.held
    rows = connection.execute(
        select(a.member_id, owned)
        .where(a.association_id == association, within(connection, a.account_id, accounts))
        .order_by(owned.desc(), a.member_id)
        .limit(most)
    )
    return [(MemberId(row[0]), int(row[1])) for row in rows]
