"""Reads of correction batches for channels and workers: bounded, by key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, and_, cast, func, select

from points.corrections.model import Line, Posting, Result, Standing, State
from points.corrections.store import line_of, posting_of, standings
from points.corrections.tables import (
    correction_event,
    correction_line,
    correction_posting,
    correction_state,
)
from points.db.base import indexed
from points.kernel.ids import Actor, AssociationId, CorrectionId, MemberId

LIMIT_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One step of a batch, as it is shown."""

    step: State
    actor: Actor
    reason: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a batch has been posted."""

    members: int = 0
    posted: int = 0
    stale: int = 0
    failed: int = 0
    up: int = 0
    down: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A batch with everything that became of it."""

    standing: Standing
    steps: tuple[Decided, ...] = ()
    progress: Progress = Progress()


def find_correction(
    connection: Connection, association: AssociationId, correction_id: CorrectionId
) -> Filed | None:
    """Return a batch with what became of it, or None."""
    standing = standings(connection, association, [correction_id]).get(correction_id)
    if standing is None:
        return None
    return Filed(
        standing=standing,
        steps=tuple(_steps(connection, association, correction_id)),
        progress=_progress(connection, association, standing),
    )


def list_corrections(
    connection: Connection,
    association: AssociationId,
    state: State | None = None,
    *,
    before: str = "",
    limit: int = 50,
) -> list[Standing]:
    """Return batches, in one state or in any, the newest first; page on with the last one's id.

    A proposal that was not decided in time is among the proposed ones.
    """
    s = correction_state.c
    ids = connection.execute(
        select(s.correction_id)
        .where(
            s.association_id == association,
            *([s.state == state.value, indexed(s.state)] if state else []),
            *([s.correction_id < before] if before else []),
        )
        .order_by(s.correction_id.desc())
        .limit(min(limit, LIMIT_MAX))
    ).scalars()
    wanted = [CorrectionId(each) for each in ids]
    found = standings(connection, association, wanted)
    return [found[each] for each in wanted]


def page_of_lines(
    connection: Connection,
    association: AssociationId,
    correction_id: CorrectionId,
    *,
    after: tuple[str, str, str, str] = ("", "", "", ""),
    limit: int = 50,
) -> list[Line]:
    """Return a batch's lines in order; page on with the last one's first four fields."""
    x = correction_line.c
    key = (x.member_id, x.activity_id, x.rule_id, x.measure)
    beyond: Any = None
    for depth in reversed(range(len(key))):
        step = key[depth] > after[depth]
        beyond = step if beyond is None else step | and_(key[depth] == after[depth], beyond)
    rows = connection.execute(
        select(correction_line)
        .where(x.association_id == association, x.correction_id == correction_id, beyond)
        .order_by(*key)
        .limit(min(limit, LIMIT_MAX))
    )
    return [line_of(row) for row in rows.mappings()]


def members_left(
    connection: Connection,
    association: AssociationId,
    correction_id: CorrectionId,
    *,
    after: str = "",
    limit: int = 50,
) -> list[MemberId]:
    """Return members whose part has come to nothing yet, by id."""
    x, p = correction_line.c, correction_posting.c
    posted = (
        select(p.member_id)
        .where(
            p.association_id == x.association_id,
            p.correction_id == x.correction_id,
            p.member_id == x.member_id,
        )
        .exists()
    )
    rows = connection.execute(
        select(x.member_id)
        .where(
            x.association_id == association,
            x.correction_id == correction_id,
            x.member_id > after,
            ~posted,
        )
        .distinct()
        .order_by(x.member_id)
        .limit(min(limit, LIMIT_MAX))
    )
    return [MemberId(row.member_id) for row in rows]


def postings_of(
    connection: Connection,
    association: AssociationId,
    correction_id: CorrectionId,
    result: Result | None = None,
    *,
    after: str = "",
    limit: int = 50,
) -> list[Posting]:
    """Return what came of members' parts, by member."""
    p = correction_posting.c
    rows = connection.execute(
        select(correction_posting)
        .where(
            p.association_id == association,
            p.correction_id == correction_id,
            p.member_id > after,
            *([p.result == result.value] if result else []),
        )
        .order_by(p.member_id)
        .limit(min(limit, LIMIT_MAX))
    )
    return [posting_of(row) for row in rows.mappings()]


def _steps(
    connection: Connection, association: AssociationId, correction_id: CorrectionId
) -> list[Decided]:
    e = correction_event.c
    rows = connection.execute(
        select(e.step, e.actor, e.reason, e.recorded_at)
        .where(e.association_id == association, e.correction_id == correction_id)
        .order_by(e.number)
    )
    return [
        Decided(
            step=State(row.step),
            actor=Actor(row.actor),
            reason=row.reason,
            recorded_at=row.recorded_at,
        )
        for row in rows
    ]


def _progress(connection: Connection, association: AssociationId, standing: Standing) -> Progress:
    p = correction_posting.c
    rows = connection.execute(
        select(
            p.result,
            func.count().label("number"),
            cast(func.sum(p.up), BigInteger).label("up"),
            cast(func.sum(p.down), BigInteger).label("down"),
        )
        .where(
            p.association_id == association,
            p.correction_id == standing.correction.correction_id,
        )
        .group_by(p.result)
    ).all()
    number = {row.result: int(row.number) for row in rows}
    return Progress(
        members=standing.correction.members,
        posted=number.get(Result.POSTED.value, 0),
        stale=number.get(Result.STALE.value, 0),
        failed=number.get(Result.FAILED.value, 0),
        up=sum(int(row.up) for row in rows),
        down=sum(int(row.down) for row in rows),
    )
