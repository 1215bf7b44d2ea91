"""What channels read of offline tokens: bounded lists, by key, without any lock."""

from dataclasses import dataclass

from sqlalchemy import Connection, exists, select

from points.db.base import indexed
from points.kernel.ids import AssociationId, PartnerId, VoucherId
from points.offline.model import Bearer, Ruling, Token, Use
from points.offline.store import find_rulings, token_from, use_from
from points.offline.tables import IS_CONFLICT, offline_ruling, offline_token, offline_use

PAGE_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A conflict, and what was decided about it."""

    use: Use
    ruling: Ruling | None

    @property
    def open(self) -> bool:
        """Whether it waits for a decision."""
        return self.use.bearer is Bearer.ASSOCIATION and self.ruling is None


def conflicts(
    connection: Connection,
    association: AssociationId,
    *,
    partner_id: PartnerId | None = None,
    waiting: bool = False,
    after: str = "",
    most: int = PAGE_MAX,
) -> list[Conflict]:
    """Return conflicts, the oldest first: they are a queue.

    Args:
        connection: Open.
        association: Whose.
        partner_id: Of one partner only.
        waiting: Only those that wait for a decision.
        after: The last one of the page before.
        most: How many at most.
    """
    u, r = offline_use.c, offline_ruling.c
    asked = (
        select(offline_use)
        .where(u.association_id == association, IS_CONFLICT, u.use_id > after)
        .order_by(u.use_id)
        .limit(min(most, PAGE_MAX))
    )
    if partner_id is not None:
        asked = asked.where(u.partner_id == partner_id)
    if waiting:
        ruled = exists().where(r.association_id == u.association_id, r.use_id == u.use_id)
        asked = asked.where(u.bearer == Bearer.ASSOCIATION.value, ~ruled)
    found = [use_from(row) for row in connection.execute(asked).mappings()]
    rulings = find_rulings(connection, association, {each.use_id for each in found})
    return [Conflict(use=each, ruling=rulings.get(each.use_id)) for each in found]


def find_conflict(
    connection: Connection, association: AssociationId, use_id: str
) -> Conflict | None:
    """Return a conflict, or None where there is none of that id."""
    u = offline_use.c
    row = (
        connection.execute(
            select(offline_use).where(
                u.association_id == association, u.use_id == use_id, IS_CONFLICT
            )
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    rulings = find_rulings(connection, association, {use_id})
    return Conflict(use=use_from(row), ruling=rulings.get(use_id))


def newest_token(
    connection: Connection, association: AssociationId, voucher_id: VoucherId
) -> Token | None:
    """Return the newest token of a voucher, or None where none was ever issued."""
    t = offline_token.c
    row = (
        connection.execute(
            select(offline_token)
            .where(
                t.association_id == association,
                t.voucher_id == voucher_id,
                indexed(t.voucher_id),
            )
            .order_by(t.token_id.desc())
            .limit(1)
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else token_from(row)
