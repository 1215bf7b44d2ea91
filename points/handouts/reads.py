"""What channels read of handouts: bounded lists, by key, without any lock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from points.db.base import indexed
from points.handouts.model import Given, Reconciled, Result, Standing, State
from points.handouts.store import given_of, handout_of, standing_of
from points.handouts.tables import (
    handout,
    handout_event,
    handout_member,
    handout_result,
    handout_state,
)
from points.kernel.ids import Actor, AssociationId, HandoutId, MemberId

PAGE_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A step of a handout as it is shown."""

    step: State
    actor: Actor
    reason: str
    freed_fen: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A handout with what became of it."""

    standing: Standing
    steps: tuple[Taken, ...] = ()
    reconciled: Reconciled


def list_handouts(
    connection: Connection,
    association: AssociationId,
    state: State | None = None,
    *,
    before: str = "",
    limit: int = PAGE_MAX,
) -> list[Standing]:
    """Return handouts and where they stand, the newest first."""
    h, s = handout.c, handout_state.c
    wanted = (
        select(handout, s.state, s.issued, s.refused, s.reserved_fen, s.printed)
        .join(
            handout_state, (s.association_id == h.association_id) & (s.handout_id == h.handout_id)
        )
        .where(h.association_id == association)
        .order_by(h.handout_id.desc())
        .limit(limit)
    )
    if state is not None:
        wanted = wanted.where(s.state == state.value, indexed(s.state))
    if before:
        wanted = wanted.where(h.handout_id < before)
    rows = connection.execute(wanted).mappings()
    return [standing_of(handout_of(row), row) for row in rows]


def find_handout(
    connection: Connection, association: AssociationId, handout_id: HandoutId
) -> Filed | None:
    """Return a handout, its steps and its reconciliation, or None."""
    h, s, e = handout.c, handout_state.c, handout_event.c
    row = (
        connection.execute(
            select(handout, s.state, s.issued, s.refused, s.reserved_fen, s.printed)
            .join(
                handout_state,
                (s.association_id == h.association_id) & (s.handout_id == h.handout_id),
            )
            .where(h.association_id == association, h.handout_id == handout_id)
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    steps = connection.execute(
        select(e.step, e.actor, e.reason, e.freed_fen, e.recorded_at)
        .where(e.association_id == association, e.handout_id == handout_id)
        .order_by(e.number)
    )
    standing = standing_of(handout_of(row), row)
    taken = tuple(
        Taken(
            step=State(each.step),
            actor=Actor(each.actor),
            reason=each.reason,
            freed_fen=each.freed_fen,
            recorded_at=each.recorded_at,
        )
        for each in steps
    )
    return Filed(
        standing=standing,
        steps=taken,
        reconciled=_reconcile(connection, association, standing, taken),
    )


def _reconcile(
    connection: Connection,
    association: AssociationId,
    standing: Standing,
    steps: tuple[Taken, ...],
) -> Reconciled:
    """Count anew what the results say, beside what the standing says."""
    r, fact = handout_result.c, standing.handout
    counts = connection.execute(
        select(r.result, r.code, func.count())
        .where(r.association_id == association, r.handout_id == fact.handout_id)
        .group_by(r.result, r.code)
    ).all()
    issued = sum(number for result, _, number in counts if result == Result.ISSUED.value)
    refused = {code: number for _, code, number in counts if code}
    approved = any(each.step is State.APPROVED for each in steps)
    return Reconciled(
        asked=fact.members,
        issued=issued,
        refused=dict(sorted(refused.items())),
        left=fact.members - issued - sum(refused.values()),
        reserved_fen=fact.reserved_fen if approved else 0,
        passed_fen=issued * fact.cost_fen,
        freed_fen=sum(each.freed_fen for each in steps),
        held_fen=standing.reserved_fen,
    )


def members_left(
    connection: Connection,
    association: AssociationId,
    handout_id: HandoutId,
    *,
    after: str = "",
    limit: int = PAGE_MAX,
) -> list[MemberId]:
    """Return members whose part has come to nothing yet, in their order."""
    m, r = handout_member.c, handout_result.c
    rows = connection.execute(
        select(m.member_id)
        .outerjoin(
            handout_result,
            (r.association_id == m.association_id)
            & (r.handout_id == m.handout_id)
            & (r.member_id == m.member_id),
        )
        .where(
            m.association_id == association,
            m.handout_id == handout_id,
            m.member_id > after,
            r.member_id.is_(None),
        )
        .order_by(m.member_id)
        .limit(limit)
    )
    return [MemberId(member) for member in rows.scalars()]


def results_of(
    connection: Connection,
    association: AssociationId,
    handout_id: HandoutId,
    *,
    result: Result | None = None,
    after: str = "",
    limit: int = PAGE_MAX,
) -> list[Given]:
    """Return what members' parts came to, in the members' order."""
    r = handout_result.c
    wanted = (
        select(handout_result)
        .where(r.association_id == association, r.handout_id == handout_id, r.member_id > after)
        .order_by(r.member_id)
        .limit(limit)
    )
    if result is not None:
        wanted = wanted.where(r.result == result.value)
    return [given_of(row) for row in connection.execute(wanted).mappings()]


def every_result(
    connection: Connection, association: AssociationId, handout_id: HandoutId
) -> Iterator[Given]:
    """Yield what every member's part came to, a page at a time."""
    after = ""
    while page := results_of(connection, association, handout_id, after=after, limit=1000):
        yield from page
        after = page[-1].member_id
